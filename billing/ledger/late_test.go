package ledger

import (
	"testing"
	"time"

	"purse/billing/money"
)

// TestCorrectionsGiveBackWhatLimitsCounted corrects a posting of two meters in
// parts: limits on all and on a meter count what stands.
func TestCorrectionsGiveBackWhatLimitsCounted(t *testing.T) {
	d := newDesk(t)
	d.grant(Promotional, 1000, time.Time{})
	limit := func(key, meter string) Counter {
		return Counter{Wallet: d.k, Key: key, Meter: meter, PeriodStart: d.now, PeriodEnd: d.now.Add(time.Hour), Limit: 1000, Hard: true}
	}
	counters := []Counter{limit("all", ""), limit("in", "in")}
	spent := func(all, in money.Credits) {
		t.Helper()
		for key, want := range map[string]money.Credits{"all": all, "in": in} {
			if got := d.counters[CounterID{d.wallets[d.k].ID, key, d.now.UnixMicro()}].Spent; got != want {
				t.Errorf("the limit on %s counts %s, want %s", key, got, want)
			}
		}
	}
	r := d.Decide(&Command{Op: Debit{Charges: []Charge{{d.k, []Line{{Meter: "in", Credits: 100}, {Meter: "out", Credits: 200}}}}}, Counters: counters})
	spent(300, 100)
	for _, part := range []money.Credits{100, 150, 50} {
		if r := d.Decide(&Command{Op: Adjust{Wallet: d.k, Credits: part, Corrects: r.Postings[0].ID.Seq}, Counters: counters}); r.Refused != nil {
			t.Fatal(r.Err())
		}
		if part == 100 {
			spent(200, 67)
		}
	}
	spent(0, 0)
}

// TestWorkOfThePastIsQuiet brings in work that crosses a level and a limit: it is
// noted once, and the next change of now is judged as usual.
func TestWorkOfThePastIsQuiet(t *testing.T) {
	d := newDesk(t)
	d.grant(Promotional, 100, time.Time{})
	a := d.wallets[d.k]
	a.watches = []*Watch{{ID: "w", Wallet: a.ID, Level: 50, Rearm: 60, State: WatchArmed, JobKind: "crossed"}}
	counters := []Counter{{Wallet: d.k, Key: "l", PeriodStart: d.now, PeriodEnd: d.now.Add(time.Hour), Limit: 10, JobKind: "reached"}}
	use := func(credits money.Credits, quiet bool) {
		t.Helper()
		c := &Command{Op: Debit{Record: true, Quiet: quiet, Charges: []Charge{{d.k, []Line{{Meter: "m", Credits: credits}}}}}, Counters: counters}
		if r := d.Decide(c); r.Refused != nil {
			t.Fatal(r.Err())
		}
	}
	jobs := func(want ...string) {
		t.Helper()
		var got []string
		for _, j := range d.out.Jobs {
			kind := j.Kind
			if c, ok := j.Payload.(*Crossing); ok && c.Quiet {
				kind += " quietly"
			}
			if r, ok := j.Payload.(Reached); ok && r.Quiet {
				kind += " quietly"
			}
			got = append(got, kind)
		}
		if len(got) != len(want) {
			t.Fatalf("jobs %q, want %q", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("jobs %q, want %q", got, want)
			}
		}
		d.out.Jobs = nil
	}
	use(60, true)
	use(5, true)
	jobs("reached quietly", "crossed quietly")
	use(1, false)
	jobs("reached", "crossed")
	use(1, false)
	jobs()
}
