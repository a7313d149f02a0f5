// Package invoice sells credits by invoice: staff agrees a price with a customer
// and lets Stripe send the invoice, or a schedule has a saved card charged. An
// invoice that is paid becomes a purchase like any other.
//
// Package charge collects it: once, whatever order answers and events come in. Credits
// are granted by payment or, if staff chose so, on issue; those that are never paid are
// taken back. An invoice whose customer was deleted at Stripe is voided there and made
// again, once; its credits are not given twice.
package invoice

import (
	"purse/billing/charge"
	"purse/billing/money"
)

// State is how an invoice stands.
type State string

const (
	Draft         State = "draft"   // staff has not sent it
	Issuing       State = "issuing" // Stripe is being asked to make it
	Open          State = "open"    // to be paid
	Paid          State = "paid"
	Void          State = "void"          // cannot be paid any more
	Uncollectible State = "uncollectible" // given up; it can still be paid
	Failed        State = "failed"        // Stripe refused to make it
)

// stateOf is what a charge's state is called of an invoice: one that is to be paid is
// open, however it is paid.
func stateOf(s charge.State) State {
	if s == charge.Charging || s == charge.Retrying {
		return Open
	}
	return State(s)
}

// State is how the invoice stands.
func (in *Invoice) State() State { return stateOf(in.Charge.State) }

// How an invoice is paid.
const (
	Send   = charge.Send // the customer pays it on Stripe's page, by its due date
	Charge = charge.Auto // a saved payment method is charged
)

// TaxExempt is what Stripe knows of a customer's tax.
type TaxExempt string

const (
	TaxAsIs    TaxExempt = ""        // as it is at Stripe
	TaxNone    TaxExempt = "none"    // not exempt
	TaxExempts TaxExempt = "exempt"  // no tax
	TaxReverse TaxExempt = "reverse" // the customer accounts for it
)

// Invoice is credits at a price, asked for by invoice.
type Invoice struct {
	charge.Charge
	ID               string
	Schedule, Period string // what made it, "" for staff
	Name             string // what is sold, for people
	Pack             string // "" for credits at a price of their own
	CreditType       string
	Credits          money.Credits
	Bonus            money.Credits // that comes for nothing once it is paid
	BonusDays        int           // it lives for so long, 0 for ever
	ExpiresAfterDays int           // 0: for ever
	OnIssue          bool          // the credits are given when it is issued
	NetDays          int
	Recipients       []string // further ones: Stripe mails the customer, Purse these
	PONumber, Memo   string
	TaxExempt        TaxExempt
	Reason           string // of staff, for the last act
	CreatedBy        string
}

// owner is what Stripe's invoice is for.
func owner(id string) charge.Owner { return charge.Owner{Of: charge.OfInvoice, ID: id} }

// Brings is all that it brings: the credits sold and the bonus.
func (in *Invoice) Brings() money.Credits { return in.Credits + in.Bonus }

// PartPaid says whether a part of it was paid.
func (in *Invoice) PartPaid() bool {
	return in.State() == Open && in.AmountPaid > 0
}

// MaxRecipients is how many may be mailed beside the customer.
const MaxRecipients = 10

// NetTerms are the terms of payment to choose from, in days.
var NetTerms = []int{0, 30, 60, 90}
