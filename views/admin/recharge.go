package admin

import (
	"time"

	"purse/billing/money"
	"purse/views/portal"
	"purse/views/ui"
)

// Recharge is the page of a customer's automatic purchases.
type Recharge struct {
	ID, Name  string
	Policies  []Policy
	History   []portal.RechargeRow
	Newer     string
	Older     string
	MayChange bool
	Zone      *time.Location
}

// Policy is a customer's standing order for one wallet.
type Policy struct {
	ID, Type       string
	Unit           ui.Unit
	Word           string
	Tone           ui.Tone
	Reason, Note   string
	Threshold      money.Credits
	Buys           string
	Credits        money.Credits
	Price, Cap     money.Money
	PerDay         int
	Cooldown       string
	Card, Backup   string
	ConsentVersion string
	ConsentBy      string
	ConsentFrom    string
	ConsentAt      time.Time
	Next, Paused   time.Time
	MayPause       bool
	MayRelease     bool
}
