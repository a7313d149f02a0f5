// Package statement tells customers, month by month, what their credits did:
// opening, what came, what each meter used, what expired, closing.
//
// It promises that opening + all movements = closing, and that one statement
// begins where the one before ended, whatever becomes of the customer's time
// zone. Months are the customer's; what belongs to one is decided by the time of
// posting, so a statement that was made never changes: entries are never
// rewritten. Only its period is stored, its figures come from the ledger.
package statement

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
)

// Period is a month of a customer's, From ≤ at < To.
type Period struct {
	Customer string
	Name     string // "2026-10"
	From, To time.Time
	Zone     string    // the time zone whose month it is, by name
	MadeAt   time.Time // zero while it lasts: then To is now
}

// Final says whether the month is over.
func (p Period) Final() bool { return !p.MadeAt.IsZero() }

// Statement is what happened in a period.
type Statement struct {
	Period
	Wallets []Wallet // those in which something was or happened, by credit type
	// Paid and Refunded are money, by currency.
	Paid     []Paid
	Refunded []money.Money
}

// Wallet is a part of a statement: of one credit type.
type Wallet struct {
	CreditType string
	ledger.Summary
}

// Paid is what purchases of a period cost. Tax is contained in Total.
type Paid struct {
	Count      int64
	Total, Tax money.Money
}

const layout = "2006-01"

// monthOf is the name of the month that an instant lies in.
func monthOf(at time.Time, zone *time.Location) string { return at.In(zone).Format(layout) }

// startOf is when a month begins in a zone. Where midnight does not exist, time
// gives the instant after the gap.
func startOf(month string, zone *time.Location) time.Time {
	first, err := time.ParseInLocation(layout, month, zone)
	if err != nil {
		return time.Time{}
	}
	return first
}

// after is the month after one, previous the one before.
func after(month string) string    { return months(month, 1) }
func previous(month string) string { return months(month, -1) }

func months(month string, n int) string {
	first, err := time.Parse(layout, month)
	if err != nil {
		return ""
	}
	return first.AddDate(0, n, 0).Format(layout)
}
