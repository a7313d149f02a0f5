package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"purse/handlers/kit"
	"purse/handlers/portal"
	"purse/static"
)

// pages is every page and action, with who may use it. The API's table is in
// handlers/api/routes.go. What is neither there nor here does not exist.
func pages(p *portal.Portal) []kit.Route {
	return []kit.Route{
		{Method: "GET", Pattern: "/", Who: kit.Member, Handle: p.Overview},
		{Method: "GET", Pattern: "/live", Who: kit.Member, Handle: p.Live},
		{Method: "POST", Pattern: "/samples", Who: kit.Member, Handle: p.SendSamples},
		{Method: "POST", Pattern: "/samples/key", Who: kit.Developer, Handle: p.SampleKey},
		{Method: "GET", Pattern: "/ledger", Who: kit.Member, Handle: p.Postings},
		{Method: "GET", Pattern: "/ledger.csv", Who: kit.Member, Handle: p.LedgerCSV},
		{Method: "GET", Pattern: "/ledger/{posting}", Who: kit.Member, Handle: p.Why},
		{Method: "GET", Pattern: "/grants", Who: kit.Member, Handle: p.Grants},
		{Method: "GET", Pattern: "/customers", Who: kit.SignedIn, Handle: p.Customers},
		{Method: "POST", Pattern: "/customers", Who: kit.SignedIn, Handle: p.SwitchCustomer},
		{Method: "GET", Pattern: "/customers/new", Who: kit.SignedIn, Handle: p.NewCustomer},
		{Method: "POST", Pattern: "/customers/new", Who: kit.SignedIn, Handle: p.NewCustomerSend},
		{Method: "GET", Pattern: "/join", Who: kit.Anyone, Handle: p.Join},
		{Method: "POST", Pattern: "/join", Who: kit.SignedIn, Handle: p.JoinSend},
		{Method: "GET", Pattern: "/sign-up", Who: kit.Anyone, Handle: p.SignUp},
		{Method: "POST", Pattern: "/sign-up", Who: kit.Anyone, Handle: p.SignUpSend},
		{Method: "GET", Pattern: "/verify", Who: kit.Anyone, Handle: p.Verify},
		{Method: "POST", Pattern: "/verify", Who: kit.Anyone, Handle: p.VerifySend},
		{Method: "GET", Pattern: "/sign-in", Who: kit.Anyone, Handle: p.SignIn},
		{Method: "POST", Pattern: "/sign-in", Who: kit.Anyone, Handle: p.SignInSend},
		{Method: "GET", Pattern: "/sign-in/link", Who: kit.Anyone, Handle: p.SignInLink},
		{Method: "POST", Pattern: "/sign-out", Who: kit.Anyone, Handle: p.SignOut},
		{Method: "GET", Pattern: "/reset", Who: kit.Anyone, Handle: p.Reset},
		{Method: "POST", Pattern: "/reset", Who: kit.Anyone, Handle: p.ResetSend},
		{Method: "GET", Pattern: "/reset/new", Who: kit.Anyone, Handle: p.ResetNew},
		{Method: "POST", Pattern: "/reset/new", Who: kit.Anyone, Handle: p.ResetNewSend},
	}
}

// router mounts everything behind what every request passes.
func (a *app) router() http.Handler {
	r := chi.NewRouter()
	r.Use(kit.WithRequestID, trustProxies(a.settings.TrustedProxies), kit.LogRequests(a.log), a.kit.Headers)
	r.NotFound(a.kit.NotFound().ServeHTTP)
	r.MethodNotAllowed(a.kit.MethodNotAllowed().ServeHTTP)

	r.Method(http.MethodPost, "/webhooks/stripe", a.stripe)
	r.Handle("/v1/*", a.api)
	r.Handle(static.Prefix+"*", static.Handler())
	r.Method(http.MethodGet, "/livez", http.HandlerFunc(livez))
	r.Method(http.MethodGet, "/readyz", http.HandlerFunc(a.readyz))
	r.Method(http.MethodGet, "/metrics", a.metrics.handler(a.settings.MetricsToken))

	r.Group(func(r chi.Router) {
		r.Use(a.kit.Protect, middleware.Compress(5, "text/html", "text/csv", "application/json"))
		a.kit.Mount(r, pages(a.portal))
	})
	return r
}
