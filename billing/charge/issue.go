package charge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purse/billing/outcome"
	"purse/billing/tx"
)

// issue asks Stripe for the invoice. For whom is committed before, so that one whose
// answer was lost is found again though its customer is another by then.
func (s *Service) issue(ctx context.Context, c *Charge, p Terms) (bool, error) {
	now, err := s.payer(ctx, c)
	if err != nil {
		return s.unknown(ctx, c, err)
	}
	switch {
	case c.StripeCustomer != "" && c.StripeCustomer != now:
		return s.moved(ctx, c, p)
	case c.StripeCustomer == "":
		going, err := s.with(ctx, c, func(t tx.Tx, c *Charge) (bool, error) {
			c.StripeCustomer = now
			return true, s.Store.Update(t, c)
		})
		if err != nil || !going {
			return false, err
		}
	}
	p.StripeCustomer = now
	// Stripe prints what its customer bears: address and tax ids. What it refuses
	// of them is told on the billing page, and the invoice is made all the same.
	if err := s.Purchases.SyncBilling(ctx, c.Customer); err != nil {
		s.Log.Warn("Stripe was not told of billing details before an invoice", "customer", c.Customer, "error", err)
	}
	in, err := s.Gateway.PrepareInvoice(ctx, p, c.Invoice, c.key())
	if err != nil && c.Method.ID == "" && missing(err, "customer") { // it was deleted at this moment
		return s.unknown(ctx, c, err)
	}
	return s.issued(ctx, c, in, err)
}

// payer is whom at Stripe an invoice is made for. Whose saved payment method is charged
// is there, or else it is gone with them: Stripe says so.
func (s *Service) payer(ctx context.Context, c *Charge) (string, error) {
	if c.Collection == Auto && c.Method.ID != "" {
		if now, err := s.Accounts.Customer(ctx, c.Customer); err != nil || now.StripeCustomerID != "" {
			return now.StripeCustomerID, err
		}
	}
	return s.Purchases.EnsureCustomer(ctx, c.Customer)
}

// key is what an invoice is asked for under, each time that it is begun anew another.
func (c *Charge) key() string {
	if c.Remakes == 0 {
		return c.Owner.ID
	}
	return fmt.Sprintf("%s:%d", c.Owner.ID, c.Remakes)
}

func missing(err error, param string) bool {
	var no *outcome.Refused
	return errors.As(err, &no) && no.Missing(param)
}

// moved begins an invoice anew whose customer at Stripe became another before the
// invoice was known to be made. One that was made for the former is taken as it is:
// it can be paid. A draft cannot, by anybody.
func (s *Service) moved(ctx context.Context, c *Charge, p Terms) (bool, error) {
	in, found, err := s.Gateway.FindInvoice(ctx, p, c.CreatedAt.Add(-time.Hour))
	switch {
	case err != nil && !errors.Is(err, outcome.ErrGone):
		return s.unknown(ctx, c, err)
	case found && in.Status != "draft" && in.Status != "void":
		return s.issued(ctx, c, in, nil)
	}
	return s.with(ctx, c, func(t tx.Tx, c *Charge) (bool, error) { return true, s.anew(t, c) })
}

// found adopts an invoice whose making was never answered. One that is not there was
// never made.
func (s *Service) found(ctx context.Context, sent *Charge, p Terms, in Invoice, ok bool, err error) (bool, error) {
	switch {
	case err != nil:
		return s.unknown(ctx, sent, err)
	case !ok:
		return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) {
			if c.GiveUp != "" {
				return false, s.end(t, c, Void)
			}
			return false, s.failed(t, c, CauseNotMade, "Stripe did not answer for a day, and knows of no invoice.")
		})
	case sent.GiveUp != "": // it is voided next, or was paid already
		return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) {
			c.Invoice, c.Unknowns, c.Doing = in.ID, 0, nothing
			c.note(in)
			return true, s.put(t, c, t.Now())
		})
	case in.Status == "draft":
		in, err = s.Gateway.PrepareInvoice(ctx, p, in.ID, sent.Owner.ID+":found")
	}
	return s.issued(ctx, sent, in, err)
}

// issued writes the invoice that was made, or why there is none.
func (s *Service) issued(ctx context.Context, sent *Charge, in Invoice, err error) (bool, error) {
	var no *outcome.Refused
	switch {
	case errors.As(err, &no):
		s.Log.Error("Stripe refused an invoice", string(sent.Owner.Of), sent.Owner.ID, "code", no.Code, "message", no.Message)
		return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) {
			if c.Method.ID != "" && (no.Missing("payment_method") || no.Missing("customer")) {
				return false, s.failed(t, c, CauseNoMethod, MethodGone)
			}
			return false, s.failed(t, c, CauseRefused, "Stripe refused to make the invoice: "+no.Message)
		})
	case err != nil:
		return s.unknown(ctx, sent, err)
	}
	return s.with(ctx, sent, func(t tx.Tx, c *Charge) (bool, error) {
		c.Unknowns, c.Doing, c.SentAt = 0, nothing, time.Time{}
		return true, s.settle(t, c, in)
	})
}

// failed ends a charge that Stripe will not make an invoice of.
func (s *Service) failed(t tx.Tx, c *Charge, why Cause, problem string) error {
	c.fault(why, problem)
	return s.end(t, c, Failed)
}
