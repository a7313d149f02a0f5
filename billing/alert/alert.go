// Package alert watches levels for customers and stops what they want stopped:
// alerts about balance, expiry and burn rate, spend limits, and what happens at
// zero.
//
// It promises invariant 27: a crossing is written in the transaction that
// causes it (the ledger inserts the job that opens the episode), each episode
// is one event, and people get at most one message per level and day, the most
// severe when several are crossed at once; what was not sent is recorded as
// suppressed. Nothing on the way of a debit asks the database about alerts:
// watches are resident with their wallets, limits in memory.
package alert

import (
	"slices"
	"time"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
)

// Kind is what an alert watches.
type Kind string

const (
	// Below: available credits reach Credits or less. 0 is empty.
	Below Kind = "below"
	// Share: available credits reach Share percent of the last paid grant that
	// stands, or less.
	Share Kind = "share"
	// DaysLeft: at the present burn rate, credits last Days or less.
	DaysLeft Kind = "days_left"
	// Expiring: credits expire within Days.
	Expiring Kind = "expiring"
	// Surge: the last hour used at least Share percent of the usual hour, and at
	// least Credits (0: a hundredth of the last paid grant).
	Surge Kind = "surge"
)

// Kinds are the kinds of alerts, in the order in which they are offered.
func Kinds() []Kind { return []Kind{Below, Share, DaysLeft, Expiring, Surge} }

// Alert is a level that is watched. Alerts are made and ended, not changed.
type Alert struct {
	ID string
	// Customer is whose it is; "" for the vendor's default, which concerns every
	// customer that does not mute it.
	Customer string
	// CreditType is the key of the wallet; "" in defaults: every wallet.
	CreditType string
	Kind       Kind
	Credits    money.Credits
	Share      int64 // percent
	Days       int
	// ScannedUntil is up to when expiries were looked at, for Expiring.
	ScannedUntil time.Time
	CreatedBy    string
	CreatedAt    time.Time
	EndedAt      time.Time
}

// Default says whether it concerns everybody.
func (a *Alert) Default() bool { return a.Customer == "" }

// Empty says whether it is the alert about nothing being left.
func (a *Alert) Empty() bool { return a.Kind == Below && a.Credits == 0 }

// New says what an alert is to be.
type New struct {
	CreditType string
	Kind       Kind
	Credits    money.Credits
	Share      int64
	Days       int
}

// defaults are what a new installation tells everybody of.
func defaults() []New {
	out := []New{{Kind: Below}}
	for _, share := range []int64{5, 20, 50} {
		out = append(out, New{Kind: Share, Share: share})
	}
	for _, days := range []int{1, 7, 30} {
		out = append(out, New{Kind: Expiring, Days: days})
	}
	return append(out, New{Kind: Surge, Share: 300})
}

// MaxAlerts is how many alerts and how many limits a customer may have.
const MaxAlerts = 50

// fieldsOf are the fields, as the API names them, that a kind of alert is made of.
var fieldsOf = map[Kind][]string{
	Below: {"credits"}, Share: {"percent"}, DaysLeft: {"days"}, Expiring: {"days"}, Surge: {"percent", "credits"},
}

// check refuses also what a kind has no use for: it was meant to say something.
func (n *New) check() error {
	fields, ok := fieldsOf[n.Kind]
	if !ok {
		return fault.Bad("kind", "There are alerts of the kinds below, share, days_left, expiring and surge.")
	}
	for _, f := range []struct {
		name  string
		given bool
	}{{"credits", n.Credits != 0}, {"percent", n.Share != 0}, {"days", n.Days != 0}} {
		if f.given && !slices.Contains(fields, f.name) {
			return fault.Bad(f.name, "An alert of the kind %s has no %s: leave it out, or choose another kind.", n.Kind, f.name)
		}
	}
	if n.Kind == Surge && n.Share == 0 {
		n.Share = 200
	}
	switch {
	case n.Credits < 0 || n.Credits > money.MaxAmount:
		return fault.Bad("credits", "Give zero credits or more.")
	case n.Kind == Share && (n.Share < 1 || n.Share > 99):
		return fault.Bad("percent", "Give 1 to 99 percent of the last paid grant.")
	case n.Kind == Surge && (n.Share < 150 || n.Share > 10_000):
		return fault.Bad("percent", "Give 150 to 10,000 percent of the usual hour.")
	case (n.Kind == DaysLeft || n.Kind == Expiring) && (n.Days < 1 || n.Days > 90):
		return fault.Bad("days", "Give 1 to 90 days.")
	}
	return nil
}

// severity orders alerts that one change crossed: the lower, the worse.
func severity(a *Alert, level money.Credits) int64 {
	if a.Empty() {
		return -1
	}
	return int64(level)
}

// unit is the smallest amount of a credit type that pages show.
func unit(decimals int) money.Credits {
	u := money.Credits(money.Micro)
	for range decimals {
		u /= 10
	}
	return max(u, 1)
}

func find[T any](list []T, f func(*T) bool) *T {
	if i := slices.IndexFunc(list, func(v T) bool { return f(&v) }); i >= 0 {
		return &list[i]
	}
	return nil
}

// watchID names the watch of an alert on a wallet.
func watchID(alert string, w ledger.WalletID) string { return alert + "/" + w.String() }
