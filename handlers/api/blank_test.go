package api

import (
	"fmt"
	"net/http"
	"testing"
)

// A value that stands for "nothing" in somebody's language is a value: it is
// judged like any other, never taken for one that was left out.
func TestNothingIsNoValue(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	for _, c := range []struct{ path, body, param string }{
		{"/v1/keys", `{"name":"k","scopes":["usage"],"customer":""}`, "customer"}, // not a key for all customers
		{"/v1/keys", `{"name":"k","scopes":["usage"],"kind":""}`, "kind"},
		{"/v1/webhook_endpoints", `{"url":"https://example.com/hook","customer":""}`, "customer"},
		{"/v1/customers", `{"name":"N","external_id":""}`, "external_id"},
		{"/v1/customers", `{"name":"N","email":""}`, "email"},
		{"/v1/customers", `{"name":"N","timezone":""}`, "timezone"},
		{"/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"5","kind":""}`, "kind"},
		{"/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"5","expires_at":"1970-01-01T00:00:00Z"}`, "expires_at"},
		{"/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"5","expires_at":"0001-01-01T00:00:00Z"}`, "expires_at"},
		{"/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"NaN"}`, "credits"},
		{"/v1/customers/ext:acme/grants", `{"credit_type":"","credits":"5"}`, "credit_type"},
		{"/v1/customers/ext:acme/adjustments", `{"credit_type":"credits","credits":"1","reason":"r","corrects":""}`, "corrects"},
		{"/v1/customers/ext:acme/limits", `{"credit_type":"credits","scope":"caller","caller":"","period":"day","credits":"5"}`, "caller"},
		{"/v1/customers/ext:acme/join_links", `{"role":""}`, "role"},
		{"/v1/transfers", `{"from":"ext:acme","to":"ext:acme","credit_type":"credits","credits":"1","reason":"r","grant":""}`, "grant"},
		{"/v1/rates", `{"meter":"input_tokens","credit_type":"credits","credits":"1","effective_at":"0001-01-01T00:00:00Z"}`, "effective_at"},
		{"/v1/rates", `{"meter":"input_tokens","credit_type":"credits","credits":""}`, "credits"},
		{"/v1/rates", `{"meter":"input_tokens","credit_type":"credits","credits":"1","per":0}`, "per"},
		{"/v1/meters", `{"key":"m","event":"e","property":"p","aggregation":""}`, "aggregation"},
		{"/v1/meters/input_tokens", `{}`, "archived"},
		{"/v1/meters/input_tokens", `{"archived":null}`, "archived"},
		{"/v1/packs", `{"name":"","credit_type":"credits","credits":"1","price":{"amount":100,"currency":"usd"}}`, "name"},
		{"/v1/packs", `{"credit_type":"credits","any_amount":{"min":"1","max":"9","step":"1"},"prices":[{"currency":"usd","model":"graduated","tiers":[{"unit_price":"1","up_to":""}]}]}`,
			"prices[0].tiers[0].up_to"},
		{"/v1/holds", `{"customer":"","credit_type":"credits","credits":"1"}`, ""},
	} {
		if a := w.call(w.all, http.MethodPost, c.path, c.body); a.status != 422 && a.status != 404 || a.str("param") != c.param && c.param != "" {
			t.Errorf("%s %s: %d %s, want a refusal of %q", c.path, c.body, a.status, a.text, c.param)
		}
	}
	a := w.refuse(w.all, "POST", "/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"5","expires_at":"1970-01-01T00:00:00Z"}`, 422, "invalid")
	if want := "Give a time after 1970-01-01T00:00:00Z and before the year 9001, not 1970-01-01T00:00:00Z."; a.str("detail") != want {
		t.Errorf("it says %q, want %q", a.str("detail"), want)
	}
	for _, path := range []string{
		"/v1/keys?customer=", "/v1/customers/ext:acme/ledger?caller=", "/v1/customers?starting_after=", "/v1/rates?meter=", "/v1/customers/ext:acme/entitlement?credits=",
		"/v1/customers/ext:acme/ledger?to=0001-01-01T00:00:00Z", "/v1/customers/ext:acme/ledger?from=1970-01-01T00:00:00Z",
	} {
		w.refuse(w.all, "GET", path, "", 422, "invalid")
	}
	w.refuse(w.all, "POST", "/v1/customers", `{"name":"N"}`, 422, "invalid", "Idempotency-Key", "")
	// Words are names like any other.
	for _, id := range []string{"null", "undefined", "NaN", "None", "N/A", "0", "-1", "nil"} {
		w.must("POST", "/v1/customers", `{"name":"`+id+`","external_id":"`+id+`"}`, "Idempotency-Key", id)
		w.must("POST", "/v1/usage", `{"id":"`+id+`","customer":"ext:`+id+`","event":"llm.completion","mode":"record","caller":"`+id+`","properties":{"model":"`+id+`","input_tokens":0,"output_tokens":-0}}`)
	}
}

// What cannot be read in a batch answers at its index, and the others count.
func TestOneBadEventSpoilsOneEvent(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	deep := ""
	for range 40 {
		deep += "["
	}
	for i, bad := range []string{
		`null`, `7`, `"text"`, `[]`, `{}`, `[{"id":"a"}]`, `{"id":7}`, `{"id":null}`, `{"id":"b","oops":1}`, `{"id":"b","id":"c"}`,
		`{"id":"\ud800","customer":"ext:acme"}`, "{\"id\":\"\xff\"}", "{\"id\":\"a\x01b\"}", "{\"id\":\"a\nb\"}", `{"id":"b","n":NaN}`, `{"id":"b","n":01}`, `{"id":"b","n":.5}`,
		`{"id":"b",}`, `{id:"b"}`, `{'id':'b'}`, `{"id":"b" "customer":"c"}`, `{"id":"\x"}`, `undefined`, `None`, `{"id":"b","properties":` + deep + `1` + closing(deep) + `}`,
		`{"id":"b","n":1e999999}`, `{"id":"b","properties":{"input_tokens":-Infinity}}`, `-`, `tru`, `{"id":"b","properties":{"a":1,"a":2}}`, `{"id":"` + closing(deep) + deep + `}`,
	} {
		body := `{"events":[` + sample(fmt.Sprint("first", i), "") + `,` + bad + `,` + sample(fmt.Sprint("last", i), "") + `]}`
		if bad == `{"id":"`+closing(deep)+deep+`}` { // nobody can say where it ends
			w.refuse(w.all, "POST", "/v1/usage", body, 400, "invalid_json")
			continue
		}
		a := w.call(w.all, http.MethodPost, "/v1/usage", body)
		if a.status != 200 || a.str("data", 0, "object") != "usage_receipt" || a.str("data", 2, "object") != "usage_receipt" || a.str("data", 1, "code") == "" || a.at("data", 3) != nil {
			t.Errorf("%q: %d %s", bad, a.status, a.text)
		}
	}
	a := w.must("POST", "/v1/usage", `{"events":[`+sample("x", "")+`,
  {"id":"bad", "n": NaN}]}`)
	if got := a.str("data", 1, "detail"); got != "A value is expected, near line 2, column 21." || a.str("data", 1, "id") != "bad" || a.str("data", 1, "code") != "invalid_json" {
		t.Errorf("it says %q: %s", got, a.text)
	}
}

func closing(open string) (out string) {
	for range open {
		out += "]"
	}
	return out
}
