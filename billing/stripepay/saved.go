package stripepay

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/outcome"
	"purse/billing/purchase"
)

// CreateInvoice makes the invoice of a purchase that is paid with a saved payment
// method, and finalizes it, as those of recharges.
func (g *Gateway) CreateInvoice(ctx context.Context, p purchase.CheckoutParams, m card.PaymentMethod, key string) (purchase.Checkout, error) {
	name := p.Name + ": " + p.Description
	in, err := g.prepare(ctx, charge.Terms{
		Owner: charge.Owner{Of: charge.OfPurchase, ID: p.Purchase}, Customer: p.Customer, Installation: p.Installation, StripeCustomer: p.StripeCustomer,
		Currency: p.Price.Currency, Lines: []charge.Line{{Description: name, Price: p.Price, TaxBehavior: p.TaxBehavior, TaxCode: p.TaxCode}}, Memo: name,
		Method: m.ID, Types: []string{m.Type}, AutomaticTax: p.AutomaticTax, PONumber: p.PONumber,
	}, "", key)
	if err != nil {
		return purchase.Checkout{}, translate(err)
	}
	return invoiceCheckout(in), nil
}

// PayInvoiceNow charges a saved payment method while the buyer is there.
func (g *Gateway) PayInvoiceNow(ctx context.Context, invoice, method, key string) (purchase.Checkout, error) {
	p := &stripe.InvoicePayParams{Params: write(ctx, key, nil), PaymentMethod: stripe.String(method), OffSession: stripe.Bool(false)}
	p.AddExpand("payment_intent.latest_charge")
	in, err := g.api.Invoices.Pay(invoice, p)
	if err == nil {
		return invoiceCheckout(in), nil
	}
	return purchase.Checkout{}, declined(translate(err))
}

func isInvoice(id string) bool { return strings.HasPrefix(id, "in_") }

// expireInvoice voids an open invoice, unless a bank is being asked for its money.
func (g *Gateway) expireInvoice(ctx context.Context, id string) error {
	in, err := g.invoice(ctx, id)
	if err != nil {
		return translate(err)
	}
	if debiting(in) {
		return outcome.ErrNotOpen
	}
	err = translate(g.void(ctx, id, ""))
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusBadRequest {
		e.meaning = outcome.ErrNotOpen
	}
	return err
}

// void makes an invoice one that nobody can pay: a draft cannot be voided, and is
// deleted.
func (g *Gateway) void(ctx context.Context, id, key string) error {
	_, err := g.api.Invoices.VoidInvoice(id, &stripe.InvoiceVoidInvoiceParams{Params: write(ctx, key, nil)})
	var no *stripe.Error
	if !errors.As(err, &no) || no.HTTPStatusCode != http.StatusBadRequest {
		return err
	}
	in, lookErr := g.api.Invoices.Get(id, &stripe.InvoiceParams{Params: stripe.Params{Context: ctx}})
	if lookErr != nil || in.Status != stripe.InvoiceStatusDraft {
		return err
	}
	_, err = g.api.Invoices.Del(id, &stripe.InvoiceParams{Params: stripe.Params{Context: ctx}})
	return err
}

// LookFor finds the Checkout of a purchase, or the invoice in its place.
func (g *Gateway) LookFor(ctx context.Context, c purchase.CheckoutParams, since time.Time) (purchase.Checkout, bool, error) {
	l := &stripe.CheckoutSessionListParams{Customer: stripe.String(c.StripeCustomer), CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
	l.Context, l.Limit = ctx, stripe.Int64(100)
	sessions := g.api.CheckoutSessions.List(l)
	for sessions.Next() {
		if m := sessions.CheckoutSession().Metadata; m[metaInstallation] == c.Installation && m[metaPurchase] == c.Purchase {
			found, err := g.Checkout(ctx, sessions.CheckoutSession().ID)
			return found, err == nil, err
		}
	}
	if err := sessions.Err(); err != nil {
		return purchase.Checkout{}, false, translate(err)
	}
	in, ok, err := g.findInvoice(ctx, charge.Terms{Owner: charge.Owner{Of: charge.OfPurchase, ID: c.Purchase}, Installation: c.Installation, StripeCustomer: c.StripeCustomer}, since)
	if err != nil || !ok {
		return purchase.Checkout{}, false, translate(err)
	}
	return invoiceCheckout(in), true, nil
}

func invoiceCheckout(in *stripe.Invoice) purchase.Checkout { return invoiceOf(in).Checkout() }

// debiting says whether a bank is being asked for the money of an open invoice.
func debiting(in *stripe.Invoice) bool {
	return in.Status == stripe.InvoiceStatusOpen && in.PaymentIntent != nil && in.PaymentIntent.Status == stripe.PaymentIntentStatusProcessing
}
