package report_test

import (
	"testing"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/report"
	"purse/billing/tx"
)

// TestWhatWasKeptIsRecognised sells 100 credits and a bonus of 20 for $10, and
// refunds parts: what was sold is what was used, expired, refunded, kept and is
// deferred, to the cent.
func TestWhatWasKeptIsRecognised(t *testing.T) {
	usd := func(n int64) money.Money { return money.Money{Amount: n, Currency: "usd"} }
	credits := func(n int64) money.Credits { return money.Credits(n) * money.Micro }
	for name, c := range map[string]struct {
		used, back money.Credits
		refunded   int64
		want       report.Deferred
	}{
		// The bonus was used: of the $5 that stay, $4 are for 40 credits and $1 for it.
		"the bonus was used":       {20, 60, 500, report.Deferred{Sold: 1000, Refunded: -500, Kept: -100, Closing: 400}},
		"nothing was used":         {0, 60, 500, report.Deferred{Sold: 1000, Refunded: -500, Kept: 100, Closing: 600}},
		"all was used, and half":   {120, 60, 500, report.Deferred{Sold: 1000, Used: -1000, Refunded: -500, Kept: 500}},
		"all of it, unused":        {0, 120, 1000, report.Deferred{Sold: 1000, Refunded: -1000}},
		"half of the paid is used": {70, 120, 1000, report.Deferred{Sold: 1000, Used: -500, Refunded: -1000, Kept: 500}},
	} {
		w := newWorld(t)
		k := key(1)
		paid := w.do(ledger.NewGrant{Wallet: k, Credits: credits(100), Kind: ledger.Paid, Paid: usd(1000), Priority: 50}).Grant
		bonus := w.do(ledger.NewGrant{Wallet: k, Credits: credits(20), Kind: ledger.Promotional, Priority: 50}).Grant
		if c.used > 0 {
			w.do(ledger.Debit{Charges: []ledger.Charge{{Wallet: k, Lines: []ledger.Line{{Credits: credits(int64(c.used))}}}}})
		}
		w.do(ledger.Clawback{Grants: []ledger.GrantID{paid, bonus}, Credits: credits(int64(c.back)), Kind: ledger.PostRefund, Money: usd(c.refunded)})
		w.ok(w.Fold(t.Context()))
		w.ok(w.db.View(t.Context(), func(tr tx.Tx) error {
			d, err := w.Of(tr, w.now.Format(time.DateOnly))
			w.ok(err)
			c.want.Currency = "usd"
			if len(d.Deferred) != 1 || d.Deferred[0] != c.want || !d.Deferred[0].Balanced() {
				t.Errorf("%s: %+v, want %+v", name, d.Deferred, c.want)
			}
			return nil
		}))
	}
}
