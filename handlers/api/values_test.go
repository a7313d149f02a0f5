package api

import "testing"

// A refusal names the place and the value that it is about.
func TestErrorsNameValueAndPlace(t *testing.T) {
	w := newWorld(t)
	w.shop("1")
	for _, c := range []struct{ method, path, body, param, detail string }{
		{"POST", "/v1/usage", `{"id":"a","customer":"ext:acme","event":"llm.completion","properties":{"input_tokens":"many","output_tokens":1}}`,
			"properties.input_tokens", `The property "input_tokens" is not a number: it is the text "many".`},
		{"POST", "/v1/usage", `{"id":"a","customer":"ext:acme","event":"llm.completion","properties":{"input_tokens":-1,"output_tokens":1}}`,
			"properties.input_tokens", `The property "input_tokens" is negative: it is "-1".`},
		{"POST", "/v1/usage", `{"id":"a","customer":"ext:acme","event":"llm.completion","properties":{"input_tokens":null,"output_tokens":1}}`,
			"properties.input_tokens", `The property "input_tokens" is not a number: it is null.`},
		{"POST", "/v1/usage", sample("a", `,"timestamp":"yesterday"`), "timestamp", `"yesterday" is no time: give one such as 2026-01-31T12:00:00Z.`},
		{"POST", "/v1/usage", sample("a", `,"mode":"maybe"`), "mode", `The mode is decide or record, not "maybe".`},
		{"POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"1","expires_at":"soon"}`, "expires_at", `"soon" is no time: expires_at is written like 2026-01-31T12:00:00Z.`},
		{"POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"gold","credits":"1"}`, "credit_type", `There is no credit type "gold".`},
		{"POST", "/v1/meters", `{"key":7,"event":"e","property":"p"}`, "key", `The field key is not a string: it was sent as number.`},
		{"GET", "/v1/customers?limit=900", ``, "limit", `The parameter limit is wrong: expected number <= 100. It was sent as "900".`},
	} {
		if a := w.call(w.all, c.method, c.path, c.body); a.status != 422 || a.str("param") != c.param || a.str("detail") != c.detail {
			t.Errorf("%s %s: %d %s: %s", c.path, c.body, a.status, a.str("param"), a.str("detail"))
		}
	}
}
