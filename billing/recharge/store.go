package recharge

import (
	"time"

	"purse/billing/tx"
)

// Store keeps policies and recharges. Rows that are not there are
// tx.ErrNotFound.
type Store interface {
	// PutPolicy inserts a policy or replaces that of the same wallet.
	PutPolicy(t tx.Tx, p *Policy) error
	Policy(t tx.Tx, customer, creditType string) (*Policy, error)
	PolicyByID(t tx.Tx, id string) (*Policy, error)
	PoliciesOf(t tx.Tx, customer string) ([]*Policy, error)
	// Policies answers those with id below before ("" for the newest), in one
	// state or in all for "".
	Policies(t tx.Tx, state State, before string, limit int) ([]*Policy, error)
	DuePolicies(t tx.Tx, now time.Time, limit int) ([]*Policy, error)

	// Insert and Update keep what is beside its charge.
	Insert(t tx.Tx, r *Recharge) error
	Update(t tx.Tx, r *Recharge) error
	Recharge(t tx.Tx, id string) (*Recharge, error)
	OpenOf(t tx.Tx, customer, creditType string) (*Recharge, error)
	// List answers those of a customer and credit type ("" for all) with id
	// below before ("" for the newest), newest first.
	List(t tx.Tx, customer, creditType, before string, limit int) ([]*Recharge, error)
	// Spent adds up the open and succeeded recharges of a wallet since a time,
	// in one currency, without one of them.
	Spent(t tx.Tx, customer, creditType, currency string, since time.Time, except string) (amount int64, runs int, err error)
	// LastAt is when the card was last charged, zero for never.
	LastAt(t tx.Tx, customer, creditType string) (time.Time, error)
}
