// Package api is the JSON API under /v1. One table of routes, in routes.go,
// feeds the router, the OpenAPI document and the authorization test.
package api

import (
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/credit"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/ledger"
	"purse/billing/notify"
	"purse/billing/purchase"
	"purse/billing/report"
	"purse/billing/statement"
	"purse/billing/testclock"
	"purse/billing/tx"
	"purse/billing/usage"
	"purse/handlers/kit"
)

// Deps is what the API needs.
type Deps struct {
	Runner   tx.Runner
	Accounts *account.Service
	Catalog  *catalog.Service
	Ledger   *ledger.Ledger
	Usage    *usage.Service
	// Credit is what staff does to credits.
	Credit *credit.Service
	// Purchases sells packs; nil where nothing is sold.
	Purchases *purchase.Service
	// Methods are what customers have saved; nil where nothing is sold.
	Methods *card.Service
	// Invoices are credits sold by invoice; nil where nothing is sold.
	Invoices *invoice.Service
	// Statements add up a customer's months.
	Statements *statement.Service
	// Reports compare Stripe with the ledger; nil without Stripe.
	Reports *report.Service
	// Clock is the test clock of a sandbox; nil elsewhere.
	Clock *testclock.Clock
	// Alerts watches levels and limits.
	Alerts *alert.Service
	// Messages tells people, and knows which addresses refuse mail.
	Messages *notify.Messages
	// Events is what happened; Endpoints who is told, and when streams are.
	Events    *event.Log
	Endpoints *notify.Endpoints
	Audit     *audit.Log
	Log       *slog.Logger
	// PublicURL is Purse's own origin, for links in answers.
	PublicURL string
	// RatePerMinute bounds the requests of each key; 0 does not.
	RatePerMinute int
	Version       string
}

// API answers /v1.
type API struct {
	Deps
	router  chi.Router
	usage   http.HandlerFunc // the hot path, which needs no router
	open    *huma.OpenAPI
	limiter *httprate.RateLimiter
	streams atomic.Int64 // that are open
}

// New makes the API.
func New(d Deps) *API {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	d.PublicURL = strings.TrimRight(d.PublicURL, "/")
	a := &API{Deps: d, router: chi.NewRouter()}
	if d.RatePerMinute > 0 {
		a.limiter = httprate.NewRateLimiter(d.RatePerMinute, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{
			Limit: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: "RateLimit-Reset", RetryAfter: "Retry-After",
		}))
	}
	a.router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		a.write(w, r, fault.New(fault.NotFound, "unknown_path", "", "There is nothing at this path. See /docs for what there is."))
	})
	a.router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		p := a.problem(r.Context(), fault.New(fault.Invalid, "method_not_allowed", "", "This path does not take %s.", r.Method))
		p.Status = http.StatusMethodNotAllowed
		p.writeTo(w)
	})
	api := humachi.New(a.router, config(d.Version))
	for _, r := range table() {
		r.register(a, api, r)
	}
	a.open = api.OpenAPI()
	a.describe()
	a.router.Get("/v1/openapi.json", a.openAPI())
	return a
}

// ServeHTTP answers a request under /v1, with a Request-Id of its own where the
// router around it has not given one.
//
// A body is JSON unless its type says clearly that it is not: curl -d calls what
// it sends a form, and every example in the world is such a line.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if ct := r.Header["Content-Type"]; len(ct) == 1 && ct[0] == "application/x-www-form-urlencoded" {
		r.Header["Content-Type"] = jsonContent
	}
	var h http.Handler = a.router
	if r.URL.Path == usagePath && r.Method == http.MethodPost {
		h = a.usage
	}
	if kit.RequestID(r.Context()) == "" {
		h = kit.WithRequestID(h)
	}
	h.ServeHTTP(w, r)
}

// Walk calls f for every route that is mounted, whatever the table says: a test
// compares the two.
func (a *API) Walk(f func(method, path string)) error {
	return chi.Walk(a.router, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		f(method, path)
		return nil
	})
}

var jsonContent = []string{"application/json"}

// Route is one line of the table of routes.
type Route struct {
	Method, Path string
	// Scope is what a key must have; "" needs no key.
	Scope account.Scope
	// Vendor routes refuse keys that reach only one customer.
	Vendor bool

	id, tag, summary string
	successor        string // the path that has taken its place, "" for none
	status           int
	register         func(*API, huma.API, Route)
}

// Routes is the table of routes, for tests and for whoever documents them.
func Routes() []Route {
	return append(table(), Route{Method: http.MethodGet, Path: "/v1/openapi.json"})
}
