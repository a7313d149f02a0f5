package api

import (
	"strings"
	"testing"
	"time"

	"purse/billing/account"
)

// A customer's own key is told what the customer's pages show; the vendor's keys
// are told all, those for one customer too.
func TestKeysOfCustomersSeeTheirView(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "/v1/credit_types", `{"key":"credits","name":"Credits","decimals":2}`)
	c := w.must("POST", "/v1/customers", `{"name":"Acme","external_id":"acme","stripe_customer_id":"cus_StripeAcme","metadata":{"segment":"will churn"}}`)
	w.must("POST", "/v1/customers/ext:acme/suspend", `{"reason":"smells of fraud"}`)
	sold := w.must("POST", "/v1/packs", `{"credit_type":"credits","credits":"1000","name":"Sold","tax_code":"txcd_10103001","price":{"amount":100,"currency":"usd"}}`)
	old := w.must("POST", "/v1/packs", `{"credit_type":"credits","credits":"2000","name":"Secret deal","price":{"amount":100,"currency":"usd"}}`)
	w.must("POST", "/v1/packs/"+old.str("id"), `{"archived":true}`)
	w.must("POST", "/v1/meters", `{"key":"later","event":"later","aggregation":"count"}`)
	next := w.must("POST", "/v1/rates", `{"meter":"later","credits":"7","per":1,"credit_type":"credits","effective_at":"`+w.now().Add(30*24*time.Hour).Format(time.RFC3339)+`"}`)

	own := w.key(account.NewKey{ForCustomer: true, Customer: "ext:acme"})
	limited := w.key(account.NewKey{Customer: "ext:acme", Scopes: []account.Scope{account.ScopeRead}})
	all := func(key string) string {
		out := ""
		for _, path := range []string{
			"/v1/customers/ext:acme", "/v1/packs?limit=100", "/v1/packs/" + sold.str("id"), "/v1/rates?limit=100", "/v1/events?limit=100",
			"/v1/customers/ext:acme/purchases", "/v1/customers/ext:acme/invoices",
		} {
			a := w.call(key, "GET", path, "")
			out += a.text
		}
		return out
	}
	hidden := []string{"cus_StripeAcme", "will churn", "segment", "smells of fraud", "txcd_10103001", old.str("id"), "Secret deal", next.str("id")}
	for key, sees := range map[string]bool{w.all: true, limited: true, own: false} {
		text := all(key)
		for _, h := range hidden {
			if strings.Contains(text, h) != sees {
				t.Errorf("a key with the start %s is told of %q: %v, want %v", key[:3], h, !sees, sees)
			}
		}
	}
	if a := w.call(own, "GET", "/v1/customers/ext:acme", ""); a.str("id") != c.str("id") || a.str("status") != "suspended" || a.at("metadata") == nil {
		t.Error(a.text)
	}
	if a := w.call(own, "GET", "/v1/packs/"+sold.str("id"), ""); a.str("name") != "Sold" {
		t.Error(a.text)
	}
	w.refuse(own, "GET", "/v1/packs/"+old.str("id"), "", 404, "not_found")
	w.refuse(own, "GET", "/v1/packs/"+old.str("id")+"/quote?credits=2000&currency=usd", "", 404, "not_found")
	w.refuse(own, "GET", "/v1/rates/"+next.str("id"), "", 404, "not_found")
	w.add(31 * 24 * time.Hour)
	if a := w.call(own, "GET", "/v1/rates/"+next.str("id"), ""); a.status != 200 {
		t.Error("a rate that applies is hidden:", a.text)
	}
}
