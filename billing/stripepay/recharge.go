package stripepay

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/outcome"
	"purse/billing/purchase"
	"purse/billing/recharge"
)

var _ recharge.Gateway = (*Gateway)(nil)

// metaRecharge is the key of metadata under which an invoice names ours.
const metaRecharge = "purse_recharge"

// PrepareInvoice makes a one-off invoice with one line and finalizes it: three
// calls, each under a key of its own, so that all of it may be repeated.
func (g *Gateway) PrepareInvoice(ctx context.Context, p recharge.InvoiceParams, id, key string) (recharge.Invoice, error) {
	in, err := g.prepare(ctx, p, id, key)
	if err != nil {
		return recharge.Invoice{}, translate(err)
	}
	return invoiceOf(in), nil
}

func (g *Gateway) prepare(ctx context.Context, p recharge.InvoiceParams, id, key string) (*stripe.Invoice, error) {
	meta := map[string]string{metaInstallation: p.Installation, metaCustomer: p.Customer, metaRecharge: p.Recharge}
	if p.Purchase != "" {
		delete(meta, metaRecharge)
		meta[metaPurchase] = p.Purchase
	}
	var in *stripe.Invoice
	var err error
	if id != "" {
		in, err = g.invoice(ctx, id)
	} else {
		in, err = again(key+":invoice", func(key string) (*stripe.Invoice, error) {
			n := &stripe.InvoiceParams{
				Params:   write(ctx, key, meta),
				Customer: stripe.String(p.StripeCustomer), Currency: stripe.String(p.Price.Currency), AutoAdvance: stripe.Bool(false),
				CollectionMethod:     stripe.String(string(stripe.InvoiceCollectionMethodChargeAutomatically)),
				DefaultPaymentMethod: text(p.Method), Description: text(p.Description), PendingInvoiceItemsBehavior: stripe.String("exclude"),
				PaymentSettings: payableBy(p.Types),
			}
			if p.PONumber != "" {
				n.CustomFields = []*stripe.InvoiceCustomFieldParams{{Name: stripe.String(poNumber), Value: stripe.String(p.PONumber)}}
			}
			if p.AutomaticTax {
				n.AutomaticTax = &stripe.InvoiceAutomaticTaxParams{Enabled: stripe.Bool(true)}
			}
			return g.api.Invoices.New(n)
		}, func() (*stripe.Invoice, bool, error) { return g.findInvoice(ctx, p, time.Now().Add(-keyLife)) })
	}
	if err != nil {
		return nil, err
	}
	if id != "" || in.Status != stripe.InvoiceStatusDraft {
		// The answer may be older than the invoice is by now.
		if in, err = g.invoice(ctx, in.ID); err != nil {
			return nil, err
		}
	}
	if in.Status == stripe.InvoiceStatusDraft {
		return g.fill(ctx, in, p, key)
	}
	return in, nil
}

// fill gives a draft its line, if it has none, and finalizes it.
func (g *Gateway) fill(ctx context.Context, draft *stripe.Invoice, p recharge.InvoiceParams, key string) (*stripe.Invoice, error) {
	now := func() (*stripe.Invoice, error) { return g.invoice(ctx, draft.ID) }
	_, err := again(key+":item", func(key string) (bool, error) {
		_, err := g.api.InvoiceItems.New(&stripe.InvoiceItemParams{Params: write(ctx, key, nil), Customer: stripe.String(p.StripeCustomer),
			Invoice: stripe.String(draft.ID), Amount: stripe.Int64(p.Price.Amount), Currency: stripe.String(p.Price.Currency), Description: text(p.Description),
			TaxBehavior: text(p.TaxBehavior), TaxCode: text(p.TaxCode)})
		return true, err
	}, func() (bool, bool, error) {
		in, err := now()
		return true, err == nil && in.Lines != nil && len(in.Lines.Data) > 0, err
	})
	if err != nil {
		return nil, err
	}
	return again(key+":finalize", func(key string) (*stripe.Invoice, error) {
		f := &stripe.InvoiceFinalizeInvoiceParams{Params: write(ctx, key, nil), AutoAdvance: stripe.Bool(false)}
		f.AddExpand("payment_intent.latest_charge")
		return g.api.Invoices.FinalizeInvoice(draft.ID, f)
	}, func() (*stripe.Invoice, bool, error) {
		in, err := now()
		return in, err == nil && in.Status != stripe.InvoiceStatusDraft, err
	})
}

func (g *Gateway) invoice(ctx context.Context, id string, expand ...string) (*stripe.Invoice, error) {
	p := &stripe.InvoiceParams{Params: stripe.Params{Context: ctx}}
	for _, e := range expand {
		p.AddExpand(e)
	}
	p.AddExpand("payment_intent.latest_charge")
	return g.api.Invoices.Get(id, p)
}

// Invoice fetches an invoice with its payment.
func (g *Gateway) Invoice(ctx context.Context, id string) (recharge.Invoice, error) {
	in, err := g.invoice(ctx, id)
	if err != nil {
		return recharge.Invoice{}, translate(err)
	}
	return invoiceOf(in), nil
}

// FindInvoice looks through the customer's invoices: lists show at once what
// was made, Stripe's search does not.
func (g *Gateway) FindInvoice(ctx context.Context, p recharge.InvoiceParams, since time.Time) (recharge.Invoice, bool, error) {
	in, ok, err := g.findInvoice(ctx, p, since)
	if err != nil || !ok {
		return recharge.Invoice{}, false, translate(err)
	}
	return invoiceOf(in), true, nil
}

func (g *Gateway) findInvoice(ctx context.Context, p recharge.InvoiceParams, since time.Time) (*stripe.Invoice, bool, error) {
	l := &stripe.InvoiceListParams{Customer: stripe.String(p.StripeCustomer), CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
	l.Context, l.Limit = ctx, stripe.Int64(100)
	list := g.api.Invoices.List(l)
	for list.Next() {
		if m := list.Invoice().Metadata; m[metaInstallation] == p.Installation && m[metaRecharge] == p.Recharge && (p.Purchase == "" || m[metaPurchase] == p.Purchase) {
			in, err := g.invoice(ctx, list.Invoice().ID)
			return in, err == nil, err
		}
	}
	return nil, false, list.Err()
}

// PayInvoice charges a saved payment method while the customer is away.
func (g *Gateway) PayInvoice(ctx context.Context, id, method, key string) (recharge.Invoice, error) {
	p := &stripe.InvoicePayParams{Params: write(ctx, key, nil), PaymentMethod: stripe.String(method), OffSession: stripe.Bool(true)}
	p.AddExpand("payment_intent.latest_charge")
	in, err := g.api.Invoices.Pay(id, p)
	if err == nil {
		return invoiceOf(in), nil
	}
	if replayed, failed := cached(err); replayed && failed {
		return recharge.Invoice{}, outcome.ErrStale
	}
	err = translate(err)
	var e *Error
	if errors.As(err, &e) && e.Outcome == Declined {
		return recharge.Invoice{}, &outcome.Declined{Code: e.Code, DeclineCode: e.DeclineCode, Message: e.Message}
	}
	return recharge.Invoice{}, err
}

// VoidInvoice makes an open invoice one that cannot be paid any more.
func (g *Gateway) VoidInvoice(ctx context.Context, id, key string) error {
	err := g.void(ctx, id, key)
	if replayed, failed := cached(err); replayed && failed {
		return outcome.ErrGone // look what it is now
	}
	return translate(err)
}

// FraudWarning fetches an early fraud warning.
func (g *Gateway) FraudWarning(ctx context.Context, id string) (recharge.Warning, error) {
	w, err := g.api.RadarEarlyFraudWarnings.Get(id, &stripe.RadarEarlyFraudWarningParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return recharge.Warning{}, translate(err)
	}
	o := recharge.Warning{ID: w.ID, Type: string(w.FraudType), Actionable: w.Actionable}
	if w.PaymentIntent != nil {
		o.Payment = w.PaymentIntent.ID
	}
	return o, nil
}

// payableBy names what an invoice can be paid with where that is more than cards:
// the saved methods that it charges, and a card on its page. Of nothing but cards
// Stripe is told nothing: the account's own settings hold.
func payableBy(types []string) *stripe.InvoicePaymentSettingsParams {
	all := []string{purchase.MethodCard}
	for _, m := range types {
		if m != "" && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	if len(all) == 1 {
		return nil
	}
	return &stripe.InvoicePaymentSettingsParams{PaymentMethodTypes: stripe.StringSlice(all)}
}

func invoiceOf(in *stripe.Invoice) recharge.Invoice {
	o := recharge.Invoice{
		ID: in.ID, Number: in.Number, URL: in.HostedInvoiceURL, Status: string(in.Status), Livemode: in.Livemode, Subtotal: in.Subtotal,
		Tax: in.Tax, Total: in.Total, AmountPaid: in.AmountPaid, Currency: string(in.Currency),
		Recharge: in.Metadata[metaRecharge], Installation: in.Metadata[metaInstallation], Customer: in.Metadata[metaCustomer],
	}
	if in.Customer != nil {
		o.StripeCustomer = in.Customer.ID
	}
	if pi := in.PaymentIntent; pi != nil {
		p := payment(pi)
		o.Took = p.Took
		o.Shown = shownBy(in.LastResponse)
		o.Payment, o.PaymentStatus, o.ReceiptURL, o.CardBrand, o.CardLast4 = p.ID, p.Status, p.ReceiptURL, p.CardBrand, p.CardLast4
		if e := pi.LastPaymentError; e != nil {
			o.FailureCode, o.DeclineCode, o.FailureMessage = string(e.Code), string(e.DeclineCode), e.Msg
			if ch := pi.LatestCharge; o.DeclineCode == "" && e.Code != stripe.ErrorCodeCardDeclined && ch != nil {
				o.DeclineCode = ch.FailureCode // a bank that was debited says why on the charge alone
			}
		}
		o.MethodType = p.Method
	}
	return o
}
