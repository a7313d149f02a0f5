package stripepay

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/card"
	"purse/billing/purchase"
)

// keyLife is how long Stripe remembers what it answered under a key.
const keyLife = 24 * time.Hour

// again makes an object whose making Stripe answered with a 500. Stripe
// remembers that answer under the key: the same request would be answered so for
// a day, whether the object was made or not. And after an unknown outcome the
// same request may look different, because a setting or a name was changed: then
// Stripe refuses the key. So the object is looked for in Stripe's lists; when it
// is not there and this was not the first answer, it is made under a second key.
func again[T any](key string, make func(key string) (T, error), look func() (found T, ok bool, err error)) (T, error) {
	made, err := make(key)
	replayed, failed := cached(err)
	if !failed || key == "" {
		return made, err
	}
	found, ok, lookErr := look()
	switch {
	case lookErr != nil:
		return made, err // the first error says that it may be tried again
	case ok:
		return found, nil
	case !replayed:
		return made, err // the request may still run: not yet another
	}
	return make(key + "-again")
}

// cached says whether err is an answer that Stripe remembers for the key though
// nobody knows what was done, and whether it was such a memory already.
func cached(err error) (replayed, yes bool) {
	var e *stripe.Error
	if !errors.As(err, &e) {
		return false, false
	}
	if e.Type == stripe.ErrorTypeIdempotency {
		return true, true
	}
	if e.HTTPStatusCode < http.StatusInternalServerError {
		return false, false
	}
	if e.LastResponse != nil {
		replayed, _ = strconv.ParseBool(e.LastResponse.Header.Get("Idempotent-Replayed"))
	}
	return replayed, true
}

// recent is the part that both lists have in common.
func recent(ctx context.Context) (stripe.ListParams, *stripe.RangeQueryParams) {
	return stripe.ListParams{Context: ctx, Limit: stripe.Int64(100)},
		&stripe.RangeQueryParams{GreaterThanOrEqual: time.Now().Add(-keyLife).Unix()}
}

// findCustomer looks for Stripe's customer of one of ours, made in the last day.
func (g *Gateway) findCustomer(ctx context.Context, c card.CustomerParams) (id string, ok bool, err error) {
	p := &stripe.CustomerListParams{Email: text(c.Email)}
	p.ListParams, p.CreatedRange = recent(ctx)
	list := g.api.Customers.List(p)
	for list.Next() {
		if m := list.Customer().Metadata; m[metaInstallation] == c.Installation && m[metaCustomer] == c.Customer {
			return list.Customer().ID, true, nil
		}
	}
	return "", false, translate(list.Err())
}

// findCheckout looks for the open Checkout of a purchase.
func (g *Gateway) findCheckout(ctx context.Context, c purchase.CheckoutParams) (*stripe.CheckoutSession, bool, error) {
	p := &stripe.CheckoutSessionListParams{Customer: text(c.StripeCustomer)}
	p.ListParams, p.CreatedRange = recent(ctx)
	list := g.api.CheckoutSessions.List(p)
	for list.Next() {
		s := list.CheckoutSession()
		if s.Metadata[metaInstallation] == c.Installation && s.Metadata[metaPurchase] == c.Purchase {
			return s, true, nil
		}
	}
	return nil, false, translate(list.Err())
}
