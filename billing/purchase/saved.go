package purchase

import (
	"context"
	"errors"
	"strings"

	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/fault"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// A purchase can be paid at once with a saved payment method, while the buyer is
// there. It is then an invoice of Stripe's in place of a Checkout: its id stands in
// CheckoutSession and its page in CheckoutURL, and everything else (return page,
// webhooks, sweep, refunds) is the same. One purchase has one invoice, which
// Stripe takes one payment for. A bank debit takes days: the purchase is processing
// meanwhile, as one of Checkout's is, and nothing ends its invoice.

// BySaved says whether a saved payment method pays the purchase, or its invoice's
// page after that.
func (p *Purchase) BySaved() bool { return isInvoice(p.CheckoutSession) }

// isInvoice says whether what stands for a Checkout is an invoice.
func isInvoice(id string) bool { return strings.HasPrefix(id, "in_") }

// BeginSaved starts a purchase and pays it with a saved payment method of the
// customer's. It answers the purchase: paid, processing while a bank is asked, or
// open with an address where the buyer confirms the payment. A decline is a fault.Conflict about "method"; the
// purchase has failed then, and nothing can be paid any more. A fault.Unavailable
// may be retried under the same Key.
func (s *Service) BeginSaved(ctx context.Context, by audit.Actor, b Begin, m card.PaymentMethod) (*Purchase, error) {
	p, older, err := s.intend(ctx, by, b)
	if err != nil || p.State != Created {
		return p, err
	}
	for _, o := range older {
		if err := s.expireOlder(ctx, o); err != nil {
			return nil, s.unavailable(err)
		}
	}
	if err := s.Runner.View(ctx, func(t tx.Tx) error { return s.stillIn(t, p) }); err != nil {
		return nil, errors.Join(err, s.setState(ctx, p.ID, Expired, superseded))
	}
	if p.CheckoutSession == "" {
		if err := s.openInvoice(ctx, p, m); err != nil {
			return nil, err
		}
	}
	if p.State != Created || !isInvoice(p.CheckoutSession) {
		return p, nil
	}
	return s.payInvoice(ctx, p, m)
}

// openInvoice makes and finalizes the invoice of a purchase, under keys made of
// its id, and looks whether it is what was asked for before anybody can pay it.
func (s *Service) openInvoice(ctx context.Context, p *Purchase, m card.PaymentMethod) error {
	params, err := s.checkoutParams(ctx, p)
	if err != nil {
		return s.refused(ctx, p, err)
	}
	c, err := s.Gateway.CreateInvoice(ctx, params, m, p.ID)
	var no *outcome.Refused
	if errors.As(err, &no) && no.Code == "customer_tax_location_invalid" {
		return errors.Join(fault.Bad("method", "Tax depends on your address, and it is not known: fill in your billing details, or pay on Stripe's page."),
			s.setState(ctx, p.ID, Failed, "The address for the tax is not known."))
	}
	if err != nil {
		return s.refused(ctx, p, err)
	}
	problem := ""
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		now, err := s.Store.Purchase(t, p.ID)
		if err != nil {
			return err
		}
		if now.State != Created || (now.CheckoutSession != "" && now.CheckoutSession != c.ID) {
			*p = *now
			return nil
		}
		now.CheckoutSession, now.CheckoutURL, now.UpdatedAt = c.ID, c.URL, t.Now()
		problem = s.mismatch(t, now, &c)
		*p = *now
		return s.Store.Update(t, now)
	})
	if err == nil && p.State == Expired && p.CheckoutSession == "" { // another window was faster: nobody must pay this one
		return s.end(ctx, p.ID, c.ID)
	}
	if err != nil || problem == "" {
		return err
	}
	s.Log.Error("an invoice is not what was asked for; it is not paid", "purchase", p.ID, "problem", problem)
	return errors.Join(fault.New(fault.Conflict, "checkout_refused", "", "The payment could not be begun. Nothing was charged; the vendor has been told why (%s).", p.ID),
		s.giveUp(ctx, p, "The invoice is not what was asked for: "+problem))
}

// payInvoice charges the payment method and writes what came of it.
func (s *Service) payInvoice(ctx context.Context, p *Purchase, m card.PaymentMethod) (*Purchase, error) {
	c, err := s.Gateway.PayInvoiceNow(ctx, p.CheckoutSession, m.ID, p.ID+":pay:"+m.ID)
	var declined *outcome.Declined
	var no *outcome.Refused
	switch {
	case err == nil:
		p, _, err = s.fulfil(ctx, &c, nil)
		return p, err
	case errors.As(err, &declined) && declined.Authentication():
		return p, nil // open: the buyer confirms on the invoice's page
	case errors.As(err, &declined):
	case errors.As(err, &no):
		declined = &outcome.Declined{Message: no.Message}
	default:
		return nil, s.unavailable(err) // nobody knows: under the same key it is the same payment
	}
	if now, err := s.FulfilBySession(ctx, p.CheckoutSession); err != nil || now.Granted() || now.State == Processing {
		return now, err // it was paid before, in another window
	}
	if err := s.giveUp(ctx, p, "The payment was declined: "+declined.Message); fault.Is(err, fault.Unavailable) {
		s.Log.Warn("the invoice of a declined payment is not void yet; it is tried again", "purchase", p.ID, "error", err)
	} else if err != nil {
		return nil, err
	}
	return nil, fault.New(fault.Conflict, "card_declined", "method", "%s Nothing was charged: choose another payment method, or pay on Stripe's page.", declined.Message)
}

// giveUp fails a purchase and voids its invoice, so that nobody pays it later.
// One that was paid meanwhile is fulfilled.
func (s *Service) giveUp(ctx context.Context, p *Purchase, problem string) error {
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		now, err := s.Store.Purchase(t, p.ID)
		if err != nil || now.State.Final() {
			return err
		}
		// Should Stripe not answer now, the sweep voids it.
		now.State, now.Problem, now.CheckAt, now.Checks, now.UpdatedAt = Failed, problem, t.Now().Add(firstCheck), 0, t.Now()
		return s.Store.Update(t, now)
	})
	if err != nil {
		return err
	}
	if err := s.end(ctx, p.ID, p.CheckoutSession); err != nil {
		return s.unavailable(err)
	}
	return nil
}
