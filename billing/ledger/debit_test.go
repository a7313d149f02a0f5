package ledger

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"purse/billing/money"
)

// TestSmallPricesAddUp charges 10,000 events of one token at 0.03 credits a million
// tokens, mixed with others of the same rate: they cost what they add up to.
func TestSmallPricesAddUp(t *testing.T) {
	d := newDesk(t)
	d.grant(Promotional, money.Micro, time.Time{})
	cost := money.ExactRat(big.NewRat(3, 100)) // micro-credits
	for range 10_000 {
		d.do(Debit{Charges: []Charge{{d.k, []Line{{Meter: "tokens", Rate: "rate_1", Quantity: "1", Cost: cost}}}}})
	}
	d.stands("after 10,000 tokens", money.Micro-300, money.Micro-300, 0, 0)
	last := d.out.Entries[len(d.out.Entries)-1].Detail.Lines[0]
	if last.Cost.String() != "0.00000003" || last.Sum.String() != "0.0003" {
		t.Errorf("the posting shows a cost of %s and a sum of %s", last.Cost, last.Sum)
	}
	// A line rounds alone, by its own rate's sum.
	third := money.ExactRat(big.NewRat(1, 3))
	for i, want := range []money.Credits{0, 1, 0, 0, 1, 0} {
		r := d.do(Debit{Charges: []Charge{{d.k, []Line{{Meter: "a", Rate: "rate_3", Cost: third}, {Meter: "b", Rate: "rate_4", Cost: money.Credits(5).Exact()}}}}})
		if got := -r.Postings[0].Amount - 5; got != want {
			t.Errorf("third number %d costs %s, want %s", i+1, got, want)
		}
	}
}

// TestNothingIsNotEnoughForAnything: what costs less than a micro-credit is refused
// with nothing available, and a refusal leaves the sum as it was.
func TestNothingIsNotEnoughForAnything(t *testing.T) {
	d := newDesk(t)
	line := []Line{{Meter: "tokens", Rate: "rate_1", Cost: money.ExactRat(big.NewRat(3, 100))}}
	r := d.Decide(&Command{Op: Debit{Charges: []Charge{{d.k, line}}}})
	if r.Refused == nil || r.Refused.Required != 1 || r.Refused.Available != 0 || len(d.sums) != 0 {
		t.Errorf("%+v, sums %v", r.Refused, d.sums)
	}
	d.do(Debit{Charges: []Charge{{d.k, []Line{{Meter: "free", Rate: "rate_2"}}}}})
	d.do(Debit{Record: true, Charges: []Charge{{d.k, line}}})
	if len(d.sums) != 1 {
		t.Errorf("sums %v", d.sums)
	}
}

// TestRefusalsNameAllThatLack: in debt what is available is below zero, a meter that
// may not draw what others may is named, and so is every wallet and every limit.
func TestRefusalsNameAllThatLack(t *testing.T) {
	d := newDesk(t)
	d.record(3)
	r := d.Decide(&Command{Op: Debit{Charges: []Charge{{d.k, []Line{{Meter: "m", Credits: 2}}}}}})
	if r.Refused == nil || r.Refused.Available != -3 || !strings.Contains(r.Err().Error(), "needs 0.000002 credits and -0.000003 are available") {
		t.Errorf("in debt: %v", r.Err())
	}
	d.grant(Paid, 3, time.Time{})
	d.do(NewGrant{Wallet: d.k, Credits: 5, Kind: Promotional, Meters: []string{"in"}})
	r = d.Decide(&Command{Op: Debit{Charges: []Charge{{d.k, []Line{{Meter: "in", Credits: 1}, {Meter: "out", Credits: 1}}}}}})
	if r.Refused == nil || len(r.Refused.Short) != 1 || r.Refused.Short[0] != (Shortage{"a", "out", 1, 0}) ||
		!strings.Contains(r.Err().Error(), "The meter out needs 0.000001 credits and 0 are left for it") {
		t.Errorf("one meter of two: %v", r.Err())
	}
	k2 := WalletKey{"c", "b"}
	s := NewState(d.now, &Needs{Wallets: []WalletKey{d.k, k2}}, &Loaded{})
	limit := func(key string) Counter {
		return Counter{Wallet: d.k, Key: key, PeriodStart: d.now, PeriodEnd: d.now.Add(time.Hour), Limit: 1, Hard: true}
	}
	r = s.Decide(&Command{Op: Debit{Charges: []Charge{{d.k, []Line{{Credits: 2}}}, {k2, []Line{{Credits: 4}}}}}, Counters: []Counter{limit("l1"), limit("l2")}})
	if r.Refused == nil || r.Refused.Fault.Code != CodeInsufficient || len(r.Refused.Short) != 2 || len(r.Refused.Limits) != 2 {
		t.Errorf("two wallets and two limits: %+v", r.Refused)
	}
}

// TestCapsSeeReservations: an open hold counts in the running period against the
// limits that its capture will count against, and its capture in that of the capture.
func TestCapsSeeReservations(t *testing.T) {
	d := newDesk(t)
	d.grant(Promotional, 100, time.Time{})
	month := func(n int) []Counter {
		start := time.Date(2026, time.Month(n), 1, 0, 0, 0, 0, time.UTC)
		return []Counter{{Wallet: d.k, Key: "lim", PeriodStart: start, PeriodEnd: start.AddDate(0, 1, 0), Limit: 10, Hard: true, Holds: true}}
	}
	charge := func(credits money.Credits, in int) Result {
		return d.Decide(&Command{Op: Debit{Charges: []Charge{{d.k, []Line{{Meter: "m", Credits: credits}}}}}, Counters: month(in)})
	}
	r := d.Decide(&Command{Op: NewHold{Wallet: d.k, Credits: 6, ExpiresAt: d.now.Add(20 * time.Hour)}, Counters: month(3)})
	if r.Refused != nil {
		t.Fatal(r.Err())
	}
	if r := d.Decide(&Command{Op: NewHold{Wallet: d.k, Credits: 5}, Counters: month(3)}); r.Refused == nil {
		t.Error("two holds together are over the limit")
	}
	if r := charge(5, 3); r.Refused == nil || r.Refused.Limit.Held != 6 || r.Refused.Limit.Spent != 0 {
		t.Errorf("usage beside a hold: %+v", r.Refused)
	}
	if r := charge(4, 3); r.Refused != nil {
		t.Error(r.Err())
	}
	d.now = d.now.Add(18 * time.Hour)
	if r := charge(5, 4); r.Refused == nil {
		t.Error("a hold of last month counts in this one while it is open")
	}
	if r := d.Decide(&Command{Op: Capture{Hold: r.Hold, Credits: 3}, Counters: month(4)}); r.Refused != nil {
		t.Fatal(r.Err())
	}
	if r := charge(7, 4); r.Refused != nil {
		t.Errorf("3 captured and 7 are 10: %v", r.Err())
	}
}
