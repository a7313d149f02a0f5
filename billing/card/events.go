package card

import (
	"context"
	"errors"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// MethodEvent handles an event about a payment method: whoever charges it looks at what
// is saved now.
func (m *Service) MethodEvent(ctx context.Context, e *inbox.Event) (inbox.Verdict, error) {
	return m.changedBy(ctx, e.ObjectID, nil)
}

// MandateEvent handles an event about the permission to debit an account: one that was
// withdrawn makes the account as good as removed.
func (m *Service) MandateEvent(ctx context.Context, e *inbox.Event) (inbox.Verdict, error) {
	d, err := m.Gateway.Mandate(ctx, e.ID)
	switch {
	case errors.Is(err, outcome.ErrGone):
		return inbox.Gone(), nil
	case err != nil:
		return inbox.Verdict{}, err
	}
	return m.changedBy(ctx, d.PaymentMethod, func(t tx.Tx, customer string) error {
		return m.Store.PutMandate(t, customer, d.PaymentMethod, d.Ended)
	})
}

// changedBy tells of a payment method that changed, after note has written it.
func (m *Service) changedBy(ctx context.Context, method string, note func(t tx.Tx, customer string) error) (inbox.Verdict, error) {
	customer, err := m.ownerOf(ctx, method)
	if err != nil || customer == "" {
		return inbox.Verdict{State: inbox.NotOurs}, err
	}
	if note != nil {
		if err := m.Runner.Update(ctx, func(t tx.Tx) error { return note(t, customer) }); err != nil {
			return inbox.Verdict{}, err
		}
	}
	return inbox.Verdict{State: inbox.Done}, m.Changed(ctx, customer)
}

// ownerOf is the customer who has saved a payment method, "" for nobody of ours. One
// that was detached does not say from whom: who charges it knows.
func (m *Service) ownerOf(ctx context.Context, id string) (customer string, err error) {
	saved, err := m.Gateway.PaymentMethod(ctx, id)
	if err != nil && !errors.Is(err, outcome.ErrGone) {
		return "", err
	}
	err = m.Runner.View(ctx, func(t tx.Tx) error {
		if saved.StripeCustomer == "" {
			customer, err = m.Store.Charging(t, id)
			if errors.Is(err, tx.ErrNotFound) {
				return nil
			}
			return err
		}
		var c *account.Customer
		c, err = m.Accounts.CustomerByStripeIDIn(t, saved.StripeCustomer)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err == nil {
			customer = c.ID
		}
		return err
	})
	return customer, err
}
