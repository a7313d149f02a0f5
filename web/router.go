package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"purse/handlers/kit"
	"purse/handlers/routes"
	"purse/static"
)

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
		r.Use(func(next http.Handler) http.Handler { return toName(a.settings.PublicURL, a.named, next) }, a.kit.Protect, middleware.Compress(5, "text/html", "text/csv", "application/json"))
		a.kit.Mount(r, routes.Pages(a.portal, a.admin, a.api.Docs(a.kit)))
	})
	return r
}
