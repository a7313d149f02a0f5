package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/handlers/api"
	"purse/static"
)

// same asserts that two answers tell the same, but for their request's id and
// the ids that were asked for.
func same(t *testing.T, what string, foreign, none sent, ids ...string) {
	t.Helper()
	plain := func(s string) string {
		s = requestID.ReplaceAllString(s, "req")
		for _, id := range ids {
			s = strings.ReplaceAll(strings.ReplaceAll(s, url.QueryEscape(id), "id"), id, "id")
		}
		return s
	}
	if foreign.status != 404 || none.status != 404 || plain(foreign.body) != plain(none.body) {
		t.Errorf("%s: another's is answered %d %s\nand one that does not exist %d %s", what, foreign.status, tail(foreign.body, 700), none.status, tail(none.body, 700))
	}
}

// What belongs to another customer is answered as what does not exist.
func TestForeignIDs(t *testing.T) {
	e := newEstate(t)
	// Ids of the right form that nobody has: those of a customer in another Purse.
	other := newEstate(t)
	none := other.ids["a"]
	mine, theirs := e.ids["b"], e.ids["a"]
	_ = mine
	before := e.available(e.a.ID)

	bodies := map[string]string{
		"/v1/holds/{id}/capture": `{"credits":"1"}`, "/v1/customers/{id}/purchases": `{"pack":"` + e.pack(0) + `"}`,
	}
	for _, k := range e.keys() {
		if k.customer != "b" {
			continue
		}
		for _, r := range api.Routes() {
			if !ofACustomer(r.Path) || !strings.Contains(r.Path, "{id}") || !slices.Contains(k.scopes, r.Scope) || r.Vendor {
				continue
			}
			ask := func(ids map[string]string) sent {
				path := strings.ReplaceAll(strings.ReplaceAll(r.Path, "{month}", time.Now().UTC().Format("2006-01")), "{id}", (&estate{ids: map[string]map[string]string{"a": ids}}).idFor(r.Path, "a", nil))
				return e.call(k, r.Method, path, bodies[r.Path])
			}
			same(t, r.Method+" "+r.Path+" by "+k.name, ask(theirs), ask(none), theirs["customer"], none["customer"])
		}
		if slices.Contains(k.scopes, account.ScopeRead) {
			foreign, no := e.call(k, "GET", "/v1/customers/ext:a/balance", ""), e.call(k, "GET", "/v1/customers/ext:nobody/balance", "")
			same(t, "an external id by "+k.name, foreign, no)
		}
		if slices.Contains(k.scopes, account.ScopeUsage) {
			for name, body := range map[string]string{
				"POST /v1/usage": `{"id":"x","customer":"%s","event":"work","properties":{"units":1}}`,
				"POST /v1/holds": `{"customer":"%s","credit_type":"credits","credits":"1"}`,
			} {
				method, path, _ := strings.Cut(name, " ")
				same(t, name+" by "+k.name, e.call(k, method, path, fmt.Sprintf(body, theirs["customer"])), e.call(k, method, path, fmt.Sprintf(body, none["customer"])), theirs["customer"], none["customer"])
				same(t, name+" by ext: and "+k.name, e.call(k, method, path, fmt.Sprintf(body, "ext:a")), e.call(k, method, path, fmt.Sprintf(body, "ext:nobody")), "ext:a", "ext:nobody")
			}
		}
	}
	// A vendor's key reaches all, and is told of none that is not there.
	vendor := apiKey{name: "admin", header: "Bearer " + e.key}
	for _, path := range []string{"/v1/customers/{customer}", "/v1/holds/{hold}", "/v1/grants/{grant}", "/v1/postings/{posting}", "/v1/purchases/{purchase}", "/v1/events/{event}",
		"/v1/webhook_endpoints/{endpoint}", "/v1/webhook_endpoints/{endpoint}/deliveries", "/v1/deliveries/{delivery}"} {
		if a := e.call(vendor, "GET", fill(path, theirs), ""); a.status != 200 {
			t.Errorf("GET %s by a vendor's key: %d", path, a.status)
		}
		same(t, "GET "+path, e.call(vendor, "GET", fill(path, none), ""), e.call(vendor, "GET", fill(path, other.ids["b"]), ""))
	}

	for _, v := range e.visitors {
		if v.customer != "b" {
			continue
		}
		cookie := e.cookieOf(v)
		for _, path := range []string{"/ledger/{posting}", "/invoices/{invoice}", "/buy/checkout?purchase={purchase}", "/webhooks/{endpoint}", "/webhooks/{endpoint}/edit", "/webhooks/{endpoint}/deliveries/{delivery}"} {
			if (strings.HasPrefix(path, "/buy") && !v.role.MayBuy()) || (strings.HasPrefix(path, "/webhooks") && !v.role.MayManageKeys()) {
				continue
			}
			same(t, "GET "+path+" by "+v.name, e.visit("GET", fill(path, theirs), cookie), e.visit("GET", fill(path, none), cookie))
			if a := e.visit("GET", fill(path, mine), cookie); a.status != 200 {
				t.Errorf("GET %s of one's own by %s: %d", path, v.name, a.status)
			}
		}
		form := func(id string) sent {
			return e.send("POST", "/customers", []byte("customer="+id), cookie, "Content-Type", "application/x-www-form-urlencoded")
		}
		same(t, "POST /customers by "+v.name, form(theirs["customer"]), form(none["customer"]))
		for _, path := range []string{"/", "/ledger", "/grants", "/ledger.csv", "/buy"} {
			a := e.visit("GET", path, cookie)
			for what, id := range theirs {
				if strings.Contains(a.body, id) {
					t.Errorf("GET %s by %s shows the %s of another customer", path, v.name, what)
				}
			}
		}
		// Whoever came back without paying is told of the purchase, but offered
		// nothing of somebody else's.
		a := e.visit("GET", "/checkout/cancelled?purchase="+theirs["purchase"], cookie)
		if strings.Contains(a.body, theirs["session"]) || strings.Contains(a.body, "/buy/checkout?purchase="+theirs["purchase"]) {
			t.Errorf("%s is offered another customer's Checkout", v.name)
		}
	}
	if after := e.available(e.a.ID); after != before {
		t.Errorf("customer a had %s and has %s", before, after)
	}
	e.addsUp()
}

func TestFixedRoutes(t *testing.T) {
	w := newWorld(t, func(s *settings) { s.MetricsToken = "metrics-secret" })
	w.shop()
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/metrics": 401, "/docs": 200, "/v1/openapi.json": 200, "/v1/nowhere": 404, static.Prefix + "nowhere.css": 404, static.Prefix: 404, "/static": 404} {
		if a := w.send("GET", path, nil, ""); a.status != want {
			t.Errorf("GET %s: %d, want %d", path, a.status, want)
		}
	}
	for header, want := range map[string]int{"Bearer metrics-secret": 200, "Bearer metrics-secre": 401, "Bearer ": 401, "Basic metrics-secret": 401, "Bearer " + w.key: 401} {
		if a := w.send("GET", "/metrics", nil, "", "Authorization", header); a.status != want {
			t.Errorf("GET /metrics with %q: %d, want %d", header, a.status, want)
		}
	}
	m := w.send("GET", "/metrics", nil, "", "Authorization", "Bearer metrics-secret").body
	for _, name := range []string{"purse_engine_queue_depth", "purse_engine_batch_size", "purse_engine_batch_seconds", "purse_decisions_total", "purse_inbox_lag_seconds", "purse_webhooks_refused_total", "purse_jobs_parked", "purse_unpriced_events"} {
		if !strings.Contains(m, "\n"+name) {
			t.Errorf("/metrics has no %s", name)
		}
	}
	if a := w.send("POST", "/webhooks/stripe", []byte("{}"), "", "Authorization", "Bearer "+w.key); a.status != 400 {
		t.Errorf("a webhook with an API key: %d", a.status)
	}
	open := newWorld(t)
	if a := open.send("GET", "/metrics", nil, ""); a.status != 200 {
		t.Errorf("/metrics without a token, from loopback: %d", a.status)
	}
	if a := open.send("GET", "/metrics", nil, "", "X-Forwarded-For", "203.0.113.9"); a.status != 401 {
		t.Errorf("/metrics without a token, through a proxy: %d", a.status)
	}
}
