package api

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"purse/billing/usage"
	"purse/db"
)

// Recorded work that no rate prices is kept and visible, counts once, and is
// charged once when staff has confirmed what a rate makes of it.
func TestRecordedWorkWithoutARateWaits(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	w.must("POST", "/v1/meters", `{"key":"images","event":"image","property":"n"}`)
	w.must("POST", "/v1/meters", `{"key":"pixels","event":"image","property":"px"}`)
	w.must("POST", "/v1/rates", `{"meter":"images","credit_type":"credits","credits":"2"}`)
	event := func(id, more string) string {
		return `{"id":"` + id + `","customer":"ext:acme","event":"image","mode":"record","properties":{"n":3,"px":10,"o":{"a":[1,"x",null,true]}}` + more + `}`
	}
	a := w.must("POST", "/v1/usage", event("a", ""))
	if a.at("unpriced") != true || a.at("allowed") != true || a.at("replayed") != false || len(a.at("charges").([]any)) != 0 {
		t.Fatal(a.text)
	}
	if again := w.must("POST", "/v1/usage", event("a", `,"backdated":true`)); again.at("unpriced") != true || again.at("replayed") != true {
		t.Error(again.text)
	}
	w.refuse(w.all, "POST", "/v1/usage", event("a", `,"caller":"c"`), 409, "idempotency_mismatch")
	w.refuse(w.all, "POST", "/v1/usage", strings.Replace(event("a", ""), "record", "decide", 1), 409, "idempotency_mismatch")
	// Before the work, and for what will never have a price, the answer stays no.
	w.refuse(w.all, "POST", "/v1/usage", strings.Replace(event("b", ""), "record", "decide", 1), 422, "no_rate")
	w.refuse(w.all, "POST", "/v1/usage", strings.Replace(event("b", ""), `"image"`, `"nothing"`, 1), 422, "unknown_event")
	w.refuse(w.all, "POST", "/v1/usage", strings.Replace(event("b", ""), `"px":10,`, "", 1), 422, "missing_property")
	w.add(time.Second)
	batch := w.must("POST", "/v1/usage", `{"events":[`+event("b", "")+`,`+sample("c", "")+`,`+event("b", "")+`]}`)
	if batch.at("data", 0, "unpriced") != true || batch.at("data", 1, "unpriced") != nil || batch.at("data", 2, "replayed") != true {
		t.Error(batch.text)
	}
	if e := w.must("GET", "/v1/events?type=usage.unpriced", ""); e.str("data", 0, "data", "id") != "a" || e.at("data", 1) != nil {
		t.Error("told once, of the first: " + e.text)
	}
	list := w.must("GET", "/v1/unpriced_events?customer=ext:acme", "")
	if list.str("data", 0, "event_id") != "b" || list.str("data", 1, "event_id") != "a" || fmt.Sprint(list.at("data", 1, "properties")) != "map[n:3 o:map[a:[1 x <nil> true]] px:10]" {
		t.Error(list.text)
	}
	if p := w.must("GET", "/v1/unpriced_events?limit=1&starting_after="+list.str("data", 0, "id"), ""); p.str("data", 0, "event_id") != "a" || p.at("has_more") != false {
		t.Error(p.text)
	}
	if p := w.must("GET", "/v1/unpriced_events?limit=1&ending_before="+list.str("data", 1, "id"), ""); p.str("data", 0, "event_id") != "b" {
		t.Error(p.text)
	}
	before := w.must("GET", "/v1/unpriced_events/pricing", "")
	if fmt.Sprint(before.at("data", 0, "events")) != "2" || fmt.Sprint(before.at("data", 0, "priced")) != "0" || !strings.Contains(before.str("data", 0, "missing"), "pixels") {
		t.Error(before.text)
	}

	// A rate from now on is none for what happened before it; one that was in
	// force is.
	w.add(time.Hour)
	w.must("POST", "/v1/rates", `{"meter":"pixels","credit_type":"credits","credits":"9","effective_at":"2026-03-01T12:30:00Z"}`)
	if p := w.must("GET", "/v1/unpriced_events/pricing", ""); fmt.Sprint(p.at("data", 0, "priced")) != "0" {
		t.Error(p.text)
	}
	w.must("POST", "/v1/rates", `{"meter":"pixels","credit_type":"credits","credits":"0.1","effective_at":"2026-03-01T11:00:00Z"}`)
	p := w.must("GET", "/v1/unpriced_events/pricing", "")
	if fmt.Sprint(p.at("data", 0, "priced")) != "2" || p.str("data", 0, "charges", 0, "credits") != "14" || p.at("data", 0, "missing") != nil {
		t.Fatal(p.text)
	}
	// A retry before it was confirmed finds it waiting, also after a restart.
	if again := w.must("POST", "/v1/usage", event("a", "")); again.at("unpriced") != true || again.at("replayed") != true {
		t.Error(again.text)
	}
	fresh := usage.New(usage.Deps{Runner: w.deps.Runner, Ledger: w.deps.Ledger, Accounts: w.deps.Accounts, Catalog: w.deps.Catalog, Now: w.now, Unpriced: db.UnpricedStore{}, Events: w.deps.Events, Audit: w.deps.Audit})
	if err := fresh.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	events, _, _ := usage.ParseEvents([]byte(event("a", "")))
	if out, err := fresh.Report(context.Background(), usage.Reporter{}, events); err != nil || !out[0].Receipt.Unpriced || !out[0].Receipt.Replayed {
		t.Errorf("%+v %v", out, err)
	}

	w.refuse(w.all, "POST", "/v1/unpriced_events/pricing", `{"seen":"`+before.str("seen")+`","reason":"r"}`, 409, "preview_changed")
	w.refuse(w.usage, "POST", "/v1/unpriced_events/pricing", `{"seen":"`+p.str("seen")+`","reason":"r"}`, 403, "scope_missing")
	if done := w.must("POST", "/v1/unpriced_events/pricing", `{"seen":"`+p.str("seen")+`","reason":"the rate came late"}`); fmt.Sprint(done.at("events")) != "2" {
		t.Error(done.text)
	}
	if b := w.must("GET", "/v1/customers/ext:acme/balance", ""); b.str("data", 0, "balance") != "85.985426" { // 100 − 14 − 0.014574
		t.Error(b.text)
	}
	again := w.must("POST", "/v1/usage", event("a", ""))
	if again.at("unpriced") != nil || again.at("replayed") != true || again.str("charges", 0, "credits") != "7" {
		t.Error(again.text)
	}
	posting := w.must("GET", "/v1/postings/"+again.str("charges", 0, "posting"), "")
	if posting.str("event", "timestamp") != "2026-03-01T12:00:00Z" || posting.str("event", "id") != "a" {
		t.Error(posting.text)
	}
	if p := w.must("GET", "/v1/unpriced_events/pricing", ""); len(p.at("data").([]any)) != 0 {
		t.Error(p.text)
	}
}

// What was taken in stays taken in: a retry of work that waits for a price is a
// replay, however the catalog has changed since and however late it comes.
func TestARetryOfWaitingWorkIsAReplay(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	meter := w.must("POST", "/v1/meters", `{"key":"images","event":"image","aggregation":"count"}`).str("id")
	event := `{"id":"a","customer":"ext:acme","event":"image","mode":"record","timestamp":"2026-03-01T11:00:00Z"}`
	if a := w.must("POST", "/v1/usage", event); a.at("unpriced") != true || a.at("replayed") != false {
		t.Fatal(a.text)
	}
	for _, x := range []struct {
		name   string
		change func()
	}{
		{"another meter reads a property", func() { w.must("POST", "/v1/meters", `{"key":"pixels","event":"image","property":"px"}`) }},
		{"no meter reads it", func() {
			w.must("POST", "/v1/meters/"+meter, `{"archived":true}`)
			w.must("POST", "/v1/meters/"+w.must("GET", "/v1/meters", "").str("data", 0, "id"), `{"archived":true}`)
		}},
		{"it is old", func() { w.add(40 * 24 * time.Hour) }},
	} {
		x.change()
		if a := w.must("POST", "/v1/usage", event); a.at("unpriced") != true || a.at("replayed") != true {
			t.Errorf("%s: %s", x.name, a.text)
		}
		w.refuse(w.all, "POST", "/v1/usage", strings.Replace(event, `"image"`, `"picture"`, 1), 409, "idempotency_mismatch")
	}
}

// A version that applies later can be taken back, and its date used again;
// today's rate knows nothing of it.
func TestALaterRateCanBeWithdrawn(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	later := `{"meter":"input_tokens","credit_type":"credits","credits":"4","per":1000000,"effective_at":"2026-04-01T00:00:00Z"}`
	r := w.must("POST", "/v1/rates", later)
	w.must("POST", "/v1/rates/"+r.str("id")+"/withdraw", "")
	if a := w.must("POST", "/v1/usage", sample("a", "")); a.str("charges", 0, "credits") != "0.014574" {
		t.Error("today's rate is gone:", a.text)
	}
	w.add(32 * 24 * time.Hour)
	if a := w.must("POST", "/v1/usage", sample("b", "")); a.str("charges", 0, "credits") != "0.014574" {
		t.Error("the withdrawn rate applies:", a.text)
	}
	next := w.must("POST", "/v1/rates", strings.Replace(later, `"4"`, `"5"`, 1)) // on the same date
	w.refuse(w.all, "POST", "/v1/rates", later, 409, "rate_exists")
	if a := w.refuse(w.all, "POST", "/v1/rates/"+next.str("id")+"/withdraw", "", 409, "rate_applies"); !strings.Contains(a.str("detail"), "since 2026-04-01T00:00:00Z") {
		t.Error(a.text)
	}
	today := w.must("GET", "/v1/rates?meter=output_tokens", "").str("data", 0, "id")
	if a := w.refuse(w.all, "POST", "/v1/rates/"+today+"/withdraw", "", 409, "rate_applies"); !strings.HasPrefix(a.str("detail"), "This rate applies from the beginning: events may be priced by it.") {
		t.Error(a.text)
	}
	w.refuse(w.all, "POST", "/v1/rates/rate_x/withdraw", "", 404, "not_found")
}

// An archived rate can be taken back, and prices what was recorded meanwhile; not
// when something has taken its place.
func TestAnArchivedRateCanBeRestored(t *testing.T) {
	w := newWorld(t)
	w.shop("100")
	first := w.must("GET", "/v1/rates?meter=input_tokens", "").str("data", 0, "id")
	later := w.must("POST", "/v1/rates", `{"meter":"input_tokens","credit_type":"credits","credits":"4","per":1000000,"effective_at":"2026-04-01T00:00:00Z"}`).str("id")
	w.add(time.Hour)
	w.must("POST", "/v1/rates/"+first+"/archive", "")
	w.add(time.Hour)
	if a := w.must("POST", "/v1/usage", sample("a", `,"mode":"record"`)); a.at("unpriced") != true {
		t.Fatal(a.text)
	}
	w.must("POST", "/v1/rates/"+first+"/restore", "")
	for _, id := range []string{first, later} {
		if r := w.must("GET", "/v1/rates/"+id, ""); r.at("archived_at") != nil {
			t.Error(r.text)
		}
	}
	if a := w.must("POST", "/v1/usage", sample("b", "")); a.str("charges", 0, "credits") != "0.014574" {
		t.Error(a.text)
	}
	if p := w.must("GET", "/v1/unpriced_events/pricing", ""); fmt.Sprint(p.at("data", 0, "priced")) != "1" {
		t.Error(p.text)
	}
	// Another rate that ties with it has come since.
	w.must("POST", "/v1/rates", `{"meter":"input_tokens","credit_type":"credits","credits":"1","match":{"model":"m"}}`)
	m := w.must("GET", "/v1/rates?meter=input_tokens", "").str("data", 0, "id")
	w.must("POST", "/v1/rates/"+m+"/archive", "")
	w.add(time.Hour)
	w.must("POST", "/v1/rates", `{"meter":"input_tokens","credit_type":"credits","credits":"1","match":{"tier":"x"},"effective_at":"2026-03-01T14:30:00Z"}`)
	w.refuse(w.all, "POST", "/v1/rates/"+m+"/restore", "", 409, "rate_ambiguous")
	w.must("POST", "/v1/rates/"+later+"/withdraw", "")
	w.must("POST", "/v1/rates", `{"meter":"input_tokens","credit_type":"credits","credits":"5","effective_at":"2026-04-01T00:00:00Z"}`)
	w.refuse(w.all, "POST", "/v1/rates/"+later+"/restore", "", 409, "rate_exists")
}
