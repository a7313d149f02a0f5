// Package schedule buys credits on set days: monthly, quarterly or yearly, by a
// saved card with the customer's consent, or by an invoice that staff agreed on.
// Each run is an invoice of package invoice, which pays, retries and repairs it.
//
// It promises that each day of a schedule is run once: the number of the last
// run only grows, and a period makes one invoice, by a unique index. A clock
// that steps back, a change of time zone or summer time runs nothing twice; days
// that were missed while the program was down are run once, together. Nothing is
// charged at a price above the one agreed to, and nothing without consent.
package schedule

import (
	"time"

	"purse/billing/charge"
	"purse/billing/invoice"
	"purse/billing/money"
)

// Every is how often a schedule runs.
type Every string

const (
	Monthly   Every = "month"
	Quarterly Every = "quarter"
	Yearly    Every = "year"
)

// Interval is how many months are between two runs, 0 for what is no Every.
func (e Every) Interval() int {
	switch e {
	case Monthly:
		return 1
	case Quarterly:
		return 3
	case Yearly:
		return 12
	}
	return 0
}

// State is how a schedule stands.
type State string

const (
	Active State = "active"
	Paused State = "paused" // Reason says why; the customer has to act
	Ended  State = "ended"  // cancelled
)

// Reason is why a schedule is paused.
type Reason string

const (
	CardDeclined Reason = "card_declined"
	PriceChanged Reason = "price_changed" // dearer than agreed, or not sold any more
	Disputed     Reason = "dispute"
	NotMade      Reason = "refused" // Stripe did not make the invoice
	NoCard       Reason = "no_card" // its card is not saved any more: it goes on with one that is saved next
)

// Consent is what the customer agreed to: which text, who, from where, when.
type Consent struct {
	Version, User, Address string
	At                     time.Time
}

// ConsentDocument and ConsentVersion name the text that customers agree to.
const (
	ConsentDocument = "scheduled_purchase"
	ConsentVersion  = "2026-12"
)

// ConsentText is that text, beside the schedule's own figures.
const ConsentText = "I agree that this payment method is charged on these days, without asking me each time, until I cancel the schedule."

// Schedule is a standing order with set days.
type Schedule struct {
	ID, Customer     string
	CreditType       string
	Pack             string // "" for credits at a price that staff agreed on
	Quantity         int
	Amount           money.Credits // of a pack for any amount, 0 for Quantity packs of fixed size
	Name             string
	Credits          money.Credits // of one run, bonus apart
	Bonus            money.Credits // that comes with it, and lives for BonusDays, 0 for ever
	BonusDays        int
	Price            money.Money // of one run before tax, discount taken off
	TaxBehavior      string      // how Price stands to tax, as consented: see purchase.EffectiveTax
	Discount         int         // percent, taken off the pack's price
	ExpiresAfterDays int

	Every      Every
	FirstDay   string // 2026-01-31: the first run's day in the customer's time zone
	Collection charge.Collection
	Card       charge.Method
	// Terms of an invoice.
	NetDays        int
	Recipients     []string
	PONumber, Memo string
	TaxExempt      invoice.TaxExempt
	OnIssue        bool

	Consent Consent // zero for an invoice

	State     State
	Reason    Reason
	Note      string // for people
	RepairURL string // Stripe's page on which a declined run can be paid
	PausedAt  time.Time

	Done   int       // how many days were run or passed over
	NextAt time.Time // of the next run, zero for none

	CreatedBy            string
	CreatedAt, UpdatedAt time.Time
}

// Brings is all that one run brings: the credits bought and the bonus.
func (s *Schedule) Brings() money.Credits { return s.Credits + s.Bonus }

// Day is the nth day, the first is 0, in the customer's time zone: its first
// moment there. Months that are too short have it on their last day.
func (s *Schedule) Day(n int, zone *time.Location) time.Time {
	first, err := time.Parse(time.DateOnly, s.FirstDay)
	if err != nil {
		return time.Time{}
	}
	y, m, d := first.Date()
	month := time.Date(y, m+time.Month(n*s.Every.Interval()), 1, 0, 0, 0, 0, time.UTC)
	last := month.AddDate(0, 1, -1).Day()
	return time.Date(month.Year(), month.Month(), min(d, last), 0, 0, 0, 0, zone)
}

// Days are the next days, at most count.
func (s *Schedule) Days(count int, zone *time.Location) (out []time.Time) {
	if s.State == Ended {
		return nil
	}
	for i := range count {
		out = append(out, s.Day(s.Done+i, zone))
	}
	return out
}

// due is the last day that has come and was not run, false when there is none.
func (s *Schedule) due(now time.Time, zone *time.Location) (int, bool) {
	n := -1
	for i := s.Done; i < s.Done+2000 && !s.Day(i, zone).After(now); i++ {
		n = i
	}
	return n, n >= 0
}
