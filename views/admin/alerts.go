package admin

import (
	"time"

	"purse/views/portal"
	"purse/views/ui"
)

// Alerts is the page of what every customer is told of.
type Alerts struct {
	Form      ui.Form
	Rows      []AlertRow
	Kinds     []ui.Option
	Types     []ui.Option
	MayChange bool
}

// AlertRow is one of the defaults.
type AlertRow struct {
	ID, Title, Concerns string
}

// CustomerAlerts is what watches one customer, and what it told.
type CustomerAlerts struct {
	ID, Name  string
	Wallets   []WatchedWallet
	Told      []ToldRow
	Newer     string
	Older     string
	MayChange bool
	Zone      *time.Location
}

// WatchedWallet is a wallet with its alerts, limits and what happens at zero.
type WatchedWallet struct {
	portal.Alerts
	AtZero string
}

// ToldRow is something that an alert or a limit told.
type ToldRow struct {
	ID, Text, Value string
	At, Closed      time.Time
	Sent            bool // else it was suppressed
}

// AtZero is the form of what happens at zero in a wallet.
type AtZero struct {
	Form                  ui.Form
	ID, Name, Type        string
	Unit                  ui.Unit
	Mode, Overdraft, Rate string
	Now                   string // what happens so far, in words
}

// Mails is the page of mails that were handed on.
type Mails struct {
	Form      ui.Form
	Rows      []MailRow
	Newer     string
	Older     string
	MayChange bool
	Zone      *time.Location
}

// MailRow is a mail.
type MailRow struct {
	ID, To, Subject, Template, State, Error string
	Tone                                    ui.Tone
	At                                      time.Time
	Bounced                                 bool // the address gets no messages now
}
