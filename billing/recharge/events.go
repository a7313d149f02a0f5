package recharge

import (
	"context"
	"errors"
	"slices"

	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/inbox"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// InvoiceEvent handles an event about the invoice of a recharge: the invoice itself is
// looked at, so that order and count of events do not matter.
func (s *Service) InvoiceEvent(ctx context.Context, e *inbox.Event, in charge.Invoice) (inbox.Verdict, error) {
	done := inbox.Verdict{State: inbox.Done}
	var r *Recharge
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		r, err = s.Store.Recharge(t, in.Owner.ID)
		return err
	})
	switch {
	case errors.Is(err, tx.ErrNotFound):
		return inbox.Orphan(), nil
	case err != nil:
		return inbox.Verdict{}, err
	case r.State == Succeeded && r.Invoice == in.ID:
		return done, nil
	case in.Status == "paid" && r.Invoice != "" && r.Invoice != in.ID:
		return inbox.Verdict{State: inbox.Alarm, Why: "a second invoice of one recharge was paid: refund it"}, nil
	case in.Status == "paid":
		return done, s.Runner.Update(ctx, func(t tx.Tx) error {
			if err := s.settlePaid(t, r.ID, in); err != nil {
				return err
			}
			return s.concludePaid(t, e, r.ID)
		})
	case r.Invoice == in.ID && r.Processing && in.DebitRefused():
		// The bank refused: what follows (the backup, a link) is begun at once.
		more, err := s.looked(ctx, r, in, nil)
		if err == nil && more {
			err = s.Run(ctx, r.ID)
		}
		return done, err
	case r.Invoice == in.ID && r.State.Open() && (in.Status == "void" || in.Status == "uncollectible"):
		_, err := s.with(ctx, r, func(t tx.Tx, r *Recharge, p *Policy) (bool, error) {
			r.note(in)
			if err := s.finishVoided(t, r, p); err != nil {
				return false, err
			}
			return false, e.ConcludeIn(t, done)
		})
		return done, err
	}
	return done, nil
}

// concludePaid writes what became of the event that said that a recharge was
// paid, together with what that meant.
func (s *Service) concludePaid(t tx.Tx, e *inbox.Event, id string) error {
	r, err := s.Store.Recharge(t, id)
	if err != nil {
		return err
	}
	if r.State != Succeeded {
		return e.ConcludeIn(t, inbox.Verdict{State: inbox.Alarm, Why: r.Message})
	}
	e.Purchase = r.Purchase
	return e.ConcludeIn(t, inbox.Verdict{State: inbox.Done})
}

// Disputed pauses what charges a customer who disputes a payment, Warned what charges
// one of whose payments a bank has warned.
func (s *Service) Disputed(t tx.Tx, customer string) error {
	return s.PauseAllIn(t, audit.System, customer, Disputed)
}
func (s *Service) Warned(t tx.Tx, customer string) error {
	return s.PauseAllIn(t, audit.System, customer, FraudWarning)
}

// MethodsChanged looks at a customer's policies after payment methods were saved,
// removed or chosen. A policy whose method is gone, or may not be debited any more,
// pauses; one that is paused for its method goes on with another that was saved
// since and pays in its currency.
func (s *Service) MethodsChanged(ctx context.Context, customer string) error {
	var policies []*Policy
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		policies, err = s.Store.PoliciesOf(t, customer)
		return err
	})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(policies, func(p *Policy) bool { return p.State != Off }) {
		return nil
	}
	list, err := s.Methods.List(ctx, customer)
	if err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		if policies, err = s.Store.PoliciesOf(t, customer); err != nil {
			return err
		}
		for _, p := range policies {
			if p.State == Off {
				continue
			}
			if err := s.refit(t, p, list); err != nil {
				return err
			}
		}
		return nil
	})
}

// refit brings a policy's payment methods in line with what is saved.
func (s *Service) refit(t tx.Tx, p *Policy, list []purchase.Method) error {
	before := *p
	saved := func(c *Method) bool {
		for _, m := range list {
			now := methodOf(m)
			switch {
			case m.Ended:
			case m.ID == c.ID:
				c.Type = m.Type // not known of old rows
				return true
			case m.Is(c.ID), now.Same(*c): // the same number, saved again
				*c = now
				return true
			}
		}
		return false
	}
	if p.Backup.ID != "" && !saved(&p.Backup) {
		p.Backup = Method{}
	}
	have := saved(&p.Method)
	if p.State == Paused && (p.Reason == CardDeclined || p.Reason == AuthenticationRequired || p.Reason == NoCard) {
		for _, m := range list {
			now := methodOf(m)
			if m.CreatedAt.Before(p.PausedAt.Add(-tolerance)) || now.Same(before.Method) || now.Same(before.Backup) || !m.Usable(t.Now()) || !purchase.Takes(m.Type, p.Price.Currency) {
				continue
			}
			p.Method = now
			if p.Backup.Same(p.Method) {
				p.Backup = Method{}
			}
			return s.resumeIn(t, p)
		}
	}
	if !have && p.State != Paused {
		if p.Backup.ID == "" {
			return s.pauseIn(t, p, nil, NoCard, "")
		}
		p.Method, p.Backup = p.Backup, Method{}
	}
	if *p == before {
		return nil
	}
	p.UpdatedAt = t.Now()
	return s.Store.PutPolicy(t, p)
}
