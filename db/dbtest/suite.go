package dbtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Run runs the conformance suite on an engine.
func Run(t *testing.T, e Engine) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *fixture)
	}{
		{"Rollback", rollback}, {"Nested", nested}, {"Replay", replay}, {"RefusalIsFinal", refusalIsFinal},
		{"SourceOnce", sourceOnce}, {"Watches", watches}, {"WatchesThatFollow", following}, {"Counters", counters}, {"CountersTell", countersTell}, {"Submit", submit},
		{"Postings", postings}, {"Filters", filters}, {"OneDecisionOverWallets", oneDecision}, {"Sweep", sweep},
		{"TransferKeepsLots", transferKeepsLots}, {"HoldOutlivesGrant", holdOutlivesGrant}, {"Rollups", rollups}, {"LateWork", lateWork}, {"SpentWithoutCorrections", spentWithoutCorrections}, {"Notes", notes}, {"Charges", charges},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := NewClock()
			o := e.New(t)(clock.Now)
			f := &fixture{t: t, clock: clock, o: o, l: NewLedger(o)}
			defer o.Close()
			c.test(t, f)
			Verify(t, o, f.l)
		})
	}
}

type fixture struct {
	t     *testing.T
	clock *Clock
	o     Opened
	l     *ledger.Ledger
}

var (
	acme    = ledger.WalletKey{Customer: "cus_acme", CreditType: "credits"}
	acmeMin = ledger.WalletKey{Customer: "cus_acme", CreditType: "minutes"}
	beta    = ledger.WalletKey{Customer: "cus_beta", CreditType: "credits"}
	cr      = money.MustCredits
)

func (f *fixture) apply(ops ...ledger.Op) []ledger.Result {
	f.t.Helper()
	var cs []*ledger.Command
	for _, op := range ops {
		cs = append(cs, &ledger.Command{Op: op})
	}
	return Apply(f.t, f.o, f.l, cs...)
}

// must applies one op that is to be done.
func (f *fixture) must(op ledger.Op) ledger.Result {
	f.t.Helper()
	r := f.apply(op)[0]
	if r.Refused != nil {
		f.t.Fatalf("%T: %v", op, r.Err())
	}
	return r
}

// refused applies one op that is to be refused, and answers the code.
func (f *fixture) refused(op ledger.Op) string {
	f.t.Helper()
	r := f.apply(op)[0]
	if r.Refused == nil {
		f.t.Fatalf("%T was done", op)
	}
	return r.Refused.Fault.Code
}

func (f *fixture) balance(k ledger.WalletKey) ledger.Balance {
	f.t.Helper()
	return View(f.t, f.o, func(t tx.Tx) (ledger.Balance, error) { return f.l.Balance(t, k) })
}

func (f *fixture) available(k ledger.WalletKey, want string) {
	f.t.Helper()
	if got := f.balance(k).Available; got != cr(want) {
		f.t.Errorf("%s available, want %s", got, want)
	}
}

func grant(k ledger.WalletKey, credits string) ledger.NewGrant {
	return ledger.NewGrant{Wallet: k, Credits: cr(credits), Kind: ledger.Paid, Priority: ledger.DefaultPriority}
}

func debit(k ledger.WalletKey, credits string) ledger.Debit {
	return ledger.Debit{Event: "e", EventName: "n", Charges: []ledger.Charge{{Wallet: k, Lines: []ledger.Line{{Meter: "m", Credits: cr(credits)}}}}}
}

func rollback(t *testing.T, f *fixture) {
	f.must(grant(acme, "10"))
	boom := errors.New("boom")
	err := f.o.Run.Update(context.Background(), func(t tx.Tx) error {
		if _, err := f.l.ApplyOne(t, &ledger.Command{Op: debit(acme, "3")}); err != nil {
			return err
		}
		t.OnCommit(func() { f.t.Error("OnCommit ran after a rollback") })
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	f.available(acme, "10")
	func() {
		defer func() { _ = recover() }()
		_ = f.o.Run.Update(context.Background(), func(t tx.Tx) error {
			if _, err := f.l.ApplyOne(t, &ledger.Command{Op: debit(acme, "3")}); err != nil {
				return err
			}
			panic("in the middle")
		})
	}()
	f.available(acme, "10")
	f.must(debit(acme, "1")) // the writer is free again
}

func nested(t *testing.T, f *fixture) {
	err := f.o.Run.Update(context.Background(), func(in tx.Tx) error {
		return f.o.Run.Update(in.Context(), func(tx.Tx) error { return nil })
	})
	if !errors.Is(err, tx.ErrNested) {
		t.Errorf("an Update inside an Update: %v", err)
	}
	err = f.o.Run.Update(context.Background(), func(in tx.Tx) error {
		_, err := f.l.Submit(in.Context(), &ledger.Command{Op: ledger.Settle{Wallet: acme}})
		return err
	})
	if !errors.Is(err, tx.ErrNested) {
		t.Errorf("a Submit inside an Update: %v", err)
	}
}

func replay(t *testing.T, f *fixture) {
	f.must(grant(acme, "10"))
	c := &ledger.Command{Key: ledger.NewKey("usage", "a"), Fingerprint: ledger.Fingerprint{1}, Op: debit(acme, "3")}
	// Twice in one batch, and once more later.
	first := Apply(t, f.o, f.l, c, c)
	if first[0].Replayed || !first[1].Replayed || first[0].Postings[0].ID != first[1].Postings[0].ID {
		t.Errorf("%+v", first)
	}
	f.must(debit(acme, "1"))
	again := Apply(t, f.o, f.l, c)[0]
	if !again.Replayed || again.Postings[0].Amount != -cr("3") || again.Postings[0].Available != cr("6") {
		t.Errorf("a replay keeps what was charged and says what is available now: %+v", again)
	}
	other := *c
	other.Fingerprint = ledger.Fingerprint{2}
	if r := Apply(t, f.o, f.l, &other)[0]; r.Refused == nil || !fault.Is(r.Err(), fault.Conflict) {
		t.Errorf("another request under the same key: %+v", r)
	}
	f.available(acme, "6")
}

func refusalIsFinal(t *testing.T, f *fixture) {
	c := &ledger.Command{Key: ledger.NewKey("usage", "a"), Op: debit(acme, "3")}
	r := Apply(t, f.o, f.l, c)[0]
	if r.Refused == nil || r.Refused.Fault.Code != ledger.CodeInsufficient || r.Refused.Required != cr("3") {
		t.Fatalf("%+v", r)
	}
	f.must(grant(acme, "10"))
	r = Apply(t, f.o, f.l, c)[0]
	if r.Refused == nil || !r.Replayed || r.Refused.Required != cr("3") || r.Refused.Available != 0 {
		t.Errorf("a refused id stays refused, with its figures: %+v", r)
	}
	f.clock.Step(30 * 24 * time.Hour)
	if r = Apply(t, f.o, f.l, c)[0]; r.Refused != nil || r.Replayed {
		t.Errorf("after 30 days it is new: %+v", r)
	}
	f.available(acme, "7")
}

func sourceOnce(t *testing.T, f *fixture) {
	g := grant(acme, "10")
	g.Source = "pur_1:credits"
	f.must(g)
	err := f.o.Run.Update(context.Background(), func(t tx.Tx) error {
		_, err := f.l.Apply(t, &ledger.Command{Op: g})
		return err
	})
	if err == nil {
		t.Error("one source made two grants")
	}
	f.available(acme, "10")
}

func oneDecision(t *testing.T, f *fixture) {
	f.must(grant(acme, "10"))
	d := debit(acme, "3")
	d.Charges = append(d.Charges, debit(acmeMin, "1").Charges...)
	if code := f.refused(d); code != ledger.CodeInsufficient {
		t.Error(code)
	}
	f.available(acme, "10")
	f.must(grant(acmeMin, "5"))
	if r := f.must(d); len(r.Postings) != 2 {
		t.Errorf("%+v", r)
	}
	f.available(acme, "7")
	f.available(acmeMin, "4")
}

func submit(t *testing.T, f *fixture) {
	f.must(grant(acme, "100"))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { f.l.Run(ctx); close(ended) }()
	done := make(chan error, 200)
	for i := range 200 {
		go func() {
			r, err := f.l.Submit(context.Background(), &ledger.Command{Key: ledger.NewKey("k", fmt.Sprint(i%150)), Op: debit(acme, "1")})
			if err == nil {
				err = r[0].Err()
			}
			done <- err
		}()
	}
	refused := 0
	for range 200 {
		if err := <-done; fault.HasCode(err, ledger.CodeInsufficient) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused == 0 {
		t.Error("150 debits of 1 from 100: none was refused")
	}
	f.available(acme, "0")
	stop()
	<-ended
	if _, err := f.l.Submit(context.Background(), &ledger.Command{Op: debit(acme, "1")}); !errors.Is(err, ledger.ErrStopped) {
		t.Errorf("after the end: %v", err)
	}
}

func sweep(t *testing.T, f *fixture) {
	g := grant(acme, "10")
	g.ExpiresAt = f.clock.Now().Add(time.Hour)
	f.must(g)
	f.must(ledger.NewHold{Wallet: acme, Credits: cr("4"), ExpiresAt: f.clock.Now().Add(30 * time.Minute)})
	f.available(acme, "6")
	f.clock.Step(2 * time.Hour)
	f.available(acme, "0") // before the sweep has run
	n, err := f.l.Sweep(context.Background())
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if n, _ := f.l.Sweep(context.Background()); n != 0 {
		t.Errorf("%d wallets were due twice", n)
	}
	b := f.balance(acme)
	if b.Balance != 0 || b.Held != 0 || b.Seq != 2 {
		t.Errorf("%+v", b)
	}
}

func transferKeepsLots(t *testing.T, f *fixture) {
	g := grant(acme, "10")
	g.Paid, g.ExpiresAt = money.Money{Amount: 1000, Currency: "usd"}, f.clock.Now().Add(time.Hour)
	origin := f.must(g).Grant
	f.must(ledger.Transfer{From: acme, To: beta, Credits: cr("4")})
	lots := View(t, f.o, func(t tx.Tx) ([]ledger.Grant, error) { return f.l.LiveGrants(t, beta) })
	if len(lots) != 1 || lots[0].Kind != ledger.Paid || lots[0].Amount != cr("4") || lots[0].Origin != origin ||
		!lots[0].ExpiresAt.Equal(g.ExpiresAt) || lots[0].Paid.Amount != 1000 || lots[0].PaidFor != cr("10") {
		t.Errorf("%+v", lots)
	}
	if code := f.refused(ledger.Transfer{From: acme, To: beta, Credits: cr("7")}); code != "exceeds_available" {
		t.Error(code)
	}
}

func holdOutlivesGrant(t *testing.T, f *fixture) {
	g := grant(acme, "10")
	g.ExpiresAt = f.clock.Now().Add(time.Hour)
	f.must(g)
	h := f.must(ledger.NewHold{Wallet: acme, Credits: cr("6"), ExpiresAt: f.clock.Now().Add(3 * time.Hour)}).Hold
	f.clock.Step(2 * time.Hour)
	f.must(ledger.Settle{Wallet: acme})
	if b := f.balance(acme); b.Balance != cr("6") || b.Held != cr("6") || b.Available != 0 {
		t.Errorf("what a hold has reserved expires when it ends: %+v", b)
	}
	f.must(ledger.Capture{Hold: h, Credits: cr("4")})
	if b := f.balance(acme); b.Balance != 0 || b.Debt != 0 {
		t.Errorf("the capture draws its reservation, the rest expires: %+v", b)
	}
	if code := f.refused(ledger.Release{Hold: h}); code != "hold_ended" {
		t.Error(code)
	}
}

// postings pages through a ledger from both ends.
func postings(t *testing.T, f *fixture) {
	f.must(grant(acme, "100"))
	for range 24 {
		f.must(debit(acme, "1"))
	}
	page := func(q ledger.Query) (seqs []int64, older, newer bool) {
		q.Wallet = acme
		p := View(t, f.o, func(t tx.Tx) (ledger.Page, error) { return f.l.Postings(t, q) })
		for _, x := range p.Postings {
			seqs = append(seqs, x.ID.Seq)
		}
		return seqs, p.Older, p.Newer
	}
	want := func(q ledger.Query, first, last int64, older, newer bool) {
		t.Helper()
		s, o, n := page(q)
		if len(s) == 0 || s[0] != first || s[len(s)-1] != last || o != older || n != newer || int64(len(s)) != first-last+1 {
			t.Errorf("%+v: %v older %v newer %v", q, s, o, n)
		}
	}
	want(ledger.Query{Limit: 10}, 25, 16, true, false)
	want(ledger.Query{Limit: 10, Before: 16}, 15, 6, true, true)
	want(ledger.Query{Limit: 10, Before: 6}, 5, 1, false, true)
	want(ledger.Query{Limit: 10, After: 5}, 15, 6, true, true)
	want(ledger.Query{Limit: 10, After: 15}, 25, 16, true, false)
	if s, o, n := page(ledger.Query{Limit: 10, Kind: ledger.PostGrant}); len(s) != 1 || s[0] != 1 || o || n {
		t.Errorf("grants: %v %v %v", s, o, n)
	}
	want(ledger.Query{Limit: 30, Kind: ledger.PostDebit}, 25, 2, false, false)
	if s, _, _ := page(ledger.Query{Limit: 10, Wallet: beta, Meter: "none"}); len(s) != 0 {
		t.Errorf("a meter that nobody used: %v", s)
	}
}

// filters finds the same postings as a walk over all of them does.
func filters(t *testing.T, f *fixture) {
	f.must(grant(acme, "100000"))
	meters, callers := []string{"input", "output", "tools"}, []string{"", "a", "b"}
	var all []ledger.Posting
	start := f.clock.Now()
	for i := range 300 {
		d := debit(acme, fmt.Sprint(1+i%7))
		d.Caller = callers[i*i%3]
		d.Charges[0].Lines[0].Meter = meters[(i/40+i%5)%3]
		f.must(d)
		if i%23 == 0 {
			f.must(ledger.Adjust{Wallet: acme, Credits: cr("1")})
		}
		f.clock.Step(time.Duration(i%11) * 5 * time.Minute)
	}
	all = View(t, f.o, func(t tx.Tx) (ledger.Page, error) { return f.l.Postings(t, ledger.Query{Wallet: acme, Limit: 10_000}) }).Postings
	for _, q := range []ledger.Query{
		{Meter: "input"}, {Meter: "tools", Caller: "b"}, {Caller: "a"}, {Kind: ledger.PostAdjust}, {Kind: ledger.PostDebit, Meter: "output"},
		{From: start.Add(3 * time.Hour), To: start.Add(30 * time.Hour)}, {Meter: "input", From: start.Add(5 * time.Hour)}, {Kind: ledger.PostAdjust, To: start.Add(40 * time.Hour)},
		{Caller: "nobody"}, {Kind: ledger.PostAdjust, Meter: "input"},
	} {
		var want []int64
		for _, p := range all {
			if matches(q, p) {
				want = append(want, p.ID.Seq)
			}
		}
		q.Wallet, q.Limit = acme, 7
		var down, up []int64
		for {
			p := View(t, f.o, func(t tx.Tx) (ledger.Page, error) { return f.l.Postings(t, q) })
			for _, x := range p.Postings {
				down = append(down, x.ID.Seq)
			}
			if !p.Older {
				break
			}
			q.Before = down[len(down)-1]
		}
		q.Before = 0
		if len(want) > 0 {
			up, q.After = []int64{want[len(want)-1]}, want[len(want)-1]
			for {
				p := View(t, f.o, func(t tx.Tx) (ledger.Page, error) { return f.l.Postings(t, q) })
				for _, x := range slices.Backward(p.Postings) {
					up = append(up, x.ID.Seq)
				}
				if !p.Newer {
					break
				}
				q.After = up[len(up)-1]
			}
			slices.Reverse(up)
		}
		if !slices.Equal(down, want) || !slices.Equal(up, want) {
			t.Errorf("%+v:\n down %v\n up   %v\n want %v", q, down, up, want)
		}
	}
}

func matches(q ledger.Query, p ledger.Posting) bool {
	usage := p.Kind == ledger.PostDebit
	return (q.Kind == "" || q.Kind == p.Kind) &&
		(q.Meter == "" || usage && p.Detail.Lines[0].Meter == q.Meter) &&
		(q.Caller == "" || usage && p.Caller == q.Caller) &&
		(q.From.IsZero() || !p.At.Before(q.From)) && (q.To.IsZero() || p.At.Before(q.To))
}

func rollups(t *testing.T, f *fixture) {
	f.must(grant(acme, "100"))
	now := f.clock.Now()
	d := debit(acme, "3")
	d.EventAt = now.Add(-50 * time.Hour)
	f.must(d) // a decision counts now, whatever its time says
	d.Record, d.Caller = true, "a"
	f.must(d) // recorded work when it happened
	wallet := f.balance(acme).Wallet
	at := func(from, to time.Time, used bool) (sum money.Credits) {
		rows := View(t, f.o, func(t tx.Tx) ([]ledger.HourRow, error) {
			if used {
				return f.l.Used(t, wallet, from, to)
			}
			return f.l.Posted(t, wallet, from, to)
		})
		for _, r := range rows {
			if r.Kind == ledger.PostDebit {
				sum += r.Credits
			}
		}
		return sum
	}
	hour := now.Truncate(time.Hour)
	if got := at(hour, hour.Add(time.Hour), false); got != -cr("6") {
		t.Errorf("posted this hour: %s", got)
	}
	if got := at(hour, hour.Add(time.Hour), true); got != -cr("3") {
		t.Errorf("used this hour: %s", got)
	}
	if got := at(hour.Add(-72*time.Hour), hour, true); got != -cr("3") {
		t.Errorf("used before: %s", got)
	}
	for caller, want := range map[string]money.Credits{"": cr("3"), "a": cr("3"), "b": 0} {
		got := View(t, f.o, func(t tx.Tx) (money.Credits, error) {
			who := ledger.CallerName{Name: caller}
			all, err := f.l.Callers(t, "cus_acme", 10)
			for _, c := range all {
				if c.Name == caller {
					who = c
				}
			}
			if err != nil || caller != "" && who.ID == 0 {
				return 0, err
			}
			return f.l.SpentBetween(t, acme, "", who, hour.Add(-72*time.Hour), hour)
		})
		if got != want {
			t.Errorf("spent before by %q: %s, want %s", caller, got, want)
		}
	}
}

func notes(t *testing.T, f *fixture) {
	r := Apply(t, f.o, f.l, &ledger.Command{Op: grant(acme, "5"), Note: ledger.Note{Actor: "usr_1", Reason: "goodwill"}})[0]
	p := View(t, f.o, func(t tx.Tx) (ledger.Posting, error) {
		p, _, err := f.l.Posting(t, "cus_acme", r.Postings[0].ID)
		return p, err
	})
	if p.Reason != "goodwill" || p.Actor != "usr_1" {
		t.Errorf("%+v", p)
	}
	err := f.o.Run.View(context.Background(), func(t tx.Tx) error { _, _, err := f.l.Posting(t, "cus_beta", r.Postings[0].ID); return err })
	if !errors.Is(err, tx.ErrNotFound) {
		t.Errorf("another customer's posting: %v", err)
	}
}
