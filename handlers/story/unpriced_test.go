package story

import (
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/ledger"
	"purse/billing/rating"
	"purse/billing/usage"
	"purse/handlers/kit/browsertest"
)

// TestStaffPricesWhatWaits is work that was recorded for a model without a rate:
// staff sees it, adds the rate, looks at the preview and charges it. A version
// of a rate that applies later is withdrawn again.
func TestStaffPricesWhatWaits(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	boss := w.person("", "boss@example.com", "", account.Admin)
	ada := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	w.links(&boss)
	w.grant(ada, "100", ledger.Promotional, 0, 0)
	out, err := w.usage.Report(ctx, usage.Reporter{}, []usage.Event{{
		ID: "req-a-model-that-nobody-priced", Customer: ada.customer.ID, Name: "llm.completion", Mode: usage.Record,
		Properties: rating.Properties{{Name: "model", Kind: rating.String, Text: "huge"}, {Name: "input_tokens", Kind: rating.Number, Text: "3000"}, {Name: "output_tokens", Kind: rating.Number, Text: "0"}},
	}})
	w.check(err)
	if !out[0].Receipt.Unpriced {
		t.Fatalf("%+v", out[0])
	}
	p := b.Page(t, 1280, false)
	p.Go(boss.link)
	p.Go(w.url + "/admin")
	p.Wait(`[...document.querySelectorAll("nav a")].some(a => a.href.endsWith("/admin/unpriced") && a.textContent.includes("1"))`)
	p.Go(w.url + "/admin/unpriced")
	p.WaitText("No rate of the meter")
	p.Clean("unpriced without a rate")
	shot(p, "admin-unpriced-none")
	for _, m := range []string{"input_tokens", "output_tokens"} {
		_, err := w.catalog.CreateRate(ctx, audit.System, catalog.NewRate{Meter: m, CreditType: "credits", Credits: "2", Per: 1000, Match: map[string]string{"model": "huge"}})
		w.check(err)
	}
	for _, dark := range []bool{false, true} {
		for _, width := range []int{1280, 390} {
			p.Scheme(dark)
			p.Width(width)
			p.Go(w.url + "/admin/unpriced")
			p.WaitText("6 credits")
			p.Clean("unpriced with a rate")
			shot(p, "admin-unpriced-"+map[bool]string{true: "dark", false: "light"}[dark]+map[int]string{1280: "-wide", 390: "-narrow"}[width])
		}
	}
	p.ClickText("Charge it")
	p.WaitText("Say why")
	p.Problems()
	p.Type("#reason", "The rate came late")
	p.ClickText("Charge it")
	p.WaitText("1 event charged.")
	p.WaitText("Everything has a price")
	p.Clean("nothing unpriced")

	_, err = w.catalog.CreateRate(ctx, audit.System, catalog.NewRate{Meter: "input_tokens", CreditType: "credits", Credits: "3", Per: 1000, Match: map[string]string{"model": "huge"}, EffectiveAt: w.clock.Now().Add(30 * 24 * time.Hour)})
	w.check(err)
	p.Width(1280)
	p.Go(w.url + "/admin/catalog")
	p.WaitText("Withdraw")
	shot(p, "admin-catalog-later")
	p.ClickText("Withdraw")
	p.WaitText("What applies today stays.")
	p.WaitText("withdrawn")
	// Per zero units is not per one, and of two values none is dropped.
	for _, x := range []struct{ per, match, says string }{
		{"0", "model=zero", "A rate is per 1 unit or more."}, {"1", "model=zero, model=one", "A property can have one value"},
	} {
		res, err := w.client(boss).PostForm(w.url+"/admin/catalog/rates/new", url.Values{ //nolint:noctx // a test
			"meter": {"input_tokens"}, "credit_type": {"credits"}, "credits": {"1"}, "per": {x.per}, "match": {x.match},
		})
		w.check(err)
		body, err := io.ReadAll(res.Body)
		w.check(errors.Join(err, res.Body.Close()))
		if !strings.Contains(string(body), x.says) {
			t.Errorf("a rate per %s for %s: %d", x.per, x.match, res.StatusCode)
		}
	}
	now := 0
	for _, r := range w.catalog.Snapshot().Rates {
		if r.Match["model"] == "huge" && r.ArchivedAt.IsZero() {
			now++
		}
	}
	if now != 2 || strings.Contains(p.Text("main"), "Withdraw\n") {
		t.Errorf("%d rates of the model are left, want the two of today", now)
	}
}
