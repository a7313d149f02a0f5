package card

import (
	"slices"
	"strings"
	"time"
)

// Stripe's types of payment methods that the code tells apart.
const (
	Card         = "card"
	Link         = "link"
	ACH          = "us_bank_account"
	SEPA         = "sepa_debit"
	Bacs         = "bacs_debit"
	BECS         = "au_becs_debit"
	ACSS         = "acss_debit"
	CashApp      = "cashapp"
	PayPal       = "paypal"
	WeChat       = "wechat_pay"
	BankTransfer = "customer_balance"
)

// methodType is what is known of a type.
type methodType struct {
	currencies string // that it takes; "" for every one
	saved      bool   // it can be saved, and an invoice charges it while the customer is away
	days       int    // business days that its bank usually takes to pay a debit, 0 for what takes no time
}

// methodTypes are those that a Checkout Session takes: Stripe takes newer ones under
// API version 2023-10-16 too, though its description of that version has no word of
// them. Sources: the payment_method_types of Checkout Sessions in Stripe's present
// description for the names; docs.stripe.com/payments/payment-methods/payment-method-support
// and the page of each method for currencies and what can be saved; the page of each
// debit for its days. Where these say nothing sure of the currencies, every one is
// offered, and Stripe says.
var methodTypes = map[string]methodType{
	Card:                {saved: true},
	Link:                {saved: true},
	ACH:                 {currencies: "usd", saved: true, days: 4},
	SEPA:                {currencies: "eur", saved: true, days: 5},
	Bacs:                {currencies: "gbp", saved: true, days: 3},
	BECS:                {currencies: "aud", saved: true, days: 3},
	ACSS:                {currencies: "cad usd", saved: true, days: 5},
	CashApp:             {currencies: "usd", saved: true},
	PayPal:              {currencies: "aud cad chf czk dkk eur gbp hkd nok nzd pln sek sgd usd", saved: true},
	BankTransfer:        {currencies: "eur gbp jpy mxn usd"},
	WeChat:              {currencies: "aud cad chf cny dkk eur gbp hkd jpy nok sek sgd usd"},
	"affirm":            {currencies: "cad usd"},
	"afterpay_clearpay": {currencies: "aud cad gbp nzd usd"},
	"alipay":            {currencies: "aud cad cny eur gbp hkd jpy myr nzd sgd usd"},
	"alma":              {currencies: "eur"},
	"amazon_pay":        {currencies: "aud chf dkk eur gbp hkd jpy nok nzd sek usd zar"},
	"bancontact":        {currencies: "eur"},
	"billie":            {currencies: "chf dkk eur gbp nok sek"},
	"bizum":             {currencies: "eur"},
	"blik":              {currencies: "pln"},
	"boleto":            {currencies: "brl"},
	"crypto":            {},
	"eps":               {currencies: "eur"},
	"fpx":               {currencies: "myr"},
	"giropay":           {currencies: "eur"},
	"grabpay":           {currencies: "myr sgd"},
	"ideal":             {currencies: "eur"},
	"kakao_pay":         {currencies: "krw"},
	"klarna":            {currencies: "aud cad chf czk dkk eur gbp nok nzd pln ron sek usd"},
	"konbini":           {currencies: "jpy"},
	"kr_card":           {currencies: "krw"},
	"mb_way":            {currencies: "eur"},
	"mobilepay":         {currencies: "dkk eur nok sek"},
	"multibanco":        {currencies: "eur"},
	"naver_pay":         {currencies: "krw"},
	"nz_bank_account":   {currencies: "nzd"},
	"oxxo":              {currencies: "mxn"},
	"p24":               {currencies: "eur pln"},
	"pay_by_bank":       {currencies: "eur gbp"},
	"payco":             {currencies: "krw"},
	"paynow":            {currencies: "sgd"},
	"payto":             {currencies: "aud"},
	"pix":               {currencies: "brl"},
	"promptpay":         {currencies: "thb"},
	"revolut_pay":       {currencies: "dkk eur gbp huf pln ron"},
	"samsung_pay":       {currencies: "krw"},
	"satispay":          {currencies: "eur"},
	"scalapay":          {},
	"sofort":            {currencies: "eur"},
	"sunbit":            {},
	"swish":             {currencies: "sek"},
	"twint":             {currencies: "chf"},
	"upi":               {},
	"zip":               {currencies: "aud usd"},
}

// Types are all types that Checkout can be told to offer, in order.
func Types() []string {
	var out []string
	for m := range methodTypes {
		out = append(out, m)
	}
	slices.Sort(out)
	return out
}

// Known says whether Checkout can be told to offer a payment method.
func Known(m string) bool {
	_, ok := methodTypes[m]
	return ok
}

// Takes says whether a payment method of a type can pay in a currency. What is
// not known here is left to Stripe.
func Takes(method, currency string) bool {
	in := methodTypes[method].currencies
	return in == "" || slices.Contains(strings.Fields(in), currency)
}

// MaySave says whether a payment method of a type can be saved and charged later,
// while the customer is away.
func MaySave(method string) bool { return methodTypes[method].saved }

// TypesFor are those of the methods that take a currency. None leaves the
// choice to Stripe's dashboard.
func TypesFor(methods []string, currency string) (out []string) {
	for _, m := range methods {
		if Takes(m, currency) {
			out = append(out, m)
		}
	}
	return out
}

// savable are those of the methods that take a currency and can be saved.
func savable(methods []string, currency string) (out []string) {
	for _, m := range TypesFor(methods, currency) {
		if MaySave(m) {
			out = append(out, m)
		}
	}
	return out
}

// TypeName is what people call a type: "Link", "SEPA debit".
func TypeName(method string) string {
	switch method {
	case Card:
		return "card"
	case ACH:
		return "US bank account"
	case SEPA:
		return "SEPA debit"
	case Bacs:
		return "UK bank account"
	case BECS:
		return "Australian bank account"
	case ACSS:
		return "Canadian bank account"
	case BankTransfer:
		return "bank transfer"
	case CashApp:
		return "Cash App"
	case PayPal:
		return "PayPal"
	case "":
		return ""
	}
	words := strings.ReplaceAll(method, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// BusinessDays is how long banks usually take, 0 where nobody can say.
func BusinessDays(method string) int { return methodTypes[method].days }

// Arrives is by when the money of a debit that was sent at a time has usually
// come: so many days from Monday to Friday later in a time zone, for holidays
// differ from bank to bank. It is zero where nobody can say.
func Arrives(method string, sent time.Time, zone *time.Location) time.Time {
	n := BusinessDays(method)
	if n == 0 || sent.IsZero() {
		return time.Time{}
	}
	day := sent.In(zone)
	for n > 0 {
		if day = day.AddDate(0, 0, 1); day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			n--
		}
	}
	return day
}

// Awaited says what is waited for while a bank is asked for money: how much, since
// when and until about when, in a time zone that it names.
func Awaited(amount, method string, sent time.Time, now time.Time, zone *time.Location) string {
	const day = "2 January 2006"
	what := "a bank debit"
	if BusinessDays(method) == 0 {
		what = "a payment by " + TypeName(method)
	}
	text := "Waiting for " + what + " of " + amount + ", started on " + sent.In(zone).Format(day)
	by := Arrives(method, sent, zone)
	switch {
	case by.IsZero():
		return text + sent.In(zone).Format(" MST") + "."
	case now.In(zone).Format(time.DateOnly) > by.Format(time.DateOnly):
		return text + "; it was to be there by " + by.Format(day+" MST") + ", and takes longer than usual."
	}
	return text + "; usually there by " + by.Format(day+" MST") + "."
}

// brands of cards, as people write them.
var brands = map[string]string{"amex": "American Express", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}

// Name is what people know a payment method by: "Visa •4242", "Stripe Test Bank
// •6789", "Link (a@example.com)"; "" for none.
func (m PaymentMethod) Name() string {
	name, card := brands[m.Brand], m.Type == "" || m.Type == Card
	switch {
	case m.Last4 == "" && card:
		return ""
	case m.Last4 == "" && m.Brand == "":
		return TypeName(m.Type)
	case m.Last4 == "":
		return TypeName(m.Type) + " (" + m.Brand + ")"
	case m.Brand == "" && card:
		name = "Card"
	case m.Brand == "":
		name = TypeName(m.Type)
	case name == "":
		name = strings.ToUpper(m.Brand[:1]) + m.Brand[1:]
	}
	return name + " •" + m.Last4
}
