package stripepay

import (
	"context"
	"errors"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/invoice"
	"purse/billing/outcome"
	"purse/billing/recharge"
)

var _ invoice.Gateway = (*Gateway)(nil)

// metaInvoice is the key of metadata under which an invoice names ours.
const metaInvoice = "purse_invoice"

// IssueInvoice makes an invoice with one line and finalizes it, each call under
// a key of its own, so that all of it may be repeated.
func (g *Gateway) IssueInvoice(ctx context.Context, p invoice.Params, id, key string) (invoice.Stripe, error) {
	var in *stripe.Invoice
	var err error
	if id == "" {
		if p.TaxExempt != invoice.TaxAsIs { // it is the customer who is exempt
			c := &stripe.CustomerParams{Params: stripe.Params{Context: ctx}, TaxExempt: stripe.String(string(p.TaxExempt))}
			if _, err := g.api.Customers.Update(p.StripeCustomer, c); err != nil {
				return invoice.Stripe{}, translate(err)
			}
		}
		in, err = again(key+":invoice", func(key string) (*stripe.Invoice, error) { return g.api.Invoices.New(draft(ctx, p, key)) },
			func() (*stripe.Invoice, bool, error) { return g.findIssued(ctx, p, time.Now().Add(-keyLife)) })
		id = "known"
		if in != nil {
			id = in.ID
		}
	}
	if err == nil {
		in, err = g.invoice(ctx, id) // an answer may be older than the invoice is by now
	}
	if err == nil && in.Status == stripe.InvoiceStatusDraft {
		in, err = g.fill(ctx, in, recharge.InvoiceParams{StripeCustomer: p.StripeCustomer, Price: p.Price, Description: p.Description,
			TaxBehavior: p.TaxBehavior, TaxCode: p.TaxCode}, key)
	}
	if err != nil {
		return invoice.Stripe{}, translate(err)
	}
	return issued(in), nil
}

func draft(ctx context.Context, p invoice.Params, key string) *stripe.InvoiceParams {
	n := &stripe.InvoiceParams{
		Params:   write(ctx, key, map[string]string{metaInstallation: p.Installation, metaCustomer: p.Customer, metaInvoice: p.Invoice}),
		Customer: stripe.String(p.StripeCustomer), Currency: stripe.String(p.Price.Currency), AutoAdvance: stripe.Bool(false),
		Description: text(p.Memo), PendingInvoiceItemsBehavior: stripe.String("exclude"), DefaultPaymentMethod: text(p.Card), PaymentSettings: payableBy([]string{p.MethodType}),
	}
	switch {
	case !p.DueAt.IsZero():
		n.CollectionMethod, n.DueDate = stripe.String(string(stripe.InvoiceCollectionMethodSendInvoice)), stripe.Int64(p.DueAt.Unix())
	case p.NetDays >= 0:
		n.CollectionMethod, n.DaysUntilDue = stripe.String(string(stripe.InvoiceCollectionMethodSendInvoice)), stripe.Int64(int64(p.NetDays))
	default:
		n.CollectionMethod = stripe.String(string(stripe.InvoiceCollectionMethodChargeAutomatically))
	}
	if p.PONumber != "" {
		n.CustomFields = []*stripe.InvoiceCustomFieldParams{{Name: stripe.String("PO number"), Value: stripe.String(p.PONumber)}}
	}
	if p.AutomaticTax {
		n.AutomaticTax = &stripe.InvoiceAutomaticTaxParams{Enabled: stripe.Bool(true)}
	}
	return n
}

// FindIssued looks through the customer's invoices.
func (g *Gateway) FindIssued(ctx context.Context, p invoice.Params, since time.Time) (invoice.Stripe, bool, error) {
	in, ok, err := g.findIssued(ctx, p, since)
	if err != nil || !ok {
		return invoice.Stripe{}, false, translate(err)
	}
	return issued(in), true, nil
}

func (g *Gateway) findIssued(ctx context.Context, p invoice.Params, since time.Time) (*stripe.Invoice, bool, error) {
	l := &stripe.InvoiceListParams{Customer: stripe.String(p.StripeCustomer), CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
	l.Context, l.Limit = ctx, stripe.Int64(100)
	list := g.api.Invoices.List(l)
	for list.Next() {
		if m := list.Invoice().Metadata; m[metaInstallation] == p.Installation && m[metaInvoice] == p.Invoice && list.Invoice().ID != p.Replaces {
			in, err := g.invoice(ctx, list.Invoice().ID, "customer")
			return in, err == nil, err
		}
	}
	return nil, false, list.Err()
}

// IssuedInvoice fetches an invoice with its payment and its customer.
func (g *Gateway) IssuedInvoice(ctx context.Context, id string) (invoice.Stripe, error) {
	in, err := g.invoice(ctx, id, "customer")
	if err != nil {
		return invoice.Stripe{}, translate(err)
	}
	return issued(in), nil
}

// SendInvoice lets Stripe mail an invoice to its customer.
func (g *Gateway) SendInvoice(ctx context.Context, id, key string) error {
	_, err := g.api.Invoices.SendInvoice(id, &stripe.InvoiceSendInvoiceParams{Params: write(ctx, key, nil)})
	return stale(err)
}

// ChargeInvoice charges a saved payment method while the customer is away.
func (g *Gateway) ChargeInvoice(ctx context.Context, id, card, key string) (invoice.Stripe, error) {
	if _, err := g.PayInvoice(ctx, id, card, key); err != nil {
		return invoice.Stripe{}, err
	}
	return g.IssuedInvoice(ctx, id)
}

// MarkUncollectible gives an invoice up; it can still be paid.
func (g *Gateway) MarkUncollectible(ctx context.Context, id, key string) error {
	_, err := g.api.Invoices.MarkUncollectible(id, &stripe.InvoiceMarkUncollectibleParams{Params: write(ctx, key, nil)})
	return stale(err)
}

// RecordPayment marks an invoice as paid outside Stripe.
func (g *Gateway) RecordPayment(ctx context.Context, id, key string) error {
	_, err := g.api.Invoices.Pay(id, &stripe.InvoicePayParams{Params: write(ctx, key, nil), PaidOutOfBand: stripe.Bool(true)})
	return stale(err)
}

// stale says where Stripe only remembers a failure under a key: what was done
// must be looked up.
func stale(err error) error {
	if replayed, failed := cached(err); replayed && failed {
		return outcome.ErrStale
	}
	err = translate(err)
	var e *Error
	if errors.As(err, &e) && e.Outcome == Declined {
		return &outcome.Refused{Code: e.Code, Message: e.Message}
	}
	return err
}

func issued(in *stripe.Invoice) invoice.Stripe {
	r := invoiceOf(in)
	o := invoice.Stripe{
		ID: r.ID, Number: r.Number, URL: r.URL, Status: r.Status, Livemode: r.Livemode, StripeCustomer: r.StripeCustomer, Subtotal: r.Subtotal, Tax: r.Tax,
		Total: r.Total, AmountPaid: r.AmountPaid, Currency: r.Currency, Invoice: in.Metadata[metaInvoice], Installation: r.Installation, Customer: r.Customer,
		Payment: r.Payment, PaymentStatus: r.PaymentStatus, ReceiptURL: r.ReceiptURL, CardBrand: r.CardBrand, CardLast4: r.CardLast4,
		FailureCode: r.FailureCode, DeclineCode: r.DeclineCode, FailureMessage: r.FailureMessage,
		Took: r.Took,
	}
	if in.CustomerTaxExempt != nil {
		o.TaxExempt = invoice.TaxExempt(*in.CustomerTaxExempt)
	}
	o.CustomerGone = in.Customer != nil && in.Customer.Deleted
	if in.DueDate > 0 {
		o.DueAt = instant(in.DueDate)
	}
	if in.PaidOutOfBand {
		o.Payment, o.CardBrand = "", "outside Stripe"
	}
	return o
}
