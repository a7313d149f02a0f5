package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/billing/usage"
)

// A retry by another version of a client writes the same request in another
// way: it is a replay. Another meaning is a conflict.
func TestEqualMeaningReplays(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	acme := w.must("GET", "/v1/customers/ext:acme", "").str("id")
	pack := w.must("POST", "/v1/packs", `{"credit_type":"credits","credits":"1","price":{"amount":100,"currency":"usd"}}`).str("id")
	credits := w.must("GET", "/v1/credit_types/credits", "").str("id")
	hold := w.must("POST", "/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"4"}`).str("id")
	for i, c := range []struct{ path, same, path2, as, other string }{
		{"/v1/holds", `{"customer":"ext:acme","credit_type":"credits","credits":"1.50","expires_at":"2026-03-01T13:05:00+01:00"}`,
			"", `{"customer":"` + acme + `","credit_type":"` + credits + `","credits":"1.5","expires_at":"2026-03-01T12:05:00.000Z"}`,
			`{"customer":"ext:acme","credit_type":"credits","credits":"1.5"}`},
		{"/v1/holds/" + hold + "/capture", `{"credits":"1"}`, "", `{"credits":"1.000"}`, `{"credits":"1.001"}`},
		{"/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"5"}`, "/v1/customers/" + acme + "/grants",
			`{"credit_type":"credits","credits":"5.0","kind":"promotional","priority":50,"meters":[],"reason":""}`, `{"credit_type":"credits","credits":"5","priority":49}`},
		{"/v1/customers/ext:acme/adjustments", `{"credit_type":"credits","credits":"-1","reason":"r"}`, "/v1/customers/" + acme + "/adjustments",
			`{"credit_type":"` + credits + `","credits":"-1.00","reason":"r"}`, `{"credit_type":"credits","credits":"-1","reason":"R"}`},
		{"/v1/customers/ext:acme/overdraft", `{"credit_type":"credits","limit":"1","reason":"r"}`, "/v1/customers/" + acme + "/overdraft",
			`{"credit_type":"` + credits + `","limit":"1.0","reason":"r"}`, `{"credit_type":"credits","limit":"2","reason":"r"}`},
		{"/v1/customers", `{"name":"N"}`, "", `{"name":"N","timezone":"UTC","metadata":{}}`, `{"name":"N","timezone":"Europe/Berlin"}`},
		{"/v1/customers/ext:acme", `{"metadata":{"a":"1","b":"2"}}`, "/v1/customers/" + acme, `{"metadata":{"b":"2","a":"1"},"name":null}`, `{"metadata":{"a":"1"}}`},
		{"/v1/customers/ext:acme/suspend", `{"reason":"r"}`, "/v1/customers/" + acme + "/suspend", `{"reason":"r"}`, `{"reason":"r "}`},
		{"/v1/customers/ext:acme/join_links", `{}`, "/v1/customers/" + acme + "/join_links", `{"role":"owner"}`, `{"role":"viewer"}`},
		{"/v1/keys", `{"name":"k","scopes":["usage","read"],"customer":"ext:acme"}`, "",
			`{"name":"k","kind":"vendor","scopes":["read","usage"],"customer":"` + acme + `"}`, `{"name":"k","scopes":["usage"],"customer":"ext:acme"}`},
		{"/v1/credit_types", `{"key":"gold"}`, "", `{"key":"gold","name":"gold","unit":"credit","units":"credits","decimals":0}`, `{"key":"gold","decimals":2}`},
		{"/v1/credit_types/credits", `{"decimals":3}`, "/v1/credit_types/" + credits, `{"decimals":3}`, `{"decimals":4}`},
		{"/v1/meters", `{"key":"m","event":"e","property":"p"}`, "", `{"key":"m","event":"e","property":"p","aggregation":"sum"}`, `{"key":"m","event":"e","property":"q"}`},
		{"/v1/rates", `{"meter":"m","credit_type":"credits","credits":"0.10","effective_at":"2026-04-01T00:00:00Z"}`, "",
			`{"meter":"m","credit_type":"` + credits + `","credits":"0.1","per":1,"match":{},"effective_at":"2026-04-01T02:00:00+02:00"}`,
			`{"meter":"m","credit_type":"credits","credits":"0.1"}`},
		{"/v1/packs", `{"credit_type":"credits","credits":"10","price":{"amount":100,"currency":"usd"}}`, "",
			`{"credit_type":"` + credits + `","credits":"10.0","price":{"currency":"usd","amount":100},"bonuses":[]}`,
			`{"credit_type":"credits","credits":"10","price":{"amount":101,"currency":"usd"}}`},
		{"/v1/packs/" + pack, `{"credits":"2"}`, "", `{"credits":"2.0"}`, `{"credits":"3"}`},
		{"/v1/webhook_endpoints", `{"url":"https://example.com/hook","types":["credits.granted","balance.low"]}`, "",
			`{"url":"https://example.com/hook","types":["balance.low","credits.granted"],"kind":"webhook","description":""}`, `{"url":"https://example.com/hook"}`},
	} {
		key := []string{"Idempotency-Key", fmt.Sprint("meaning", i)}
		w.must("POST", c.path, c.same, key...)
		if c.path2 == "" {
			c.path2 = c.path
		}
		if a := w.must("POST", c.path2, c.as, key...); a.header.Get("Idempotent-Replayed") != "true" && !strings.HasSuffix(c.path, "/overdraft") {
			t.Errorf("%s %s is done again: %s", c.path2, c.as, a.text)
		}
		w.refuse(w.all, "POST", c.path, c.other, 409, "idempotency_mismatch", key...)
	}
}

// Records of earlier releases are of what was sent, byte for byte but for white
// space and the order of names.
func TestRecordsOfEarlierReleasesReplay(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	ctx := context.Background()
	body := `{"key":"old","event":"e","property":"p"}`
	made := w.must("POST", "/v1/meters", body)
	_, canonical, err := usage.Object([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	key, print := ledger.NewKey("api", "meters.create", "old"), ledger.NewFingerprint(append([]byte{0}, canonical...))
	err = w.deps.Runner.Update(ctx, func(t tx.Tx) error {
		return w.deps.Accounts.Store.InsertRequest(t, account.Request{Key: hex.EncodeToString(key[:]), Fingerprint: hex.EncodeToString(print[:]), Object: made.str("id"), CreatedAt: t.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := w.must("POST", "/v1/meters", ` {"event":"e","property":"p", "key":"old"}`, "Idempotency-Key", "old"); a.str("id") != made.str("id") {
		t.Error(a.text)
	}
	w.refuse(w.all, "POST", "/v1/meters", `{"key":"old","event":"e2","property":"p"}`, 409, "idempotency_mismatch", "Idempotency-Key", "old")

	// The ledger's records too: a grant as the present release kept it.
	grant := `{"credit_type":"credits","credits":"5.0"}`
	if _, canonical, err = usage.Object([]byte(grant)); err != nil {
		t.Fatal(err)
	}
	acme := w.must("GET", "/v1/customers/ext:acme", "").str("id")
	cmd := &ledger.Command{
		Key: ledger.NewKey("api", "grants.create", "old"), Fingerprint: ledger.NewFingerprint(append([]byte("ext:acme\x00"), canonical...)),
		Op: ledger.NewGrant{Wallet: ledger.WalletKey{Customer: acme, CreditType: "credits"}, Credits: 5_000_000, Kind: ledger.Promotional},
	}
	if err := w.deps.Runner.Update(ctx, func(t tx.Tx) error { _, err := w.deps.Ledger.ApplyOne(t, cmd); return err }); err != nil {
		t.Fatal(err)
	}
	if a := w.must("POST", "/v1/customers/ext:acme/grants", grant, "Idempotency-Key", "old"); a.header.Get("Idempotent-Replayed") != "true" {
		t.Error(a.text)
	}
	if b := w.must("GET", "/v1/customers/ext:acme/balance", ""); b.str("data", 0, "balance") != "105" {
		t.Error(b.text)
	}
}

// What the clock would fill in, how a number is written and how a customer is
// named make no other event.
func TestAnEventIsTheSameHoweverItIsWritten(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	acme := w.must("GET", "/v1/customers/ext:acme", "").str("id")
	w.must("POST", "/v1/usage", sample("a", ""))
	w.add(90 * 60e9)
	for _, body := range []string{
		sample("a", ""), sample("a", `,"mode":"decide","backdated":false`), sample("a", `,"backdated":true`),
		strings.Replace(sample("a", ""), "ext:acme", acme, 1), strings.Replace(sample("a", ""), "4808", "4.808e3", 1), strings.Replace(sample("a", ""), "4808", "4808.0", 1),
	} {
		if a := w.must("POST", "/v1/usage", body); a.at("replayed") != true {
			t.Errorf("%s counts again: %s", body, a.text)
		}
	}
	for _, body := range []string{
		sample("a", `,"mode":"record"`), sample("a", `,"timestamp":"2026-03-01T12:00:00Z"`), sample("a", `,"caller":"c"`),
		strings.Replace(sample("a", ""), `"m"`, `"M"`, 1), strings.Replace(sample("a", ""), "4808", "4809", 1), strings.Replace(sample("a", ""), `"m"`, "1", 1),
	} {
		w.refuse(w.all, "POST", "/v1/usage", body, 409, "idempotency_mismatch")
	}
	w.must("POST", "/v1/usage", sample("b", `,"timestamp":"2026-03-01T12:00:00.1Z"`))
	if a := w.must("POST", "/v1/usage", sample("b", `,"timestamp":"2026-03-01T13:00:00.100000+01:00"`)); a.at("replayed") != true {
		t.Error(a.text)
	}
}

// A key counts once for each customer: what was done for one is not what is asked
// for another, in this release and the one before.
func TestAKeyCountsForEachCustomer(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	ctx := context.Background()
	w.must("POST", "/v1/customers", `{"name":"Zeta","external_id":"zeta"}`)
	w.must("POST", "/v1/customers/ext:zeta/grants", `{"credit_type":"credits","credits":"100"}`)
	ids := map[string]string{}
	for _, c := range []string{"acme", "zeta"} {
		ids[c] = w.must("GET", "/v1/customers/ext:"+c, "").str("id")
	}
	holds := map[string]string{}
	for c := range ids {
		holds[c] = w.must("POST", "/v1/holds", `{"customer":"ext:`+c+`","credit_type":"credits","credits":"4"}`).str("id")
	}
	deliveries := map[string]string{}
	for c := range ids {
		e := w.must("POST", "/v1/webhook_endpoints", `{"url":"https://hooks.example.com/`+c+`","customer":"ext:`+c+`"}`).str("id")
		deliveries[c] = w.must("POST", "/v1/webhook_endpoints/"+e+"/test", "").str("id")
	}
	key := []string{"Idempotency-Key", "same"}
	for _, op := range []struct{ path, body string }{
		{"/v1/customers/%s/grants", `{"credit_type":"credits","credits":"5"}`},
		{"/v1/customers/%s/adjustments", `{"credit_type":"credits","credits":"-1","reason":"r"}`},
		{"/v1/customers/%s", `{"name":"Renamed"}`},
		{"/v1/customers/%s/join_links", `{"email":"a@example.com"}`},
		{"/v1/holds", `{"customer":"%s","credit_type":"credits","credits":"2"}`},
		{"/v1/holds/%h/capture", `{"credits":"1"}`},
		{"/v1/keys", `{"name":"k","kind":"customer","customer":"%s"}`},
		{"/v1/deliveries/%d/redeliver", ""},
		{"/v1/customers/%s/suspend", `{"reason":"r"}`},
	} {
		for _, c := range []string{"acme", "zeta"} {
			fill := strings.NewReplacer("%s", "ext:"+c, "%h", holds[c], "%d", deliveries[c])
			path, body := fill.Replace(op.path), fill.Replace(op.body)
			if a := w.must("POST", path, body, key...); a.header.Get("Idempotent-Replayed") == "true" {
				t.Errorf("%s %s is taken for what was done before", path, body)
			}
			if a := w.must("POST", path, body, key...); a.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s %s is done again", path, body)
			}
		}
	}

	// Records of the release before, which kept a key for all customers.
	old := func(operation, path, body, object string, op ledger.Op) {
		t.Helper()
		_, canonical, err := usage.Object([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		key, print := ledger.NewKey("api", operation, "old"), ledger.NewFingerprint(append([]byte(path+"\x00"), canonical...))
		err = w.deps.Runner.Update(ctx, func(t tx.Tx) error {
			if op == nil {
				return w.deps.Accounts.Store.InsertRequest(t, account.Request{Key: hex.EncodeToString(key[:]), Fingerprint: hex.EncodeToString(print[:]), Object: object, CreatedAt: t.Now()})
			}
			_, err := w.deps.Ledger.ApplyOne(t, &ledger.Command{Key: key, Fingerprint: print, Op: op})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	body := `{"name":"By the release before"}`
	old("customers.update", "ext:acme", body, ids["acme"], nil)
	grant := `{"credit_type":"credits","credits":"7"}`
	old("grants.create", "ext:acme", grant, "", ledger.NewGrant{Wallet: ledger.WalletKey{Customer: ids["acme"], CreditType: "credits"}, Credits: 7_000_000, Kind: ledger.Promotional})
	for path, sent := range map[string]string{"/v1/customers/ext:%s": body, "/v1/customers/ext:%s/grants": grant} {
		if a := w.must("POST", strings.Replace(path, "%s", "acme", 1), sent, "Idempotency-Key", "old"); a.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s is done again: %s", path, a.text)
		}
		other := strings.Replace(strings.Replace(sent, "7", "8", 1), "before", "now", 1)
		w.refuse(w.all, "POST", strings.Replace(path, "%s", "acme", 1), other, 409, "idempotency_mismatch", "Idempotency-Key", "old")
		if a := w.must("POST", strings.Replace(path, "%s", "zeta", 1), sent, "Idempotency-Key", "old"); a.header.Get("Idempotent-Replayed") == "true" {
			t.Errorf("%s of another customer is taken for it", path)
		}
	}
}
