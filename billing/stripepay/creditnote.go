package stripepay

import (
	"context"
	"errors"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/outcome"
	"purse/billing/purchase"
)

// creditOutside says on an invoice that was paid outside Stripe that money went
// back outside Stripe too.
func (g *Gateway) creditOutside(ctx context.Context, r purchase.RefundParams, key string) (purchase.ChargeRefund, error) {
	id, err := again(key+":note", func(key string) (string, error) {
		n, err := g.api.CreditNotes.New(&stripe.CreditNoteParams{Params: write(ctx, key, map[string]string{metaInstallation: r.Installation, metaRefund: r.Refund}),
			Invoice: stripe.String(r.Invoice), Amount: stripe.Int64(r.Amount), OutOfBandAmount: stripe.Int64(r.Amount)})
		if err != nil {
			return "", err
		}
		return n.ID, nil
	}, func() (string, bool, error) { return g.findNote(ctx, r) })
	if err != nil {
		return purchase.ChargeRefund{}, translate(err)
	}
	return purchase.ChargeRefund{ID: id, Ours: r.Refund, Amount: r.Amount, Status: "succeeded"}, nil
}

// findNote looks for the credit note of a refund outside Stripe.
func (g *Gateway) findNote(ctx context.Context, r purchase.RefundParams) (string, bool, error) {
	l := &stripe.CreditNoteListParams{Invoice: stripe.String(r.Invoice)}
	l.Context, l.Limit = ctx, stripe.Int64(100)
	list := g.api.CreditNotes.List(l)
	for list.Next() {
		if n := list.CreditNote(); n.Metadata[metaRefund] == r.Refund {
			return n.ID, true, nil
		}
	}
	return "", false, list.Err()
}

// credit tells the invoice of a payment, if it has one, of a refund: by a credit
// note that is linked to it, once. Without it the customer's papers would say
// that all was paid.
func (g *Gateway) credit(ctx context.Context, r *stripe.Refund, of purchase.RefundParams, key string) error {
	if r.Status == stripe.RefundStatusFailed || r.Status == stripe.RefundStatusCanceled {
		return nil
	}
	pi, err := g.api.PaymentIntents.Get(of.PaymentIntent, &stripe.PaymentIntentParams{Params: stripe.Params{Context: ctx}})
	if err != nil || pi.Invoice == nil {
		return translate(err)
	}
	_, err = again(key+":note", func(key string) (bool, error) {
		_, err := g.api.CreditNotes.New(&stripe.CreditNoteParams{Params: write(ctx, key, nil), Invoice: stripe.String(pi.Invoice.ID),
			Amount: stripe.Int64(of.Amount), Refund: stripe.String(r.ID)})
		return true, err
	}, func() (bool, bool, error) {
		l := &stripe.CreditNoteListParams{Invoice: stripe.String(pi.Invoice.ID)}
		l.Context, l.Limit = ctx, stripe.Int64(100)
		list := g.api.CreditNotes.List(l)
		for list.Next() {
			if n := list.CreditNote(); n.Refund != nil && n.Refund.ID == r.ID {
				return true, true, nil
			}
		}
		return false, false, list.Err()
	})
	err = translate(err)
	var no *outcome.Refused
	if errors.As(err, &no) {
		// The money is on its way whatever the papers say.
		g.config.Logger.Warn("Stripe refused the credit note of a refund", "refund", r.ID, "invoice", pi.Invoice.ID, "message", no.Message)
		return nil
	}
	return err
}
