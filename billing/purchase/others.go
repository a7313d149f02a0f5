package purchase

import (
	"context"
	"errors"

	"purse/billing/tx"
)

// Others are whom purchases tell of what concerns them too. They are set once, when
// the program is put together.
type Others struct {
	// Disputed and Warned are called in the transaction that learns of a dispute, or of
	// a bank's actionable warning, about a payment of a customer.
	Disputed, Warned func(t tx.Tx, customer string) error
	// CustomerGone are called after a customer was deleted at Stripe: its saved methods
	// went with it, and nobody can go on with what was begun for it there. They may be
	// called more than once.
	CustomerGone []func(ctx context.Context, customer string) error
}

// Tell sets whom purchases tell.
func (s *Service) Tell(o Others) { s.others = o }

func (s *Service) tellDisputed(t tx.Tx, customer string) error {
	if s.others.Disputed == nil {
		return nil
	}
	return s.others.Disputed(t, customer)
}

func (s *Service) tellGone(ctx context.Context, customer string) (err error) {
	for _, f := range s.others.CustomerGone {
		err = errors.Join(err, f(ctx, customer))
	}
	return err
}
