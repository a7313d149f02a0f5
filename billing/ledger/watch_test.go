package ledger

import (
	"testing"
	"time"

	"purse/billing/money"
)

// TestSharesAreOfPurchasesThatStand: a level that is a share follows the last paid
// grant; one that was refunded, disputed or voided is no base.
func TestSharesAreOfPurchasesThatStand(t *testing.T) {
	d := newDesk(t)
	a := d.wallets[d.k]
	w := &Watch{ID: "half", Wallet: a.ID, Of: OfGrant, Share: 50, Step: 1, JobKind: "crossed", Recovers: true}
	a.watches = []*Watch{w}
	level := func(what string, want money.Credits) {
		t.Helper()
		if w.Level != want {
			t.Errorf("%s: half is %s, want %s", what, w.Level, want)
		}
	}
	d.grant(Promotional, 1000, time.Time{})
	level("given", 0)
	first := d.grant(Paid, 100, time.Time{})
	level("bought", 50)
	second := d.grant(Paid, 600, time.Time{})
	d.do(Freeze{Grant: second, Frozen: true})
	level("disputed", 50)
	d.do(Freeze{Grant: second})
	level("won", 300)
	d.do(Clawback{Grants: []GrantID{second}, Credits: 200, Kind: PostRefund})
	level("a third refunded", 200)
	d.do(Clawback{Grants: []GrantID{second}, Credits: 400, Kind: PostRefund})
	level("refunded", 50)
	d.do(Void{Grant: first})
	level("voided", 0)
	d.out.Jobs = nil
	d.record(1000)
	if len(d.out.Jobs) != 0 {
		t.Errorf("told of a share of nothing: %+v", d.out.Jobs)
	}
}
