package stripepay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v76"
)

// Finding is one thing that Check looked at.
type Finding struct {
	What   string
	OK     bool
	Detail string // what was found, or what to do
}

// Check looks whether the account can be used: the key and its permissions,
// the mode, and the webhook endpoint at url. It changes nothing. The error is
// for when Stripe cannot be reached at all.
func (g *Gateway) Check(ctx context.Context, url string) ([]Finding, error) {
	mode := map[bool]string{true: "live mode: real money", false: "test mode"}[g.live]
	id, _, err := g.Account(ctx)
	if HasOutcome(err, Unknown) {
		return nil, err
	}
	var out []Finding
	if err != nil {
		out = append(out, Finding{"Key", false, err.Error()})
		var e *Error
		if errors.As(err, &e) && e.Status == http.StatusUnauthorized {
			return out, nil
		}
	} else {
		out = append(out, Finding{"Account", true, id + ", " + mode})
	}
	for _, p := range permissions {
		f := Finding{p.what, true, "allowed"}
		if err := p.try(g, ctx); err != nil {
			if HasOutcome(err, Unknown) {
				return out, err
			}
			f.OK, f.Detail = false, "the key lacks this permission: "+redact(err.Error())
		}
		out = append(out, f)
	}
	return append(out, g.checkEndpoint(ctx, url)), nil
}

// permission is one thing that the key must be allowed to do. Writes are tried
// with a parameter that does not exist: Stripe looks at permissions first.
type permission struct {
	what string
	try  func(*Gateway, context.Context) error
}

var permissions = []permission{
	reads("Read customers", "/v1/customers"), writes("Write customers", "/v1/customers"),
	reads("Read Checkout Sessions", "/v1/checkout/sessions"), writes("Write Checkout Sessions", "/v1/checkout/sessions"),
	reads("Read payment intents", "/v1/payment_intents"), reads("Read charges", "/v1/charges"),
	writes("Write payment methods", "/v1/payment_methods"), writes("Write invoices", "/v1/invoices"),
	writes("Write credit notes", "/v1/credit_notes"), reads("Read early fraud warnings", "/v1/radar/early_fraud_warnings"),
	writes("Open the customer portal", "/v1/billing_portal/sessions"),
	reads("Read refunds", "/v1/refunds"), reads("Read disputes", "/v1/disputes"), reads("Read events", "/v1/events"),
}

func reads(what, path string) permission {
	return permission{what, func(g *Gateway, ctx context.Context) error {
		var list struct{ stripe.APIResource }
		p := &stripe.Params{Context: ctx}
		p.AddExtra("limit", "1")
		return translate(g.backend.Call(http.MethodGet, path, g.config.Key, p, &list))
	}}
}

func writes(what, path string) permission {
	return permission{what, func(g *Gateway, ctx context.Context) error {
		var made struct{ stripe.APIResource }
		p := &stripe.Params{Context: ctx}
		p.AddExtra("purse_check", "1")
		err := translate(g.backend.Call(http.MethodPost, path, g.config.Key, p, &made))
		var e *Error
		if errors.As(err, &e) && e.Status == http.StatusBadRequest {
			return nil
		}
		return err
	}}
}

func (g *Gateway) checkEndpoint(ctx context.Context, url string) Finding {
	f := Finding{What: "Webhook endpoint"}
	same, others, err := g.endpoints(ctx, url)
	if same == nil && len(others) > 0 {
		same = others[0]
	}
	switch {
	case err != nil:
		f.Detail = "could not be looked up: " + redact(err.Error())
	case same == nil:
		f.Detail = fmt.Sprintf("there is none for %s: run `purse stripe setup`", url)
	case same.Status != "enabled":
		f.Detail = same.ID + " is disabled: run `purse stripe setup`"
	default:
		var missing []string
		for _, e := range Events {
			if !slices.Contains(same.EnabledEvents, e) && !slices.Contains(same.EnabledEvents, "*") {
				missing = append(missing, e)
			}
		}
		if len(missing) > 0 {
			f.Detail = same.ID + " does not send " + strings.Join(missing, ", ") + ": run `purse stripe setup`"
			break
		}
		f.OK, f.Detail = true, same.ID
	}
	return f
}
