package ledger

import (
	"time"

	"purse/billing/money"
)

// HoldState says how a hold stands. A hold ends exactly once.
type HoldState string

const (
	HoldOpen     HoldState = "open"
	HoldCaptured HoldState = "captured"
	HoldReleased HoldState = "released"
	HoldExpired  HoldState = "expired"
)

// MaxHold and DefaultHold bound how long a hold lasts.
const (
	DefaultHold = 10 * time.Minute
	MaxHold     = 24 * time.Hour
)

// Reservation is what a hold has set aside of one grant, or, with Grant 0, of the
// overdraft.
type Reservation struct {
	Grant  GrantID       `json:"g"`
	Amount money.Credits `json:"a"`
}

// Hold is credits set aside for work whose cost is not known yet.
type Hold struct {
	ID     HoldID
	Wallet WalletID
	WalletKey
	Amount       money.Credits
	Captured     money.Credits
	State        HoldState
	Reservations []Reservation // in burn order; kept after the end
	ExpiresAt    time.Time
	CreatedAt    time.Time
	EndedAt      time.Time
}
