package purchase

import (
	"context"

	"purse/billing/card"
	"purse/billing/fault"
)

// EnsureCustomer answers Stripe's id of a customer, and makes it once. One that was
// deleted at Stripe is made anew.
func (s *Service) EnsureCustomer(ctx context.Context, customer string) (string, error) {
	return card.EnsureCustomer(ctx, s.Runner, s.Accounts, s.Gateway, s.Installation, customer, s.ReplacedIn)
}

// CheckStripeCustomer refuses an id of Stripe's that names no customer there.
func (s *Service) CheckStripeCustomer(ctx context.Context, stripeID string) error {
	lives, err := s.Gateway.CustomerLives(ctx, stripeID)
	if err != nil {
		return s.unavailable(err)
	}
	if !lives {
		return fault.New(fault.Invalid, "unknown_stripe_customer", "stripe_customer_id", "Stripe has no customer %s, or it was deleted there.", stripeID)
	}
	return nil
}
