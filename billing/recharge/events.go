package recharge

import (
	"context"
	"slices"

	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/tx"
)

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
func (s *Service) refit(t tx.Tx, p *Policy, list []card.Method) error {
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
			if m.CreatedAt.Before(p.PausedAt.Add(-tolerance)) || now.Same(before.Method) || now.Same(before.Backup) || !m.Usable(t.Now()) || !card.Takes(m.Type, p.Price.Currency) {
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
