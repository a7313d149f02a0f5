package portal

import (
	"slices"
	"time"

	"purse/billing/money"
	"purse/billing/words"
	"purse/views/ui"
)

// Buy offers packs.
type Buy struct {
	Form        ui.Form
	Packs       []Pack
	Selected    string        // id of a pack
	RefundTerms string        // what the code does, or the vendor's own words
	Nonce       string        // makes a form that is sent twice one purchase
	AskTax      bool          // taxes are calculated at Checkout
	TermsURL    string        // what is agreed to with the purchase
	Open        *OpenCheckout // one that can be gone on with
	MayBuy      bool          // the visitor's role may spend money
	Suspended   bool          // the customer is, and cannot buy
	Recharging  string        // what auto-recharge is buying at this moment, "" for nothing

	Currency   string           // prices are in it
	Currencies []CurrencyChoice // others that may be chosen before the first purchase; none when it is fixed
	Invoice    InvoiceFields
	Methods    []ui.Option // saved ones that can pay
}

// PaySaved asks once more before a saved payment method pays.
type PaySaved struct {
	Form   ui.Form
	Pack   Pack
	Method string // "Visa •4242"
	Takes  string // how long it takes, "" for no time
	Tax    string // what is said about tax
	Terms  string // on refunds
	Hidden []ui.Option
}

// CurrencyChoice is a currency that the customer may pay in.
type CurrencyChoice struct {
	Code, Href string
	Current    bool
}

// InvoiceFields are what of the billing details can be changed while buying.
type InvoiceFields struct {
	Company, TaxType, TaxID, PONumber string
	Types                             []ui.Option
	More                              bool // there are several tax ids: they are changed on the page of their own
}

// Set says whether anything is filled in.
func (i InvoiceFields) Set() bool { return i.Company != "" || i.TaxID != "" || i.PONumber != "" }

// AmountField is the name of the input for the amount of a pack.
func AmountField(packID string) string { return "amount-" + packID }

// Pack is credits for sale, with what a purchase of it would leave.
type Pack struct {
	// Total is what is paid with tax, and Tax is contained in it; zero while they
	// are not known.
	Total, Tax  money.Money
	TaxIncluded bool // the price contains whatever tax there is

	ID         string
	Name       string
	Credits    money.Credits
	Price      money.Money
	Unit       ui.Unit
	ExpireDays int
	Expires    time.Time     // if it were bought now; zero: never
	Owed       money.Credits // in the wallet that it goes to, 0 for nothing
	Debt       money.Credits // the part of it that the pack repays
	Available  money.Credits // what it leaves, when something is owed
	Zone       *time.Location

	// Any is a pack for any amount: what was typed, what may be, and what is wrong
	// with it. Credits, Price and Lines are those of the amount, zero while it is
	// wrong.
	Any          bool
	Typed, Range string
	Problem      string
	Lines        []ui.PriceLine
	Bonus        money.Credits
	BonusDays    int
	Currency     string
	QuotePath    string // answers the quote for a typed amount
}

// leaves is what is available after buying it, when something is owed.
func (p Pack) leaves() money.Credits { return p.Available - (p.Owed - p.Debt) + p.Bonus }

func bonusText(p Pack) string {
	s := "plus " + p.Unit.Amount(p.Bonus) + " as a bonus"
	if p.BonusDays > 0 {
		s += ", to be used within " + words.Count(p.BonusDays, "day")
	}
	return s
}

// OpenCheckout is a Checkout that was begun and not finished.
type OpenCheckout struct {
	Path    string
	Pack    string
	Confirm bool // a saved payment method's payment waits to be confirmed
}

// Leave is the page between us and Stripe.
type Leave struct {
	URL  string // Stripe's
	Pack Pack
	Host string // where it leads, for people
}

// ReturnState is how far a purchase is, as the way back from Checkout sees it.
type ReturnState string

// The states of the page on the way back.
const (
	ReturnWaiting   ReturnState = "waiting"   // paid, or being paid: credits come by themselves
	ReturnDone      ReturnState = "done"      // credits are there
	ReturnDelayed   ReturnState = "delayed"   // the payment method takes days
	ReturnCancelled ReturnState = "cancelled" // left Checkout
	ReturnFailed    ReturnState = "failed"    // the payment failed for good
	ReturnExpired   ReturnState = "expired"   // nobody paid in time
	ReturnRefunded  ReturnState = "refunded"  // the money went back
	ReturnOpen      ReturnState = "open"      // not paid yet, and still can be
)

// Return is the page on the way back from Checkout.
type Return struct {
	State     ReturnState
	Pack      string
	Credits   money.Credits
	Bonus     money.Credits // that came with them
	Price     money.Money
	Unit      ui.Unit
	Reference string // to quote to support
	Late      bool   // it takes longer than a minute
	Wait      Wait   // what it waits for, while ReturnDelayed
	Problem   string // why the payment failed, "" when nobody says
	PollPath  string // asks again, "" when nothing can change
	PollEvery string // how often, as htmx writes it: "1500ms"
	Balance   *money.Credits
	Debt      money.Credits // that the purchase settled
	SignedIn  bool
	Receipt   string // Stripe's, "" until it is known
	Resume    string // Checkout again, after leaving it
	Confirm   bool   // Resume is where a saved card's payment is confirmed
}

func expiryText(days int, at time.Time, z *time.Location) string {
	if days <= 0 {
		return "Never expires"
	}
	return "Expires " + words.Count(days, "day") + " after purchase (bought now: " + ui.Day(at, z) + ")"
}

func (p Buy) selected() *Pack {
	id := p.Form.Or("pack", p.Selected)
	for i := range p.Packs {
		if p.Packs[i].ID == id {
			return &p.Packs[i]
		}
	}
	if len(p.Packs) > 0 {
		return &p.Packs[0]
	}
	return nil
}

// invoiceFailed says whether something of the invoice's fields is wrong.
func (p Buy) invoiceFailed() bool {
	for _, name := range []string{"company", "po_number", "tax_type", "tax_id"} {
		if p.Form.Error(name) != "" {
			return true
		}
	}
	return false
}

func (p Buy) anyOnSale() bool {
	for _, pack := range p.Packs {
		if pack.Any {
			return true
		}
	}
	return false
}

// pays is what a purchase costs as far as it is known.
func (p Pack) pays() money.Money {
	if p.Total.Amount > 0 {
		return p.Total
	}
	return p.Price
}

func taxText(p Pack) string {
	switch {
	case p.Tax.Amount == 0:
		return ui.Money(p.Total) + ": no tax is added."
	case p.Total == p.Price:
		return "It contains " + ui.Money(p.Tax) + " of tax."
	}
	return ui.Money(p.Total) + " with " + ui.Money(p.Tax) + " of tax."
}

// someIncludeTax says whether a price contains its tax.
func (p Buy) someIncludeTax() bool {
	return slices.ContainsFunc(p.Packs, func(k Pack) bool { return k.TaxIncluded })
}

// taxKnown says whether every price is shown with its tax.
func (p Buy) taxKnown() bool {
	for _, x := range p.Packs {
		if x.Total.Amount == 0 && x.Problem == "" {
			return false
		}
	}
	return len(p.Packs) > 0
}
