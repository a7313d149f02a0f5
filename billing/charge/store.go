package charge

import (
	"time"

	"purse/billing/tx"
)

// Store keeps charges. Rows that are not there are tx.ErrNotFound.
type Store interface {
	// Insert answers false when its slot has a charge that is under way.
	Insert(t tx.Tx, c *Charge) (bool, error)
	// Update keeps the payment too, once it is known.
	Update(t tx.Tx, c *Charge) error
	Charge(t tx.Tx, o Owner) (*Charge, error)
	Due(t tx.Tx, now time.Time, limit int) ([]Owner, error)
	// Payable answers a customer's charges of a kind that can be paid on Stripe's page.
	Payable(t tx.Tx, of Of, customer string) ([]Owner, error)
	CountRemakes(t tx.Tx, how Remake) (int, error)
	// Release ends every lease.
	Release(t tx.Tx) error
}
