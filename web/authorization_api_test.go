package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/handlers/api"
)

// apiKey is who calls the API.
type apiKey struct {
	name, header string
	scopes       []account.Scope
	customer     string // "a", "b", "" for all
	valid        bool
}

func (e *estate) keys() []apiKey {
	keys := []apiKey{
		{name: "no key"},
		{name: "no secret", header: "Bearer "},
		{name: "malformed", header: "Bearer sk_hello"},
		{name: "basic", header: "Basic " + e.key},
		{name: "only the prefix", header: "Bearer " + e.key[:11]},
		{name: "one letter more", header: "Bearer " + e.key + "0"},
	}
	k, secret, err := e.accounts.CreateKey(ctx, audit.System, account.NewKey{Name: "gone", Scopes: []account.Scope{account.ScopeAdmin}})
	e.check(err)
	if a := e.send("GET", "/v1/keys", nil, "", "Authorization", "Bearer "+secret); a.status != 200 { // now it is known in memory
		e.Fatal(a.body)
	}
	if a := e.world.api("POST", "/v1/keys/"+k.ID+"/revoke", ""); a.status != 200 {
		e.Fatal(a.body)
	}
	keys = append(keys, apiKey{name: "revoked", header: "Bearer " + secret})
	add := func(name, customer string, forCustomer bool, scopes ...account.Scope) {
		n := account.NewKey{Name: name, Scopes: scopes, ForCustomer: forCustomer}
		if customer != "" {
			n.Customer = e.ids[customer]["customer"]
		}
		keys = append(keys, apiKey{name, "Bearer " + e.newKey(n), scopes, customer, true})
	}
	add("usage", "", false, account.ScopeUsage)
	add("read", "", false, account.ScopeRead)
	add("admin", "", false, account.ScopeAdmin)
	add("usage of a", "a", false, account.ScopeUsage)
	add("usage of b", "b", false, account.ScopeUsage)
	add("read of b", "b", false, account.ScopeRead)
	add("ck of a", "a", true, account.ScopeRead)
	add("ck of b", "b", true, account.ScopeRead)
	return keys
}

// idFor is what {id} in a path of the API is.
func (e *estate) idFor(path, customer string, spare map[string]string) string {
	own := e.ids[customer]
	for prefix, id := range map[string]string{
		"/v1/customers/": own["customer"], "/v1/holds/": own["hold"], "/v1/grants/": own["grant"], "/v1/postings/": own["posting"],
		"/v1/purchases/": own["purchase"], "/v1/invoices/": own["invoice"], "/v1/keys/": own["key"], "/v1/credit_types/": "spare", "/v1/meters/": "spare",
		"/v1/events/": own["event"], "/v1/webhook_endpoints/": own["endpoint"], "/v1/webhook-endpoints/": own["endpoint"], "/v1/deliveries/": own["delivery"],
		"/v1/rates/": spare["rate"], "/v1/packs/": spare["pack"], "/v1/stripe_events/": "none", "/v1/reports/": "2026-01-01",
	} {
		if strings.HasPrefix(path, prefix) {
			return id
		}
	}
	return "none"
}

func (e *estate) call(key apiKey, method, path, body string) sent {
	e.Helper()
	headers := []string{"Content-Type", "application/json"}
	if key.header != "" {
		headers = append(headers, "Authorization", key.header)
	}
	var b []byte
	if method == http.MethodPost {
		b = []byte(body)
	}
	if method == http.MethodGet && path == "/v1/events/stream" { // it does not end
		return e.peek(path, key.header)
	}
	return e.send(method, path, b, "", headers...)
}

// peek asks for a stream and reads it only where it is none.
func (e *estate) peek(path, authorization string) sent {
	e.Helper()
	limited, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, e.url+path, nil)
	e.check(err)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	res, err := testClient.Do(req)
	e.check(err)
	defer res.Body.Close()
	s := sent{status: res.StatusCode, header: res.Header}
	if res.Header.Get("Content-Type") != "text/event-stream" {
		b, err := io.ReadAll(res.Body)
		e.check(err)
		s.body = string(b)
	}
	return s
}

func TestWhichKeyMayUseWhichCall(t *testing.T) {
	e := newEstate(t)
	spare, keys := e.spares(), e.keys()
	checked := 0
	for _, k := range keys {
		for _, r := range api.Routes() {
			for _, of := range []string{"a", "b"} {
				checked++
				id := e.idFor(r.Path, of, spare)
				if r.Method == http.MethodDelete { // the others need it
					id = "none"
				}
				path := strings.NewReplacer("{id}", id, "{month}", time.Now().UTC().Format("2006-01")).Replace(r.Path)
				if strings.HasSuffix(path, "/entitlement") || (strings.HasSuffix(path, "/ledger") && r.Method == http.MethodGet) {
					path += "?credit_type=credits"
				}
				a := e.call(k, r.Method, path, `{"nothing":1}`) // an unknown field: nothing is done
				code, where := a.str("code"), fmt.Sprintf("%s %s (%s, vendor %t) by %s", r.Method, path, r.Scope, r.Vendor, k.name)
				admin := slices.Contains(k.scopes, account.ScopeAdmin)
				wantStatus, wantCode := 0, ""
				switch {
				case r.Scope == "":
				case !k.valid:
					wantStatus = 401
				case !admin && !slices.Contains(k.scopes, r.Scope):
					wantStatus, wantCode = 403, "scope_missing"
				case r.Vendor && k.customer != "":
					wantStatus, wantCode = 403, "key_limited"
				}
				switch {
				case wantStatus != 0 && (a.status != wantStatus || (wantCode != "" && code != wantCode)):
					t.Errorf("%s: %d %s, want %d %s", where, a.status, a.body, wantStatus, wantCode)
				case wantStatus == 0 && (a.status == 401 || a.status == 403):
					t.Errorf("%s: %d %s, want to be let in", where, a.status, a.body)
				case a.status >= 500:
					t.Errorf("%s: %d %s", where, a.status, a.body)
				case a.status == 401 && a.header.Get("WWW-Authenticate") == "":
					t.Errorf("%s: 401 without WWW-Authenticate", where)
				}
				if wantStatus != 0 || r.Method != http.MethodGet || !strings.Contains(r.Path, "{id}") || strings.Contains(r.Path, "stripe_events") {
					continue
				}
				foreign := k.customer != "" && k.customer != of && ofACustomer(r.Path)
				if foreign && a.status != 404 {
					t.Errorf("%s: %d %s, want 404: it is another customer's", where, a.status, a.body)
				}
				if !foreign && a.status != 200 {
					t.Errorf("%s: %d %s, want 200", where, a.status, a.body)
				}
			}
		}
	}
	t.Logf("%d routes, %d keys, %d requests", len(api.Routes()), len(keys), checked)
	e.addsUp()
}

func ofACustomer(path string) bool {
	for _, p := range []string{"/v1/customers/", "/v1/holds/", "/v1/grants/", "/v1/postings/", "/v1/purchases/", "/v1/invoices/", "/v1/events/"} {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}
