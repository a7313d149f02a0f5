package purchase

import (
	"context"
	"errors"

	"purse/billing/tx"
)

// Payment is a payment of ours, whoever asked for it. What Stripe's dashboard makes of
// it, refunds, disputes and warnings, carries nothing of ours: it is found by this.
type Payment struct {
	ID       string // Stripe's payment intent, or its invoice where it was paid outside Stripe
	Of       string // what asked for it: purchase, recharge or invoice
	Owner    string // the id of that
	Customer string
	Purchase string // that it became, "" before
	Invoice  string // Stripe's, "" for none
}

// Payment answers a payment by Stripe's id, nil for one that is not ours.
func (s *Service) Payment(ctx context.Context, id string) (p *Payment, err error) {
	if id == "" {
		return nil, nil
	}
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		p, err = s.Store.Payment(t, id)
		if errors.Is(err, tx.ErrNotFound) {
			return nil
		}
		return err
	})
	return p, err
}
