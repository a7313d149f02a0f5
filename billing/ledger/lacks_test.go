package ledger

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purse/billing/money"
)

// TestScopedCreditsAreNamedByMeter: 10 credits that only the meter out may draw help
// out, not tok. The refusal names each meter, and what it says lacks is what lacks.
func TestScopedCreditsAreNamedByMeter(t *testing.T) {
	for scoped, want := range map[money.Credits][]Shortage{
		3:  {{"a", "out", 6, 3}, {"a", "tok", 30, 0}},
		10: {{"a", "tok", 30, 0}},
		30: {{"a", "tok", 30, 0}},
		50: {{"a", "tok", 30, 0}},
		0:  {{"a", "", 36, 0}}, // both draw the same
	} {
		d := newDesk(t)
		d.grant(Promotional, 1, time.Time{})
		d.record(1)
		if scoped > 0 {
			d.do(NewGrant{Wallet: d.k, Credits: scoped, Kind: Promotional, Meters: []string{"out"}})
		}
		r := d.Decide(&Command{Op: Debit{Charges: []Charge{{d.k, []Line{{Meter: "out", Credits: 6}, {Meter: "tok", Credits: 30}}}}}})
		if r.Refused == nil || !equal(r.Refused.Short, want) {
			t.Errorf("with %s scoped to out: %+v, want %+v", scoped, r.Refused, want)
		}
		if scoped > 0 && !strings.Contains(r.Err().Error(), "The meter tok needs 0.00003 credits and 0 are left") {
			t.Error(r.Err())
		}
	}
}

func equal(a, b []Shortage) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestWhatARefusalSaysLacksIsWhatLacks: over random scoped and unscoped lots, debts,
// overdrafts, holds and lines, granting exactly what a refusal says lacks makes the
// same request pass, and a micro-credit less does not.
func TestWhatARefusalSaysLacksIsWhatLacks(t *testing.T) {
	meters := []string{"a", "b", "c"}
	refusals := 0
	rapid.Check(t, func(r *rapid.T) {
		build := func() *desk { return newDesk(t) }
		amount := rapid.Int64Range(1, 40)
		var ops []Op
		k := build().k
		for range rapid.IntRange(0, 5).Draw(r, "lots") {
			ops = append(ops, NewGrant{
				Wallet: k, Credits: money.Credits(amount.Draw(r, "credits")), Kind: rapid.SampledFrom([]Kind{Paid, Promotional}).Draw(r, "kind"),
				Priority: rapid.IntRange(1, 3).Draw(r, "priority"), Meters: rapid.SliceOfNDistinct(rapid.SampledFrom(meters), 0, 2, rapid.ID[string]).Draw(r, "scope"),
			})
		}
		if rapid.Bool().Draw(r, "record") {
			ops = append(ops, Debit{Record: true, Charges: []Charge{{k, []Line{{Meter: "a", Credits: money.Credits(amount.Draw(r, "recorded"))}}}}})
		}
		if rapid.Bool().Draw(r, "overdraft") {
			ops = append(ops, SetOverdraft{k, money.Credits(amount.Draw(r, "overdraft"))})
		}
		ops = append(ops, NewHold{Wallet: k, Credits: money.Credits(amount.Draw(r, "held"))})
		var lines []Line
		for i, m := range meters[:rapid.IntRange(1, 3).Draw(r, "lines")] {
			if rapid.IntRange(0, 4).Draw(r, "fraction") == 0 {
				lines = append(lines, Line{Meter: m, Rate: "rate_" + m, Cost: money.ExactRat(big.NewRat(int64(i+1), 7))})
				continue
			}
			lines = append(lines, Line{Meter: m, Credits: money.Credits(rapid.Int64Range(0, 40).Draw(r, "line"))})
		}
		kind := rapid.SampledFrom([]Kind{Paid, Promotional}).Draw(r, "granted")
		// try decides all of it anew with so much more.
		try := func(more money.Credits) Result {
			d := build()
			for _, op := range ops {
				d.Decide(&Command{Op: op}) // a hold may be refused
			}
			if more > 0 {
				d.do(NewGrant{Wallet: k, Credits: more, Kind: kind, Priority: DefaultPriority})
			}
			return d.Decide(&Command{Op: Debit{Charges: []Charge{{k, lines}}}})
		}
		first := try(0)
		if first.Refused == nil {
			return
		}
		refusals++
		var lacks money.Credits
		for _, x := range first.Refused.Short {
			if x.Required <= x.Available {
				r.Fatalf("%+v lacks nothing", x)
			}
			lacks += x.Required - x.Available
		}
		if again := try(lacks); again.Refused != nil {
			r.Fatalf("refused with %q, and with %s more too: %q", first.Err(), lacks, again.Err())
		}
		if less := try(lacks - 1); less.Refused == nil {
			r.Fatalf("refused with %q, but %s more would have been enough", first.Err(), lacks-1)
		}
	})
	if refusals == 0 {
		t.Error("nothing was refused")
	}
}
