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

// permission is one thing that the key must be allowed to do with an API of
// stripe-go's. Writes are tried with a parameter that does not exist: Stripe looks
// at permissions first. Who may write may read.
type permission struct {
	what   string
	api    string // its name in stripe-go
	method string
	path   string
}

// nobody is an id that names nothing: what must name an object is answered 404,
// where it is permitted.
const nobody = "purse_check"

var permissions = []permission{
	{"Write customers", "Customers", http.MethodPost, "/v1/customers"},
	{"Write tax ids", "TaxIDs", http.MethodPost, "/v1/customers/" + nobody + "/tax_ids"},
	{"Write Checkout Sessions", "CheckoutSessions", http.MethodPost, "/v1/checkout/sessions"},
	{"Read payment intents", "PaymentIntents", http.MethodGet, "/v1/payment_intents"},
	{"Read charges", "Charges", http.MethodGet, "/v1/charges"},
	{"Read setup intents", "SetupIntents", http.MethodGet, "/v1/setup_intents"},
	{"Write payment methods", "PaymentMethods", http.MethodPost, "/v1/payment_methods"},
	{"Write invoices", "Invoices", http.MethodPost, "/v1/invoices"},
	{"Write invoice items", "InvoiceItems", http.MethodPost, "/v1/invoiceitems"},
	{"Write refunds", "Refunds", http.MethodPost, "/v1/refunds"},
	{"Write credit notes", "CreditNotes", http.MethodPost, "/v1/credit_notes"},
	{"Write disputes", "Disputes", http.MethodPost, "/v1/disputes/" + nobody},
	{"Read early fraud warnings", "RadarEarlyFraudWarnings", http.MethodGet, "/v1/radar/early_fraud_warnings"},
	{"Calculate tax", "TaxCalculations", http.MethodPost, "/v1/tax/calculations"},
	{"Open the customer portal", "BillingPortalSessions", http.MethodPost, "/v1/billing_portal/sessions"},
	{"Read balance transactions", "BalanceTransactions", http.MethodGet, "/v1/balance_transactions"},
	{"Read payouts", "Payouts", http.MethodGet, "/v1/payouts"},
	{"Read events", "Events", http.MethodGet, "/v1/events"},
}

func (p *permission) try(g *Gateway, ctx context.Context) error {
	var answer struct{ stripe.APIResource }
	params := &stripe.Params{Context: ctx}
	if p.method == http.MethodGet {
		params.AddExtra("limit", "1")
	} else {
		params.AddExtra(nobody, "1")
	}
	err := translate(g.backend.Call(p.method, p.path, g.config.Key, params, &answer))
	var e *Error
	if errors.As(err, &e) && p.method != http.MethodGet && (e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound) {
		return nil
	}
	return err
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
