package dbtest

import (
	"testing"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// lateWork records work that was done while a lot was valid: within the grace it
// draws what expired of the lot, and nothing else does.
func lateWork(t *testing.T, f *fixture) {
	start := f.clock.Now()
	lot := grant(acme, "10")
	lot.Kind, lot.ExpiresAt = ledger.Promotional, start.Add(time.Hour)
	id := f.must(lot).Grant
	f.must(debit(acme, "2"))
	f.clock.Step(3 * time.Hour)
	late := func(credits string, done, grace time.Duration) ledger.Debit {
		d := debit(acme, credits)
		d.Record, d.EventAt, d.Grace = true, start.Add(done), grace
		return d
	}
	stands := func(what, used, expired, debt string) {
		t.Helper()
		g := View(t, f.o, func(t tx.Tx) (ledger.Grant, error) {
			g, _, err := f.l.Grant(t, acme.Customer, id)
			return g, err
		})
		if g.Used() != cr(used) || g.Lapsed != cr(expired) || f.balance(acme).Debt != cr(debt) {
			t.Errorf("%s: used %s, expired %s, debt %s; want %s, %s, %s", what, g.Used(), g.Lapsed, f.balance(acme).Debt, used, expired, debt)
		}
	}
	f.must(late("1", 30*time.Minute, time.Hour)) // the sweep has not run
	stands("after the grace", "2", "8", "1")
	f.must(late("1", 90*time.Minute, 24*time.Hour))
	stands("done after the expiry", "2", "8", "2")
	decided := late("1", 30*time.Minute, 24*time.Hour)
	decided.Record = false
	if code := f.refused(decided); code != ledger.CodeInsufficient {
		t.Errorf("a decision: %s", code)
	}
	r := f.must(late("3", 30*time.Minute, 24*time.Hour))
	stands("late", "5", "5", "2")
	if len(r.Postings) != 1 || r.Postings[0].Amount != -cr("3") {
		t.Errorf("late: %+v", r.Postings)
	}
	page := View(t, f.o, func(t tx.Tx) (ledger.Page, error) { return f.l.Postings(t, ledger.Query{Wallet: acme, Limit: 2}) })
	if undone := page.Postings[1]; undone.Kind != ledger.PostExpire || undone.Amount != cr("3") || !undone.At.Equal(f.clock.Now()) {
		t.Errorf("the posting before it: %+v", undone)
	}
	// What is given back of it expires once more.
	f.must(ledger.Adjust{Wallet: acme, Credits: cr("1"), Corrects: r.Postings[0].ID.Seq})
	stands("corrected", "4", "6", "2")
	f.must(late("7", 30*time.Minute, 24*time.Hour))
	stands("more than expired", "10", "0", "3")
	// A lot that was voided is not drawn.
	other := lot
	other.ExpiresAt = f.clock.Now().Add(time.Hour)
	voided := f.must(other).Grant
	f.must(ledger.Void{Grant: voided})
	f.must(late("1", 3*time.Hour+time.Minute, 24*time.Hour))
	stands("beside a voided lot", "10", "0", "4")
}

// spentWithoutCorrections asks what was spent, for a limit that begins in the middle
// of its period: what corrections gave back does not count.
func spentWithoutCorrections(t *testing.T, f *fixture) {
	day := f.clock.Now().Truncate(24 * time.Hour)
	f.clock.Step(day.Add(-time.Hour).Sub(f.clock.Now()))
	f.must(grant(acme, "100"))
	yesterday := f.must(debit(acme, "7")).Postings[0].ID.Seq
	f.clock.Step(3 * time.Hour)
	two := debit(acme, "4")
	two.Caller = "a"
	two.Charges[0].Lines = append(two.Charges[0].Lines, ledger.Line{Meter: "n", Credits: cr("6")})
	today := f.must(two).Postings[0].ID.Seq
	f.must(debit(acme, "1"))
	f.clock.Step(time.Hour)
	f.must(ledger.Adjust{Wallet: acme, Credits: cr("3"), Corrects: yesterday})
	f.must(ledger.Adjust{Wallet: acme, Credits: cr("2"), Corrects: today})
	f.must(ledger.Adjust{Wallet: acme, Credits: cr("3"), Corrects: today})
	f.must(ledger.Adjust{Wallet: acme, Credits: cr("50")})
	f.clock.Step(time.Minute)
	for meter, want := range map[string]string{"": "6", "m": "3", "n": "3"} {
		got := View(t, f.o, func(t tx.Tx) (money.Credits, error) {
			return f.l.SpentBetween(t, acme, meter, ledger.CallerName{}, day, f.clock.Now())
		})
		if got != cr(want) {
			t.Errorf("spent on %q: %s, want %s", meter, got, want)
		}
	}
}
