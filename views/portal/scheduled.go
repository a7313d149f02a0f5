package portal

import (
	"time"

	"purse/billing/money"
	"purse/views/ui"
)

// Scheduled is the page of purchases on set days.
type Scheduled struct {
	Form      ui.Form
	Rows      []ScheduleRow
	Packs     []ui.Option
	Methods   []ui.Option
	Every     []ui.Option
	MayAmount bool   // a pack for any amount is among them
	Today     string // where the form begins
	MayChange bool
	Suspended bool
	Down      bool // Stripe does not say which cards are saved
	Zone      *time.Location
}

// ScheduleRow is one schedule.
type ScheduleRow struct {
	ID, Name, Every, Pays, Word string
	Tone                        ui.Tone
	Credits, Bonus              money.Credits
	Unit                        ui.Unit
	Price                       money.Money
	Note                        string
	Repair                      string // Stripe's page
	Next                        []time.Time
	Runs                        []InvoiceRow
	MayCancel, MayResume        bool
	NoCard                      bool // a card has to be saved
	MayRenew                    bool // the price changed, and can be agreed to
}

// SchedulePreview asks for consent.
type SchedulePreview struct {
	Form    ui.Form
	Says    []string
	Does    string // what saving does now
	Charges bool
	Consent string
	Hidden  []ui.Option
	Button  string
	Renews  bool // a schedule that is there: nothing of it can be changed
}
