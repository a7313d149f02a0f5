package purchase

import (
	"context"
	"errors"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/tx"
)

const jobGone = "purchase.customer_gone"

// OnCustomerGone calls f after a customer was deleted at Stripe: its saved methods
// went with it, and nobody can go on with what was begun for it there. It may be
// called more than once.
func (s *Service) OnCustomerGone(f func(ctx context.Context, customer string) error) {
	s.hooks.gone = append(s.hooks.gone, f)
}

// customerDeleted handles Stripe's event that a customer was deleted, of the present
// one or of one that was replaced before the event came.
func (s *Service) customerDeleted(ctx context.Context, e *InboxEvent) (InboxState, string, error) {
	var c *account.Customer
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		c, err = s.Accounts.CustomerOfStripeIDIn(t, e.ObjectID)
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return NotOurs, "", nil
	case err != nil:
		return "", "", err
	}
	lives, err := s.Gateway.CustomerLives(ctx, e.ObjectID)
	if err != nil {
		return "", "", err
	}
	if lives {
		return Done, "Stripe has the customer", nil
	}
	return Done, "", s.tellGone(ctx, c.ID)
}

// ReplacedIn commits that all are told that a customer of Stripe's was gone and has
// been replaced, whether or not Stripe's event comes.
func (s *Service) ReplacedIn(t tx.Tx, customer string) error {
	return s.Jobs.Add(t, job.Spec{Kind: jobGone, Dedup: customer, Payload: customer, MaxAttempts: 20})
}

func (s *Service) goneJob(ctx context.Context, j job.Job) error {
	var customer string
	if err := j.Decode(&customer); err != nil {
		return job.Permanent(err)
	}
	return s.tellGone(tx.Background(ctx), customer)
}

func (s *Service) tellGone(ctx context.Context, customer string) (err error) {
	for _, f := range s.hooks.gone {
		err = errors.Join(err, f(ctx, customer))
	}
	return err
}
