package alert_test

import (
	"strings"
	"testing"
	"time"

	"purse/billing/alert"
	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// stops sets a limit of 10 a day that stops requests, of a wallet that has plenty.
func stops(w *world) {
	w.Helper()
	w.grant("1000", ledger.Promotional, 0)
	_, err := w.SetLimit(w.Context(), w.by, w.customer.ID, alert.NewLimit{CreditType: "credits", Period: alert.Day, Credits: cr("10"), Hard: true})
	w.ok(err)
	w.events()
}

func (w *world) status() alert.LimitStatus {
	w.Helper()
	var all []alert.LimitStatus
	w.ok(w.db.View(w.Context(), func(t tx.Tx) (err error) { all, err = w.LimitStatuses(t, w.customer.ID); return err }))
	return all[0]
}

// A request that does not fit under a limit is refused and told of once, as what it
// is: the limit is not reached, and what fits goes on.
func TestARequestThatDoesNotFitReachesNothing(t *testing.T) {
	w := newWorld(t)
	stops(w)
	w.use(cr("1"), "")
	r := w.use(cr("12"), "")
	if r.Refused == nil || r.Refused.Fault.Code != ledger.CodeSpendLimit ||
		!strings.Contains(r.Refused.Fault.Detail, "This needs 12 credits; 9 are left of the spend limit of 10 credits a day until ") {
		t.Fatalf("%+v", r.Refused)
	}
	w.expect("it did not fit", event.LimitRefused)
	if len(w.told) != 1 || w.told[0].Event != event.LimitRefused || w.told[0].Data["required"] != "12" || w.told[0].Data["spent"] != "1" {
		t.Errorf("people were told %v", w.told)
	}
	if w.use(cr("12"), ""); len(w.events()) != 0 {
		t.Error("told twice in a period")
	}
	if st := w.status(); st.Reached || st.Left() != cr("9") {
		t.Errorf("%+v", st)
	}
	for range 8 {
		w.ok(w.use(cr("1"), "").Err())
	}
	w.expect("there is room")
	w.use(cr("1"), "")
	w.expect("reached", event.LimitReached, event.EntitlementChange)
	if n := w.told[len(w.told)-1]; len(w.told) != 2 || n.Event != event.LimitReached || n.Data["spent"] != "10" {
		t.Errorf("people were told %v", w.told)
	}
	if r := w.use(cr("1"), ""); r.Refused == nil || !strings.Contains(r.Refused.Fault.Detail, "The spend limit of 10 credits a day is reached: 10 are spent.") {
		t.Errorf("%+v", r.Refused)
	}
	w.expect("that was told")
	if st := w.status(); !st.Reached || st.Left() != 0 {
		t.Errorf("%+v", st)
	}
}

// Open holds count: the limit is reached while they leave nothing of it, and no
// longer when one is released or its time is over. People are told once in a period,
// a gateway of every change.
func TestHoldsReachALimitWhileTheyLast(t *testing.T) {
	w := newWorld(t)
	stops(w)
	limits := func() []ledger.Counter { return w.Counters(w.key, "", w.now()) }
	hold := func(life time.Duration) ledger.HoldID {
		return w.do(ledger.NewHold{Wallet: w.key, Credits: cr("10"), ExpiresAt: w.now().Add(life)}, limits()...).Hold
	}
	h := hold(time.Hour)
	w.gateway("all of it is held", ledger.CodeSpendLimit)
	if st := w.status(); !st.Reached || st.Held != cr("10") || st.Spent != 0 {
		t.Errorf("%+v", st)
	}
	if r := w.use(cr("1"), ""); r.Refused == nil || !strings.Contains(r.Refused.Fault.Detail, "is reached: 0 are spent and 10 are held.") {
		t.Errorf("%+v", r.Refused)
	}
	w.do(ledger.Release{Hold: h}, limits()...)
	w.gateway("released", "allowed")
	if st := w.status(); st.Reached || st.Held != 0 {
		t.Errorf("%+v", st)
	}
	h = hold(time.Hour)
	w.gateway("held again", ledger.CodeSpendLimit)
	w.do(ledger.Capture{Hold: h, Credits: cr("2")}, limits()...)
	w.gateway("captured for less", "allowed")
	w.do(ledger.NewHold{Wallet: w.key, Credits: cr("3"), ExpiresAt: w.now().Add(time.Hour)}, limits()...)
	w.do(ledger.NewHold{Wallet: w.key, Credits: cr("5"), ExpiresAt: w.now().Add(2 * time.Hour)}, limits()...)
	w.gateway("held by two", ledger.CodeSpendLimit)
	w.step(time.Hour)
	w.ok(w.jobs.Drain(t.Context())) // nobody uses anything
	w.gateway("the time of one is over", "allowed")
	if len(w.told) != 1 || w.told[0].Event != event.LimitReached || w.told[0].Data["held"] != "10" {
		t.Errorf("people were told %v", w.told)
	}
}

// A hold that lasts into a new period leaves nothing of that one either, until it is
// released.
func TestAHoldOverMidnight(t *testing.T) {
	w := newWorld(t)
	stops(w)
	midnight := time.Date(2028, 2, 1, 23, 0, 0, 0, time.UTC) // in Berlin
	h := w.do(ledger.NewHold{Wallet: w.key, Credits: cr("10"), ExpiresAt: w.now().Add(20 * time.Hour)}, w.Counters(w.key, "", w.now())...).Hold
	w.gateway("all of it is held", ledger.CodeSpendLimit)
	w.step(midnight.Sub(w.now()))
	w.ok(w.jobs.Drain(t.Context()))
	w.gateway("still: nothing has changed")
	w.step(time.Hour)
	w.do(ledger.Release{Hold: h}, w.Counters(w.key, "", w.now())...)
	w.gateway("released", "allowed")
	if w.status().Reached {
		t.Error("nothing is spent or held")
	}
}

// A correction that gives back what a limit counted lets the customer go on, and what
// was reached again in the period is told to the gateway alone.
func TestACorrectionLiftsALimit(t *testing.T) {
	w := newWorld(t)
	stops(w)
	used := w.use(cr("10"), "").Postings[0].ID
	w.expect("reached", event.LimitReached, event.EntitlementChange)
	w.do(ledger.Adjust{Wallet: w.key, Credits: cr("4"), Corrects: used.Seq}, w.Counters(w.key, "", w.now())...)
	w.expect("given back", event.LimitReset, event.EntitlementChange)
	if st := w.status(); st.Reached || st.Left() != cr("4") {
		t.Errorf("%+v", st)
	}
	w.use(cr("4"), "")
	w.expect("reached again", event.LimitReached, event.EntitlementChange)
	if len(w.told) != 1 {
		t.Errorf("people were told %v", w.told)
	}
	w.step(24 * time.Hour)
	w.ok(w.jobs.Drain(t.Context()))
	w.expect("a new day", event.LimitReset, event.EntitlementChange)
}

// What an earlier release kept of a limit that refused is no limit that is reached:
// the next change says so to a gateway that was told no.
func TestALimitThatOnlyRefusedIsLifted(t *testing.T) {
	w := newWorld(t)
	stops(w)
	w.use(cr("10"), "") // the episode is open
	w.events()
	w.ok(w.db.Update(t.Context(), func(t tx.Tx) error {
		b, err := w.ledger.Balance(t, w.key)
		if err != nil {
			return err
		}
		c := w.Counters(w.key, "", w.now())[0]
		return w.ledger.PutCounter(t, ledger.CounterID{Wallet: b.Wallet, Key: c.Key, Start: c.PeriodStart.UnixMicro()}, ledger.Count{Spent: cr("1"), Reached: true})
	}))
	if w.status().Reached {
		t.Error("1 of 10 is spent")
	}
	w.ok(w.use(cr("1"), "").Err())
	w.expect("2 of 10 are", event.LimitReset, event.EntitlementChange)
}
