package inbox

import (
	"context"
	"fmt"
	"time"

	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/tx"
)

// Reconciliation reads what happened at Stripe since the last time and puts what
// never arrived here into the inbox, where it goes the way of every webhook.
// Stripe keeps events for 30 days; how far we have read is stored, so that an
// outage of any length below that loses nothing.
const (
	jobReconcile   = "purchase.reconcile"
	reconcileEvery = 10 * time.Minute
	// overlap is read again each time: events of one moment may be listed late.
	overlap = 15 * time.Minute
	// firstLook is how far back the first reconciliation of a database goes.
	firstLook = 24 * time.Hour
)

// Reconciled is what a reconciliation found.
type Reconciled struct {
	Since   time.Time
	Events  int // that Stripe lists
	Missing int // of these, those that had not arrived and are in the inbox now
}

func (s *Service) reconcileJob(ctx context.Context, _ job.Job) error {
	r, err := s.Reconcile(ctx)
	if r.Missing > 0 {
		s.Log.Warn("Stripe's webhooks had not all arrived", "since", r.Since, "events", r.Events, "missing", r.Missing)
	}
	return err
}

// Reconcile reads Stripe's events since the last reconciliation. What it adds to
// the inbox is processed soon after; what cannot be is an alarm there.
func (s *Service) Reconcile(ctx context.Context) (Reconciled, error) {
	var r Reconciled
	var start time.Time
	err := s.Runner.View(ctx, func(t tx.Tx) error {
		start = t.Now()
		last, err := s.Store.ReconciledUntil(t)
		r.Since = last.Add(-overlap)
		if last.IsZero() {
			r.Since = start.Add(-firstLook)
		}
		return err
	})
	if err != nil {
		return r, err
	}
	err = s.Gateway.EventsSince(ctx, r.Since, func(e Event) error {
		r.Events++
		isNew, err := s.Receive(ctx, e)
		if isNew {
			r.Missing++
		}
		return err
	})
	if err != nil {
		return r, fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "stripe_unavailable", "", "Stripe does not answer at the moment: try again."), err)
	}
	return r, s.Runner.Update(ctx, func(t tx.Tx) error { return s.Store.SetReconciledUntil(t, start) })
}
