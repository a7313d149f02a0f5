package charge

import (
	"time"

	"purse/billing/card"
	"purse/billing/ledger"
	"purse/billing/money"
)

// State is how a charge stands.
type State string

const (
	Draft         State = "draft"    // nothing was asked of Stripe
	Issuing       State = "issuing"  // Stripe is being asked for its invoice
	Charging      State = "charging" // a saved payment method is charged, or a bank has been asked
	Retrying      State = "retrying" // it was declined, and is charged again at RetryAt
	Open          State = "open"     // the customer can pay it on Stripe's page
	Paid          State = "paid"
	Void          State = "void"          // cannot be paid any more
	Uncollectible State = "uncollectible" // given up; it can still be paid
	Failed        State = "failed"        // Stripe never made it
)

// Final says whether only a payment can change it any more.
func (s State) Final() bool { return s == Paid || s == Void || s == Failed }

// UnderWay says whether money is being collected.
func (s State) UnderWay() bool { return s == Issuing || s == Charging || s == Retrying || s == Open }

// Act is what is done at Stripe.
type Act string

const (
	nothing          Act = ""
	actIssue         Act = "issue"
	actFind          Act = "find"
	actLook          Act = "look"
	actSend          Act = "send"
	actPay           Act = "pay"
	actRemake        Act = "remake" // void it, to make it again
	ActVoid          Act = "void"
	ActUncollectible Act = "uncollectible"
	ActRecord        Act = "record" // a payment that did not go through Stripe
)

// Collection is how a charge is paid.
type Collection string

const (
	Send Collection = "send"   // the customer pays it on Stripe's page, by its due date
	Auto Collection = "charge" // a saved payment method is charged
)

// Reason is why a charge is given up. Kinds have further ones of their own.
type Reason string

const (
	Differs Reason = "mismatch" // Stripe's invoice is not what was asked for
	TooLate Reason = "too_late" // it was declined, and nobody paid it in time
)

// Method is a saved payment method as it was when it was chosen: see
// card.PaymentMethod.
type Method struct{ ID, Type, Brand, Last4, Fingerprint string }

// Same says whether two are one card or account, however often it was saved.
func (m Method) Same(o Method) bool {
	return m.ID == o.ID || (m.Fingerprint != "" && m.Type == o.Type && m.Fingerprint == o.Fingerprint)
}

// Name is what people know it by: "visa •4242", "Link a@example.com".
func (m Method) Name() string {
	return card.PaymentMethod{Type: m.Type, Brand: m.Brand, Last4: m.Last4}.Name()
}

// Charge is money that Purse collects by itself, by one invoice of Stripe's.
type Charge struct {
	Owner    Owner
	Customer string
	// Slot, if it is not "", has room for one charge that is under way.
	Slot       string
	Collection Collection
	Price      money.Money // before tax
	State      State

	Doing    Act       // at Stripe, with no outcome yet
	Calls    int       // counts what was done there: each has a key of its own
	SentAt   time.Time // first call under the current key; of what a bank is asked, or was, since when
	Unknowns int       // calls in a row without an answer
	Want     Act       // what follows it
	GiveUp   Reason    // it is to be voided, and why
	Tries    int       // soft declines
	Pays     int       // how often a payment was sent
	Cause    Cause     // of the problem, "" for none
	Problem  string    // for people: the bank's or Stripe's words, or what does not match

	Method Method   // that is charged, or has paid
	Types  []string // of Stripe, of what could be charged when it began

	StripeCustomer         string // whose it is at Stripe
	Invoice, Number, URL   string // Stripe's
	PaymentIntent          string
	Processing             bool // a bank has been asked, and has not answered
	Total, Tax, AmountPaid int64
	ReceiptURL             string

	Purchase string // that it became
	Grant    ledger.GrantID
	Clawed   money.Credits // taken back because it was not paid

	Remake         Remake
	Remakes        int    // how often it was begun anew
	Replaces       string // Stripe's invoice that it was before, "" for none
	ReplacesNumber string
	RemadeAt       time.Time

	LeasedBy    string // who is at it, "" for nobody
	LeasedUntil time.Time
	Again       bool // it was wanted once more meanwhile

	NextAt               time.Time // when to look again, zero for never
	RetryAt              time.Time // when it is charged again, of one that is Retrying
	DueAt, OverdueAt     time.Time // OverdueAt: when it was told
	CreatedAt, UpdatedAt time.Time
	IssuedAt, FinishedAt time.Time
}

// Times and counts that the code keeps and pages may quote.
const (
	// KeyLife is how long a call is repeated under its key; Stripe forgets keys
	// after 24 hours.
	KeyLife = 23 * time.Hour
	// RepairFor is how long a declined charge can be paid on Stripe's page, after
	// the bank's last answer.
	RepairFor = 7 * 24 * time.Hour
	// MaxTries is after how many declines of a soft kind it is not tried again.
	MaxTries = 4
	// MaxDebits is the same for bank debits: Nacha's rules let a debit that was
	// returned for lack of funds be sent again twice.
	MaxDebits = 3

	lookEvery  = time.Hour        // at what can be paid, in case that an event was lost
	lookDebit  = 30 * time.Minute // at what a bank is asked for
	lostAnswer = time.Minute      // how long a call without an answer may still be done at Stripe
	grace      = 24 * time.Hour   // how long after its due date it is not called overdue: the rest of the day
)

// Backoffs are the waits after soft declines.
var Backoffs = [MaxTries - 1]time.Duration{time.Hour, 3 * time.Hour, 7 * time.Hour}

// Tolerates is after how many declines of a soft kind it is not charged again.
func (c *Charge) Tolerates() int {
	if card.BusinessDays(c.Method.Type) > 0 {
		return MaxDebits
	}
	return MaxTries
}

// Due is what is to be paid, with tax once that is known.
func (c *Charge) Due() money.Money {
	if c.Total != 0 {
		return money.Money{Amount: c.Total, Currency: c.Price.Currency}
	}
	return c.Price
}

// Outstanding is what is to be paid and is not.
func (c *Charge) Outstanding() money.Money {
	m := c.Due()
	if c.State.UnderWay() || c.State == Uncollectible {
		m.Amount = max(m.Amount-c.AmountPaid, 0)
	} else {
		m.Amount = 0
	}
	return m
}

// Payable says whether the customer can pay it on Stripe's page.
func (c *Charge) Payable() bool {
	return (c.State.UnderWay() || c.State == Uncollectible) && c.State != Issuing && c.URL != "" && !c.Processing && c.Cause != CauseDiffers
}

// Paying says whether a payment was sent of whose outcome nobody knows.
func (c *Charge) Paying() bool { return c.Doing == actPay }

// Overdue says whether the day has passed by which the customer had to pay it.
func (c *Charge) Overdue(now time.Time) bool {
	return c.State == Open && c.Collection == Send && !c.DueAt.IsZero() && !now.Before(c.DueAt.Add(grace))
}

// repairedUntil is how long a declined charge can be paid on Stripe's page.
func (c *Charge) repairedUntil() time.Time {
	since := c.CreatedAt
	for _, at := range []time.Time{c.IssuedAt, c.SentAt} {
		if at.After(since) {
			since = at
		}
	}
	return since.Add(RepairFor)
}

// backoff is when to ask again if no answer comes: 5 s, 10 s … 15 minutes.
func (c *Charge) backoff(now time.Time) time.Time {
	return now.Add(min(5*time.Second<<min(c.Unknowns, 10), 15*time.Minute))
}

// do notes that something is to be done at Stripe, under a key of its own.
func (c *Charge) do(act Act) {
	c.Doing, c.SentAt = act, time.Time{}
	c.Calls++
}
