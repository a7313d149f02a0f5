package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/billing/tx"
)

func TestAnEventIsChargedOnceAndExplained(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	first := w.must("POST", "/v1/usage", sample("e1", `,"caller":"agent-7"`))
	if first.str("object") != "usage_receipt" || first.at("allowed") != true || first.at("replayed") != false ||
		first.str("charges", 0, "credits") != "0.014574" || first.str("charges", 0, "available") != "99.985426" || first.str("mode") != "decide" {
		t.Fatal(first.text)
	}
	// The same event again, with other white space and key order.
	again := w.must("POST", "/v1/usage", ` { "properties" : {"output_tokens":10, "input_tokens":4808,"model":"m"},
		"caller":"agent-7","event":"llm.completion","customer":"ext:acme","id":"e1"}`)
	if again.at("replayed") != true || again.str("charges", 0, "posting") != first.str("charges", 0, "posting") || again.str("charges", 0, "credits") != "0.014574" {
		t.Fatal(again.text)
	}
	// Saying the default is the same request, recording is another.
	if again := w.must("POST", "/v1/usage", sample("e1", `,"caller":"agent-7","mode":"decide"`)); again.at("replayed") != true {
		t.Fatal(again.text)
	}
	w.refuse(w.all, "POST", "/v1/usage", sample("e1", `,"caller":"agent-7","mode":"record"`), 409, "idempotency_mismatch")

	p := w.must("GET", "/v1/postings/"+first.str("charges", 0, "posting"), "")
	if p.str("amount") != "-0.014574" || p.str("event", "id") != "e1" || p.str("caller") != "agent-7" ||
		p.str("lines", 0, "meter") != "input_tokens" || p.str("lines", 0, "quantity") != "4808" || p.str("lines", 0, "credits") != "0.014424" ||
		p.str("lines", 0, "rate_credits") != "3" || fmt.Sprint(p.at("lines", 0, "rate_per")) != "1000000" || p.str("lines", 1, "credits") != "0.00015" ||
		p.str("entries", 0, "amount") != "-0.014574" || !strings.HasPrefix(p.str("entries", 0, "grant"), "gr_") {
		t.Fatal(p.text)
	}
}

// An event that was sent by another id before is its replay, also while it waits for a
// price; another event under that id is another.
func TestAnEventHasAFormerID(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	w.must("POST", "/v1/usage", sample("old", `,"mode":"record"`))
	was := `,"mode":"record","former_id":"old"`
	if a := w.must("POST", "/v1/usage", sample("new", was)); a.at("replayed") != true || a.str("id") != "new" || a.str("charges", 0, "credits") != "0.014574" {
		t.Error(a.text)
	}
	w.refuse(w.all, "POST", "/v1/usage", sample("new", was+`,"caller":"c"`), 409, "idempotency_mismatch")
	w.refuse(w.all, "POST", "/v1/usage", sample("new", `,"mode":"record","former_id":""`), 422, "invalid")
	for i, again := range []bool{false, true} { // nothing was sent by that id
		if a := w.must("POST", "/v1/usage", sample("b", `,"mode":"record","former_id":"nothing"`)); a.at("replayed") != again {
			t.Error(i, a.text)
		}
	}
	w.must("POST", "/v1/meters", `{"key":"images","event":"image","aggregation":"count"}`)
	image := `{"id":"i","customer":"ext:acme","event":"image","mode":"record"`
	w.must("POST", "/v1/usage", image+"}")
	if a := w.must("POST", "/v1/usage", strings.Replace(image, `"i"`, `"j"`, 1)+`,"former_id":"i"}`); a.at("replayed") != true || a.at("unpriced") != true {
		t.Error(a.text)
	}
	if l := w.must("GET", "/v1/unpriced_events", ""); l.at("data", 1) != nil {
		t.Error("it waits twice:", l.text)
	}
	if b := w.must("GET", "/v1/customers/ext:acme/balance", ""); b.str("data", 0, "balance") != "99.970852" { // two samples
		t.Error(b.text)
	}
}

func TestARefusalIsFinalForItsID(t *testing.T) {
	w := newWorld(t)
	w.shop("0.01")
	a := w.refuse(w.usage, "POST", "/v1/usage", sample("e1", ""), 402, "insufficient_credits")
	if a.at("allowed") != false || a.str("id") != "e1" || a.str("retry_with") != "new_id" || a.str("top_up_url") != "http://purse.test/buy" ||
		a.str("charges", 0, "required") != "0.014574" || a.str("charges", 0, "available") != "0.01" {
		t.Fatal(a.text)
	}
	w.must("POST", "/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"5"}`)
	if a := w.refuse(w.usage, "POST", "/v1/usage", sample("e1", ""), 402, "insufficient_credits"); a.at("replayed") != true {
		t.Fatal(a.text)
	}
	w.must("POST", "/v1/usage", sample("e2", ""))
	// After 30 days the refusal is forgotten.
	w.add(31 * 24 * time.Hour)
	w.must("POST", "/v1/usage", sample("e1", ""))
}

func TestRecordBooksAlwaysAndMakesDebt(t *testing.T) {
	w := newWorld(t)
	w.shop("0.01")
	a := w.must("POST", "/v1/usage", sample("e1", `,"mode":"record"`))
	if a.str("mode") != "record" || a.str("charges", 0, "available") != "-0.004574" {
		t.Fatal(a.text)
	}
	b := w.must("GET", "/v1/customers/ext:acme/balance", "")
	if b.str("data", 0, "debt") != "0.004574" || b.str("data", 0, "balance") != "-0.004574" || b.str("data", 0, "by_kind", "paid") != "0" {
		t.Fatal(b.text)
	}
	e := w.must("GET", "/v1/customers/ext:acme/entitlement", "")
	if e.at("allowed") != false || e.str("reason") != "insufficient_credits" || e.str("available") != "0" {
		t.Fatal(e.text)
	}
}

func TestABatchAnswersEachInOrder(t *testing.T) {
	w := newWorld(t)
	w.shop("0.02")
	a := w.must("POST", "/v1/usage", `{"events":[`+strings.Join([]string{
		sample("a", ""), sample("b", ""), sample("a", ""), sample("c", `,"mode":"record"`), sample("d", `,"oops":1`),
		strings.Replace(sample("f", ""), "ext:acme", "ext:nobody", 1), strings.Replace(sample("g", ""), "llm.completion", "nothing", 1),
		strings.Replace(sample("h", ""), "4808", `"4808"`, 1), `7`, sample("a", `,"mode":"record"`), sample("i", `,"backdated":1`),
	}, ",")+`]}`)
	want := []string{"receipt", "402 insufficient_credits", "replay", "receipt", "422 unknown_field", "404 unknown_customer", "422 unknown_event",
		"422 invalid_property", "422 invalid", "409 idempotency_mismatch", "422 invalid"}
	for i, x := range want {
		got := "receipt"
		if a.at("data", i, "replayed") == true {
			got = "replay"
		}
		if code := a.str("data", i, "code"); code != "" {
			got = fmt.Sprint(a.at("data", i, "status"), " ", code)
		}
		if got != x {
			t.Errorf("%d: %s, want %s: %v", i, got, x, a.at("data", i))
		}
	}
	if a.at("data", len(want)) != nil || a.str("object") != "list" {
		t.Fatal(a.text)
	}
}

func TestBodiesThatAreNotEvents(t *testing.T) {
	w := newWorld(t)
	w.shop("1")
	many := strings.Repeat(`{"id":"x","customer":"c","event":"e"},`, 1001)
	for _, c := range []struct {
		body   string
		status int
		code   string
	}{
		{``, 400, "invalid_json"},
		{`{`, 400, "invalid_json"},
		{`[]`, 422, "invalid"},
		{`{"id":"a","id":"b"}`, 400, "invalid_json"},
		{sample("a", "") + `x`, 400, "invalid_json"},
		{strings.Replace(sample("a", ""), `"m"`, strings.Repeat("[", 30)+strings.Repeat("]", 30), 1), 400, "invalid_json"},
		{strings.Replace(sample("a", ""), `"m"`, "\"\xff\"", 1), 400, "invalid_json"},
		{strings.Replace(sample("a", ""), `4808`, "NaN", 1), 400, "invalid_json"},
		{strings.Replace(sample("a", ""), `4808`, "-1", 1), 422, "invalid_property"},
		{strings.Replace(sample("a", ""), `4808`, "1e99", 1), 422, "invalid_property"},
		{strings.Replace(sample("a", ""), `"input_tokens":4808,`, "", 1), 422, "missing_property"},
		{strings.Replace(sample("a", ""), `"input_tokens"`, `"output_tokens"`, 1), 400, "invalid_json"},
		{`{"events":[]}`, 400, "invalid_json"},
		{`{"events":{}}`, 400, "invalid_json"},
		{`{"events":[` + many[:len(many)-1] + `]}`, 400, "invalid_json"},
		{`{"events":[],"id":"x"}`, 400, "invalid_json"},
		{sample("", ""), 422, "invalid"},
		{sample(strings.Repeat("x", 256), ""), 422, "invalid"},
		{sample("a", `,"mode":"maybe"`), 422, "invalid"},
		{sample("a", `,"mode":""`), 422, "invalid"},
		{sample("a", `,"mode":null`), 422, "invalid"},
		{sample("a", `,"timestamp":"yesterday"`), 422, "invalid"},
		{sample("a", `,"timestamp":"2026-03-01T12:05:01Z"`), 422, "timestamp_in_future"},
		{sample("a", `,"timestamp":"2026-01-25T11:59:59Z"`), 422, "timestamp_too_old"},
		{sample("a", `,"timestamp":"0001-01-01T00:00:00Z"`), 422, "timestamp_too_old"},
		{sample("a", `,"timestamp":"1970-01-01T00:00:00Z","backdated":true`), 422, "timestamp_too_old"},
		{sample("a", `,"timestamp":""`), 422, "invalid"},
		{sample("a", `,"timestamp":null`), 422, "invalid"},
		{sample("a", `,"timestamp":0`), 422, "invalid"},
		{sample("a", `,"caller":""`), 422, "invalid"},
		{sample("a", `,"caller":null`), 422, "invalid"},
		{strings.Replace(sample("a", ""), "ext:acme", "", 1), 422, "invalid"},
		{strings.Replace(sample("a", ""), "ext:acme", "ext:", 1), 404, "unknown_customer"},
		{strings.Replace(sample("a", ""), "ext:acme", "undefined", 1), 404, "unknown_customer"},
		{strings.Replace(sample("a", ""), "4808", "null", 1), 422, "invalid_property"},
		{strings.Replace(sample("a", ""), "4808", `""`, 1), 422, "invalid_property"},
		{sample(strings.Repeat("x", 2<<20), ""), 413, "body_too_large"},
		{`{"events":["` + strings.Repeat("x", 6<<20) + `"]}`, 413, "body_too_large"},
	} {
		body := c.body
		if a := w.call(w.all, "POST", "/v1/usage", body); a.status != c.status || a.str("code") != c.code {
			t.Errorf("%.120s: %d %s, want %d %s", body, a.status, a.text, c.status, c.code)
		}
	}
	// What curl -d sends is called a form, and is JSON all the same.
	w.refuse(w.all, "POST", "/v1/usage", `{"id":`, 400, "invalid_json", "Content-Type", "application/x-www-form-urlencoded")
	w.refuse(w.all, "POST", "/v1/usage", sample("a", ""), 415, "unsupported_media_type", "Content-Type", "text/plain")
	if b := w.must("GET", "/v1/customers/ext:acme/balance", ""); b.str("data", 0, "balance") != "1" {
		t.Error("something was booked:", b.text)
	}
	// Zero quantities are valid, and the window's edges are inside.
	for i, ts := range []string{"2026-03-01T12:05:00Z", "2026-01-25T12:00:00Z", "2026-03-01T13:00:00+01:00"} {
		body := strings.Replace(sample(fmt.Sprint("ok", i), `,"timestamp":"`+ts+`"`), "4808", "0", 1)
		w.must("POST", "/v1/usage", body)
	}
}

func TestBackdatingNeedsTheAdminScope(t *testing.T) {
	w := newWorld(t)
	w.shop("1")
	old := `,"timestamp":"2023-11-16T18:17:03.9799600Z","mode":"record","backdated":true`
	w.refuse(w.usage, "POST", "/v1/usage", sample("a", old), 403, "backdating_forbidden")
	a := w.must("POST", "/v1/usage", sample("a", old))
	p := w.must("GET", "/v1/postings/"+a.str("charges", 0, "posting"), "")
	if p.str("event", "timestamp") != "2023-11-16T18:17:03.97996Z" || p.str("event", "mode") != "record" {
		t.Fatal(p.text)
	}
}

// An import of the release before said backdated only of what was old: a run
// again that always says so goes on with it.
func TestARecordOfBeforeReplaysWithBackdatedAndWithout(t *testing.T) {
	w := newWorld(t)
	w.shop("10")
	acme := w.must("GET", "/v1/customers/ext:acme", "").str("id")
	field := func(s string) string { return string([]byte{0, 0, 0, byte(len(s))}) + s }
	for i, c := range []struct {
		seen byte // the fields that were sent
		plus string
	}{{0b10011111, ""}, {0b10111111, "+"}} {
		id := fmt.Sprint("t:", i)
		sent := string([]byte{c.seen}) + field(id) + field("ext:acme") + field("llm.completion") + field("2026-02-28T12:00:00Z") + field("record") + field("") + c.plus +
			"{" + field("input_tokens") + "c" + field("1") + field("output_tokens") + "c" + field("2") + "}"
		cmd := &ledger.Command{Key: ledger.NewKey("usage", acme, id), Fingerprint: ledger.NewFingerprint([]byte(sent)), Op: ledger.Debit{
			Record: true, Charges: []ledger.Charge{{Wallet: ledger.WalletKey{Customer: acme, CreditType: "credits"}, Lines: []ledger.Line{{Meter: "input_tokens", Quantity: "1", Credits: 3}}}},
		}}
		if err := w.deps.Runner.Update(context.Background(), func(t tx.Tx) error { _, err := w.deps.Ledger.ApplyOne(t, cmd); return err }); err != nil {
			t.Fatal(err)
		}
		body := `{"id":"` + id + `","customer":"ext:acme","event":"llm.completion","timestamp":"2026-02-28T12:00:00Z","mode":"record","backdated":true,"properties":{"input_tokens":1,"output_tokens":2}}`
		if a := w.must("POST", "/v1/usage", body); a.at("replayed") != true {
			t.Error(a.text)
		}
		if a := w.must("POST", "/v1/usage", strings.Replace(body, `"backdated":true,`, "", 1)); a.at("replayed") != true {
			t.Error(a.text)
		}
	}
}

func TestSuspensionRefusesDecisionsAndHoldsAndBooksTheRest(t *testing.T) {
	w := newWorld(t)
	w.shop("10")
	done := w.must("POST", "/v1/usage", sample("before", ""))
	hold := w.must("POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"1"}`)
	w.must("POST", "/v1/customers/ext:acme/suspend", `{"reason":"unpaid invoice"}`)
	w.refuse(w.usage, "POST", "/v1/usage", sample("a", ""), 403, "customer_suspended")
	w.refuse(w.usage, "POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"1"}`, 403, "customer_suspended")
	w.refuse(w.usage, "POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"1"}`, 403, "customer_suspended", "Idempotency-Key", "k")
	w.must("POST", "/v1/usage", sample("b", `,"mode":"record"`))
	w.must("POST", "/v1/holds/"+hold.str("id")+"/capture", `{"credits":"0.5"}`)
	if a := w.must("POST", "/v1/usage", sample("before", "")); a.at("replayed") != true || a.str("charges", 0, "posting") != done.str("charges", 0, "posting") {
		t.Error("what was decided before replays:", a.text)
	}
	if e := w.must("GET", "/v1/customers/ext:acme/entitlement", ""); e.str("reason") != "customer_suspended" {
		t.Error(e.text)
	}
	w.must("POST", "/v1/customers/ext:acme/resume", `{"reason":"paid"}`)
	w.must("POST", "/v1/usage", sample("a", ""))
}

func TestADecidedEventReplaysWhateverBecameOfTheCatalog(t *testing.T) {
	w := newWorld(t)
	w.shop("10")
	first := w.must("POST", "/v1/usage", sample("a", ""))
	w.must("POST", "/v1/meters/input_tokens", `{"archived":true}`)
	w.must("POST", "/v1/meters/output_tokens", `{"archived":true}`)
	w.refuse(w.all, "POST", "/v1/usage", sample("b", ""), 422, "unknown_event")
	w.refuse(w.all, "POST", "/v1/usage", sample("a", `,"mode":"record"`), 409, "idempotency_mismatch")
	w.must("POST", "/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"1"}`)
	a := w.must("POST", "/v1/usage", sample("a", ""))
	if a.at("replayed") != true || a.str("charges", 0, "posting") != first.str("charges", 0, "posting") || a.str("charges", 0, "available") != "10.985426" {
		t.Fatal(a.text)
	}
}

func TestAKeyForOneCustomerReachesNoOther(t *testing.T) {
	w := newWorld(t)
	w.shop("10")
	other := w.must("POST", "/v1/customers", `{"name":"Other","external_id":"other"}`)
	limited := w.key(account.NewKey{Scopes: []account.Scope{"usage", "read"}, Customer: other.str("id")})
	own := w.key(account.NewKey{ForCustomer: true, Customer: "ext:other"})
	w.refuse(limited, "POST", "/v1/usage", sample("a", ""), 404, "unknown_customer")
	w.refuse(own, "POST", "/v1/usage", sample("a", ""), 403, "scope_missing")
	w.refuse(limited, "POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"1"}`, 404, "unknown_customer")
	receipt := w.must("POST", "/v1/usage", sample("a", ""))
	hold := w.must("POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"1"}`)
	grant := w.must("GET", "/v1/customers/ext:acme/grants", "").str("data", 0, "id")
	for _, key := range []string{limited, own} {
		for _, path := range []string{
			"/v1/customers/ext:acme", "/v1/customers/ext:acme/balance", "/v1/customers/ext:acme/grants", "/v1/customers/ext:acme/ledger",
			"/v1/customers/ext:acme/entitlement", "/v1/grants/" + grant, "/v1/postings/" + receipt.str("charges", 0, "posting"), "/v1/holds/" + hold.str("id"),
		} {
			foreign := w.refuse(key, "GET", path, "", 404, "not_found")
			missing := w.call(key, "GET", strings.NewReplacer("acme", "nobody", grant, "gr_x", "pst_", "x", "hold_", "x").Replace(path), "")
			if missing.status != 404 || missing.str("detail") != foreign.str("detail") || missing.str("code") != foreign.str("code") {
				t.Errorf("%s tells a foreign thing from one that is not there: %s, %s", path, foreign.text, missing.text)
			}
		}
		w.refuse(key, "GET", "/v1/customers", "", 403, "key_limited")
		if a := w.call(key, "GET", "/v1/customers/ext:other/balance", ""); a.status != 200 {
			t.Error(a.text)
		}
	}
	for _, path := range []string{"/capture", "/release"} {
		body := map[string]string{"/capture": `{"credits":"1"}`}[path]
		w.refuse(limited, "POST", "/v1/holds/"+hold.str("id")+path, body, 404, "not_found")
	}
}

// Many clients report the same events at once, alone and in batches, and retry:
// each counts once.
func TestEventsCountOnceHoweverTheyArrive(t *testing.T) {
	w := newWorld(t)
	w.shop("1000")
	const events, clients = 60, 8
	var wait sync.WaitGroup
	var failed atomic.Int64
	send := func(body string) {
		r := httptest.NewRequest(http.MethodPost, "/v1/usage", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+w.usage)
		rec := httptest.NewRecorder()
		w.outer.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), `"status":`) {
			failed.Add(1)
		}
	}
	for c := range clients {
		wait.Go(func() {
			var batch []string
			for i := range events {
				e := sample(fmt.Sprint("e", (i*7+c)%events), "")
				if c%2 == 0 {
					send(e)
				} else if batch = append(batch, e); len(batch) == 20 {
					send(`{"events":[` + strings.Join(batch, ",") + `]}`)
					batch = batch[:0]
				}
			}
		})
	}
	wait.Wait()
	if failed.Load() > 0 {
		t.Fatal(failed.Load(), "requests failed")
	}
	if b := w.must("GET", "/v1/customers/ext:acme/balance", ""); b.str("data", 0, "balance") != "999.12556" { // 1000 − 60 × 0.014574
		t.Fatal(b.text)
	}
	l := w.must("GET", "/v1/customers/ext:acme/ledger?kind=debit&limit=100", "")
	if n := len(l.at("data").([]any)); n != events {
		t.Fatal(n, "postings")
	}
}

// Cursors and filters are what clients make of them: they never break a list.
func FuzzCursor(f *testing.F) {
	w := newWorld(f)
	w.shop("10")
	a := w.must("POST", "/v1/usage", sample("a", ""))
	f.Add(a.str("charges", 0, "posting"))
	for _, s := range []string{"", "pst_", "pst_0000000000001_1", "gr_0000000000001", "cus_x", "'; --", "\x00", "%", "~", "pst_zzzzzzzzzzzzz_9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		w.TB = t
		for _, path := range []string{"/v1/customers", "/v1/customers/ext:acme/ledger", "/v1/customers/ext:acme/grants", "/v1/meters", "/v1/rates", "/v1/keys"} {
			for _, side := range []string{"starting_after", "ending_before"} {
				if a := w.call(w.all, http.MethodGet, path+"?"+side+"="+url.QueryEscape(cursor), ""); a.status != 200 && a.status != 422 {
					t.Fatalf("%s %s=%q: %d %s", path, side, cursor, a.status, a.text)
				}
			}
		}
		for _, path := range []string{"/v1/customers/", "/v1/grants/", "/v1/postings/", "/v1/holds/", "/v1/rates/"} {
			if a := w.call(w.all, http.MethodGet, path+url.PathEscape("x"+cursor), ""); a.status != 404 && a.status != 200 && a.status != 422 {
				t.Fatalf("%s%q: %d %s", path, cursor, a.status, a.text)
			}
		}
	})
}

// TestLateWorkDrawsWhatExpired records, within the vendor's grace, work that was done
// before a grant's expiry: the receipt is like any other, the ledger tells of both.
func TestLateWorkDrawsWhatExpired(t *testing.T) {
	w := newWorld(t, func(d *Deps) { d.Usage.LateGrace = 48 * time.Hour })
	w.shop("100")
	w.must("POST", "/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"100","kind":"promotional","expires_at":"2026-03-01T13:00:00Z"}`)
	w.add(2 * time.Hour)
	a := w.must("POST", "/v1/usage", sample("late", `,"mode":"record","timestamp":"2026-03-01T12:30:00Z"`))
	if a.at("charges", 0, "credits") != "0.014574" || a.at("charges", 0, "available") != "100" {
		t.Errorf("the receipt: %s", a.text)
	}
	list := w.must("GET", "/v1/customers/ext:acme/ledger?limit=3", "")
	for i, want := range []string{"debit -0.014574", "expire 0.014574", "expire -100"} {
		if got := fmt.Sprint(list.at("data", i, "kind"), " ", list.at("data", i, "amount")); got != want {
			t.Errorf("posting %d is %s, want %s", i, got, want)
		}
	}
	if list.at("data", 1, "event", "id") != "late" {
		t.Errorf("what undid the expiry: %s", list.text)
	}
}
