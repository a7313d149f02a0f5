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
	switch {
	case err == nil:
		out = append(out, Finding{"Account", true, id + ", " + mode})
	case NotPermitted(err):
		out = append(out, Finding{"Account", true, mode + "; the key may not read the account, so the database is stamped with the mode alone"})
	default:
		out = append(out, Finding{"Key", false, err.Error()})
		var e *Error
		if errors.As(err, &e) && e.Status == http.StatusUnauthorized {
			return out, nil
		}
	}
	for _, p := range permissions {
		f := Finding{p.what, true, "allowed"}
		if err := p.try(g, ctx); err != nil {
			if HasOutcome(err, Unknown) {
				return out, err
			}
			f.OK, f.Detail = false, "the key lacks the right to "+p.right()+": "+redact(err.Error())
		}
		out = append(out, f)
	}
	return append(out, g.checkEndpoint(ctx, url)...), nil
}

// NotPermitted says that Stripe knows the key, and that it may not do this.
func NotPermitted(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusForbidden
}

// permission is one thing that the key must be allowed to do with an API of
// stripe-go's. Writes are tried with a parameter that does not exist: Stripe looks
// at permissions first. Who may write may read.
type permission struct {
	what   string
	of     string // the right that allows it, as the README names it
	api    string // its name in stripe-go
	method string
	path   string
}

func (p *permission) right() string {
	if p.method == http.MethodGet {
		return "read " + p.of
	}
	return "write " + p.of
}

// nobody is an id that names nothing: what must name an object is answered 404,
// where it is permitted.
const nobody = "purse_check"

var permissions = []permission{
	{"Write customers", "customers", "Customers", http.MethodPost, "/v1/customers"},
	{"Write tax ids", "customers", "TaxIDs", http.MethodPost, "/v1/customers/" + nobody + "/tax_ids"},
	{"Write Checkout Sessions", "Checkout Sessions", "CheckoutSessions", http.MethodPost, "/v1/checkout/sessions"},
	{"Read payment intents", "payment intents", "PaymentIntents", http.MethodGet, "/v1/payment_intents"},
	{"Read charges", "charges", "Charges", http.MethodGet, "/v1/charges"},
	{"Read setup intents", "setup intents", "SetupIntents", http.MethodGet, "/v1/setup_intents"},
	{"Write payment methods", "payment methods", "PaymentMethods", http.MethodPost, "/v1/payment_methods"},
	{"Write invoices", "invoices", "Invoices", http.MethodPost, "/v1/invoices"},
	{"Write invoice items", "invoices", "InvoiceItems", http.MethodPost, "/v1/invoiceitems"},
	{"Write refunds", "refunds", "Refunds", http.MethodPost, "/v1/refunds"},
	{"Write credit notes", "credit notes", "CreditNotes", http.MethodPost, "/v1/credit_notes"},
	{"Write disputes", "disputes", "Disputes", http.MethodPost, "/v1/disputes/" + nobody},
	{"Read early fraud warnings", "early fraud warnings", "RadarEarlyFraudWarnings", http.MethodGet, "/v1/radar/early_fraud_warnings"},
	{"Calculate tax", "tax calculations", "TaxCalculations", http.MethodPost, "/v1/tax/calculations"},
	{"Open the customer portal", "customer portal sessions", "BillingPortalSessions", http.MethodPost, "/v1/billing_portal/sessions"},
	{"Read balance transactions", "the balance", "BalanceTransactions", http.MethodGet, "/v1/balance_transactions"},
	{"Read payouts", "payouts", "Payouts", http.MethodGet, "/v1/payouts"},
	{"Read events", "events", "Events", http.MethodGet, "/v1/events"},
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

func (g *Gateway) checkEndpoint(ctx context.Context, url string) []Finding {
	f := Finding{What: "Webhook endpoint"}
	same, others, err := g.endpoints(ctx, url)
	if same == nil && len(others) > 0 {
		same, others = others[0], others[1:]
	}
	switch {
	case NotPermitted(err):
		f.Detail = "the key lacks the right to write webhook endpoints: " + redact(err.Error())
	case err != nil:
		f.Detail = "could not be looked up: " + redact(err.Error())
	case same == nil:
		f.Detail = fmt.Sprintf("there is none for %s: run `purse stripe setup`", url)
	case same.Status != "enabled":
		f.Detail = same.ID + " is disabled: run `purse stripe setup`"
	default:
		if missing := missingEvents(same); len(missing) > 0 {
			f.Detail = same.ID + " does not send " + strings.Join(missing, ", ") + ": run `purse stripe setup`"
			break
		}
		f.OK, f.Detail = true, same.ID
	}
	out := []Finding{f}
	if len(others) > 0 {
		names := []string{}
		for _, o := range others {
			names = append(names, o.ID)
		}
		out = append(out, Finding{"Another endpoint", false, strings.Join(names, ", ") + " sends to the same address: every event comes twice. `purse stripe setup` leaves one"})
	}
	return out
}

// AdaptivePricingPage is where Stripe's dashboard turns Adaptive Pricing on hosted
// invoices on and off.
const AdaptivePricingPage = "https://dashboard.stripe.com/settings/adaptive-pricing"

// missingEvents are those of Events that an endpoint does not send.
func missingEvents(e *stripe.WebhookEndpoint) (missing []string) {
	if slices.Contains(e.EnabledEvents, "*") {
		return nil
	}
	for _, name := range Events {
		if !slices.Contains(e.EnabledEvents, name) {
			missing = append(missing, name)
		}
	}
	return missing
}
