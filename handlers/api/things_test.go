package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/tx"
)

func TestCustomers(t *testing.T) {
	w := newWorld(t)
	c := w.must("POST", "/v1/customers", `{"name":"Acme","external_id":"a/b c","email":"Ops@Example.com","timezone":"Europe/Berlin","metadata":{"plan":"x"}}`)
	if c.status != 201 || c.str("object") != "customer" || c.str("email") != "ops@example.com" || c.str("status") != "active" || c.at("stripe_customer_id") != nil ||
		c.str("metadata", "plan") != "x" || c.str("created_at") != "2026-03-01T12:00:00Z" {
		t.Fatal(c.text)
	}
	if got := w.must("GET", "/v1/customers/ext:a%2Fb%20c", ""); got.str("id") != c.str("id") {
		t.Fatal(got.text)
	}
	u := w.must("POST", "/v1/customers/"+c.str("id"), `{"name":"Acme Ltd","email":"","external_id":"acme","metadata":{"plan":"","seats":"3"}}`)
	if u.str("name") != "Acme Ltd" || u.at("email") != nil || u.str("metadata", "seats") != "3" || u.at("metadata", "plan") != nil || u.str("timezone") != "Europe/Berlin" {
		t.Fatal(u.text)
	}
	w.refuse(w.all, "GET", "/v1/customers/ext:a%2Fb%20c", "", 404, "not_found")
	w.must("GET", "/v1/customers/ext:acme", "")
	w.refuse(w.all, "POST", "/v1/customers", `{"name":"Other","external_id":"acme"}`, 409, "external_id_taken")
	for body, param := range map[string]string{
		`{}`: "name", `{"name":" "}`: "name", `{"name":"x","email":"x"}`: "email", `{"name":"x","timezone":"Mars/Base"}`: "timezone",
		`{"name":"x","metadata":{"":"x"}}`: "metadata", `{"name":7}`: "name", `{"name":"x","nmae":"y"}`: "nmae", `{"name":"x","Email":"a@b.c"}`: "Email",
		`{"name":"x","metadata":{"a":1}}`: "metadata", `{"name":"x","stripe_customer_id":"x"}`: "stripe_customer_id",
	} {
		a := w.call(w.all, "POST", "/v1/customers", body)
		if a.status != 422 || !strings.HasPrefix(a.str("param"), param) {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	for _, body := range []string{``, `{`, `[]`, `{"name":"a","name":"b"}`, `{"name":"x"} x`, `null`} {
		w.refuse(w.all, "POST", "/v1/customers", body, 400, "invalid_json")
	}
	w.refuse(w.all, "POST", "/v1/customers/ext:acme/join_links", `{}`, 422, "invalid") // for whom?
	link := w.must("POST", "/v1/customers/ext:acme/join_links", `{"email":"Ann@example.com"}`)
	if !strings.HasPrefix(link.str("url"), "http://purse.test/join?token=") || link.str("role") != "owner" || link.str("email") != "ann@example.com" {
		t.Fatal(link.text)
	}
	w.refuse(w.all, "POST", "/v1/customers/ext:acme/join_links", `{"role":"king"}`, 422, "invalid")
}

func TestListsPageBothWaysNewestFirst(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for i := range 7 {
		w.add(time.Second)
		ids = append(ids, w.must("POST", "/v1/customers", fmt.Sprintf(`{"name":"Customer %d","email":"c%d@example.com"}`, i, i)).str("id"))
	}
	names := func(a answer) (out []string) {
		for i := range 10 {
			if n := a.str("data", i, "name"); n != "" {
				out = append(out, n[len(n)-1:])
			}
		}
		return out
	}
	for _, c := range []struct {
		query, want string
		more        bool
	}{
		{"?limit=3", "6 5 4", true},
		{"?limit=3&starting_after=" + ids[4], "3 2 1", true},
		{"?limit=3&starting_after=" + ids[1], "0", false},
		{"?limit=3&ending_before=" + ids[1], "4 3 2", true},
		{"?limit=3&ending_before=" + ids[4], "6 5", false},
		{"", "6 5 4 3 2 1 0", false},
		{"?query=CUSTOMER+2", "2", false},
		{"?query=c5@", "5", false},
		{"?query=" + ids[3], "3", false},
		{"?query=%25", "", false},
	} {
		a := w.must("GET", "/v1/customers"+c.query, "")
		if got := strings.Join(names(a), " "); got != c.want || a.at("has_more") != c.more {
			t.Errorf("%s: %s more %v, want %s %v", c.query, got, a.at("has_more"), c.want, c.more)
		}
	}
	for _, q := range []string{"?limit=0", "?limit=101", "?limit=x", "?starting_after=a&ending_before=b", "?page=2"} {
		if a := w.call(w.all, "GET", "/v1/customers"+q, ""); a.status != 422 || a.str("param") == "" && q != "?starting_after=a&ending_before=b" {
			t.Errorf("%s: %d %s", q, a.status, a.text)
		}
	}
}

func TestTheCatalog(t *testing.T) {
	w := newWorld(t)
	w.shop("")
	w.refuse(w.all, "POST", "/v1/credit_types", `{"key":"credits"}`, 409, "key_taken")
	w.refuse(w.all, "POST", "/v1/credit_types", `{"key":"Credits"}`, 422, "invalid")
	ct := w.must("POST", "/v1/credit_types/credits", `{"units":"tokens","decimals":6}`)
	if ct.str("units") != "tokens" || fmt.Sprint(ct.at("decimals")) != "6" || ct.str("unit") != "credit" {
		t.Fatal(ct.text)
	}
	w.refuse(w.all, "POST", "/v1/credit_types/credits", `{"decimals":7}`, 422, "invalid")
	w.refuse(w.all, "POST", "/v1/meters", `{"key":"m","event":"e"}`, 422, "invalid")
	w.refuse(w.all, "POST", "/v1/meters", `{"key":"m","event":"e","aggregation":"count","property":"p"}`, 422, "invalid")
	w.must("POST", "/v1/meters", `{"key":"calls","event":"call","aggregation":"count"}`)

	// A rate that an event could tie with is refused; the same match is a new version.
	rate := func(credits, match string) string {
		return `{"meter":"calls","credit_type":"credits","credits":"` + credits + `","match":` + match + `}`
	}
	first := w.must("POST", "/v1/rates", rate("1.500000000001", `{"model":"a"}`))
	if first.at("effective_at") != nil || first.str("credits") != "1.500000000001" {
		t.Fatal(first.text)
	}
	w.must("POST", "/v1/rates", rate("1", `{"model":"b"}`))
	w.refuse(w.all, "POST", "/v1/rates", rate("1", `{"tier":"x"}`), 409, "rate_ambiguous")
	w.must("POST", "/v1/rates", rate("1", `{"model":"a","tier":"x"}`))
	w.refuse(w.all, "POST", "/v1/rates", rate("1", `{"model":"a","region":"eu"}`), 409, "rate_ambiguous")
	w.must("POST", "/v1/rates", rate("1", `{"model":"b","region":"eu"}`))
	second := w.must("POST", "/v1/rates", rate("2", `{"model":"a"}`))
	if second.str("effective_at") != "2026-03-01T12:00:00Z" {
		t.Fatal(second.text)
	}
	w.refuse(w.all, "POST", "/v1/rates", rate("3", `{"model":"a"}`), 409, "rate_exists")
	for _, body := range []string{
		rate("-1", `{}`), rate("1e3", `{}`), rate("0.0000000000001", `{}`), rate("NaN", `{}`), rate("100000000001", `{}`), rate("1", `{"a":""}`), rate("1", `{"a":1}`),
		`{"meter":"calls","credit_type":"credits","credits":"1","per":0}`, `{"meter":"calls","credit_type":"credits","credits":"1","per":1.5}`,
		`{"meter":"calls","credit_type":"credits","credits":1}`,
	} {
		if a := w.call(w.all, "POST", "/v1/rates", body); a.status != 422 {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	w.refuse(w.all, "POST", "/v1/rates", `{"meter":"nope","credit_type":"credits","credits":"1"}`, 422, "unknown_meter")
	w.refuse(w.all, "POST", "/v1/rates", `{"meter":"calls","credit_type":"nope","credits":"1"}`, 422, "unknown_credit_type")
	// Archiving a rate frees its place.
	w.must("POST", "/v1/rates/"+first.str("id")+"/archive", "")
	w.add(time.Second)
	if a := w.must("GET", "/v1/rates?meter=calls&limit=100", ""); a.at("data", 4) == nil || a.at("data", 5) != nil {
		t.Fatal(a.text)
	}

	p := w.must("POST", "/v1/packs", `{"credit_type":"credits","credits":"1000","price":{"amount":2500,"currency":"usd"},"expires_after_days":365}`)
	if p.str("name") != "1000 tokens" || fmt.Sprint(p.at("price", "amount")) != "2500" || fmt.Sprint(p.at("expires_after_days")) != "365" {
		t.Fatal(p.text)
	}
	for _, body := range []string{
		`{"credit_type":"credits","credits":"0","price":{"amount":2500,"currency":"usd"}}`, `{"credit_type":"credits","credits":"1","price":{"amount":-1,"currency":"usd"}}`,
		`{"credit_type":"credits","credits":"1","price":{"amount":1,"currency":"xxx"}}`, `{"credit_type":"credits","credits":"1.0000001","price":{"amount":1,"currency":"usd"}}`,
		`{"credit_type":"credits","credits":"1"}`, `{"credit_type":"credits","credits":"1","price":{"amount":1,"currency":"usd","x":1}}`,
	} {
		if a := w.call(w.all, "POST", "/v1/packs", body); a.status != 422 {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	if a := w.must("POST", "/v1/packs/"+p.str("id"), `{"archived":true,"price":{"amount":3000,"currency":"usd"}}`); a.at("archived") != true || fmt.Sprint(a.at("price", "amount")) != "3000" {
		t.Fatal(a.text)
	}
}

func TestGrantsVoidsAdjustmentsAndTransfers(t *testing.T) {
	w := newWorld(t)
	w.shop("")
	w.must("POST", "/v1/customers", `{"name":"Other","external_id":"other"}`)
	g := w.must("POST", "/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"100","kind":"paid","priority":10,
		"amount_paid":{"amount":5000,"currency":"usd"},"expires_at":"2027-01-01T00:00:00Z","meters":["input_tokens"],"reason":"import"}`)
	if g.status != 201 || !strings.HasPrefix(g.str("id"), "gr_") || g.str("remaining") != "100" || g.str("meters", 0) != "input_tokens" || fmt.Sprint(g.at("amount_paid", "amount")) != "5000" {
		t.Fatal(g.text)
	}
	for _, body := range []string{
		`{"credit_type":"credits","credits":"0"}`, `{"credit_type":"credits","credits":"-1"}`, `{"credit_type":"credits","credits":"1.0000001"}`,
		`{"credit_type":"credits","credits":"NaN"}`, `{"credit_type":"credits","credits":"100000000001"}`, `{"credit_type":"credits","credits":"1","kind":"gift"}`,
		`{"credit_type":"credits","credits":"1","expires_at":"2026-03-01T12:00:00Z"}`, `{"credit_type":"credits","credits":"1","priority":101}`,
		`{"credit_type":"credits","credits":"1","kind":"paid","amount_paid":{"amount":5,"currency":"eurodollar"}}`, `{"credit_type":"nope","credits":"1"}`,
		`{"credit_type":"credits","credits":"1","meters":["nope"]}`, `{"credit_type":"credits","credits":"1","expires_at":"tomorrow"}`,
	} {
		if a := w.call(w.all, "POST", "/v1/customers/ext:acme/grants", body); a.status != 422 {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	b := w.must("GET", "/v1/customers/ext:acme/balance", "")
	if b.str("data", 0, "available") != "0" || b.str("data", 0, "scoped", 0, "available") != "100" || b.str("data", 0, "by_kind", "paid") != "100" {
		t.Fatal(b.text)
	}
	if e := w.must("GET", "/v1/customers/ext:acme/entitlement?meter=input_tokens&credits=100", ""); e.at("allowed") != true {
		t.Fatal(e.text)
	}
	w.refuse(w.all, "POST", "/v1/grants/"+g.str("id")+"/void", `{"reason":" "}`, 422, "invalid")
	v := w.must("POST", "/v1/grants/"+g.str("id")+"/void", `{"reason":"mistake"}`)
	if v.str("remaining") != "0" || v.at("voided_at") == nil {
		t.Fatal(v.text)
	}
	w.refuse(w.all, "POST", "/v1/grants/"+g.str("id")+"/void", `{"reason":"again"}`, 409, "nothing_left")

	up := w.must("POST", "/v1/customers/ext:acme/adjustments", `{"credit_type":"credits","credits":"10","reason":"goodwill"}`)
	if up.str("kind") != "adjust" || up.str("amount") != "10" || up.str("reason") != "goodwill" {
		t.Fatal(up.text)
	}
	w.refuse(w.all, "POST", "/v1/customers/ext:acme/adjustments", `{"credit_type":"credits","credits":"-11","reason":"x"}`, 409, "exceeds_available")
	charge := w.must("POST", "/v1/usage", sample("e", ""))
	back := w.must("POST", "/v1/customers/ext:acme/adjustments", `{"credit_type":"credits","credits":"0.01","corrects":"`+charge.str("charges", 0, "posting")+`","reason":"refund"}`)
	if back.str("corrects") != charge.str("charges", 0, "posting") || back.str("amount") != "0.01" {
		t.Fatal(back.text)
	}
	tr := w.must("POST", "/v1/transfers", `{"from":"ext:acme","to":"ext:other","credit_type":"credits","credits":"4","reason":"merge"}`)
	if tr.str("postings", 0, "amount") != "-4" || tr.str("postings", 1, "amount") != "4" || tr.str("postings", 1, "reference") != tr.str("postings", 0, "id") {
		t.Fatal(tr.text)
	}
	if a := w.refuse(w.all, "POST", "/v1/transfers", `{"from":"ext:acme","to":"ext:none","credit_type":"credits","credits":"4","reason":"x"}`, 404, "not_found"); a.str("param") != "to" {
		t.Error(a.text)
	}
	w.must("POST", "/v1/customers/ext:other/overdraft", `{"credit_type":"credits","limit":"5","reason":"trusted"}`)
	e := w.must("GET", "/v1/customers/ext:other/entitlement?credits=9", "")
	if e.at("allowed") != true || e.str("available") != "9" {
		t.Fatal(e.text)
	}
	// The audit log has the acts.
	log := w.deps.Audit
	if err := w.deps.Runner.View(t.Context(), func(t2 tx.Tx) error {
		c, _ := w.deps.Accounts.CustomerIn(t2, "ext:acme")
		entries, err := log.List(t2, audit.Query{Customer: c.ID, Limit: 50})
		var acts []string
		for _, e := range entries {
			acts = append(acts, e.Action)
		}
		slices.Sort(acts) // the test's clock stands still
		if got := strings.Join(acts, " "); got != "balance.adjusted balance.adjusted credits.transferred customer.created grant.created grant.voided" {
			t.Error(got)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestTheLedgerFiltersAndPages(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	for i := range 5 {
		w.add(time.Hour)
		w.must("POST", "/v1/usage", sample(fmt.Sprint("e", i), fmt.Sprintf(`,"caller":"agent-%d"`, i%2)))
	}
	ids := func(a answer) (out []string) {
		for i := range 10 {
			if a.at("data", i) != nil {
				id := a.str("data", i, "event", "id")
				if id == "" {
					id = a.str("data", i, "kind")
				}
				out = append(out, id)
			}
		}
		return out
	}
	all := w.must("GET", "/v1/customers/ext:acme/ledger", "")
	for query, want := range map[string]string{
		"":         "e4 e3 e2 e1 e0 grant",
		"?limit=2": "e4 e3",
		"?limit=2&starting_after=" + all.str("data", 1, "id"): "e2 e1",
		"?limit=2&ending_before=" + all.str("data", 3, "id"):  "e3 e2",
		"?kind=grant":                                        "grant",
		"?kind=debit&caller=agent-1":                         "e3 e1",
		"?meter=input_tokens&limit=1":                        "e4",
		"?from=2026-03-01T14:00:00Z&to=2026-03-01T16:00:00Z": "e2 e1",
		"?caller=nobody":                                     "",
	} {
		a := w.must("GET", "/v1/customers/ext:acme/ledger"+query, "")
		if got := strings.Join(ids(a), " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	w.must("POST", "/v1/customers", `{"name":"Other","external_id":"other"}`)
	for _, q := range []string{"?kind=x", "?meter=x", "?starting_after=x", "?from=x", "?starting_after=" + strings.Replace(all.str("data", 0, "id"), "_6", "_9999", 1)} {
		if a := w.call(w.all, "GET", "/v1/customers/ext:acme/ledger"+q, ""); a.status != 422 {
			t.Errorf("%s: %d %s", q, a.status, a.text)
		}
	}
	if a := w.call(w.all, "GET", "/v1/customers/ext:other/ledger?starting_after="+all.str("data", 0, "id"), ""); a.status != 422 {
		t.Error("another's cursor:", a.status, a.text)
	}
	if a := w.must("GET", "/v1/customers/ext:other/ledger", ""); a.at("data", 0) != nil || a.at("data") == nil {
		t.Error(a.text)
	}
}

func TestHolds(t *testing.T) {
	w := newWorld(t)
	w.shop("10")
	h := w.must("POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"4"}`, "Idempotency-Key", "h1")
	if h.status != 201 || h.str("status") != "open" || h.str("expires_at") != "2026-03-01T12:10:00Z" {
		t.Fatal(h.text)
	}
	again := w.must("POST", "/v1/holds", `{"credits":"4","credit_type":"credits","customer":"ext:acme"}`, "Idempotency-Key", "h1")
	if again.str("id") != h.str("id") || again.header.Get("Idempotent-Replayed") != "true" {
		t.Fatal(again.text)
	}
	a := w.refuse(w.all, "POST", "/v1/holds", `{"credits":"5","credit_type":"credits","customer":"ext:acme"}`, 409, "idempotency_mismatch", "Idempotency-Key", "h1")
	if a.str("param") != "Idempotency-Key" {
		t.Error(a.text)
	}
	a = w.refuse(w.all, "POST", "/v1/holds", `{"credits":"7","credit_type":"credits","customer":"ext:acme"}`, 402, "insufficient_credits")
	if a.str("charges", 0, "available") != "6" || a.str("top_up_url") == "" {
		t.Error(a.text)
	}
	if b := w.must("GET", "/v1/customers/ext:acme/balance", ""); b.str("data", 0, "held") != "4" || b.str("data", 0, "available") != "6" {
		t.Error(b.text)
	}
	for _, body := range []string{`{"credits":"-1"}`, `{"credits":"x"}`, `{}`} {
		if a := w.call(w.all, "POST", "/v1/holds/"+h.str("id")+"/capture", body); a.status != 422 {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	c := w.must("POST", "/v1/holds/"+h.str("id")+"/capture", `{"credits":"3"}`, "Idempotency-Key", "c1")
	if c.str("status") != "captured" || c.str("captured") != "3" || !strings.HasPrefix(c.str("posting"), "pst_") {
		t.Fatal(c.text)
	}
	if r := w.must("POST", "/v1/holds/"+h.str("id")+"/capture", `{"credits":"3"}`, "Idempotency-Key", "c1"); r.str("posting") != c.str("posting") {
		t.Fatal(r.text)
	}
	w.refuse(w.all, "POST", "/v1/holds/"+h.str("id")+"/release", "", 409, "hold_ended")
	h2 := w.must("POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"4"}`)
	if r := w.must("POST", "/v1/holds/"+h2.str("id")+"/release", ""); r.str("status") != "released" {
		t.Fatal(r.text)
	}
	h3 := w.must("POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"4"}`)
	w.add(time.Hour)
	if r := w.must("GET", "/v1/holds/"+h3.str("id"), ""); r.str("status") != "expired" {
		t.Fatal(r.text)
	}
	w.refuse(w.all, "POST", "/v1/holds/"+h3.str("id")+"/capture", `{"credits":"1"}`, 409, "hold_expired")
	w.refuse(w.all, "POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"1","expires_at":"2026-03-09T12:00:00Z"}`, 422, "invalid")
}

func TestIdempotencyKeysCountOncePerOperation(t *testing.T) {
	w := newWorld(t)
	w.shop("")
	key := []string{"Idempotency-Key", "one"}
	c := w.must("POST", "/v1/customers", `{"name":"N","external_id":"n"}`, key...)
	r := w.call(w.admin, "POST", "/v1/customers", ` {"external_id":"n", "name":"N"}`, key...)
	if r.status != 201 || r.str("id") != c.str("id") || r.header.Get("Idempotent-Replayed") != "true" {
		t.Fatal("another key of ours replays too:", r.text)
	}
	w.refuse(w.all, "POST", "/v1/customers", `{"name":"N2","external_id":"n"}`, 409, "idempotency_mismatch", key...)
	w.must("POST", "/v1/meters", `{"key":"m","event":"e","property":"p"}`, key...)
	g := w.must("POST", "/v1/customers/ext:n/grants", `{"credit_type":"credits","credits":"5"}`, key...)
	if r := w.must("POST", "/v1/customers/ext:n/grants", `{"credit_type":"credits","credits":"5"}`, key...); r.str("id") != g.str("id") {
		t.Fatal(r.text)
	}
	w.refuse(w.all, "POST", "/v1/customers/ext:n/grants", `{"credit_type":"credits","credits":"6"}`, 409, "idempotency_mismatch", key...)
	if r := w.must("POST", "/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"5"}`, key...); r.str("id") == g.str("id") {
		t.Fatal("one customer's key is another's:", r.text)
	}
	// What was wrong in form is not remembered.
	w.refuse(w.all, "POST", "/v1/packs", `{"credit_type":"credits","credits":"0","price":{"amount":1,"currency":"usd"}}`, 422, "invalid", key...)
	w.must("POST", "/v1/packs", `{"credit_type":"credits","credits":"1","price":{"amount":100,"currency":"usd"}}`, key...)
	// A secret that is shown once is not shown twice.
	k := w.must("POST", "/v1/keys", `{"name":"backend","scopes":["usage"]}`, key...)
	again := w.must("POST", "/v1/keys", `{"name":"backend","scopes":["usage"]}`, key...)
	if !strings.HasPrefix(k.str("secret"), "sk_") || again.str("id") != k.str("id") || strings.Contains(again.text, "secret") {
		t.Fatal(again.text)
	}
	l := w.must("POST", "/v1/customers/ext:n/join_links", `{"email":"ann@example.com"}`, key...)
	again = w.must("POST", "/v1/customers/ext:n/join_links", `{"email":"ann@example.com"}`, key...)
	if l.str("url") == "" || again.str("expires_at") != l.str("expires_at") || strings.Contains(again.text, "token") {
		t.Fatal(again.text)
	}
	w.must("POST", "/v1/customers/ext:n", `{"name":"N3"}`, key...)
	w.must("POST", "/v1/customers/ext:n", `{"name":"N4"}`)
	if r := w.must("POST", "/v1/customers/ext:n", `{"name":"N3"}`, key...); r.str("name") != "N4" {
		t.Fatal("a change was made twice:", r.text)
	}
	for path, bodies := range map[string][2]string{
		"/v1/customers/ext:n/suspend": {`{"reason":"a"}`, `{"reason":"b"}`}, "/v1/meters/m": {`{"archived":true}`, `{"archived":false}`},
		"/v1/credit_types/credits": {`{"decimals":3}`, `{"decimals":4}`},
	} {
		w.must("POST", path, bodies[0], key...)
		w.refuse(w.all, "POST", path, bodies[1], 409, "idempotency_mismatch", key...)
	}
	w.refuse(w.all, "POST", "/v1/customers", `{"name":"x"}`, 422, "invalid", "Idempotency-Key", strings.Repeat("k", 256))
	if b := w.must("GET", "/v1/customers/ext:n/balance", ""); b.str("data", 0, "balance") != "5" {
		t.Fatal(b.text)
	}
}

func TestKeysAreMadeListedAndRevoked(t *testing.T) {
	w := newWorld(t)
	w.shop("1")
	k := w.must("POST", "/v1/keys", `{"name":"their backend","scopes":["usage"],"customer":"ext:acme"}`)
	own := w.must("POST", "/v1/keys", `{"name":"dashboard","kind":"customer","customer":"ext:acme"}`)
	if !strings.HasPrefix(own.str("secret"), "ck_") || own.str("scopes", 0) != "read" {
		t.Fatal(own.text)
	}
	for _, body := range []string{
		`{"name":"x"}`, `{"name":"x","scopes":["root"]}`, `{"name":"x","scopes":["admin"],"customer":"ext:acme"}`,
		`{"name":"x","kind":"customer"}`, `{"name":"x","kind":"customer","customer":"ext:acme","scopes":["usage"]}`, `{"name":"","scopes":["read"]}`,
	} {
		if a := w.call(w.all, "POST", "/v1/keys", body); a.status != 422 {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	if a := w.call(k.str("secret"), "POST", "/v1/usage", sample("a", "")); a.status != 200 {
		t.Fatal(a.text)
	}
	if err := w.deps.Accounts.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := w.must("GET", "/v1/keys?customer=ext:acme", "")
	if l.str("data", 1, "id") != k.str("id") && l.str("data", 0, "id") != k.str("id") || strings.Contains(l.text, k.str("secret")) || !strings.Contains(l.text, `"last_used_at":"2026-03-01T12:00:00Z"`) {
		t.Fatal(l.text)
	}
	w.must("POST", "/v1/keys/"+k.str("id")+"/revoke", "")
	w.refuse(k.str("secret"), "POST", "/v1/usage", sample("b", ""), 401, "invalid_key")
	w.must("POST", "/v1/keys/"+k.str("id")+"/revoke", "")
	w.refuse(w.all, "POST", "/v1/keys/key_none/revoke", "", 404, "not_found")
}

// Every route, with every kind of key: whoever may not use it gets 401 or 403
// before anything else is looked at.
func TestAuthorization(t *testing.T) {
	w := newWorld(t)
	w.shop("1")
	revoked, secret, err := w.deps.Accounts.CreateKey(t.Context(), audit.System, account.NewKey{Name: "x", Scopes: []account.Scope{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	w.must("GET", "/v1/customers", "") // and once with the key, so that it is in memory
	if a := w.call(secret, "GET", "/v1/customers", ""); a.status != 200 {
		t.Fatal(a.text)
	}
	if _, err := w.deps.Accounts.RevokeKey(t.Context(), audit.System, "", revoked.ID); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{
		"nobody": "", "wrong": "sk_" + strings.Repeat("0", 39), "revoked": secret, "usage": w.usage, "read": w.read, "admin": w.admin, "all": w.all,
		"usage one": w.key(account.NewKey{Scopes: []account.Scope{"usage"}, Customer: "ext:acme"}),
		"read one":  w.key(account.NewKey{Scopes: []account.Scope{"read"}, Customer: "ext:acme"}),
		"customer":  w.key(account.NewKey{ForCustomer: true, Customer: "ext:acme"}),
	}
	may := func(who string, r Route) int {
		switch {
		case r.Scope == "":
			return 200
		case who == "nobody" || who == "wrong" || who == "revoked":
			return 401
		case who == "admin" || who == "all":
			return 200
		case r.Vendor && (strings.HasSuffix(who, " one") || who == "customer"):
			return 403
		case r.Scope == "usage" && strings.HasPrefix(who, "usage"), r.Scope == "read" && (strings.HasPrefix(who, "read") || who == "customer"):
			return 200
		}
		return 403
	}
	w.deps.Endpoints.Close() // streams end at once
	routes := Routes()
	if len(routes) < 40 {
		t.Fatal("the table has shrunk")
	}
	for _, r := range routes {
		for who, key := range keys {
			path := strings.ReplaceAll(r.Path, "{id}", "none")
			a := w.call(key, r.Method, path, map[string]string{"POST": `{"x":1}`}[r.Method])
			got := a.status
			if got != 401 && got != 403 {
				got = 200
			}
			if want := may(who, r); got != want {
				t.Errorf("%s may %s %s: %d, want %d", who, r.Method, r.Path, a.status, want)
			}
			if a.status == 401 && a.header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
		}
	}
	w.refuse(w.all, "GET", "/v1/nothing", "", 404, "unknown_path")
	w.refuse(w.all, "DELETE", "/v1/customers", "", 405, "method_not_allowed")
}

func TestRateLimitPerKey(t *testing.T) {
	w := newWorld(t, func(d *Deps) { d.RatePerMinute = 3 })
	for range 3 {
		if a := w.call(w.read, "GET", "/v1/customers", ""); a.status != 200 || a.header.Get("RateLimit-Limit") != "3" {
			t.Fatal(a.status, a.header)
		}
	}
	a := w.refuse(w.read, "GET", "/v1/customers", "", 429, "rate_limited")
	if a.header.Get("Retry-After") == "" || a.header.Get("RateLimit-Remaining") != "0" {
		t.Error(a.header)
	}
	if a := w.call(w.all, "GET", "/v1/customers", ""); a.status != 200 {
		t.Error("another key is limited too")
	}
}

func TestTheDocumentTellsEveryRoute(t *testing.T) {
	w := newWorld(t)
	a := w.call("", "GET", "/v1/openapi.json", "")
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Security    []map[string][]string
			Responses   map[string]any
		}
	}
	if err := json.Unmarshal([]byte(a.text), &doc); err != nil || a.status != http.StatusOK || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatal(err, a.status, doc.OpenAPI)
	}
	for _, r := range table() {
		op, found := doc.Paths[r.Path][strings.ToLower(r.Method)]
		if !found || op.OperationID == "" || len(op.Responses) == 0 || fmt.Sprint(op.Security) != fmt.Sprintf("[map[key:[%s]]]", r.Scope) {
			t.Errorf("%s %s: %+v", r.Method, r.Path, op)
		}
	}
	if strings.Contains(a.text, "$schema") || strings.Contains(a.text, `"sent"`) {
		t.Error("the document tells what is not there")
	}
}
