package card

import (
	"context"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/tx"
)

// CustomerParams describe a customer to Stripe.
type CustomerParams struct {
	Customer, Name, Email, Installation string
	Address                             account.Address
	TaxIDs                              []account.TaxID
}

// CustomerGateway is Stripe, as far as its customers need it.
type CustomerGateway interface {
	EnsureCustomer(ctx context.Context, p CustomerParams, key string) (string, error)
	CustomerLives(ctx context.Context, stripeID string) (bool, error)
}

// EnsureCustomer answers Stripe's id of a customer, and makes it once. One that was
// deleted at Stripe is made anew; replaced is called in the transaction that says so.
func EnsureCustomer(ctx context.Context, run tx.Runner, accounts *account.Service, g CustomerGateway, installation, customer string, replaced func(t tx.Tx, customer string) error) (string, error) {
	c, err := accounts.Customer(ctx, customer)
	if err != nil {
		return "", err
	}
	before, key := c.StripeCustomerID, "customer-"+c.ID
	if before != "" {
		if lives, err := g.CustomerLives(ctx, before); err != nil || lives {
			return before, err
		}
		key += "-after-" + before // under the first key Stripe would answer the one that is gone
	}
	stripeID, err := g.EnsureCustomer(ctx, CustomerParams{Customer: c.ID, Name: c.Name, Email: c.Email, Installation: installation}, key)
	if err != nil {
		return "", err
	}
	err = run.Update(ctx, func(t tx.Tx) error {
		now, err := accounts.CustomerIn(t, c.ID)
		if err != nil {
			return err
		}
		if now.StripeCustomerID != before { // somebody was faster, or an admin set it
			stripeID = now.StripeCustomerID
			return nil
		}
		if err := accounts.SetStripeCustomerIn(t, audit.System, c.ID, stripeID); err != nil || before == "" {
			return err
		}
		if replaced != nil {
			if err := replaced(t, c.ID); err != nil {
				return err
			}
		}
		b, err := accounts.BillingIn(t, c.ID)
		if err != nil || !b.Set() {
			return err
		}
		return accounts.RepeatBillingIn(t, c.ID) // the new one knows nothing of them
	})
	return stripeID, err
}
