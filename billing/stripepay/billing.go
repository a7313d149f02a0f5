package stripepay

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/card"
	"purse/billing/outcome"
)

// UpdateCustomer makes Stripe's customer bear what is known of it: name, e-mail,
// address and tax ids. Everything is written over, so that it may be repeated;
// tax ids that are not ours any more go first.
func (g *Gateway) UpdateCustomer(ctx context.Context, stripeID string, c card.CustomerParams) error {
	p := &stripe.CustomerParams{Params: stripe.Params{Context: ctx}, Name: stripe.String(c.Name), Email: stripe.String(c.Email)}
	if a := c.Address; a.Known() {
		p.Address = &stripe.AddressParams{
			Line1: stripe.String(a.Line1), Line2: stripe.String(a.Line2), City: stripe.String(a.City), State: stripe.String(a.State),
			PostalCode: stripe.String(a.PostalCode), Country: stripe.String(a.Country),
		}
	} else {
		p.AddExtra("address", "")
	}
	if _, err := g.api.Customers.Update(stripeID, p); err != nil {
		return translate(err)
	}
	return g.syncTaxIDs(ctx, stripeID, c.TaxIDs)
}

// CustomerDetails fetches the name, the address and the tax ids of a customer.
func (g *Gateway) CustomerDetails(ctx context.Context, stripeID string) (o account.TypedDetails, err error) {
	c, err := g.api.Customers.Get(stripeID, &stripe.CustomerParams{Params: stripe.Params{Context: ctx}})
	switch {
	case err != nil:
		return o, translate(err)
	case c.Deleted:
		return o, outcome.ErrGone
	}
	o.Company = c.Name
	if a := c.Address; a != nil {
		o.Address = account.Address{Line1: a.Line1, Line2: a.Line2, City: a.City, State: a.State, PostalCode: a.PostalCode, Country: a.Country}
	}
	l := &stripe.TaxIDListParams{Customer: stripe.String(stripeID)}
	l.Context, l.Limit = ctx, stripe.Int64(100)
	list := g.api.TaxIDs.List(l)
	for list.Next() {
		o.TaxIDs = append(o.TaxIDs, account.TaxID{Type: string(list.TaxID().Type), Value: list.TaxID().Value})
	}
	slices.Reverse(o.TaxIDs) // oldest first, as they were given
	return o, translate(list.Err())
}

func (g *Gateway) syncTaxIDs(ctx context.Context, stripeID string, want []account.TaxID) error {
	missing := map[account.TaxID]account.TaxID{} // by how they compare
	for _, id := range want {
		missing[compared(id.Type, id.Value)] = id
	}
	l := &stripe.TaxIDListParams{Customer: stripe.String(stripeID)}
	l.Context, l.Limit = ctx, stripe.Int64(100)
	list := g.api.TaxIDs.List(l)
	var gone []string
	for list.Next() {
		have := compared(string(list.TaxID().Type), list.TaxID().Value)
		if _, ok := missing[have]; ok {
			delete(missing, have)
			continue
		}
		gone = append(gone, list.TaxID().ID)
	}
	if err := list.Err(); err != nil {
		return translate(err)
	}
	for _, id := range gone {
		if _, err := g.api.TaxIDs.Del(id, &stripe.TaxIDParams{Params: stripe.Params{Context: ctx}, Customer: stripe.String(stripeID)}); err != nil && !isGone(err) {
			return translate(err)
		}
	}
	for _, id := range want {
		if _, ok := missing[compared(id.Type, id.Value)]; !ok {
			continue
		}
		p := &stripe.TaxIDParams{Params: stripe.Params{Context: ctx}, Customer: stripe.String(stripeID), Type: stripe.String(id.Type), Value: stripe.String(id.Value)}
		if _, err := g.api.TaxIDs.New(p); err != nil {
			return translate(err)
		}
	}
	return nil
}

func isGone(err error) bool {
	var e *stripe.Error
	return errors.As(err, &e) && e.HTTPStatusCode == http.StatusNotFound
}

// compared is a tax id as it compares: Stripe may write it without spaces.
func compared(typ, value string) account.TaxID {
	return account.TaxID{Type: typ, Value: strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '.' || r == '/' {
			return -1
		}
		return r
	}, strings.ToUpper(value))}
}

// poNumber is the name of the field on an invoice.
const poNumber = "PO number"
