package sandbox

import (
	"slices"
	"strings"
)

// bankAccount is one of Stripe's documented test bank accounts and what becomes
// of a debit of it. Sources: https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment
// and https://docs.stripe.com/payments/sepa-debit/accept-a-payment
type bankAccount struct {
	typ    string // us_bank_account or sepa_debit
	number string // account number or IBAN
	name   string // as in pm_usBankAccount_success and pm_success_de
	label  string // of its button at Checkout, "" for none
	does   debit
}

// debit is what a bank answers, days later.
type debit struct {
	code    string // why it refuses, "" when it pays
	message string
	never   bool   // it does not answer at all
	slow    bool   // it takes three minutes longer than others
	dispute string // reason of a dispute that follows the payment, which is final
}

const routingNumber = "110000000" // of Stripe's test bank

var bankAccounts = []bankAccount{
	{"us_bank_account", "000123456789", "usBankAccount_success", "Pays", debit{}},
	{"us_bank_account", "000222222227", "usBankAccount_insufficientFunds", "Insufficient funds", debit{code: "insufficient_funds", message: "The customer's bank account has insufficient funds to cover this payment."}},
	{"us_bank_account", "000111111113", "usBankAccount_accountClosed", "Account closed", debit{code: "account_closed", message: "The customer's bank account has been closed."}},
	{"us_bank_account", "000111111116", "usBankAccount_noAccount", "No account", debit{code: "no_account", message: "The customer's bank account could not be located."}},
	{"us_bank_account", "000333333335", "usBankAccount_debitNotAuthorized", "Debit not authorized", debit{code: "debit_not_authorized", message: "The customer has notified their bank that this payment was unauthorized."}},
	{"us_bank_account", "000555555559", "usBankAccount_dispute", "Pays, disputed later", debit{dispute: "debit_not_authorized"}},
	{"us_bank_account", "000444444440", "usBankAccount_invalidCurrency", "", debit{code: "invalid_currency", message: "The customer's bank account cannot accept payments in this currency."}},
	{"us_bank_account", "000777777771", "usBankAccount_weeklyLimitExceeded", "", debit{code: "charge_exceeds_source_limit", message: "The payment exceeds what may be debited from this account in a week."}},
	{"us_bank_account", "000888888885", "", "", debit{code: "tokenized_account_number_deactivated", message: "The customer's tokenized account number was deactivated."}},
	{"us_bank_account", "000000000009", "usBankAccount_processing", "Never answers", debit{never: true}},
}

// sepaIBANs are the test IBANs of some countries, in the order of sepaOutcomes.
var sepaIBANs = []struct{ country, ibans string }{
	{"de", "DE89370400440532013000 DE08370400440532013003 DE62370400440532013001 DE78370400440532013004 DE35370400440532013002 DE65370400440000343434 DE27370400440000121212 DE65370400440002222227"},
	{"at", "AT611904300234573201 AT321904300235473204 AT861904300235473202 AT051904300235473205 AT591904300235473203 AT981904300000343434 AT601904300000121212 AT981904300002222227"},
	{"be", "BE62510007547061 BE78510007547064 BE68539007547034 BE51510007547065 BE08510007547063 BE90510000343434 BE52510000121212 BE90510002222227"},
	{"ee", "EE382200221020145685 EE222200221020145682 EE762200221020145680 EE922200221020145683 EE492200221020145681 EE672200000000343434 EE292200000000121212 EE672200000002222227"},
	{"fi", "FI2112345600000785 FI3712345600000788 FI9112345600000786 FI1012345600000789 FI6412345600000787 FI6712345600343434 FI2912345600121212 FI6712345602222227"},
	{"fr", "FR1420041010050500013M02606 FR3020041010050500013M02609 FR8420041010050500013M02607 FR7920041010050500013M02600 FR5720041010050500013M02608 FR9720041010050000000343434 FR5920041010050000000121212 FR9720041010050000002222227"},
	{"hr", "HR7624020064583467589 HR6323600002337876649 HR2725000096983499248 HR6723600004878117427 HR8724840081455523553 HR7424020060000343434 HR3624020060000121212 HR7424020060002222227"},
}

// sepaOutcomes is what each country has a test IBAN for.
var sepaOutcomes = []struct {
	name, label string
	does        debit
}{
	{"success", "Pays", debit{}},
	{"successDelayed", "Pays later", debit{slow: true}},
	{"failed", "Fails", debit{code: "generic_could_not_process", message: "The payment could not be processed."}},
	{"failedDelayed", "Fails later", debit{code: "generic_could_not_process", message: "The payment could not be processed.", slow: true}},
	{"disputed", "Pays, disputed later", debit{dispute: "debit_not_authorized"}},
	{"exceedsWeeklyVolumeLimit", "Too much in a week", debit{code: "charge_exceeds_source_limit", message: "The payment exceeds what may be debited from this account in a week."}},
	{"exceedsWeeklyTransactionLimit", "Too often in a week", debit{code: "charge_exceeds_weekly_limit", message: "The payment exceeds how often this account may be debited in a week."}},
	{"insufficientFunds", "Insufficient funds", debit{code: "insufficient_funds", message: "The customer's account has insufficient funds to cover this payment."}},
}

func init() {
	for i, k := range sepaIBANs {
		for j, iban := range strings.Fields(k.ibans) {
			o := sepaOutcomes[j]
			b := bankAccount{"sepa_debit", iban, o.name + "_" + k.country, "", o.does}
			if i == 0 {
				b.label = o.label // one country's are offered at Checkout
			}
			bankAccounts = append(bankAccounts, b)
		}
	}
}

func bankByName(id string) (bankAccount, bool) {
	name, ok := strings.CutPrefix(id, "pm_")
	i := slices.IndexFunc(bankAccounts, func(b bankAccount) bool { return b.name == name })
	if !ok || name == "" || i < 0 {
		return bankAccount{}, false
	}
	return bankAccounts[i], true
}

// bankOf is the account behind a payment method; files of older sandboxes have
// its name.
func bankOf(pm obj) bankAccount {
	for _, b := range bankAccounts {
		if k := pm.str("_bank"); k != "" && (k == b.number || k == b.name) {
			return b
		}
	}
	return bankAccount{}
}

func bankByNumber(typ, number string) (bankAccount, bool) {
	number = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(number))
	i := slices.IndexFunc(bankAccounts, func(b bankAccount) bool { return b.typ == typ && b.number == number })
	if i < 0 {
		return bankAccount{}, false
	}
	return bankAccounts[i], true
}

// methodNames are for people.
var methodNames = map[string]string{"card": "Card", "us_bank_account": "US bank account", "sepa_debit": "SEPA debit", "customer_balance": "Bank transfer", "link": "Link"}

// currencyOf says which currencies a payment method takes; nil for every one.
var currencyOf = map[string][]string{"us_bank_account": {"usd"}, "sepa_debit": {"eur"}, "customer_balance": {"usd", "eur", "gbp", "jpy", "mxn"}}

// Runs says whether the sandbox can run payments by a method.
func Runs(method string) bool { return methodNames[method] != "" }

// notRun refuses a payment method that Stripe's Checkout has and the sandbox cannot
// run.
func notRun(method string) *apiError {
	return bad("", "payment_method_types", "The sandbox cannot run the payment method `%s`. Leave it out here (PURSE_PAYMENT_METHODS): with a key of Stripe's it is offered.", method)
}

func takes(method, currency string) bool {
	list, known := currencyOf[method]
	return !known || slices.Contains(list, currency)
}

// dashboardMethods are what this account's dashboard offers for a currency: all
// that the sandbox knows. Transfers need a customer, and cannot be saved.
func dashboardMethods(currency string, customer, saved bool) []any {
	out := []any{"card", "link"}
	for _, m := range []string{"us_bank_account", "sepa_debit", "customer_balance"} {
		if takes(m, currency) && (m != "customer_balance" || (customer && !saved)) {
			out = append(out, m)
		}
	}
	return out
}

// sessionMethods are the payment methods that a new session offers.
func (c *call) sessionMethods(currency string, customer obj) ([]any, *apiError) {
	saved := c.p.sub("payment_intent_data").str("setup_future_usage") != ""
	list := c.p.list("payment_method_types")
	if len(list) == 0 {
		return dashboardMethods(currency, customer != nil, saved), nil
	}
	for _, m := range list {
		m := m.(string)
		switch {
		case methodNames[m] == "":
			return nil, notRun(m)
		case !takes(m, currency):
			return nil, bad("", "payment_method_types", "The payment method `%s` cannot be used with the currency `%s`.", m, currency)
		case m == "customer_balance" && customer == nil:
			return nil, bad("", "customer", "`customer` must be provided when `customer_balance` is in `payment_method_types`.")
		case m == "customer_balance" && saved:
			return nil, bad("", "payment_intent_data[setup_future_usage]", "The payment method type `customer_balance` does not support `setup_future_usage`.")
		case m == "customer_balance" && c.p.sub("payment_method_options").sub("customer_balance") == nil:
			return nil, parameterMissing("payment_method_options[customer_balance][funding_type]")
		}
	}
	return list, nil
}

// bankMethod is the payment method of a test bank account.
func (c *call) bankMethod(b bankAccount, p obj) obj {
	o := c.fresh("payment_method")
	o["type"], o["metadata"] = b.typ, p.metadata()
	billing, in := p.sub("billing_details"), p.sub(b.typ)
	o["billing_details"] = obj{"address": address(billing.sub("address")), "email": billing.null("email"), "name": billing.null("name"), "phone": billing.null("phone")}
	last4, print := b.number[len(b.number)-4:], fingerprint(c.s.setting("account") + b.number)[:16]
	if b.typ == "us_bank_account" {
		o["us_bank_account"] = obj{"account_holder_type": in.or("account_holder_type", "company"), "account_type": in.or("account_type", "checking"), "bank_name": "STRIPE TEST BANK", "financial_connections_account": nil,
			"fingerprint": print, "last4": last4, "networks": obj{"preferred": "ach", "supported": []any{"ach"}}, "routing_number": routingNumber, "status_details": obj{}}
	} else {
		o["sepa_debit"] = obj{"bank_code": b.number[4:12], "branch_code": "", "country": b.number[:2], "fingerprint": print,
			"generated_from": obj{"charge": nil, "setup_attempt": nil}, "last4": last4}
	}
	o["_bank"] = b.number
	return o
}

// balanceMethod is the payment method of bank transfers.
func (c *call) balanceMethod(billing obj) obj {
	o := c.fresh("payment_method")
	o["type"], o["customer_balance"], o["metadata"] = "customer_balance", obj{}, obj{}
	o["billing_details"] = obj{"address": address(billing.sub("address")), "email": billing.null("email"), "name": billing.null("name"), "phone": nil}
	return o
}

// chargeDetails is what a charge says of the method that paid it.
func chargeDetails(pm obj) obj {
	switch typ := pm.str("type"); typ {
	case "us_bank_account":
		in := pm.sub(typ)
		return obj{"type": typ, typ: obj{"account_holder_type": in["account_holder_type"], "account_type": in["account_type"], "bank_name": in["bank_name"],
			"fingerprint": in["fingerprint"], "last4": in["last4"], "mandate": pm.or("_mandate", "mandate_1sandbox"), "payment_reference": nil, "routing_number": in["routing_number"]}}
	case "sepa_debit":
		in := pm.sub(typ)
		return obj{"type": typ, typ: obj{"bank_code": in["bank_code"], "branch_code": in["branch_code"], "country": in["country"], "fingerprint": in["fingerprint"],
			"last4": in["last4"], "mandate": pm.or("_mandate", "mandate_1sandbox")}}
	case "customer_balance":
		return obj{"type": typ, typ: obj{}}
	case "link":
		return obj{"type": typ, typ: obj{"country": "US"}}
	}
	return nil
}
