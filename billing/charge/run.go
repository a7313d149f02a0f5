package charge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purse/billing/id"
	"purse/billing/tx"
)

// leaseFor is how long who is at a charge has it for itself, at most: longer than the
// calls of a step take. Two at once do no harm, but for calls that Stripe answers twice.
const leaseFor = 2 * time.Minute

// Run takes a charge as far as it goes now: to paid, to a decline, or to an answer that
// has to be waited for. It may be called at any time, in any state: called while
// somebody is at the charge, it makes that run go once more, for what it has read may be
// older than what the caller wrote.
func (s *Service) Run(ctx context.Context, o Owner) error {
	lease := id.New("lease", time.Now())
	held := false
	for {
		sent, err := s.steps(ctx, o, lease)
		if held = held || sent; !held {
			return err
		}
		again, freed := s.release(ctx, o, lease)
		if err = errors.Join(err, freed); err != nil || !again {
			return err
		}
	}
}

// steps goes as far as it can. It says whether it sent anything, for which it took the
// charge; it gives it back itself if it panics.
func (s *Service) steps(ctx context.Context, o Owner, lease string) (took bool, err error) {
	well := false
	defer func() {
		if !well {
			_, _ = s.release(ctx, o, lease)
		}
	}()
	for more, i := true, 0; more && i < 8; i++ {
		var sent bool
		sent, more, err = s.step(ctx, o, lease)
		took = took || sent
		if err != nil {
			break
		}
	}
	well = true
	return took, err
}

// release gives a charge back, or keeps it when it was wanted meanwhile.
func (s *Service) release(ctx context.Context, o Owner, lease string) (again bool, err error) {
	err = s.Runner.Update(context.WithoutCancel(ctx), func(t tx.Tx) error {
		c, err := s.Store.Charge(t, o)
		if again = false; err != nil || c.LeasedBy != lease {
			return err
		}
		if again = c.Again; again {
			c.Again = false
		} else {
			c.LeasedBy, c.LeasedUntil = "", time.Time{}
		}
		return s.Store.Update(t, c)
	})
	return again, err
}

// call is what a step is about to do at Stripe.
type call struct {
	act   Act
	c     *Charge
	terms Terms
}

// step commits what is about to be sent, sends it, and writes what came of it. It says
// whether anything was sent, for which it took the charge.
func (s *Service) step(ctx context.Context, o Owner, lease string) (held, more bool, err error) {
	var now call
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		now = call{}
		c, err := s.Store.Charge(t, o)
		if err != nil {
			return err
		}
		if c.LeasedBy != "" && c.LeasedBy != lease && c.LeasedUntil.After(t.Now()) {
			c.Again = true
			return s.Store.Update(t, c)
		}
		now.c = c
		if now.act, err = s.plan(t, c); err != nil || now.act == nothing {
			return err
		}
		c.LeasedBy, c.LeasedUntil = lease, t.Now().Add(leaseFor)
		if err := s.Store.Update(t, c); err != nil {
			return err
		}
		now.terms, err = s.terms(t, c)
		return err
	})
	if err != nil || now.act == nothing {
		return false, false, err
	}
	more, err = s.send(ctx, now)
	return true, more, err
}

// send makes the call and writes what came of it.
func (s *Service) send(ctx context.Context, now call) (more bool, err error) {
	c := now.c
	key := fmt.Sprintf("%s:%s:%d", c.Owner.ID, now.act, c.Calls)
	switch now.act {
	case actIssue:
		return s.issue(ctx, c, now.terms)
	case actFind:
		in, ok, err := s.Gateway.FindInvoice(ctx, now.terms, c.CreatedAt.Add(-time.Hour))
		return s.found(ctx, c, now.terms, in, ok, err)
	case actPay:
		in, err := s.Gateway.PayInvoice(ctx, c.Invoice, c.Method.ID, key)
		return s.charged(ctx, c, in, err)
	case actSend:
		return s.acted(ctx, c, s.Gateway.SendInvoice(ctx, c.Invoice, key))
	case ActVoid, actRemake:
		return s.acted(ctx, c, s.Gateway.VoidInvoice(ctx, c.Invoice, key))
	case ActUncollectible:
		return s.acted(ctx, c, s.Gateway.MarkUncollectible(ctx, c.Invoice, key))
	case ActRecord:
		return s.acted(ctx, c, s.Gateway.RecordPayment(ctx, c.Invoice, key))
	}
	in, err := s.Gateway.Invoice(ctx, c.Invoice)
	return s.looked(ctx, c, in, err)
}

// terms are what Stripe is asked for now.
func (s *Service) terms(t tx.Tx, c *Charge) (Terms, error) {
	p, err := s.kinds[c.Owner.Of].Terms(t, c)
	if err != nil {
		return p, err
	}
	customer, err := s.Accounts.CustomerIn(t, c.Customer)
	if err != nil {
		return p, err
	}
	p.Owner, p.Customer, p.Installation, p.Currency, p.AutomaticTax, p.Replaces = c.Owner, c.Customer, s.Installation, c.Price.Currency, s.AutomaticTax, c.Replaces
	if p.StripeCustomer = customer.StripeCustomerID; c.StripeCustomer != "" {
		p.StripeCustomer = c.StripeCustomer
	}
	if c.Collection == Auto {
		p.Method, p.Types = c.Method.ID, c.Types
		return p, nil
	}
	p.Send = true
	if c.Replaces != "" { // it is due when it was, or at once
		if p.NetDays = 0; c.DueAt.After(c.RemadeAt.Add(KeyLife)) {
			p.DueAt = c.DueAt
		}
	}
	return p, nil
}
