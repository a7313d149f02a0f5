package invoice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purse/billing/charge"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// make asks Stripe for an invoice. For whom is committed before, so that one whose
// answer was lost is found again though its customer is another by then.
func (s *Service) make(ctx context.Context, in *Invoice, p charge.Terms) (bool, error) {
	now, err := s.Purchases.EnsureCustomer(ctx, in.Customer)
	if err != nil {
		return s.unknown(ctx, in, err)
	}
	switch {
	case in.StripeCustomer != "" && in.StripeCustomer != now:
		return s.moved(ctx, in, p)
	case in.StripeCustomer == "":
		going, err := s.with(ctx, in, func(t tx.Tx, in *Invoice) (bool, error) {
			in.StripeCustomer = now
			return true, s.Store.Update(t, in)
		})
		if err != nil || !going {
			return false, err
		}
	}
	p.StripeCustomer = now
	// Stripe prints what its customer bears: address and tax ids. What it refuses
	// of them is told on the billing page, and the invoice is made all the same.
	if err := s.Purchases.SyncBilling(ctx, in.Customer); err != nil {
		s.Log.Warn("Stripe was not told of billing details before an invoice", "customer", in.Customer, "error", err)
	}
	made, err := s.Gateway.PrepareInvoice(ctx, p, in.Stripe, in.key())
	if err != nil && noCustomer(err) { // it was deleted at this moment
		return s.unknown(ctx, in, err)
	}
	return s.issued(ctx, in, made, err)
}

// key is what an invoice is asked for under, each time that it is begun anew another.
func (in *Invoice) key() string {
	if in.Remakes == 0 {
		return in.ID
	}
	return fmt.Sprintf("%s:%d", in.ID, in.Remakes)
}

func noCustomer(err error) bool {
	var no *outcome.Refused
	return errors.As(err, &no) && no.Missing("customer")
}

// moved begins an invoice anew whose customer at Stripe became another before the
// invoice was known to be made. One that was made for the former is taken as it is:
// it can be paid. A draft cannot, by anybody.
func (s *Service) moved(ctx context.Context, in *Invoice, p charge.Terms) (bool, error) {
	made, found, err := s.Gateway.FindInvoice(ctx, p, in.CreatedAt.Add(-time.Hour))
	switch {
	case err != nil && !errors.Is(err, outcome.ErrGone):
		return s.unknown(ctx, in, err)
	case found && made.Status != "draft" && made.Status != "void":
		return s.issued(ctx, in, made, nil)
	}
	return s.with(ctx, in, func(t tx.Tx, in *Invoice) (bool, error) { return true, s.anew(t, in) })
}
