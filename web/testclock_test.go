package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/money"
	"purse/billing/recharge"
	"purse/billing/schedule"
	"purse/handlers/sandbox"
)

type clockAnswer struct {
	Status string
	Now    time.Time
	Target *time.Time
	Moved  int64 `json:"moved_seconds"`
}

func (w *world) testClock() (c clockAnswer) {
	w.Helper()
	a := w.api("GET", "/v1/test_clock", "")
	if a.status != 200 {
		w.Fatalf("%d %s", a.status, a.body)
	}
	w.check(json.Unmarshal([]byte(a.body), &c))
	return c
}

func (w *world) moveTo(at time.Time) sent {
	return w.api("POST", "/v1/test_clock/advance", `{"to":"`+at.UTC().Format(time.RFC3339)+`"}`)
}

func (w *world) clockReady() {
	w.Helper()
	eventually(w, "the clock to be ready", 2*time.Minute, func() bool { return w.testClock().Status == "ready" })
}

// told lists the types of events about a customer, in the order in which they
// happened.
func (w *world) told(customer string, types ...string) (out []string) {
	w.Helper()
	var list struct {
		Data []struct {
			Type     string
			Customer *string
		}
	}
	a := w.api("GET", "/v1/events?limit=100", "")
	w.check(json.Unmarshal([]byte(a.body), &list))
	for _, e := range list.Data {
		if slices.Contains(types, e.Type) && (customer == "" || (e.Customer != nil && *e.Customer == customer)) {
			out = append(out, e.Type)
		}
	}
	slices.Reverse(out)
	return out
}

// TestAMonthOnTheTestClock moves the clock by a month: what is due on the way is
// done in its order, and then an event says that the clock is ready.
func TestAMonthOnTheTestClock(t *testing.T) {
	w, c := shopWorld(t)
	before := w.testClock()
	if before.Status != "ready" || before.Target != nil || before.Moved != 0 {
		t.Errorf("at first %+v", before)
	}
	expiring := w.customer("expiring", "")
	if a := w.api("POST", "/v1/customers/"+expiring.ID+"/grants", `{"credit_type":"credits","credits":"50","kind":"promotional","reason":"a trial","expires_at":"`+before.Now.AddDate(0, 0, 20).Format(time.RFC3339)+`"}`); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	hold := w.api("POST", "/v1/holds", `{"customer":"`+expiring.ID+`","credit_type":"credits","credits":"10"}`)
	if hold.status != 201 {
		t.Fatalf("%d %s", hold.status, hold.body)
	}
	admin := w.person("admin@example.com", account.Admin)
	// A recharge that is declined twice, and a schedule.
	planned := w.customer("planned", "")
	w.bought(planned, "pm_card_visa")
	sch := w.scheduled(planned, w.saved(planned, "pm_card_visa"), schedule.Monthly, before.Now.AddDate(0, 0, 10).Format(time.DateOnly))
	p := w.bought(c, "pm_card_visa")
	card := w.saved(c, "pm_card_visa")
	w.check(w.sandbox.SetFaults(sandbox.Faults{Charges: []sandbox.ChargeFault{{Code: "card_declined", DeclineCode: "insufficient_funds", Count: 2}}}))
	_, err := w.recharges.Save(ctx, audit.Actor{ID: "usr_owner", Address: "192.0.2.1"}, recharge.Settings{
		Customer: c.ID, CreditType: "credits", Threshold: credits("2"), Pack: p.Pack, Price: p.Price, Cap: money.Money{Amount: 10_000, Currency: "usd"},
		Cooldown: time.Hour, Method: card, Consented: true, Version: recharge.ConsentVersion,
	})
	w.check(err)
	w.use(c, p.Credits-credits("1"))
	eventually(t, "the first decline", 20*time.Second, func() bool { return w.sandbox.Faults().Charges[0].Count == 1 })

	to := before.Now.AddDate(0, 0, 30)
	a := w.moveTo(to)
	if a.status != 202 || !strings.Contains(a.body, `"status":"advancing"`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := w.moveTo(to.Add(time.Hour)); a.status != 409 || !strings.Contains(a.body, "test_clock_advancing") {
		t.Errorf("while it moves: %d %s", a.status, a.body)
	}
	w.clockReady()
	after := w.testClock()
	if after.Now.Before(to.Truncate(time.Second)) || after.Now.After(to.Add(5*time.Minute)) || after.Moved < int64((29*24*time.Hour).Seconds()) || after.Target != nil {
		t.Errorf("%+v, want %s", after, to)
	}
	if got := w.available(expiring.ID); got != 0 {
		t.Errorf("%s of the trial are left", got)
	}
	if a := w.api("GET", "/v1/holds/"+hold.str("id"), ""); a.str("status") != "expired" {
		t.Errorf("the hold: %s", a.body)
	}
	if a := w.send("GET", "/admin/test-clock", nil, admin.cookie); a.status != 200 {
		t.Errorf("who moved the clock is signed out: %d", a.status)
	}
	got := w.told(expiring.ID, "credits.expiring", "credits.expired")
	if n := len(got); n < 2 || got[n-1] != "credits.expired" || slices.Contains(got[:n-1], "credits.expired") {
		t.Errorf("told %v", got)
	}
	if ready := w.told("", "test_clock.ready"); len(ready) != 1 {
		t.Errorf("%d times ready", len(ready))
	}
	if n := len(w.told(c.ID, "recharge.succeeded")); n != 1 || len(w.sandbox.Faults().Charges) != 0 {
		t.Errorf("%d recharges, faults %v", n, w.sandbox.Faults().Charges)
	}
	if runs := w.runs(sch); len(runs) != 1 {
		t.Errorf("the schedule ran %d times", len(runs))
	}
	w.addsUp()
}

// TestTheTestClockRefuses what cannot be, in words.
func TestTheTestClockRefuses(t *testing.T) {
	w, _ := shopWorld(t)
	now := w.testClock().Now
	for name, at := range map[string]time.Time{"back": now.Add(-time.Hour), "far": now.AddDate(2, 0, 0)} {
		if a := w.moveTo(at); a.status != 422 || !strings.Contains(a.body, `"param":"to"`) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := w.moveTo(now.Add(-time.Hour)); !strings.Contains(a.body, "The clock moves forward only.") {
		t.Error(a.body)
	}
	if a := w.api("POST", "/v1/test_clock/advance", `{"to":"soon"}`); a.status != 422 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.api("POST", "/v1/test_clock/advance", `{"to":"`+now.Add(time.Hour).Format(time.RFC3339)+`","back":true}`); a.status != 422 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestStripesTestClock is a handle to the same clock: Purse's time moves too.
func TestStripesTestClock(t *testing.T) {
	w, _ := shopWorld(t)
	now := w.now()
	clock, err := w.stripe().TestHelpersTestClocks.New(&stripe.TestHelpersTestClockParams{FrozenTime: stripe.Int64(now.Unix())})
	w.check(err)
	clock, err = w.stripe().TestHelpersTestClocks.Advance(clock.ID, &stripe.TestHelpersTestClockAdvanceParams{FrozenTime: stripe.Int64(now.Add(72 * time.Hour).Unix())})
	w.check(err)
	if clock.Status != stripe.TestHelpersTestClockStatusAdvancing {
		t.Errorf("it answers %s", clock.Status)
	}
	eventually(t, "Stripe's clock", time.Minute, func() bool {
		clock, err = w.stripe().TestHelpersTestClocks.Get(clock.ID, nil)
		return err == nil && clock.Status == stripe.TestHelpersTestClockStatusReady
	})
	if ahead := w.now().Sub(now); ahead < 71*time.Hour {
		t.Errorf("Purse is %s ahead", ahead)
	}
	if n := len(w.told("", "test_clock.ready")); n != 1 {
		t.Errorf("%d times ready", n)
	}
	_, err = w.stripe().TestHelpersTestClocks.Advance(clock.ID, &stripe.TestHelpersTestClockAdvanceParams{FrozenTime: stripe.Int64(now.Unix())})
	if err == nil || !strings.Contains(err.Error(), "forward only") {
		t.Errorf("back: %v", err)
	}
}
