package charge

import (
	"context"
	"errors"

	"purse/billing/inbox"
	"purse/billing/outcome"
	"purse/billing/purchase"
)

// Owners give an event about an invoice, or about a payment, to the one owner that the
// invoice's metadata or the row of the payment names.
type Owners struct {
	Gateway      Gateway
	Purchases    *purchase.Service
	Installation string
	// Of handles what an invoice of ours says, by what it is for.
	Of map[Of]func(ctx context.Context, e *inbox.Event, in Invoice) (inbox.Verdict, error)
}

// InvoiceEvent handles an event about an invoice.
func (o *Owners) InvoiceEvent(ctx context.Context, e *inbox.Event, in Invoice) (inbox.Verdict, error) {
	handle := o.Of[in.Owner.Of]
	if in.Installation != o.Installation || handle == nil {
		return inbox.Verdict{State: inbox.NotOurs}, nil
	}
	return handle(ctx, e, in)
}

// PaymentEvent handles an event about a payment: its invoice tells of it, or else its
// Checkout.
func (o *Owners) PaymentEvent(ctx context.Context, e *inbox.Event) (inbox.Verdict, error) {
	known, err := o.Purchases.Payment(ctx, e.ObjectID)
	if err != nil {
		return inbox.Verdict{}, err
	}
	invoice := ""
	if known != nil {
		invoice = known.Invoice
	}
	if invoice == "" {
		pi, err := o.Purchases.Gateway.PaymentIntent(ctx, e.ObjectID)
		switch {
		case errors.Is(err, outcome.ErrGone):
			return inbox.Gone(), nil
		case err != nil:
			return inbox.Verdict{}, err
		case pi.Invoice == "" || pi.Purchase != "": // Stripe makes an invoice of a Checkout, too
			return o.Purchases.PaymentEvent(ctx, e, pi)
		}
		invoice = pi.Invoice
	}
	return inbox.Fetched(func(ctx context.Context, _ string) (Invoice, error) { return o.Gateway.Invoice(ctx, invoice) }, o.InvoiceEvent)(ctx, e)
}

// OfPurchases handles the invoice of a purchase that was paid with a saved payment
// method: it stands for a Checkout.
func OfPurchases(ps *purchase.Service) func(ctx context.Context, e *inbox.Event, in Invoice) (inbox.Verdict, error) {
	return func(ctx context.Context, e *inbox.Event, in Invoice) (inbox.Verdict, error) {
		return ps.InvoiceEvent(ctx, e, in.Checkout())
	}
}
