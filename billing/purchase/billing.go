package purchase

import (
	"context"
	"errors"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/job"
	"purse/billing/outcome"
	"purse/billing/tx"
)

const jobBilling = "customer.billing"

// SaveBilling stores a customer's billing details and tells Stripe, at once where
// it answers. They concern later invoices; those that exist stay as they are.
func (s *Service) SaveBilling(ctx context.Context, by audit.Actor, b account.BillingDetails) (account.BillingDetails, error) {
	changed := false
	err := s.Runner.Update(ctx, func(t tx.Tx) (err error) {
		if b, changed, err = s.Accounts.SaveBillingIn(t, by, b); err != nil || !changed {
			return err
		}
		return s.Jobs.Add(t, job.Spec{Kind: jobBilling, Dedup: b.Customer, Payload: b.Customer, MaxAttempts: 20})
	})
	if err != nil || !changed {
		return b, err
	}
	if err := s.syncBilling(ctx, b.Customer); err != nil {
		s.Log.Warn("Stripe was not told of billing details; it is tried again", "customer", b.Customer, "error", err)
	}
	return s.Accounts.Billing(ctx, b.Customer)
}

// adoptTyped takes over the address and tax ids that the buyer typed at Checkout
// into billing details that have none, and lets Stripe know what they say now.
func (s *Service) adoptTyped(t tx.Tx, p *Purchase, c *Checkout) error {
	changed, err := s.Accounts.AdoptBillingIn(t, p.Customer, c.Typed, p.CreatedAt)
	if err != nil || !changed {
		return err
	}
	return s.Jobs.Add(t, job.Spec{Kind: jobBilling, Dedup: p.Customer, Payload: p.Customer, MaxAttempts: 20})
}

func (s *Service) billingJob(ctx context.Context, j job.Job) error {
	var customer string
	if err := j.Decode(&customer); err != nil {
		return job.Permanent(err)
	}
	return s.syncBilling(ctx, customer)
}

// SyncBilling tells Stripe a customer's billing details where it does not have
// them yet: what makes an invoice calls it before. What Stripe does not take is
// noted beside them and hinders nothing.
func (s *Service) SyncBilling(ctx context.Context, customer string) error {
	return s.syncBilling(ctx, customer)
}

func (s *Service) syncBilling(ctx context.Context, customer string) error {
	defer s.syncing.lock(customer)() // two at once would both add a tax id that is not there
	var c *account.Customer
	var b account.BillingDetails
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		if c, err = s.Accounts.CustomerIn(t, customer); err == nil {
			b, err = s.Accounts.BillingIn(t, customer)
		}
		return err
	})
	if err != nil || b.Synced >= b.Version || c.StripeCustomerID == "" {
		return err
	}
	p := card.CustomerParams{Customer: c.ID, Name: c.Name, Email: c.Email, Installation: s.Installation, Address: b.Address, TaxIDs: b.TaxIDs}
	if b.Company != "" {
		p.Name = b.Company
	}
	if b.Email != "" {
		p.Email = b.Email
	}
	err = s.Gateway.UpdateCustomer(ctx, c.StripeCustomerID, p)
	problem := ""
	var no *outcome.Refused
	switch {
	case errors.As(err, &no):
		problem = no.Message
	case err != nil:
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error { return s.Accounts.BillingSyncedIn(t, customer, b.Version, problem) })
}
