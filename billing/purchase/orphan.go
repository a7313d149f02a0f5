package purchase

import (
	"context"
	"errors"
	"time"

	"purse/billing/account"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// seek looks for what was opened at Stripe for a purchase whose buyer's request
// ended without an answer: a Checkout, or the invoice of a saved card. What is
// found is the purchase's, so that the buyer can go on with it, its payment
// counts, and it ends in time. What nobody wants any more ends at once.
func (s *Service) seek(ctx context.Context, p *Purchase, over bool) error {
	c, found, err := s.lookFor(ctx, p)
	switch {
	case err != nil:
		return s.unavailable(err)
	case !found && over:
		if err := s.setState(ctx, p.ID, Expired, "The Checkout was never opened."); err != nil {
			return err
		}
		return s.stopLooking(ctx, p.ID)
	case !found:
		return nil // it may still be made
	case c.Status == "draft" && !over && !p.State.Final():
		return nil // nobody can pay a draft; who makes it may come back
	}
	s.Log.Warn("found at Stripe what was opened without an answer", "purchase", p.ID, "checkout", c.ID, "status", c.Status)
	now, _, err := s.fulfil(ctx, &c, nil)
	if err != nil || now == nil || now.Granted() || (now.State == Created && !over) || now.State == Processing {
		return err
	}
	return s.end(ctx, p.ID, c.ID)
}

func (s *Service) lookFor(ctx context.Context, p *Purchase) (c Checkout, found bool, err error) {
	var customer *account.Customer
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		customer, err = s.Accounts.CustomerIn(t, p.Customer)
		return err
	})
	if err != nil || customer.StripeCustomerID == "" {
		return c, false, err
	}
	// Stripe's clock may differ from ours.
	return s.Gateway.LookFor(ctx, CheckoutParams{Purchase: p.ID, Customer: p.Customer, Installation: s.Installation, StripeCustomer: customer.StripeCustomerID}, p.CreatedAt.Add(-time.Hour))
}

// end makes a Checkout or an invoice one that cannot be paid any more, and its
// purchase one that is over. One that was paid meanwhile is fulfilled.
func (s *Service) end(ctx context.Context, purchaseID, session string) error {
	if err := s.Gateway.ExpireCheckout(ctx, session); err != nil && !errors.Is(err, outcome.ErrNotOpen) && !errors.Is(err, outcome.ErrGone) {
		return err
	}
	c, err := s.Gateway.Checkout(ctx, session)
	switch {
	case errors.Is(err, outcome.ErrGone): // it was a draft
		if err := s.setState(ctx, purchaseID, Expired, "The payment was never begun."); err != nil {
			return err
		}
		return s.stopLooking(ctx, purchaseID)
	case err != nil:
		return err
	}
	if _, _, err := s.fulfil(ctx, &c, nil); err != nil || c.Status != "expired" {
		return err
	}
	return s.stopLooking(ctx, purchaseID)
}

// stopLooking ends the sweep's interest in a purchase that is over.
func (s *Service) stopLooking(ctx context.Context, purchaseID string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		p, err := s.Store.Purchase(t, purchaseID)
		if err != nil || !p.State.Final() || p.CheckAt.IsZero() {
			return err
		}
		p.CheckAt = time.Time{}
		return s.Store.Update(t, p)
	})
}
