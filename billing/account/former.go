package account

import (
	"errors"

	"purse/billing/fault"
	"purse/billing/tx"
)

// CustomerOfStripeIDIn finds the customer that is, or was, one of Stripe's
// customers. What Stripe says of a former one, as that it was deleted or that its
// invoice was paid, is about that customer all the same.
func (s *Service) CustomerOfStripeIDIn(t tx.Tx, stripeID string) (*Customer, error) {
	c, err := s.CustomerByStripeIDIn(t, stripeID)
	if !fault.Is(err, fault.NotFound) {
		return c, err
	}
	id, err := s.Store.FormerStripeCustomer(t, stripeID)
	if errors.Is(err, tx.ErrNotFound) {
		return nil, fault.Missing("customer")
	}
	if err != nil {
		return nil, err
	}
	return s.CustomerIn(t, id)
}

// IsStripeCustomerIn says whether a customer is, or was, one of Stripe's.
func (s *Service) IsStripeCustomerIn(t tx.Tx, c *Customer, stripeID string) (bool, error) {
	if stripeID == "" || stripeID == c.StripeCustomerID {
		return stripeID == c.StripeCustomerID, nil
	}
	owner, err := s.CustomerOfStripeIDIn(t, stripeID)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && owner.ID == c.ID, err
}
