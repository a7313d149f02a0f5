// Package invoice sells credits by invoice: staff agrees a price with a customer
// and lets Stripe send the invoice, or a schedule has a saved card charged. An
// invoice that is paid becomes a purchase like any other.
//
// It promises what purchase and recharge promise of their payments. The intent
// and the key of every call are committed before Stripe is called; a call whose
// outcome nobody knows is repeated under its key for 23 hours, and looked up
// afterwards. What Stripe's invoice says decides, whatever order events come in:
// credits are granted once, by payment or, if staff chose so, on issue. Credits
// that were given on issue and are never paid are taken back: what is unused
// goes, what was used becomes debt; a later payment gives both back. An invoice whose
// customer was deleted at Stripe is voided there and made again, once; its credits are
// not given twice.
package invoice

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/recharge"
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

// Collection is how an invoice is paid.
type Collection string

const (
	Send   Collection = "send"   // the customer pays it on Stripe's page, by its due date
	Charge Collection = "charge" // a saved card is charged
)

// TaxExempt is what Stripe knows of a customer's tax.
type TaxExempt string

const (
	TaxAsIs    TaxExempt = ""        // as it is at Stripe
	TaxNone    TaxExempt = "none"    // not exempt
	TaxExempts TaxExempt = "exempt"  // no tax
	TaxReverse TaxExempt = "reverse" // the customer accounts for it
)

// Act is what is done at Stripe.
type Act string

const (
	nothing          Act = ""
	issue            Act = "issue"
	send             Act = "send"
	pay              Act = "pay"
	look             Act = "look"
	find             Act = "find"
	remake           Act = "remake" // void it, to make it again
	ActVoid          Act = "void"
	ActUncollectible Act = "uncollectible"
	ActRecord        Act = "record" // a payment that did not go through Stripe
)

// Invoice is credits at a price, asked for by invoice.
type Invoice struct {
	ID, Customer     string
	Schedule, Period string // what made it, "" for staff
	Collection       Collection
	Name             string // what is sold, for people
	Pack             string // "" for credits at a price of their own
	CreditType       string
	Credits          money.Credits
	Bonus            money.Credits // that comes for nothing once it is paid
	BonusDays        int           // it lives for so long, 0 for ever
	Price            money.Money   // before tax
	ExpiresAfterDays int           // 0: for ever
	OnIssue          bool          // the credits are given when it is issued
	NetDays          int
	Recipients       []string // further ones: Stripe mails the customer, Purse these
	PONumber, Memo   string
	TaxExempt        TaxExempt

	State   State
	Reason  string // of staff, for the last act
	Cause   Cause  // of the problem, "" for none
	Problem string // for people: the bank's or Stripe's words, or what does not match

	Doing    Act // at Stripe, with no outcome yet
	DoingN   int
	Want     Act // what follows it
	SentAt   time.Time
	Unknowns int
	Tries    int // soft declines of the card
	Card     Card

	Stripe, Number, URL    string
	StripeCustomer         string // whose it is at Stripe
	Remake                 Remake
	Remakes                int    // how often it was begun anew
	Replaces               string // Stripe's invoice that it was before, "" for none
	ReplacesNumber         string
	RemadeAt               time.Time
	PaymentIntent          string
	Processing             bool // a bank has been asked, and has not answered
	Total, Tax, AmountPaid int64
	ReceiptURL             string
	Purchase               string
	Grant                  ledger.GrantID
	Clawed                 money.Credits // taken back because it was not paid

	CreatedBy             string
	NextAt                time.Time
	DueAt, OverdueAt      time.Time // OverdueAt: when it was told
	CreatedAt, IssuedAt   time.Time
	UpdatedAt, FinishedAt time.Time
}

// Card is a saved payment method, most often a card: see purchase.PaymentMethod.
type Card struct{ ID, Type, Brand, Last4 string }

// Name is what people know it by.
func (c Card) Name() string {
	return purchase.PaymentMethod{Type: c.Type, Brand: c.Brand, Last4: c.Last4}.Name()
}

// Brings is all that it brings: the credits sold and the bonus.
func (in *Invoice) Brings() money.Credits { return in.Credits + in.Bonus }

// Due is what is to be paid, with tax once that is known.
func (in *Invoice) Due() money.Money {
	n := in.Total
	if n == 0 {
		n = in.Price.Amount
	}
	return money.Money{Amount: n, Currency: in.Price.Currency}
}

// Outstanding is what is to be paid and is not.
func (in *Invoice) Outstanding() money.Money {
	m := in.Due()
	switch in.State {
	case Open, Uncollectible, Issuing:
		m.Amount = max(m.Amount-in.AmountPaid, 0)
	default:
		m.Amount = 0
	}
	return m
}

// Overdue says whether the day has passed by which it had to be paid.
func (in *Invoice) Overdue(now time.Time) bool {
	return in.State == Open && in.Collection == Send && !in.DueAt.IsZero() && !now.Before(in.DueAt.Add(grace))
}

// PartPaid says whether a part of it was paid.
func (in *Invoice) PartPaid() bool {
	return in.State == Open && in.AmountPaid > 0
}

// Payable says whether the customer can pay it on Stripe's page.
func (in *Invoice) Payable() bool {
	return (in.State == Open || in.State == Uncollectible) && in.URL != "" && !in.Processing
}

// Final says whether nothing can change it any more.
func (in *Invoice) Final() bool { return in.State == Paid || in.State == Void || in.State == Failed }

// Times that the code keeps and pages may quote.
const (
	// KeyLife is how long a call is repeated under its key; Stripe forgets keys
	// after 24 hours.
	KeyLife = 23 * time.Hour
	// RepairFor is how long a declined charge can be paid on Stripe's page.
	RepairFor = 7 * 24 * time.Hour
	// DebitTime is how long a bank may take to answer to a debit at most.
	DebitTime = 14 * 24 * time.Hour
	// grace is how long after its due date an invoice is not called overdue: the
	// rest of the day.
	grace = 24 * time.Hour
	// MaxTries is after how many soft declines a card is not tried again.
	MaxTries = 4
	// MaxRecipients is how many may be mailed beside the customer.
	MaxRecipients = 10
)

// Backoffs are the waits after soft declines.
var Backoffs = [MaxTries - 1]time.Duration{time.Hour, 3 * time.Hour, 7 * time.Hour}

// NetTerms are the terms of payment to choose from, in days.
var NetTerms = []int{0, 30, 60, 90}

// repairedUntil is how long a charge that was declined can be paid on Stripe's page:
// a bank debit is declined days after it was sent.
func (in *Invoice) repairedUntil() time.Time {
	if purchase.BusinessDays(in.Card.Type) > 0 {
		return in.IssuedAt.Add(DebitTime + RepairFor)
	}
	return in.IssuedAt.Add(RepairFor)
}

// tolerates is after how many soft declines it is not charged again.
func (in *Invoice) tolerates() int {
	if purchase.BusinessDays(in.Card.Type) > 0 {
		return recharge.MaxDebits
	}
	return MaxTries
}
