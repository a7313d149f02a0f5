package dbtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// told takes the jobs that were inserted, and leaves none.
func (f *fixture) told() []job.Job {
	f.t.Helper()
	var out []job.Job
	err := f.o.Run.Update(context.Background(), func(t tx.Tx) error {
		jobs, err := f.o.Jobs.Claim(t, t.Now().Add(time.Hour), 100)
		out = jobs
		done := make([]job.Outcome, len(jobs))
		for i, j := range jobs {
			done[i].ID, done[i].RunAt = j.ID, j.RunAt
		}
		if err != nil {
			return err
		}
		return f.o.Jobs.Finish(t, done)
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

// crossed checks which watches the last commands crossed ("+" for recovered),
// and that one change of a wallet tells of all of them at once.
func (f *fixture) crossed(want ...string) {
	f.t.Helper()
	var got []string
	for _, j := range f.told() {
		var c ledger.Crossing
		if err := j.Decode(&c); err != nil {
			f.t.Fatal(err)
		}
		if c.Customer != acme.Customer || c.Wallet == 0 || len(c.Crossed) == 0 {
			f.t.Errorf("%+v", c)
		}
		s := ""
		for _, w := range c.Crossed {
			if w.Recovered {
				s += "+"
			}
			s += w.Watch
		}
		got = append(got, s)
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("told of %q, want %q", got, want)
	}
}

func (f *fixture) watch(w ledger.Watch) {
	f.t.Helper()
	w.Wallet, w.JobKind = f.balance(acme).Wallet, "test.watch"
	if err := f.o.Run.Update(context.Background(), func(t tx.Tx) error { return f.l.PutWatch(t, w) }); err != nil {
		f.t.Fatal(err)
	}
}

func gift(k ledger.WalletKey, credits string) ledger.NewGrant {
	g := grant(k, credits)
	g.Kind = ledger.Promotional
	return g
}

func watches(t *testing.T, f *fixture) {
	f.must(grant(acme, "10"))
	f.watch(ledger.Watch{ID: "w", Level: cr("5"), Rearm: cr("6"), State: ledger.WatchArmed, Recovers: true})
	f.watch(ledger.Watch{ID: "v", Level: cr("1"), Rearm: cr("2"), State: ledger.WatchArmed})
	f.must(debit(acme, "4"))
	f.crossed()
	f.must(debit(acme, "1"))
	f.crossed("w")
	f.must(debit(acme, "1"))
	f.must(gift(acme, "1.5")) // above the level, not yet at the re-arming one
	f.must(debit(acme, "1"))
	f.crossed()
	f.must(grant(acme, "1")) // 5.5: a paid one ends the episode above the level
	f.crossed("+w")
	f.must(debit(acme, "5.5")) // both at once, told together
	f.crossed("wv")
	f.must(grant(acme, "4")) // not above the level of w
	f.crossed()
	f.must(gift(acme, "3"))
	f.crossed("+w")
	f.refused(debit(acme, "8")) // a refusal crosses nothing
	f.crossed()
	f.must(ledger.NewHold{Wallet: acme, Credits: cr("6")}) // what is set aside is not available
	f.crossed("wv")

	// Expiry crosses too, whoever notices it.
	g := gift(acme, "100")
	g.ExpiresAt = f.clock.Now().Add(time.Hour)
	f.must(g)
	f.crossed("+w")
	f.clock.Step(2 * time.Hour)
	f.must(ledger.Settle{Wallet: acme})
	if jobs := f.told(); len(jobs) != 0 { // the hold ended: 7 are there again
		t.Errorf("%d jobs", len(jobs))
	}
	f.must(debit(acme, "3"))
	f.crossed("w")
	if err := f.o.Run.Update(context.Background(), func(t tx.Tx) error { return f.l.DeleteWatch(t, "w") }); err != nil {
		t.Fatal(err)
	}
	f.must(debit(acme, "4"))
	f.crossed("v")
}

// following: levels that follow the last paid grant, or the overdraft.
func following(t *testing.T, f *fixture) {
	f.must(ledger.SetOverdraft{Wallet: acme, Limit: 0})
	step := cr("0.01")
	f.watch(ledger.Watch{ID: "half", Of: ledger.OfGrant, Share: 50, Step: step, Recovers: true})
	f.watch(ledger.Watch{ID: "stop", Of: ledger.OfOverdraft, Step: 1, Recovers: true})
	f.must(gift(acme, "10")) // nothing was bought: there is no half
	f.must(debit(acme, "5"))
	f.crossed()
	f.must(grant(acme, "100")) // paid: half is at 50
	f.crossed()
	f.must(gift(acme, "1000"))
	f.must(debit(acme, "1054.99")) // promotional ones no longer count
	f.crossed()
	f.must(debit(acme, "0.01"))
	f.crossed("half")
	f.must(gift(acme, "4.99"))
	f.crossed()
	f.must(gift(acme, "0.01")) // 55 is 1.1 times the level
	f.crossed("+half")
	f.must(debit(acme, "55"))
	f.crossed("halfstop")
	f.must(ledger.SetOverdraft{Wallet: acme, Limit: cr("2")}) // decisions may go on
	f.crossed("+stop")
	f.must(debit(acme, "2"))
	f.crossed("stop")
	f.must(ledger.CheckWatches{Wallet: acme})
	f.crossed()
	f.watch(ledger.Watch{ID: "more", Level: cr("500"), Rearm: cr("550"), State: ledger.WatchArmed})
	f.must(ledger.CheckWatches{Wallet: acme})
	f.crossed("more")
	w := View(t, f.o, func(t tx.Tx) ([]ledger.Watch, error) { return f.l.Watches(t, f.balance(acme).Wallet) })
	if len(w) != 3 || w[0].ID != "half" || w[0].Level != cr("50") || w[0].Rearm != cr("55") || !w[0].OfPaid || w[0].State != ledger.WatchCrossed {
		t.Errorf("%+v", w)
	}
}

func dayCounter(f *fixture, hard bool) ledger.Counter {
	day := f.clock.Now().Truncate(24 * time.Hour)
	return ledger.Counter{
		Wallet: acme, Key: "day", PeriodStart: day, PeriodEnd: day.Add(24 * time.Hour), Limit: cr("5"), Hard: hard, JobKind: "test.limit",
	}
}

func (f *fixture) counted(op ledger.Op, c ...ledger.Counter) ledger.Result {
	f.t.Helper()
	return Apply(f.t, f.o, f.l, &ledger.Command{Op: op, Counters: c})[0]
}

func counters(t *testing.T, f *fixture) {
	f.must(grant(acme, "100"))
	limit := dayCounter(f, true)
	one := func(credits string, record bool) ledger.Result {
		d := debit(acme, credits)
		d.Record = record
		return f.counted(d, limit)
	}
	if r := one("3", false); r.Refused != nil {
		t.Fatal(r.Err())
	}
	r := one("3", false)
	if r.Refused == nil || r.Refused.Fault.Code != ledger.CodeSpendLimit || r.Refused.Limit.Spent != cr("3") || !r.Refused.Limit.ResetsAt.Equal(limit.PeriodEnd) {
		t.Fatalf("%+v", r)
	}
	if r := one("2", false); r.Refused != nil {
		t.Errorf("exactly the limit: %v", r.Err())
	}
	if r := one("2", true); r.Refused != nil {
		t.Errorf("recorded work is always booked: %v", r.Err())
	}
	ref := ledger.CounterRef{Wallet: acme, Key: "day", Start: limit.PeriodStart.UnixMicro()}
	if c := View(t, f.o, func(t tx.Tx) (map[ledger.CounterRef]ledger.Count, error) {
		return f.l.Counted(t, []ledger.CounterRef{ref})
	}); c[ref].Spent != cr("7") || !c[ref].Reached || !c[ref].Refused {
		t.Errorf("recorded work counts: %+v", c)
	}
	limit.PeriodStart = limit.PeriodStart.Add(24 * time.Hour)
	if r := one("5", false); r.Refused != nil {
		t.Errorf("a new period: %v", r.Err())
	}
	f.available(acme, "88")
}

// countersTell: a limit is told of when it becomes reached and when it no longer is,
// and once in a period when it refuses a request though it is not; other meters do
// not count; open holds count for a limit that counts them.
func countersTell(t *testing.T, f *fixture) {
	reached := func(want ...string) {
		t.Helper()
		var got []string
		for _, j := range f.told() {
			var r ledger.Reached
			if err := j.Decode(&r); err != nil || j.Kind != "test.limit" || r.Customer != acme.Customer || r.Key != "day" {
				t.Fatal(j, err)
			}
			word := r.Spent.String()
			if r.Refusal != nil {
				word += " of " + r.Refusal.Required.String() + " needed"
			}
			got = append(got, word)
		}
		if !slices.Equal(got, want) {
			t.Errorf("told at %v, want %v", got, want)
		}
	}
	f.must(grant(acme, "100"))
	soft := dayCounter(f, false)
	f.counted(debit(acme, "4"), soft)
	reached()
	f.counted(debit(acme, "2"), soft)
	reached("6")
	f.counted(debit(acme, "2"), soft)
	reached()

	f.clock.Step(24 * time.Hour)
	hard := dayCounter(f, true)
	f.counted(debit(acme, "4"), hard)
	if r := f.counted(debit(acme, "2"), hard); r.Refused == nil {
		t.Error("over the limit")
	}
	reached("4 of 2 needed")
	if r := f.counted(debit(acme, "2"), hard); r.Refused == nil {
		t.Error("over the limit")
	}
	reached()

	f.clock.Step(24 * time.Hour)
	hard = dayCounter(f, true)
	hard.Meter = "tokens"
	f.counted(debit(acme, "50"), hard) // of another meter
	reached()
	hard.Meter = ""
	if r := f.counted(ledger.NewHold{Wallet: acme, Credits: cr("6")}, hard); r.Refused == nil || r.Refused.Fault.Code != ledger.CodeSpendLimit {
		t.Errorf("a hold over the limit: %+v", r)
	}
	reached("0 of 6 needed")
	f.counted(debit(acme, "4"), hard)
	d := debit(acme, "4")
	d.Record = true
	done := f.counted(d, hard).Postings[0].ID
	reached("8")
	if r := f.counted(debit(acme, "1"), hard); r.Refused == nil {
		t.Error("it is reached")
	}
	reached() // which was told of
	up := ledger.Adjust{Wallet: acme, Credits: cr("4"), Corrects: done.Seq}
	f.counted(up, hard)
	reached("4") // no longer
	f.clock.Step(24 * time.Hour)
	hard = dayCounter(f, true)
	h := f.counted(ledger.NewHold{Wallet: acme, Credits: cr("5")}, hard).Hold
	f.counted(ledger.Capture{Hold: h, Credits: cr("7")}, hard)
	reached("7")

	f.clock.Step(24 * time.Hour)
	hard = dayCounter(f, true)
	hard.Holds = true
	h = f.counted(ledger.NewHold{Wallet: acme, Credits: cr("5")}, hard).Hold
	reached("0")
	if r := f.counted(debit(acme, "1"), hard); r.Refused == nil {
		t.Error("all of it is held")
	}
	reached()
	f.counted(ledger.Release{Hold: h}, hard)
	reached("0")
	f.counted(ledger.NewHold{Wallet: acme, Credits: cr("5"), ExpiresAt: f.clock.Now().Add(time.Hour)}, hard)
	reached("0")
	f.clock.Step(2 * time.Hour)
	f.counted(debit(acme, "1"), hard) // what was held is over
	reached("1")
}
