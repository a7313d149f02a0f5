package api

import (
	"context"
	"slices"
	"time"

	"purse/billing/catalog"
)

// ownView says whether a request is a customer's own: one with a key of the
// customer (ck_…), which is told what the customer's pages show. Notes of the
// vendor's staff, metadata, what Stripe calls things, and what is for sale no more
// or not yet are not for it.
func ownView(ctx context.Context) bool {
	k := keyOf(ctx)
	return k != nil && !k.Vendors()
}

// narrower is what leaves out of an answer what is not for customers.
type narrower interface{ narrow() }

// narrowed leaves out of an answer what whoever asks may not see.
func narrowed(ctx context.Context, body any) {
	if n, ok := body.(narrower); ok && ownView(ctx) {
		n.narrow()
	}
}

func (l *list[T]) narrow() {
	for i := range l.Data {
		if n, ok := any(&l.Data[i]).(narrower); ok {
			n.narrow()
		}
	}
}

func (c *customerObject) narrow() {
	c.StripeCustomerID, c.SuspendedReason, c.Metadata = nil, nil, map[string]string{}
}

// narrow keeps what went wrong with a payment, and hides what staff has to look at.
func (p *purchaseObject) narrow() {
	p.CheckoutSession = nil
	if p.Status != "failed" {
		p.Problem = nil
	}
}

func (r *refundObject) narrow() { r.Problem = nil }

func (i *invoiceObject) narrow() {
	if i.Status != "open" {
		i.Problem = nil
	}
}

func (p *packObject) narrow() { p.TaxCode, p.Warnings = nil, []string{} }

// packsFor are the packs that a request may see.
func (a *API) packsFor(ctx context.Context) []*catalog.Pack {
	all := a.Catalog.Snapshot().Packs
	if !ownView(ctx) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), (*catalog.Pack).Archived)
}

// packFor is a pack that a request may see, nil for none.
func (a *API) packFor(ctx context.Context, id string) *catalog.Pack {
	p := a.Catalog.Snapshot().Pack(id)
	if p != nil && p.Archived() && ownView(ctx) {
		return nil
	}
	return p
}

// mayRate says whether a request may see a rate: customers see none before it
// applies.
func (a *API) mayRate(ctx context.Context, r *catalog.Rate) bool {
	return !ownView(ctx) || !r.EffectiveAt.After(a.clock())
}

func (a *API) clock() time.Time { return a.Accounts.Now() }
