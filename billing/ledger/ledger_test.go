package ledger

import (
	"slices"
	"testing"
	"time"

	"purse/billing/money"
)

// TestBurnOrder is invariant 25, a rule at a time: each grant burns before the
// next, however they are shuffled.
func TestBurnOrder(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	usd := func(n int64) money.Money { return money.Money{Amount: n, Currency: "usd"} }
	inOrder := []Grant{
		{ID: 9, Meters: []string{"m"}, Priority: 90, Kind: Paid},
		{ID: 8, Priority: 10, Kind: Paid},
		{ID: 7, Priority: 50, ExpiresAt: now.Add(time.Hour), Kind: Paid, Paid: usd(9), PaidFor: 1},
		{ID: 6, Priority: 50, ExpiresAt: now.Add(2 * time.Hour), Kind: Promotional},
		{ID: 5, Priority: 50, Kind: Promotional},
		{ID: 4, Priority: 50, Kind: Included},
		{ID: 3, Priority: 50, Kind: Committed},
		{ID: 30, Priority: 50, Kind: Paid, Paid: usd(100), PaidFor: 1000 * money.Micro},
		{ID: 20, Priority: 50, Kind: Paid, Paid: usd(1), PaidFor: 9 * money.Micro, EffectiveAt: now},
		{ID: 10, Priority: 50, Kind: Paid, Paid: usd(1), PaidFor: 9 * money.Micro, EffectiveAt: now.Add(time.Minute)},
		{ID: 11, Priority: 50, Kind: Paid, Paid: usd(1), PaidFor: 9 * money.Micro, EffectiveAt: now.Add(time.Minute)},
	}
	for i := range inOrder {
		for j := range inOrder {
			got := BurnOrder(&inOrder[i], &inOrder[j])
			if (i < j) != (got < 0) || (i == j) != (got == 0) {
				t.Errorf("grant %d against %d: %d", inOrder[i].ID, inOrder[j].ID, got)
			}
		}
	}
	// Products beyond 64 bits.
	a := Grant{Kind: Paid, Paid: usd(money.MaxMinor), PaidFor: money.MaxAmount}
	b := Grant{Kind: Paid, Paid: usd(money.MaxMinor), PaidFor: money.MaxAmount - 1}
	if BurnOrder(&a, &b) >= 0 {
		t.Error("the lower cost basis burns first")
	}
}

// TestRefusalLeavesNothing decides a debit over two wallets of which the second
// lacks credits, and looks at all that a Store would be told.
func TestRefusalLeavesNothing(t *testing.T) {
	now := time.Now().UTC()
	k1, k2 := WalletKey{"c", "a"}, WalletKey{"c", "b"}
	n := &Needs{Wallets: []WalletKey{k1, k2}}
	l := &Loaded{
		Wallets: []Wallet{{ID: 1, WalletKey: k1, Seq: 1, Balance: 10}, {ID: 2, WalletKey: k2}},
		Grants:  []Grant{{ID: 5, Wallet: 1, Kind: Paid, Amount: 10, Remaining: 10}},
	}
	s := NewState(now, n, l)
	line := func(c money.Credits) []Line { return []Line{{Meter: "m", Credits: c}} }
	r := s.Decide(&Command{Op: Debit{Charges: []Charge{{k1, line(4)}, {k2, line(1)}}}})
	out := s.Changes()
	if r.Refused == nil || len(out.Entries)+len(out.Records)+len(out.Events)+len(out.Rollups.Posted) != 0 {
		t.Errorf("%+v, %+v", r, out)
	}
	if g := s.grants[5]; g.Remaining != 10 || s.wallets[k1].Seq != 1 || s.wallets[k1].Balance != 10 {
		t.Errorf("%+v %+v", g, s.wallets[k1])
	}
}

func TestScopedCreditsPayTheirMeterOnly(t *testing.T) {
	now := time.Now().UTC()
	k := WalletKey{"c", "a"}
	s := NewState(now, &Needs{Wallets: []WalletKey{k}}, &Loaded{})
	if r := s.Decide(&Command{Op: NewGrant{Wallet: k, Credits: 10, Kind: Promotional, Priority: 50, Meters: []string{"in"}}}); r.Refused != nil {
		t.Fatal(r.Err())
	}
	debit := func(lines ...Line) Result { return s.Decide(&Command{Op: Debit{Charges: []Charge{{k, lines}}}}) }
	if r := debit(Line{Meter: "out", Credits: 1}); r.Refused == nil || r.Refused.Available != 0 {
		t.Errorf("another meter: %+v", r)
	}
	if r := debit(Line{Meter: "in", Credits: 4}, Line{Meter: "out", Credits: 1}); r.Refused == nil || r.Refused.Required != 1 || r.Refused.Short[0].Meter != "out" {
		t.Errorf("one line of two: %+v", r)
	}
	if r := debit(Line{Meter: "in", Credits: 4}); r.Refused != nil {
		t.Error(r.Err())
	}
	b := s.wallets[k].balance(now)
	if b.Balance != 6 || b.Available != 0 || len(b.Scoped) != 1 || b.Scoped[0].Available != 6 {
		t.Errorf("%+v", b)
	}
}

func TestRecordedWorkBecomesDebtThatPaidGrantsRepay(t *testing.T) {
	now := time.Now().UTC()
	k := WalletKey{"c", "a"}
	s := NewState(now, &Needs{Wallets: []WalletKey{k}}, &Loaded{})
	decide := func(op Op) Result {
		t.Helper()
		r := s.Decide(&Command{Op: op})
		if r.Refused != nil {
			t.Fatal(r.Err())
		}
		return r
	}
	decide(Debit{Record: true, Charges: []Charge{{k, []Line{{Credits: 7}}}}})
	decide(NewGrant{Wallet: k, Credits: 5, Kind: Promotional})
	if b := s.wallets[k].balance(now); b.Debt != 7 || b.Available != -2 || b.Balance != -2 {
		t.Errorf("a promotional grant does not repay: %+v", b)
	}
	decide(NewGrant{Wallet: k, Credits: 10, Kind: Paid})
	if b := s.wallets[k].balance(now); b.Debt != 0 || b.Available != 8 || b.ByKind[Paid] != 3 {
		t.Errorf("a paid grant repays first: %+v", b)
	}
	var sum money.Credits
	for _, e := range s.out.Entries {
		if sum += e.Amount; sum != e.BalanceAfter {
			t.Errorf("%+v: the entries add up to %s", e, sum)
		}
	}
}

func TestGrantsAreChecked(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	k := WalletKey{"c", "a"}
	s := NewState(now, &Needs{Wallets: []WalletKey{k}}, &Loaded{})
	for param, g := range map[string]NewGrant{
		"credits":     {Wallet: k, Credits: 0, Kind: Paid},
		"kind":        {Wallet: k, Credits: 1, Kind: "free"},
		"priority":    {Wallet: k, Credits: 1, Kind: Paid, Priority: 101},
		"expires_at":  {Wallet: k, Credits: 1, Kind: Paid, ExpiresAt: now},
		"amount_paid": {Wallet: k, Credits: 1, Kind: Promotional, Paid: money.Money{Amount: 1, Currency: "usd"}},
		"meters":      {Wallet: k, Credits: 1, Kind: Paid, Meters: []string{""}},
	} {
		if r := s.Decide(&Command{Op: g}); r.Refused == nil || r.Refused.Fault.Param != param {
			t.Errorf("%s: %+v", param, r.Refused)
		}
	}
	for _, c := range []money.Credits{-1, money.MaxAmount + 1} {
		if r := s.Decide(&Command{Op: NewGrant{Wallet: k, Credits: c, Kind: Paid}}); r.Refused == nil {
			t.Errorf("%s was granted", c)
		}
	}
}

func TestPostingIDs(t *testing.T) {
	p := PostingID{1234567, 42}
	if got, ok := ParsePostingID(p.String()); !ok || got != p {
		t.Errorf("%s reads %v %v", p, got, ok)
	}
	for _, bad := range []string{"", "pst", p.String() + "x", p.String()[1:], "pst_0000000000000_1", p.String()[:len(p.String())-2] + "042", "pst__1"} {
		if got, ok := ParsePostingID(bad); ok {
			t.Errorf("%q reads %v", bad, got)
		}
	}
}

func TestKeysTellPartsApart(t *testing.T) {
	keys := []Key{NewKey("a", "bc"), NewKey("ab", "c"), NewKey("abc"), NewKey("a", "b", "c"), NewKey("1:a", "bc")}
	slices.SortFunc(keys, func(a, b Key) int { return slices.Compare(a[:], b[:]) })
	if len(slices.Compact(keys)) != 5 {
		t.Error("two keys are the same")
	}
}

func FuzzParsePostingID(f *testing.F) {
	f.Add(PostingID{1, 1}.String())
	f.Add("pst_zzzzzzzzzzzzz_9")
	f.Fuzz(func(t *testing.T, s string) {
		if p, ok := ParsePostingID(s); ok && p.String() != s {
			t.Fatalf("%q reads %v", s, p)
		}
	})
}
