package stripepay

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/outcome"
)

var _ charge.Gateway = (*Gateway)(nil)

// Keys of metadata under which an invoice names what it is for.
var metaOwner = map[charge.Of]string{charge.OfPurchase: metaPurchase, charge.OfRecharge: "purse_recharge", charge.OfInvoice: "purse_invoice"}

// ownerOf reads what an object is for, by its metadata.
func ownerOf(meta map[string]string) charge.Owner {
	for of, key := range metaOwner {
		if id := meta[key]; id != "" {
			return charge.Owner{Of: of, ID: id}
		}
	}
	return charge.Owner{}
}

// PrepareInvoice makes an invoice with its lines and finalizes it, each call under a
// key of its own, so that all of it may be repeated.
func (g *Gateway) PrepareInvoice(ctx context.Context, terms charge.Terms, id, key string) (charge.Invoice, error) {
	in, err := g.prepare(ctx, terms, id, key)
	if err != nil {
		return charge.Invoice{}, translate(err)
	}
	return invoiceOf(in), nil
}

func (g *Gateway) prepare(ctx context.Context, terms charge.Terms, id, key string) (*stripe.Invoice, error) {
	var in *stripe.Invoice
	var err error
	if id != "" {
		in, err = g.invoice(ctx, id)
	} else {
		in, err = g.draft(ctx, terms, key)
	}
	if err != nil {
		return nil, err
	}
	if id == "" && in.Status != stripe.InvoiceStatusDraft {
		// The answer may be older than the invoice is by now.
		if in, err = g.invoice(ctx, in.ID); err != nil {
			return nil, err
		}
	}
	if in.Status == stripe.InvoiceStatusDraft {
		return g.fill(ctx, in, terms, key)
	}
	return in, nil
}

// draft makes an invoice without lines.
func (g *Gateway) draft(ctx context.Context, terms charge.Terms, key string) (*stripe.Invoice, error) {
	if terms.TaxExempt != "" { // it is the customer who is exempt
		c := &stripe.CustomerParams{Params: stripe.Params{Context: ctx}, TaxExempt: stripe.String(terms.TaxExempt)}
		if _, err := g.api.Customers.Update(terms.StripeCustomer, c); err != nil {
			return nil, err
		}
	}
	return again(key+":invoice", func(key string) (*stripe.Invoice, error) { return g.api.Invoices.New(draftOf(ctx, terms, key)) },
		func() (*stripe.Invoice, bool, error) { return g.findInvoice(ctx, terms, time.Now().Add(-keyLife)) })
}

func draftOf(ctx context.Context, terms charge.Terms, key string) *stripe.InvoiceParams {
	n := &stripe.InvoiceParams{
		Params:   write(ctx, key, map[string]string{metaInstallation: terms.Installation, metaCustomer: terms.Customer, metaOwner[terms.Owner.Of]: terms.Owner.ID}),
		Customer: stripe.String(terms.StripeCustomer), Currency: stripe.String(terms.Currency), AutoAdvance: stripe.Bool(false),
		Description: text(terms.Memo), PendingInvoiceItemsBehavior: stripe.String("exclude"), DefaultPaymentMethod: text(terms.Method), PaymentSettings: payableBy(terms.Types),
	}
	switch {
	case !terms.Send:
		n.CollectionMethod = stripe.String(string(stripe.InvoiceCollectionMethodChargeAutomatically))
	case !terms.DueAt.IsZero():
		n.CollectionMethod, n.DueDate = stripe.String(string(stripe.InvoiceCollectionMethodSendInvoice)), stripe.Int64(terms.DueAt.Unix())
	default:
		n.CollectionMethod, n.DaysUntilDue = stripe.String(string(stripe.InvoiceCollectionMethodSendInvoice)), stripe.Int64(int64(terms.NetDays))
	}
	if terms.PONumber != "" {
		n.CustomFields = []*stripe.InvoiceCustomFieldParams{{Name: stripe.String(poNumber), Value: stripe.String(terms.PONumber)}}
	}
	if terms.AutomaticTax {
		n.AutomaticTax = &stripe.InvoiceAutomaticTaxParams{Enabled: stripe.Bool(true)}
	}
	return n
}

// fill gives a draft the lines that it lacks, in their order, and finalizes it.
func (g *Gateway) fill(ctx context.Context, draft *stripe.Invoice, terms charge.Terms, key string) (*stripe.Invoice, error) {
	now := func() (*stripe.Invoice, error) { return g.invoice(ctx, draft.ID) }
	for i, line := range terms.Lines {
		of := key + ":item"
		if i > 0 {
			of += ":" + strconv.Itoa(i+1)
		}
		_, err := again(of, func(key string) (bool, error) {
			_, err := g.api.InvoiceItems.New(itemOf(ctx, draft.ID, terms.StripeCustomer, line, key))
			return true, err
		}, func() (bool, bool, error) {
			in, err := now()
			return true, err == nil && in.Lines != nil && len(in.Lines.Data) > i, err
		})
		if err != nil {
			return nil, err
		}
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

// itemOf is a line of an invoice. Stripe multiplies a unit price; where the price of
// several does not divide, their number is in the description alone.
func itemOf(ctx context.Context, invoice, customer string, line charge.Line, key string) *stripe.InvoiceItemParams {
	p := &stripe.InvoiceItemParams{
		Params: write(ctx, key, nil), Customer: stripe.String(customer), Invoice: stripe.String(invoice), Currency: stripe.String(line.Price.Currency),
		Description: text(line.Description), TaxBehavior: text(line.TaxBehavior), TaxCode: text(line.TaxCode),
	}
	if line.Quantity > 1 && line.Price.Amount%line.Quantity == 0 {
		p.Quantity, p.UnitAmount = stripe.Int64(line.Quantity), stripe.Int64(line.Price.Amount/line.Quantity)
	} else {
		p.Amount = stripe.Int64(line.Price.Amount)
	}
	return p
}

// invoice fetches an invoice with its payment and its customer.
func (g *Gateway) invoice(ctx context.Context, id string) (*stripe.Invoice, error) {
	p := &stripe.InvoiceParams{Params: stripe.Params{Context: ctx}}
	p.AddExpand("customer")
	p.AddExpand("payment_intent.latest_charge")
	return g.api.Invoices.Get(id, p)
}

// Invoice fetches an invoice with its payment and its customer.
func (g *Gateway) Invoice(ctx context.Context, id string) (charge.Invoice, error) {
	in, err := g.invoice(ctx, id)
	if err != nil {
		return charge.Invoice{}, translate(err)
	}
	return invoiceOf(in), nil
}

// FindInvoice looks through the customer's invoices: lists show at once what
// was made, Stripe's search does not.
func (g *Gateway) FindInvoice(ctx context.Context, terms charge.Terms, since time.Time) (charge.Invoice, bool, error) {
	in, ok, err := g.findInvoice(ctx, terms, since)
	if err != nil || !ok {
		return charge.Invoice{}, false, translate(err)
	}
	return invoiceOf(in), true, nil
}

func (g *Gateway) findInvoice(ctx context.Context, terms charge.Terms, since time.Time) (*stripe.Invoice, bool, error) {
	l := &stripe.InvoiceListParams{Customer: stripe.String(terms.StripeCustomer), CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
	l.Context, l.Limit = ctx, stripe.Int64(100)
	list := g.api.Invoices.List(l)
	for list.Next() {
		if is := list.Invoice(); is.Metadata[metaInstallation] == terms.Installation && ownerOf(is.Metadata) == terms.Owner && is.ID != terms.Replaces {
			in, err := g.invoice(ctx, is.ID)
			return in, err == nil, err
		}
	}
	return nil, false, list.Err()
}

// PayInvoice charges a saved payment method while the customer is away.
func (g *Gateway) PayInvoice(ctx context.Context, id, method, key string) (charge.Invoice, error) {
	p := &stripe.InvoicePayParams{Params: write(ctx, key, nil), PaymentMethod: stripe.String(method), OffSession: stripe.Bool(true)}
	p.AddExpand("payment_intent.latest_charge")
	in, err := g.api.Invoices.Pay(id, p)
	if err == nil {
		return invoiceOf(in), nil
	}
	if replayed, failed := cached(err); replayed && failed {
		return charge.Invoice{}, outcome.ErrStale
	}
	return charge.Invoice{}, declined(translate(err))
}

// VoidInvoice makes an open invoice one that cannot be paid any more.
func (g *Gateway) VoidInvoice(ctx context.Context, id, key string) error {
	err := g.void(ctx, id, key)
	if replayed, failed := cached(err); replayed && failed {
		return outcome.ErrGone // look what it is now
	}
	return translate(err)
}

// SendInvoice lets Stripe mail an invoice to its customer.
func (g *Gateway) SendInvoice(ctx context.Context, id, key string) error {
	_, err := g.api.Invoices.SendInvoice(id, &stripe.InvoiceSendInvoiceParams{Params: write(ctx, key, nil)})
	return stale(err)
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
		return &outcome.Refused{Code: e.Code, Param: e.Param, Message: e.Message}
	}
	return err
}

// payableBy names what an invoice can be paid with where that is more than cards:
// the saved methods that it charges, and a card on its page. Of nothing but cards
// Stripe is told nothing: the account's own settings hold.
func payableBy(types []string) *stripe.InvoicePaymentSettingsParams {
	all := []string{card.Card}
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

func invoiceOf(in *stripe.Invoice) charge.Invoice {
	o := charge.Invoice{
		ID: in.ID, Number: in.Number, URL: in.HostedInvoiceURL, Status: string(in.Status), Livemode: in.Livemode, Subtotal: in.Subtotal,
		Tax: in.Tax, Total: in.Total, AmountPaid: in.AmountPaid, Currency: string(in.Currency),
		Owner: ownerOf(in.Metadata), Installation: in.Metadata[metaInstallation], Customer: in.Metadata[metaCustomer],
	}
	if in.Customer != nil {
		o.StripeCustomer, o.CustomerGone = in.Customer.ID, in.Customer.Deleted
	}
	if in.CustomerTaxExempt != nil {
		o.TaxExempt = string(*in.CustomerTaxExempt)
	}
	if in.DueDate > 0 {
		o.DueAt = instant(in.DueDate)
	}
	if pi := in.PaymentIntent; pi != nil {
		p := payment(pi)
		o.Took = p.Took
		o.Shown = shownBy(in.LastResponse)
		o.Intent = p
		o.Intent.Shown = o.Shown
		o.Payment, o.PaymentStatus, o.ReceiptURL, o.CardBrand, o.CardLast4 = p.ID, p.Status, p.ReceiptURL, p.CardBrand, p.CardLast4
		if e := pi.LastPaymentError; e != nil {
			o.FailureCode, o.DeclineCode, o.FailureMessage = string(e.Code), string(e.DeclineCode), e.Msg
			if ch := pi.LatestCharge; o.DeclineCode == "" && e.Code != stripe.ErrorCodeCardDeclined && ch != nil {
				o.DeclineCode = ch.FailureCode // a bank that was debited says why on the charge alone
			}
		}
		o.MethodType = p.Method
	}
	if in.PaidOutOfBand {
		o.Payment, o.CardBrand = "", "outside Stripe"
	}
	return o
}
