package api

import (
	"testing"
	"time"
)

// TestACorrectionAnswersWhatStands: what a hold captured of a grant that had expired
// comes back and expires once more, and the answer is how the wallet stands then; also
// when it is asked for again.
func TestACorrectionAnswersWhatStands(t *testing.T) {
	w := newWorld(t)
	w.shop("10")
	w.must("POST", "/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"1","priority":1,"expires_at":"2026-03-01T13:00:00Z"}`)
	hold := w.must("POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"1","expires_at":"2026-03-01T15:00:00Z"}`)
	w.add(2 * time.Hour)
	w.must("POST", "/v1/holds/"+hold.str("id")+"/capture", `{"credits":"1"}`)
	captured := w.must("GET", "/v1/customers/ext:acme/ledger?kind=capture", "").str("data", 0, "id")
	for range 2 {
		a := w.must("POST", "/v1/customers/ext:acme/adjustments", `{"credit_type":"credits","credits":"1","corrects":"`+captured+`","reason":"not done"}`, "Idempotency-Key", "k")
		if a.str("amount") != "1" || a.str("balance_after") != "10" || a.str("gone_again") != "1" {
			t.Error(a.text)
		}
	}
	if b := w.must("GET", "/v1/customers/ext:acme/balance", ""); b.str("data", 0, "balance") != "10" || b.str("data", 0, "available") != "10" {
		t.Error(b.text)
	}
	p := w.must("GET", "/v1/customers/ext:acme/ledger", "")
	if p.str("data", 0, "kind") != "expire" || p.str("data", 1, "balance_after") != "11" {
		t.Error(p.text)
	}
}
