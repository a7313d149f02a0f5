package purchase

import (
	"context"
	"errors"
	"time"

	"purse/billing/job"
	"purse/billing/tx"
)

// The sweep asks Stripe about purchases that have not ended, in case that a
// webhook was lost and nobody came back: first after a minute, then ever more
// seldom, until the Checkout has expired.
const (
	firstCheck = time.Minute
	maxCheck   = time.Hour
)

func (s *Service) sweepJob(ctx context.Context, _ job.Job) error { return s.Sweep(ctx) }

// Sweep looks once at every purchase whose time has come.
func (s *Service) Sweep(ctx context.Context) error {
	var due []*Purchase
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		due, err = s.Store.Due(t, t.Now(), 100)
		return err
	})
	if err != nil {
		return err
	}
	var failed error
	for _, p := range due {
		if err := s.check(ctx, p); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

func (s *Service) check(ctx context.Context, p *Purchase) error {
	over, asked := false, false
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		over = t.Now().After(p.CheckoutExpiresAt)
		now, err := s.Store.Purchase(t, p.ID)
		if err != nil || now.CheckAt.IsZero() {
			return err
		}
		asked = now.State == Processing
		now.CheckAt = t.Now().Add(min(firstCheck<<min(now.Checks, 10), maxCheck))
		now.Checks++
		return s.Store.Update(t, now)
	})
	if err != nil {
		return err
	}
	if p.CheckoutSession == "" {
		return s.seek(ctx, p, over)
	}
	if (over || p.State.Final()) && !asked && isInvoice(p.CheckoutSession) { // a Checkout ends by itself, an invoice does not
		return s.end(ctx, p.ID, p.CheckoutSession)
	}
	_, err = s.FulfilBySession(ctx, p.CheckoutSession)
	return err
}
