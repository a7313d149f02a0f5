package purchase

import (
	"context"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/tx"
)

const jobGone = "purchase.customer_gone"

// CustomerDeletedEvent handles Stripe's event that a customer was deleted, of the present
// one or of one that was replaced before the event came.
func (s *Service) CustomerDeletedEvent(ctx context.Context, e *inbox.Event) (inbox.Verdict, error) {
	var c *account.Customer
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		c, err = s.Accounts.CustomerOfStripeIDIn(t, e.ObjectID)
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return inbox.Verdict{State: inbox.NotOurs}, nil
	case err != nil:
		return inbox.Verdict{}, err
	}
	lives, err := s.Gateway.CustomerLives(ctx, e.ObjectID)
	if err != nil {
		return inbox.Verdict{}, err
	}
	if lives {
		return inbox.Verdict{State: inbox.Done, Why: "Stripe has the customer"}, nil
	}
	return inbox.Verdict{State: inbox.Done}, s.tellGone(ctx, c.ID)
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
