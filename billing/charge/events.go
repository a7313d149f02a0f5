package charge

import (
	"context"
	"errors"

	"purse/billing/inbox"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// InvoiceEvent gives an event about an invoice to the one owner that its metadata names.
func (s *Service) InvoiceEvent(ctx context.Context, e *inbox.Event, in Invoice) (inbox.Verdict, error) {
	_, charged := s.kinds[in.Owner.Of]
	switch {
	case in.Installation == s.Installation && in.Owner.Of == OfPurchase: // paid with a saved payment method: it stands for a Checkout
		return s.Purchases.InvoiceEvent(ctx, e, in.Checkout())
	case in.Installation == s.Installation && charged:
		return s.event(ctx, e, in)
	}
	return inbox.Verdict{State: inbox.NotOurs}, nil
}

// PaymentEvent handles an event about a payment: its invoice tells of it, or else its
// Checkout.
func (s *Service) PaymentEvent(ctx context.Context, e *inbox.Event) (inbox.Verdict, error) {
	known, err := s.Purchases.Payment(ctx, e.ObjectID)
	if err != nil {
		return inbox.Verdict{}, err
	}
	invoice := ""
	if known != nil {
		invoice = known.Invoice
	}
	if invoice == "" {
		pi, err := s.Purchases.Gateway.PaymentIntent(ctx, e.ObjectID)
		switch {
		case errors.Is(err, outcome.ErrGone):
			return inbox.Gone(), nil
		case err != nil:
			return inbox.Verdict{}, err
		case pi.Invoice == "" || pi.Purchase != "": // Stripe makes an invoice of a Checkout, too
			return s.Purchases.PaymentEvent(ctx, e, pi)
		}
		invoice = pi.Invoice
	}
	return inbox.Fetched(func(ctx context.Context, _ string) (Invoice, error) { return s.Gateway.Invoice(ctx, invoice) }, s.InvoiceEvent)(ctx, e)
}

// event handles an event about the invoice of a charge. The invoice itself is looked at,
// so that order and count of events do not matter, and what it says is written together
// with what became of the event.
func (s *Service) event(ctx context.Context, e *inbox.Event, in Invoice) (v inbox.Verdict, err error) {
	goOn := false
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		v, goOn = inbox.Verdict{State: inbox.Done}, false
		c, err := s.Store.Charge(t, in.Owner)
		switch {
		case errors.Is(err, tx.ErrNotFound):
			v = inbox.Orphan()
			return nil
		case err != nil:
			return err
		case in.Status == "draft", c.Doing == actIssue && in.Status != "paid":
			return nil // who makes it writes it
		case c.Invoice != "" && c.Invoice != in.ID && in.Status == "paid":
			v = inbox.Verdict{State: inbox.Alarm, Why: "a second invoice of one charge was paid: refund it"}
			return nil
		case c.Invoice != "" && c.Invoice != in.ID:
			return nil // the one that it replaced
		}
		if err := s.settle(t, c, in); err != nil {
			return err
		}
		if in.Status == "paid" && c.Purchase == "" {
			v = inbox.Verdict{State: inbox.Alarm, Why: c.Problem}
		}
		e.Purchase = c.Purchase
		goOn = !c.NextAt.IsZero() && !c.NextAt.After(t.Now())
		return e.ConcludeIn(t, v)
	})
	if err == nil && goOn { // a bank has refused: what follows is begun at once
		if err := s.Run(ctx, in.Owner); err != nil {
			s.Log.Warn("a charge waits for Stripe", string(in.Owner.Of), in.Owner.ID, "error", err)
		}
	}
	return v, err
}
