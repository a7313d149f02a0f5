// Package stripepay speaks to Stripe, API version 2023-10-16, through
// stripe-go. It is the only package that knows Stripe's types. In development
// and tests the same code speaks to the sandbox, at another URL.
//
// Each Gateway has a backend of its own; nothing global is set. Every write
// takes the idempotency key that the caller has committed beforehand. Errors
// are *Error, which says whether the call was declined, refused, or has an
// outcome that nobody knows, and are outcome.ErrGone, outcome.ErrNotOpen or
// *outcome.Refused where those fit.
package stripepay

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"purse/billing/purchase"
)

// Config of a Gateway.
type Config struct {
	// Key is a secret or restricted key: sk_test_…, rk_live_…
	Key string
	// URL of the sandbox; empty for Stripe itself.
	URL string
	// Logger takes stripe-go's log, without secrets. Default: nowhere.
	Logger *slog.Logger
	// Timeout of one attempt. Default 30 seconds.
	Timeout time.Duration
	// Retries after a broken connection, a conflict or a 503. Default 2, none
	// while negative.
	Retries int
	// AdaptivePricing lets Stripe offer each customer a price in a currency of
	// their own. Without it everybody pays in the pack's currency.
	AdaptivePricing bool
	// OldSpec leaves out what Stripe takes under this API version but its
	// description of it does not know. For tests against stripe-mock.
	OldSpec bool
}

// Gateway is one account at Stripe, in one mode.
type Gateway struct {
	config    Config
	live      bool
	api       *client.API
	backend   stripe.Backend
	transport *http.Transport
}

var _ purchase.Gateway = (*Gateway)(nil)

// New checks the key's form and makes a Gateway; it connects to nothing.
func New(c Config) (*Gateway, error) {
	live, err := Live(c.Key)
	if err != nil {
		return nil, err
	}
	if live && c.URL != "" {
		return nil, fmt.Errorf("a live key must not be sent to %s", c.URL)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	switch {
	case c.Retries == 0:
		c.Retries = 2
	case c.Retries < 0:
		c.Retries = 0
	}
	g := &Gateway{config: c, live: live, transport: http.DefaultTransport.(*http.Transport).Clone()}
	bc := &stripe.BackendConfig{
		EnableTelemetry:   stripe.Bool(false),
		HTTPClient:        &http.Client{Transport: g.transport, Timeout: c.Timeout},
		LeveledLogger:     logger{c.Logger},
		MaxNetworkRetries: stripe.Int64(int64(c.Retries)),
	}
	if c.URL != "" {
		bc.URL = stripe.String(c.URL)
	}
	g.backend = stripe.GetBackendWithConfig(stripe.APIBackend, bc)
	g.api = client.New(c.Key, &stripe.Backends{API: g.backend, Connect: g.backend, Uploads: g.backend})
	return g, nil
}

// Close drops idle connections.
func (g *Gateway) Close() { g.transport.CloseIdleConnections() }

// Live says whether a key is for live mode, or that it is no secret key at all.
func Live(key string) (bool, error) {
	for _, p := range []string{"sk_live_", "rk_live_", "sk_test_", "rk_test_"} {
		if strings.HasPrefix(key, p) && len(key) > len(p) {
			return strings.Contains(p, "live"), nil
		}
	}
	if strings.HasPrefix(key, "pk_") {
		return false, fmt.Errorf("this is a publishable key: use the secret or a restricted key, which begins with sk_ or rk_")
	}
	return false, fmt.Errorf("a Stripe secret key begins with sk_test_, rk_test_, sk_live_ or rk_live_")
}
