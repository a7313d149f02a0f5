package api

import (
	"net/http"
	"testing"
)

// What was sent was meant: a field that the rest of the request has no use for is
// refused by its name, and nothing is made or changed without it.
func TestWhatIsSentIsNotDropped(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	w.must("POST", "/v1/customers/ext:acme/limits", `{"credit_type":"credits","period":"day","credits":"10"}`)
	anyAmount := w.must("POST", "/v1/packs", `{"credit_type":"credits","any_amount":{"min":"100","max":"900","step":"100"},"prices":[{"currency":"usd","model":"graduated","tiers":[{"unit_price":"1"}]}]}`).str("id")
	fixed := w.must("POST", "/v1/packs", `{"credit_type":"credits","credits":"100","price":{"amount":1000,"currency":"usd"}}`).str("id")
	const limits, alerts, zero = "/v1/customers/ext:acme/limits", "/v1/customers/ext:acme/alerts", "/v1/customers/ext:acme/at_zero"
	for _, c := range []struct{ path, body, param string }{
		{limits, `{"credit_type":"credits","period":"day","credits":"3","meter":"input_tokens"}`, "meter"},
		{limits, `{"credit_type":"credits","period":"day","credits":"3","caller":"x"}`, "caller"},
		{limits, `{"credit_type":"credits","period":"day","credits":"3","scope":"customer","meter":"input_tokens"}`, "meter"},
		{limits, `{"credit_type":"credits","period":"day","credits":"3","scope":"customer","caller":"x"}`, "caller"},
		{limits, `{"credit_type":"credits","period":"day","credits":"3","scope":"caller","meter":"input_tokens"}`, "meter"},
		{limits, `{"credit_type":"credits","period":"day","credits":"3","scope":"meter","meter":"input_tokens","caller":"x"}`, "caller"},
		{limits, `{"credit_type":"credits","period":"day","credits":"3","scope":"meter"}`, "meter"},
		{zero, `{"credit_type":"credits","mode":"grace","overdraft":"5","rate_per_minute":10}`, "rate_per_minute"},
		{zero, `{"credit_type":"credits","mode":"block","rate_per_minute":10}`, "rate_per_minute"},
		{zero, `{"credit_type":"credits","mode":"block","overdraft":"5"}`, "overdraft"},
		{alerts, `{"credit_type":"credits","kind":"below","credits":"5","percent":20}`, "percent"},
		{alerts, `{"credit_type":"credits","kind":"below","credits":"5","days":2}`, "days"},
		{alerts, `{"credit_type":"credits","kind":"share","percent":20,"credits":"5"}`, "credits"},
		{alerts, `{"credit_type":"credits","kind":"days_left","days":2,"percent":20}`, "percent"},
		{alerts, `{"credit_type":"credits","kind":"expiring","days":2,"credits":"5"}`, "credits"},
		{alerts, `{"credit_type":"credits","kind":"surge","percent":200,"days":2}`, "days"},
		{"/v1/alerts", `{"kind":"share","percent":20,"days":2}`, "days"},
		{"/v1/packs/" + anyAmount, `{"credits":"500"}`, "credits"},
		{"/v1/packs/" + fixed, `{"price":{"amount":2000,"currency":"usd"},"prices":[{"currency":"eur","amount":1000}]}`, "price"},
	} {
		if a := w.refuse(w.all, http.MethodPost, c.path, c.body, 422, "invalid"); a.str("param") != c.param {
			t.Errorf("%s %s: %s, want a refusal of %q", c.path, c.body, a.text, c.param)
		}
	}
	if l := w.must("GET", limits, ""); l.str("data", 0, "credits") != "10" || l.at("data", 1) != nil {
		t.Error("a limit was made or changed:", l.text)
	}
	if l := w.must("GET", alerts, ""); l.at("data", 0) != nil {
		t.Error("an alert was made:", l.text)
	}
	for path, body := range map[string]string{
		limits: `{"credit_type":"credits","period":"day","credits":"3","scope":"meter","meter":"input_tokens"}`,
		alerts: `{"credit_type":"credits","kind":"surge","percent":200,"credits":"5"}`,
		zero:   `{"credit_type":"credits","mode":"throttle","overdraft":"5","rate_per_minute":10}`,
	} {
		w.must("POST", path, body)
	}
}
