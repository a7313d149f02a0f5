package purchase

import (
	"context"
	"errors"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// CustomerEvent takes over what a customer has changed of the address and the tax
// ids in Stripe's portal, and nothing else: what was changed here later stays.
// The event is about the customer, also where it is about one of its tax ids.
func (s *Service) CustomerEvent(ctx context.Context, e *inbox.Event) (inbox.Verdict, error) {
	if e.Type != "customer.updated" && !strings.HasPrefix(e.Type, "customer.tax_id.") {
		return inbox.Verdict{State: inbox.Ignored}, nil
	}
	var c *account.Customer
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		c, err = s.Accounts.CustomerByStripeIDIn(t, e.ObjectID)
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return inbox.Verdict{State: inbox.NotOurs}, nil
	case err != nil:
		return inbox.Verdict{}, err
	}
	// While Stripe is being told of details, it has a part of them only.
	defer s.syncing.lock(c.ID)()
	b, err := s.Accounts.Billing(ctx, c.ID)
	switch {
	case err != nil:
		return inbox.Verdict{}, err
	case b.Synced < b.Version || b.Problem != "":
		return inbox.Verdict{State: inbox.Done}, nil // ours is later, or Stripe did not take all of it
	}
	// Stripe had all of ours: what it has otherwise now came after it.
	now, err := s.Gateway.CustomerDetails(ctx, e.ObjectID)
	switch {
	case errors.Is(err, outcome.ErrGone):
		return inbox.Verdict{State: inbox.Ignored, Why: "Stripe does not know the customer any more"}, nil
	case err != nil:
		return inbox.Verdict{}, err
	}
	if !b.Follows(now) {
		return inbox.Verdict{State: inbox.Done}, nil // it is an echo of what we have told
	}
	checkout, err := s.typedBefore(ctx, c.ID, b.UpdatedAt, e.CreatedAt)
	if err != nil {
		return inbox.Verdict{}, err
	}
	return inbox.Verdict{State: inbox.Done}, s.Runner.Update(ctx, func(t tx.Tx) error {
		is, err := s.Accounts.BillingIn(t, c.ID)
		if err != nil || is.Version != b.Version {
			return err // saved meanwhile
		}
		if !checkout {
			_, err := s.Accounts.FollowBillingIn(t, c.ID, now)
			return err
		}
		if !is.Set() {
			return nil
		}
		// What was saved while a Checkout was open counts more than what was typed
		// there: Stripe is told again, as if it were saved now, so that it is told
		// once.
		if err := s.Accounts.RepeatBillingIn(t, c.ID); err != nil {
			return err
		}
		return s.Jobs.Add(t, job.Spec{Kind: jobBilling, Dedup: c.ID, Payload: c.ID, MaxAttempts: 20})
	})
}

// typedBefore says whether what Stripe knows of a customer comes from a Checkout
// that was open when details were saved here.
func (s *Service) typedBefore(ctx context.Context, customer string, saved, at time.Time) (bool, error) {
	if saved.IsZero() {
		return false, nil
	}
	var recent []*Purchase
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		recent, err = s.Store.List(t, customer, "", "", 10)
		return err
	})
	for _, p := range recent {
		if err != nil || p.CheckoutSession == "" || isInvoice(p.CheckoutSession) || p.CreatedAt.After(saved) {
			continue
		}
		if !p.PaidAt.IsZero() {
			if p.PaidAt.After(saved) && p.PaidAt.After(at.Add(-10*time.Minute)) {
				return true, nil
			}
			continue
		}
		if p.State == Processing && p.UpdatedAt.After(saved) {
			return true, nil
		}
		if p.State != Created {
			continue
		}
		var c Checkout
		if c, err = s.Gateway.Checkout(ctx, p.CheckoutSession); err == nil && c.Status == "complete" {
			return true, nil
		}
		if errors.Is(err, outcome.ErrGone) {
			err = nil
		}
	}
	return false, err
}
