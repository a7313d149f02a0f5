package portal

import (
	"time"

	"purse/billing/money"
	"purse/views/ui"
)

// Alerts is the page of the alerts and limits of one wallet.
type Alerts struct {
	Types     []TypeLink
	Type      string // the credit type
	Unit      ui.Unit
	Available money.Credits
	MayChange bool
	Zone      *time.Location
	Rows      []AlertRow // the vendor's defaults first
	Limits    []LimitRow
	AtZero    string // what happens, in words
	Stops     bool   // at zero
	Brand     string
	Alert     AlertForm
	Limit     LimitForm
}

// AlertRow is an alert in the list.
type AlertRow struct {
	ID      string
	Title   string
	At      string // where it stands now, "" where it stands nowhere
	Default bool
	Muted   bool
	Since   time.Time // told, and not recovered: since when; zero else
}

// LimitRow is a limit in the list.
type LimitRow struct {
	ID      string
	Title   string // "500 credits a day"
	Counts  string // "everything"
	Spent   money.Credits
	Held    money.Credits // by open holds, of a limit that counts them
	Limit   money.Credits
	Busiest string
	Resets  time.Time
	Reached bool
	Stops   bool
}

// AlertForm adds an alert.
type AlertForm struct {
	Form    ui.Form
	Type    string
	Unit    ui.Unit
	Kinds   []ui.Option
	Preview string // what it would have told, "" when nobody asked
}

// LimitForm adds a limit.
type LimitForm struct {
	Form    ui.Form
	Type    string
	Unit    ui.Unit
	Counts  []ui.Option
	Zone    *time.Location
	Preview string
}

func (p Alerts) errors() ui.Form {
	if p.Alert.Form.Failed() {
		return p.Alert.Form
	}
	return p.Limit.Form
}

func (l LimitRow) bar() []ui.Segment {
	return []ui.Segment{{Class: l.class(), Part: min(l.Spent+l.Held, l.Limit)}}
}

func (l LimitRow) class() string {
	if l.Reached {
		return "over"
	}
	return "used"
}

func (l LimitRow) spent(u ui.Unit) string {
	s := ui.CreditsCut(l.Spent, u.Decimals) + " of " + u.Amount(l.Limit) + " spent"
	if l.Held > 0 {
		s += ", " + ui.CreditsCut(l.Held, u.Decimals) + " held"
	}
	if l.Busiest != "" {
		s += " by " + l.Busiest + ", the busiest"
	}
	return s
}
