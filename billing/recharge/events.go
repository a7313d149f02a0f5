package recharge

import (
	"context"
	"errors"
	"slices"
	"strings"

	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/outcome"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// invoiceEvent handles Stripe's event about an invoice: the invoice itself is
// looked at, so that order and count of events do not matter.
func (s *Service) invoiceEvent(ctx context.Context, e *purchase.InboxEvent) (purchase.InboxState, string, error) {
	if strings.HasPrefix(e.Type, "invoice.deleted") || !strings.HasPrefix(e.ObjectID, "in_") {
		return purchase.Ignored, "", nil
	}
	var r *Recharge
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		r, err = s.Store.ByInvoice(t, e.ObjectID)
		return err
	})
	switch {
	case err == nil && r.State == Succeeded:
		return purchase.Done, "", nil
	case err != nil && !errors.Is(err, tx.ErrNotFound):
		return "", "", err
	}
	in, lookErr := s.Gateway.Invoice(ctx, e.ObjectID)
	switch {
	case errors.Is(lookErr, outcome.ErrGone):
		return purchase.NotOurs, "Stripe does not know the invoice", nil
	case lookErr != nil:
		return "", "", lookErr
	case in.Installation != s.Installation || in.Owner.Of != charge.OfRecharge:
		return purchase.NotOurs, "", nil
	}
	if r == nil {
		err = s.Runner.View(ctx, func(t tx.Tx) (err error) {
			r, err = s.Store.Recharge(t, in.Owner.ID)
			return err
		})
		if errors.Is(err, tx.ErrNotFound) {
			return purchase.Alarm, "ours, but unknown here: was a backup restored?", nil
		}
		if err != nil {
			return "", "", err
		}
	}
	switch {
	case in.Status == "paid" && r.Invoice != "" && r.Invoice != in.ID:
		return purchase.Alarm, "a second invoice of one recharge was paid: refund it", nil
	case in.Status == "paid":
		return purchase.Done, "", s.Runner.Update(ctx, func(t tx.Tx) error {
			if err := s.settlePaid(t, r.ID, in); err != nil {
				return err
			}
			return s.concludePaid(t, e, r.ID)
		})
	case r.Invoice == in.ID && r.Processing && in.Status == "open" && in.PaymentStatus != "processing":
		// The bank refused: what follows (the backup, a link) is begun at once.
		more, err := s.looked(ctx, r, in, nil)
		if err == nil && more {
			err = s.Run(ctx, r.ID)
		}
		return purchase.Done, "", err
	case r.Invoice == in.ID && r.State.Open() && (in.Status == "void" || in.Status == "uncollectible"):
		_, err := s.with(ctx, r, func(t tx.Tx, r *Recharge, p *Policy) (bool, error) {
			r.note(in)
			if err := s.finishVoided(t, r, p); err != nil {
				return false, err
			}
			return false, s.Purchases.ConcludeIn(t, e, purchase.Done, "")
		})
		return purchase.Done, "", err
	}
	return purchase.Done, "", nil
}

// concludePaid writes what became of the event that said that a recharge was
// paid, together with what that meant.
func (s *Service) concludePaid(t tx.Tx, e *purchase.InboxEvent, id string) error {
	r, err := s.Store.Recharge(t, id)
	if err != nil {
		return err
	}
	if r.State != Succeeded {
		return s.Purchases.ConcludeIn(t, e, purchase.Alarm, r.Message)
	}
	e.Purchase = r.Purchase
	return s.Purchases.ConcludeIn(t, e, purchase.Done, "")
}

// warningEvent handles a bank's early fraud warning: it pauses all policies of
// the customer, while something can be done about it.
func (s *Service) warningEvent(ctx context.Context, e *purchase.InboxEvent) (purchase.InboxState, string, error) {
	w, err := s.Warnings.FraudWarning(ctx, e.ObjectID)
	switch {
	case errors.Is(err, outcome.ErrGone):
		return purchase.NotOurs, "Stripe does not know the warning", nil
	case err != nil:
		return "", "", err
	}
	// The credits of the purchase are frozen while something can be done.
	state := purchase.Done
	err = s.Purchases.Warn(ctx, purchase.Warning{ID: w.ID, Type: w.Type, Actionable: w.Actionable}, w.Payment, func(t tx.Tx, c string) (err error) {
		state = purchase.Done
		if c == "" {
			if c, err = s.customerOfPayment(t, w.Payment); err != nil {
				return err
			}
		}
		switch {
		case c == "":
			state = purchase.NotOurs
		case w.Actionable:
			if err := s.PauseAllIn(t, audit.System, c, FraudWarning); err != nil {
				return err
			}
		}
		return s.Purchases.ConcludeIn(t, e, state, "")
	})
	if errors.Is(err, outcome.ErrGone) {
		return purchase.NotOurs, "Stripe does not know the payment", nil
	}
	return state, "", err
}

// customerOfPayment is whose recharge a payment is of, "" when it is none of ours.
func (s *Service) customerOfPayment(t tx.Tx, payment string) (customer string, err error) {
	r, err := s.Store.ByPayment(t, payment)
	if errors.Is(err, tx.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return r.Customer, nil
}

// methodEvent handles Stripe's event about a payment method.
func (s *Service) methodEvent(ctx context.Context, e *purchase.InboxEvent) (purchase.InboxState, string, error) {
	customer, err := s.ownerOf(ctx, e.ObjectID)
	if err != nil {
		return "", "", err
	}
	if customer == "" {
		return purchase.NotOurs, "", nil
	}
	return purchase.Done, "", s.Methods.Changed(ctx, customer) // others charge it too
}

// ownerOf is the customer who has saved a payment method, "" for nobody of ours.
func (s *Service) ownerOf(ctx context.Context, id string) (customer string, err error) {
	method, err := s.Methods.Gateway.PaymentMethod(ctx, id)
	if err != nil && !errors.Is(err, outcome.ErrGone) {
		return "", err
	}
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		if method.StripeCustomer != "" {
			c, err := s.Accounts.CustomerByStripeIDIn(t, method.StripeCustomer)
			if fault.Is(err, fault.NotFound) {
				return nil
			}
			if err == nil {
				customer = c.ID
			}
			return err
		}
		// It was detached, and does not say from whom: who charges it knows.
		list, err := s.Store.WithCard(t, id)
		if len(list) > 0 {
			customer = list[0].Customer
		}
		return err
	})
	return customer, err
}

// mandateEvent handles Stripe's event about the permission to debit an account: one
// that was withdrawn makes the account as good as removed.
func (s *Service) mandateEvent(ctx context.Context, e *purchase.InboxEvent) (purchase.InboxState, string, error) {
	d, err := s.Methods.Gateway.Mandate(ctx, e.ID)
	if errors.Is(err, outcome.ErrGone) {
		return purchase.NotOurs, "Stripe does not know the event any more", nil
	}
	if err != nil {
		return "", "", err
	}
	customer, err := s.ownerOf(ctx, d.PaymentMethod)
	if err != nil {
		return "", "", err
	}
	if customer == "" {
		return purchase.NotOurs, "", nil
	}
	if err := s.Methods.NoteMandate(ctx, customer, d); err != nil {
		return "", "", err
	}
	return purchase.Done, "", s.Methods.Changed(ctx, customer)
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

// purchaseOfPayment tells purchase which purchase a recharge's payment became.
func (s *Service) purchaseOfPayment(t tx.Tx, paymentIntent string) (string, bool, error) {
	r, err := s.Store.ByPayment(t, paymentIntent)
	if errors.Is(err, tx.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return r.Purchase, true, nil
}
