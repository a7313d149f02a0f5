package portal

import (
	"time"

	"purse/billing/money"
	"purse/views/ui"
)

// RechargeState is how auto-recharge stands, in words, with what comes next.
type RechargeState struct {
	Word       string // in a badge: "On", "Paused"
	Tone       ui.Tone
	Title      string
	Text       []string
	Off        bool
	Busy       bool   // a card is being charged
	Locked     bool   // only staff can let it go on
	Repair     string // words of the link to RepairURL, "" for none
	RepairURL  string // Stripe's page
	Resume     string // words of the button that resumes, "" for none
	ResumeSays string // what the button does
}

// Recharge is the page of auto-recharge.
type Recharge struct {
	Form      ui.Form
	Types     []TypeLink
	Type      string // the credit type
	Now       RechargeNow
	MayChange bool
	Suspended bool
	Rules     RechargeRules // what is chosen, as the form begins
	Packs     []ui.Option
	MayTarget bool        // one of them is for any amount
	Methods   []ui.Option // saved ones that pay in the customer's currency
	Down      bool        // Stripe did not answer, and the cards are not known
	Cooldowns []ui.Option
	Currency  string // of all packs, "" when they differ
	Unit      ui.Unit
	MaxPerDay int
	MaxCount  int
	Promises  []string // what happens by itself, from the values that the code keeps
	History   []RechargeRow
	Newer     string
	Older     string
	Zone      *time.Location
	Nonce     string // of the form that adds a card
}

// RechargeRules are the fields of the form.
type RechargeRules struct {
	Threshold, Pack, Quantity, Target, Cap, PerDay, Cooldown, Method, Backup string
}

// RechargeNow is the part that is asked for again while somebody looks.
type RechargeNow struct {
	State     RechargeState
	Available string
	Spent     string // this month, of the cap
	Summary   []string
	PollPath  string // "" when nothing changes by itself
	PollEvery string
	Type      string
	MayChange bool
}

// RechargeRow is one run.
type RechargeRow struct {
	ID, What, Credits string
	At                time.Time
	State             string
	Tone              ui.Tone
	Reason, Message   string
	Amount, Tax       money.Money
	Card              string
	Backup            bool
	Next              time.Time // tried again
	PayURL            string    // Stripe's page, where it can be paid
	Receipt           string
	Purchase          string // id of the purchase that it became
}

// RechargePreview says what saving would do, and asks for consent.
type RechargePreview struct {
	Form     ui.Form
	Type     string
	Says     []string // the three sentences
	More     []string
	Does     string // what saving does now
	Charges  bool
	Consent  string
	Button   string
	Hidden   []ui.Option
	Promises []string
}

// RechargeLine is auto-recharge in one line of the overview.
type RechargeLine struct {
	Word, Text, Href string
	Tone             ui.Tone
}
