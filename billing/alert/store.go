package alert

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/tx"
)

// Mute is a default that a customer does not want to be told of.
type Mute struct{ Customer, Alert string }

// WalletRow is a wallet to put watches on.
type WalletRow struct {
	ID ledger.WalletID
	ledger.WalletKey
}

// ExpiringGrant is a grant whose end comes near; its figures may be behind.
type ExpiringGrant struct {
	Wallet    ledger.WalletKey
	Grant     ledger.GrantID
	ExpiresAt time.Time
}

// Store keeps alerts, limits and episodes.
type Store interface {
	InsertAlert(t tx.Tx, a Alert) error
	// UpdateAlert writes ScannedUntil and EndedAt.
	UpdateAlert(t tx.Tx, a Alert) error
	// Alerts answers all that have not ended, oldest first; one customer's, or
	// everybody's for "*".
	Alerts(t tx.Tx, customer string) ([]Alert, error)
	// AnyDefault says whether there ever was a default.
	AnyDefault(t tx.Tx) (bool, error)
	Mutes(t tx.Tx, customer string) ([]Mute, error)
	PutMute(t tx.Tx, m Mute) error
	DeleteMute(t tx.Tx, m Mute) error

	PutLimit(t tx.Tx, l Limit) error
	Limits(t tx.Tx, customer string) ([]Limit, error)

	PutZero(t tx.Tx, z AtZero) error
	Zeros(t tx.Tx, customer string) ([]AtZero, error)

	// InsertEpisode answers false when there is one at its place already.
	InsertEpisode(t tx.Tx, e Episode) (bool, error)
	// CloseEpisodes closes what is open of a source on a wallet and answers it.
	CloseEpisodes(t tx.Tx, customer, creditType, source string) ([]Episode, error)
	// CloseEpisode closes one; false when it is not open.
	CloseEpisode(t tx.Tx, customer, source, place string) (bool, error)
	// ToldSince says whether people were told of a source on a wallet since then.
	ToldSince(t tx.Tx, customer, creditType, source string, since time.Time) (bool, error)
	// Open answers the open episodes of a customer, Episodes the newest below
	// before ("" for all).
	Open(t tx.Tx, customer string) ([]Episode, error)
	Episodes(t tx.Tx, customer, before string, limit int) ([]Episode, error)

	// WalletsAfter pages through all wallets, WalletsOf answers a customer's.
	WalletsAfter(t tx.Tx, after ledger.WalletID, limit int) ([]WalletRow, error)
	// Expiring answers grants that expire within (from, to], of everybody or of
	// one wallet (the zero key is everybody).
	Expiring(t tx.Tx, k ledger.WalletKey, from, to time.Time, limit int) ([]ExpiringGrant, error)
	// ForgetCounters deletes counters of periods that started before.
	ForgetCounters(t tx.Tx, before time.Time) error
}
