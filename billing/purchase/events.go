package purchase

import (
	"context"
	"errors"
	"fmt"

	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// SessionEvent handles an event about a Checkout.
func (s *Service) SessionEvent(ctx context.Context, e *inbox.Event, c Checkout) (inbox.Verdict, error) {
	_, _, err := s.fulfil(ctx, &c, func(t tx.Tx, p *Purchase, why unclear) error {
		if p != nil {
			e.Purchase = p.ID
		}
		return e.ConcludeIn(t, verdict(p, why))
	})
	return inbox.Verdict{}, err
}

func verdict(p *Purchase, why unclear) inbox.Verdict {
	switch {
	case p != nil && p.Problem != "" && p.State != Failed && p.State != Expired:
		return inbox.Verdict{State: inbox.Alarm, Why: p.Problem}
	case p != nil, why == noSale:
		return inbox.Verdict{State: inbox.Done}
	case why == notOurs:
		return inbox.Verdict{State: inbox.NotOurs}
	case why == unknownHere:
		return inbox.Orphan()
	}
	return inbox.Verdict{State: inbox.Alarm, Why: "It names a purchase that has another Checkout."}
}

// PaymentEvent handles an event about a payment that was made at Checkout.
func (s *Service) PaymentEvent(ctx context.Context, e *inbox.Event, pi PaymentIntent) (inbox.Verdict, error) {
	if pi.Installation != s.Installation || pi.Purchase == "" {
		return inbox.Verdict{State: inbox.NotOurs}, nil
	}
	p, err := s.Purchase(ctx, pi.Purchase)
	switch {
	case fault.Is(err, fault.NotFound):
		return inbox.Orphan(), nil
	case err != nil:
		return inbox.Verdict{}, err
	case p.CheckoutSession == "":
		// Its Checkout is being opened at this moment.
		return inbox.Verdict{}, fmt.Errorf("the Checkout of %s is not known yet", p.ID)
	}
	c, err := s.Gateway.Checkout(ctx, p.CheckoutSession)
	switch {
	case errors.Is(err, outcome.ErrGone):
		return inbox.Gone(), nil
	case err != nil:
		return inbox.Verdict{}, err
	}
	return s.SessionEvent(ctx, e, c)
}

// InvoiceEvent handles an event about the invoice of a purchase, shown as the Checkout
// that it stands for. The purchase may not know it: the answer to making it was lost,
// or Stripe made it of the Checkout itself.
func (s *Service) InvoiceEvent(ctx context.Context, e *inbox.Event, c Checkout) (inbox.Verdict, error) {
	p, err := s.Purchase(ctx, c.Purchase)
	done := inbox.Verdict{State: inbox.Done}
	switch {
	case fault.Is(err, fault.NotFound) && c.PaymentStatus == "paid":
		return inbox.Orphan(), nil
	case fault.Is(err, fault.NotFound):
		return done, nil
	case err != nil:
		return inbox.Verdict{}, err
	case p.CheckoutSession == c.ID:
		return s.SessionEvent(ctx, e, c)
	case p.CheckoutSession != "" && !isInvoice(p.CheckoutSession):
		return done, nil // Stripe made it of the Checkout
	case c.PaymentStatus == "paid":
		return s.SessionEvent(ctx, e, c) // a second one of one purchase is an alarm
	case p.CheckoutSession != "" && c.Status == "open":
		return done, s.Gateway.ExpireCheckout(ctx, c.ID) // nobody must pay twice
	}
	return done, nil // who made it, or the sweep, goes on with it
}

// MoneyEvent handles an event about a charge, a refund or a dispute, of the payment
// that it belongs to.
func (s *Service) MoneyEvent(ctx context.Context, e *inbox.Event, pi PaymentIntent) (inbox.Verdict, error) {
	if pi.Installation != s.Installation {
		pi.Purchase = ""
	}
	if pi.Purchase == "" {
		known, err := s.Payment(ctx, pi.ID)
		switch {
		case err != nil:
			return inbox.Verdict{}, err
		case known == nil:
			return inbox.Verdict{State: inbox.NotOurs}, nil
		case known.Purchase == "":
			return inbox.Verdict{}, fmt.Errorf("the purchase of %s is not written yet", pi.ID)
		}
		pi.Purchase = known.Purchase
	}
	_, err := s.syncMoney(ctx, pi.Purchase, func(t tx.Tx, p *Purchase) error {
		e.Purchase = p.ID
		return e.ConcludeIn(t, inbox.Verdict{State: inbox.Done})
	})
	if fault.Is(err, fault.NotFound) {
		return inbox.Orphan(), nil
	}
	return inbox.Verdict{}, err
}
