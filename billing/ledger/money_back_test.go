package ledger

import (
	"testing"
	"time"

	"purse/billing/money"
)

// desk decides commands on one wallet, at a time that a test moves.
type desk struct {
	*State
	t *testing.T
	k WalletKey
}

func newDesk(t *testing.T) *desk {
	k := WalletKey{"c", "a"}
	return &desk{NewState(time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC), &Needs{Wallets: []WalletKey{k}}, &Loaded{}), t, k}
}

func (d *desk) do(op Op) Result {
	d.t.Helper()
	// A batch loads the holds that are due; here they are all at hand.
	d.due = map[WalletID][]*Hold{}
	for _, h := range d.holds {
		if h.State == HoldOpen && !h.ExpiresAt.After(d.now) {
			d.due[h.Wallet] = append(d.due[h.Wallet], h)
		}
	}
	r := d.Decide(&Command{Op: op})
	if r.Refused != nil {
		d.t.Fatalf("%T: %s", op, r.Err())
	}
	return r
}

func (d *desk) grant(kind Kind, credits money.Credits, expires time.Time) GrantID {
	d.t.Helper()
	return d.do(NewGrant{Wallet: d.k, Credits: credits, Kind: kind, Priority: DefaultPriority, ExpiresAt: expires}).Grant
}

func (d *desk) record(credits money.Credits) int64 {
	d.t.Helper()
	r := d.do(Debit{Record: true, Charges: []Charge{{d.k, []Line{{Meter: "m", Credits: credits}}}}})
	return r.Postings[0].ID.Seq
}

// stands checks balance, available, held and debt.
func (d *desk) stands(what string, balance, available, held, debt money.Credits) {
	d.t.Helper()
	b := d.wallets[d.k].balance(d.now)
	if b.Balance != balance || b.Available != available || b.Held != held || b.Debt != debt {
		d.t.Errorf("%s: balance %s, available %s, held %s, debt %s; want %s, %s, %s, %s", what,
			b.Balance, b.Available, b.Held, b.Debt, balance, available, held, debt)
	}
}

func (d *desk) left(what string, g GrantID, credits money.Credits) {
	d.t.Helper()
	if got := d.grants[g].Remaining; got != credits {
		d.t.Errorf("%s: the lot has %s, want %s", what, got, credits)
	}
}

// TestRefundWaitsForHolds refunds a pack of which a hold has reserved a part: what
// the hold does not use is taken when it ends, what it uses becomes debt.
func TestRefundWaitsForHolds(t *testing.T) {
	for _, used := range []money.Credits{0, 25, 60} {
		d := newDesk(t)
		g := d.grant(Paid, 100, time.Time{})
		h := d.do(NewHold{Wallet: d.k, Credits: 60}).Hold
		d.do(Clawback{Grants: []GrantID{g}, Credits: 100, Kind: PostRefund, Ref: "pur_1"})
		d.stands("while it is held", 60, 0, 60, 0)
		if used == 0 {
			d.do(Release{Hold: h})
		} else {
			d.do(Capture{Hold: h, Credits: used})
		}
		d.stands("after the hold", -used, -used, 0, used)
		if g := d.grants[g]; g.Clawed != 100-used || g.Reclaim != 0 || g.ClawDebt != used {
			t.Errorf("%s used: %+v", used, g)
		}
		if e := d.out.Entries[len(d.out.Entries)-1]; used < 60 && e.Kind != PostRefund {
			t.Errorf("the rest is taken by a posting of the refund, not %s", e.Kind)
		}
	}
}

// TestFailedRefundGivesBackExactly records use, buys with a bonus, refunds a part
// that fails: the lots have what they had.
func TestFailedRefundGivesBackExactly(t *testing.T) {
	d := newDesk(t)
	d.record(30)
	paid, bonus := d.grant(Paid, 100, time.Time{}), d.grant(Promotional, 20, time.Time{})
	both := []GrantID{paid, bonus}
	d.left("bought", paid, 70)
	d.do(Clawback{Grants: both, Credits: 36, Kind: PostRefund})
	d.left("refunded", paid, 54)
	d.left("refunded", bonus, 0)
	d.do(Clawback{Grants: both, Credits: -36, Kind: PostRefund})
	d.left("failed", paid, 70)
	d.left("failed", bonus, 20)
	// Two refunds of which one fails end as the other alone would have.
	d.do(Clawback{Grants: both, Credits: 36, Kind: PostRefund})
	d.do(Clawback{Grants: both, Credits: 30, Kind: PostRefund})
	d.do(Clawback{Grants: both, Credits: -36, Kind: PostRefund})
	d.left("one of two failed", paid, 60)
	d.left("one of two failed", bonus, 0)
	if r := d.Decide(&Command{Op: Clawback{Grants: both, Credits: -31, Kind: PostRefund}}); r.Refused == nil {
		t.Error("more was given back than was taken")
	}
}

// TestCorrectionPaysTheRefundsDebtFirst corrects use that a refund has made debt.
func TestCorrectionPaysTheRefundsDebtFirst(t *testing.T) {
	d := newDesk(t)
	paid, bonus := d.grant(Paid, 100, time.Time{}), d.grant(Promotional, 20, time.Time{})
	first := d.record(20) // of the bonus
	d.record(40)
	d.do(Clawback{Grants: []GrantID{paid, bonus}, Credits: 120, Kind: PostRefund})
	d.stands("refunded", -60, -60, 0, 60)
	d.do(Adjust{Wallet: d.k, Credits: 20, Corrects: first})
	d.stands("corrected", -40, -40, 0, 40)
	d.left("corrected", bonus, 0)
	other := d.grant(Paid, 50, time.Time{})
	d.left("repaid", other, 10)
}

// TestCorrectionOfALotThatIsOver gives back use of a lot that has expired or was
// voided since: as a promotional grant with the time that was left then.
func TestCorrectionOfALotThatIsOver(t *testing.T) {
	for _, voided := range []bool{false, true} {
		d := newDesk(t)
		expires := d.now.Add(72 * time.Hour)
		g := d.grant(Paid, 100, expires)
		seq := d.record(30)
		if voided {
			d.do(Void{Grant: g})
		} else {
			d.now = expires.Add(time.Hour)
		}
		r := d.do(Adjust{Wallet: d.k, Credits: 30, Corrects: seq})
		d.stands("given back", 30, 30, 0, 0)
		gift := d.grants[r.Grant]
		if gift == nil || gift.Kind != Promotional || gift.Amount != 30 || !gift.ExpiresAt.Equal(d.now.Add(72*time.Hour)) {
			t.Errorf("voided %v: %+v", voided, gift)
		}
	}
}

// TestEachThingHasItsOwnTime moves the clock by a year: what came due on the way is
// booked when it did, in that order.
func TestEachThingHasItsOwnTime(t *testing.T) {
	d := newDesk(t)
	start := d.now
	d.record(5)
	d.grant(Promotional, 10, start.Add(48*time.Hour))
	late := d.do(NewGrant{Wallet: d.k, Credits: 8, Kind: Paid, EffectiveAt: start.Add(24 * time.Hour), ExpiresAt: start.Add(72 * time.Hour)}).Grant
	d.stands("before it is effective", 13, 5, 0, 5)
	d.do(NewHold{Wallet: d.k, Credits: 4, ExpiresAt: start.Add(time.Hour)})
	n := len(d.out.Entries)
	d.now = start.AddDate(1, 0, 0)
	d.do(Settle{d.k})
	type booked struct {
		kind  PostingKind
		after time.Duration
		sum   money.Credits
	}
	var got []booked
	for _, e := range d.out.Entries[n:] {
		if e.Line > 0 {
			got[len(got)-1].sum += e.Amount
			continue
		}
		got = append(got, booked{e.Kind, e.At.Sub(start), e.Amount})
	}
	want := []booked{{PostGrant, 24 * time.Hour, 0}, {PostExpire, 48 * time.Hour, -10}, {PostExpire, 72 * time.Hour, -3}}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("booked %v, want %v", got, want)
	}
	if g := d.grants[late]; g.Lapsed != 3 || g.Remaining != 0 {
		t.Errorf("%+v", g)
	}
	for _, h := range d.holds {
		if h.State != HoldExpired || !h.EndedAt.Equal(start.Add(time.Hour)) {
			t.Errorf("the hold ended at %s", h.EndedAt)
		}
	}
}

// TestTransfersTakeWhatWasPaidAlong splits a lot of $10.01 between customers: the
// parts add up, and what was transferred was not used.
func TestTransfersTakeWhatWasPaidAlong(t *testing.T) {
	d := newDesk(t)
	k2 := WalletKey{"c2", "a"}
	d.State = NewState(d.now, &Needs{Wallets: []WalletKey{d.k, k2}}, &Loaded{})
	g := d.do(NewGrant{Wallet: d.k, Credits: 100, Kind: Paid, Paid: money.Money{Amount: 1001, Currency: "usd"}}).Grant
	d.record(10)
	var parts int64
	for _, n := range []money.Credits{33, 33, 7} {
		lot := d.do(Transfer{From: d.k, To: k2, Credits: n}).Grants[0]
		parts += d.grants[lot].Worth
	}
	from := d.grants[g]
	if parts+from.Worth != 1001 || from.Worth != 271 || from.Used() != 10 || from.Sent != 73 {
		t.Errorf("%d went along, %d stayed; %s used, %s sent", parts, from.Worth, from.Used(), from.Sent)
	}
}

// TestHoldsUseTheOverdraft: a hold is a decision, and what it reserves beyond the
// lots is not there for others.
func TestHoldsUseTheOverdraft(t *testing.T) {
	d := newDesk(t)
	d.grant(Promotional, 10, time.Time{})
	d.do(SetOverdraft{d.k, 20})
	h := d.do(NewHold{Wallet: d.k, Credits: 25}).Hold
	d.stands("held", 10, -15, 25, 0)
	if r := d.Decide(&Command{Op: NewHold{Wallet: d.k, Credits: 6}}); r.Refused == nil || r.Refused.Available != 5 {
		t.Errorf("a second hold: %+v", r.Refused)
	}
	if r := d.Decide(&Command{Op: Debit{Charges: []Charge{{d.k, []Line{{Credits: 6}}}}}}); r.Refused == nil {
		t.Error("a debit took what a hold has reserved")
	}
	d.do(Capture{Hold: h, Credits: 12})
	d.stands("captured", -2, -2, 0, 2)
}
