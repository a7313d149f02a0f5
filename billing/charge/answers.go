package charge

import (
	"context"
	"errors"
	"time"

	"purse/billing/outcome"
	"purse/billing/tx"
)

// with writes what came of a call. It does nothing when the charge has moved on
// meanwhile; one that was begun again, or woken, during the call is looked at again.
func (s *Service) with(ctx context.Context, sent *Charge, f func(t tx.Tx, c *Charge) (more bool, err error)) (more bool, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		more = false
		c, err := s.Store.Charge(t, sent.Owner)
		if err != nil || c.Doing != sent.Doing || c.Calls != sent.Calls || c.Processing != sent.Processing || c.Invoice != sent.Invoice {
			return err
		}
		if more = c.State != sent.State; more {
			return nil
		}
		woken := c.UpdatedAt.UnixMicro() != sent.UpdatedAt.UnixMicro() && !c.NextAt.After(t.Now())
		if more, err = f(t, c); err != nil || !woken || !c.NextAt.After(t.Now()) {
			return err
		}
		more = true
		return s.put(t, c, t.Now())
	})
	return more, err
}

// unknown notes that no answer came: it is asked again later.
func (s *Service) unknown(ctx context.Context, sent *Charge, err error) (bool, error) {
	s.Log.Warn("Stripe did not answer about an invoice; it is asked again", string(sent.Owner.Of), sent.Owner.ID, "error", err)
	return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) {
		c.Unknowns++
		return false, s.put(t, c, c.backoff(t.Now()))
	})
}

// charged writes the outcome of charging a payment method.
func (s *Service) charged(ctx context.Context, sent *Charge, in Invoice, err error) (bool, error) {
	var declined *outcome.Declined
	var no *outcome.Refused
	switch {
	case err == nil:
		return s.looked(ctx, sent, in, nil)
	case errors.As(err, &declined):
		return s.declined(ctx, sent, declined)
	case !errors.Is(err, outcome.ErrStale) && !errors.As(err, &no) && !errors.Is(err, outcome.ErrGone):
		return s.unknown(ctx, sent, err)
	}
	// What was done is not in this answer: the invoice knows.
	now, lookErr := s.Gateway.Invoice(ctx, sent.Invoice)
	switch {
	case lookErr != nil:
		return s.unknown(ctx, sent, errors.Join(err, lookErr))
	case now.Status != "open" || now.PaymentStatus == "processing" || now.PaymentStatus == "requires_action":
		return s.looked(ctx, sent, now, nil)
	case !errors.Is(err, outcome.ErrStale):
		return s.declined(ctx, sent, NoMethod())
	case now.FailureCode != "" && now.PaymentStatus == "requires_payment_method":
		return s.declined(ctx, sent, now.Declined())
	}
	return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) { // nothing was charged: go on under a new key
		c.Doing = nothing
		c.Unknowns++
		return false, s.put(t, c, c.backoff(t.Now()))
	})
}

// acted looks at what an act made of the invoice: the invoice itself decides.
func (s *Service) acted(ctx context.Context, sent *Charge, err error) (bool, error) {
	var no *outcome.Refused
	if err != nil && !errors.As(err, &no) && !errors.Is(err, outcome.ErrGone) && !errors.Is(err, outcome.ErrStale) {
		return s.unknown(ctx, sent, err)
	}
	in, lookErr := s.Gateway.Invoice(ctx, sent.Invoice)
	switch {
	case errors.Is(lookErr, outcome.ErrGone) && sent.Doing == ActVoid: // a draft is deleted
		return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) { return false, s.end(t, c, Void) })
	case lookErr != nil:
		return s.unknown(ctx, sent, errors.Join(err, lookErr))
	}
	return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) {
		done := c.Doing
		c.Unknowns, c.Doing, c.SentAt = 0, nothing, time.Time{}
		switch {
		case no != nil:
			c.fault(CauseRefused, "Stripe refused: "+no.Message)
			if done == actRemake && in.Status != "void" {
				c.Remake = RemakeRefused
			}
		case done == actSend:
			c.solved()
			if sent := s.kinds[c.Owner.Of].Sent; sent != nil {
				if err := sent(t, c); err != nil {
					return false, err
				}
			}
		}
		if err := s.settle(t, c, in); err != nil {
			return false, err
		}
		if c.Remake == RemakeRefused && c.Processing { // a bank is paying it: the next look knows more
			c.Remake = RemakeVoiding
			return false, s.Store.Update(t, c)
		}
		if c.GiveUp != "" && c.State.UnderWay() { // Stripe does not void it yet
			c.Unknowns++
			return false, s.put(t, c, c.backoff(t.Now()))
		}
		return c.Want != nothing || c.Doing != nothing, nil
	})
}

// looked writes what an invoice says: it decides whatever else was said.
func (s *Service) looked(ctx context.Context, sent *Charge, in Invoice, err error) (bool, error) {
	switch {
	case errors.Is(err, outcome.ErrGone):
		return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) {
			if c.GiveUp != "" {
				return false, s.end(t, c, Void)
			}
			return false, s.failed(t, c, CauseNotMade, "Stripe does not know the invoice any more.")
		})
	case err != nil:
		return s.unknown(ctx, sent, err)
	case in.Status == "open" && sent.Paying() && in.PaymentStatus == "requires_action":
		return s.declined(ctx, sent, WantsConfirmation())
	case in.Status == "open" && sent.Paying() && in.PaymentStatus == "requires_payment_method" && in.FailureCode != "":
		return s.declined(ctx, sent, in.Declined())
	}
	return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) {
		c.Unknowns = 0
		calls := c.Calls
		if err := s.settle(t, c, in); err != nil {
			return false, err
		}
		switch {
		case c.Doing == nothing || c.Calls != calls: // a look, or another act that follows
			return c.Doing != nothing, nil
		case c.Paying(): // it was never charged: its key was too old, or it is not wanted any more
			c.Doing = nothing
			return true, s.put(t, c, t.Now())
		}
		c.do(c.Doing) // again, under a new key
		return false, s.put(t, c, t.Now().Add(5*time.Second))
	})
}

// declined writes what a decline means: another payment method, another try later, or
// that the customer has to act.
func (s *Service) declined(ctx context.Context, sent *Charge, d *outcome.Declined) (bool, error) {
	return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) {
		if c.State.Final() {
			return false, nil
		}
		err := s.declinedIn(t, c, d)
		return c.GiveUp != "" || c.Want != nothing || !c.NextAt.After(t.Now()), err
	})
}

// declinedIn does so in a transaction.
func (s *Service) declinedIn(t tx.Tx, c *Charge, d *outcome.Declined) error {
	c.Doing, c.Processing, c.Unknowns = nothing, false, 0
	soft := d.Soft() && !d.Authentication()
	switch {
	case d.Authentication():
		c.fault(CauseUnconfirmed, Unconfirmed)
	case d.DeclineCode == CodeNoMethod:
		c.fault(CauseNoMethod, d.Message)
	default:
		c.fault(CauseDeclined, d.Message)
	}
	if c.GiveUp != "" {
		return s.put(t, c, t.Now())
	}
	kind := s.kinds[c.Owner.Of]
	if kind.Instead != nil {
		m, err := kind.Instead(t, c, d)
		if err != nil {
			return err
		}
		if m != nil {
			c.State, c.Method = Charging, *m
			return s.put(t, c, t.Now())
		}
	}
	c.State = Open
	if soft {
		if c.Tries++; c.Tries < c.Tolerates() {
			c.State, c.RetryAt = Retrying, t.Now().Add(Backoffs[c.Tries-1])
		}
	}
	next := s.next(t, c)
	if c.Cause == CauseNoMethod { // perhaps its customer is gone, too
		next = t.Now()
	}
	if err := s.put(t, c, next); err != nil {
		return err
	}
	if err := kind.Declined(t, c, d); err != nil {
		return err
	}
	if err := s.ask(t, c, false); err != nil { // it may have been turned off meanwhile
		return err
	}
	return s.Store.Update(t, c)
}
