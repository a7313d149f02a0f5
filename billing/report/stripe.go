package report

import (
	"context"
	"time"

	"purse/billing/tx"
)

// Class is what a balance transaction is, as far as it matters here.
type Class string

const (
	Charge  Class = "charge"
	Refund  Class = "refund"  // and a refund that failed, which gives the money back
	Dispute Class = "dispute" // and one that was won
	Fee     Class = "fee"     // of Stripe's, no part of a payment
	Paidout Class = "payout"
	Other   Class = "other"
)

// Transaction is a balance transaction of Stripe's.
type Transaction struct {
	ID               string
	Class            Class
	Type             string // Stripe's
	Amount, Fee, Net int64
	Currency         string // of the balance
	// Source is the charge, refund, dispute or payout; SourceAmount is in the
	// currency that the customer paid in.
	Source         string
	SourceAmount   int64
	SourceCurrency string
	PaymentIntent  string
	Installation   string // metadata: ours, "" where there is none
	CreatedAt      time.Time
	AvailableAt    time.Time
}

// Gateway is Stripe, as far as reports need it. Both methods list what was
// created at or after a time.
type Gateway interface {
	BalanceSince(ctx context.Context, since time.Time, f func(Transaction) error) error
	PayoutsSince(ctx context.Context, since time.Time, f func(Payout) error) error
}

const (
	overlap     = time.Hour           // read again each time: Stripe's list may lag
	longOverlap = 3 * 24 * time.Hour  // read again once a day
	payoutLife  = 14 * 24 * time.Hour // while a payout may still change its status
)

// Fetch reads from Stripe what moved the balance since it last did. Days that a
// late transaction belongs to are made again.
func (s *Service) Fetch(ctx context.Context) error {
	var since, read time.Time
	now := time.Time{}
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		now = t.Now()
		if since, read, err = s.Store.FetchedUntil(t); err != nil || !since.IsZero() {
			return err
		}
		since, err = s.Store.FirstPaid(t)
		return err
	})
	if err != nil {
		return err
	}
	from, payouts := since.Add(-overlap), since.Add(-overlap)
	switch {
	case since.IsZero():
		from, payouts = now.Add(-24*time.Hour), now.Add(-24*time.Hour)
	case dayOf(read).Before(dayOf(now)):
		from, payouts = since.Add(-longOverlap), since.Add(-payoutLife)
	}
	newest := since
	var found []Transaction
	put := func() error {
		err := s.Runner.Update(ctx, func(t tx.Tx) error {
			for i := range found {
				x := &found[i]
				fresh, err := s.Store.PutTransaction(t, x, x.Installation != "" && x.Installation == s.Installation)
				if err != nil {
					return err
				}
				if fresh {
					if err := s.Store.MarkStale(t, dayOf(x.CreatedAt)); err != nil {
						return err
					}
				}
			}
			return nil
		})
		found = found[:0]
		return err
	}
	err = s.Gateway.BalanceSince(ctx, from, func(x Transaction) error {
		if x.CreatedAt.After(newest) {
			newest = x.CreatedAt
		}
		if found = append(found, x); len(found) < 500 {
			return nil
		}
		return put()
	})
	if err == nil {
		err = put()
	}
	if err != nil {
		return err
	}
	var sent []Payout
	if err := s.Gateway.PayoutsSince(ctx, payouts, func(p Payout) error { sent = append(sent, p); return nil }); err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		for i := range sent {
			changed, err := s.Store.PutPayout(t, &sent[i])
			if err == nil && changed {
				err = s.Store.MarkStale(t, dayOf(sent[i].CreatedAt))
			}
			if err != nil {
				return err
			}
		}
		return s.Store.SetFetchedUntil(t, newest, now)
	})
}
