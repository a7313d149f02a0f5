package api

import (
	"context"
	"net/http"
	"strings"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
	"purse/handlers/kit"
)

type keyInContext struct{}

// keyOf is the key that a request was sent with.
func keyOf(ctx context.Context) *account.Key {
	k, _ := ctx.Value(keyInContext{}).(*account.Key)
	return k
}

// admit finds the key of a request and says whether it may use the route. Its
// second answer is false when the request was answered already.
func (a *API) admit(w http.ResponseWriter, r *http.Request, route *Route) (*account.Key, bool) {
	w.Header().Set("Cache-Control", "no-store")
	if route.Scope == "" {
		return nil, true
	}
	secret, err := bearer(r)
	var k *account.Key
	if err == nil {
		k, err = a.Accounts.KeyBySecret(r.Context(), secret)
	}
	if err == nil && a.limiter != nil && a.limiter.OnLimit(w, r, k.ID) {
		err = fault.New(fault.TooMany, "rate_limited", "", "This key sends too many requests. Wait as Retry-After says.")
	}
	if err == nil {
		err = may(k, route)
	}
	if err != nil {
		if f, ok := fault.As(err); ok && f.Code != "missing_key" {
			a.Accounts.KeyRefused(k, f.Code, kit.From(r))
		}
		if fault.Is(err, fault.Unauthorized) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="purse"`)
		}
		a.write(w, r, err)
		return nil, false
	}
	return k, true
}

func bearer(r *http.Request) (string, error) {
	h := r.Header["Authorization"]
	if len(h) != 1 {
		return "", fault.New(fault.Unauthorized, "missing_key", "", "Send an API key: Authorization: Bearer sk_….")
	}
	scheme, secret, ok := strings.Cut(h[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", fault.New(fault.Unauthorized, "missing_key", "", "Send the API key as Authorization: Bearer sk_….")
	}
	return strings.TrimSpace(secret), nil
}

func may(k *account.Key, route *Route) error {
	if !k.Can(route.Scope) {
		return fault.New(fault.Forbidden, "scope_missing", "", "This key lacks the scope %s.", route.Scope)
	}
	if route.Vendor && k.Customer != "" {
		return fault.New(fault.Forbidden, "key_limited", "", "This key reaches one customer only. Use a key for all customers.")
	}
	return nil
}

// actor is who a change is recorded as.
func actor(ctx context.Context) audit.Actor {
	who := audit.Actor{Address: addressOf(ctx)}
	if k := keyOf(ctx); k != nil {
		who.ID = k.ID
	}
	return who
}

type addressInContext struct{}

func addressOf(ctx context.Context) string {
	s, _ := ctx.Value(addressInContext{}).(string)
	return s
}

// customer finds the customer that a path or field names, if the key reaches
// it. Another's is answered as one that does not exist.
func (a *API) customer(ctx context.Context, ref string) (*account.Customer, error) {
	c, err := a.Accounts.Customer(ctx, ref)
	if err == nil && !keyOf(ctx).Reaches(c.ID) {
		return nil, fault.Missing("customer")
	}
	return c, err
}
