package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"purse/billing/audit"
	"purse/billing/purchase"
	"purse/billing/report"
	"purse/billing/tx"
)

func (w *world) report(period string) (d *report.Day) {
	w.Helper()
	w.check(w.app.reports.Export(ctx))
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) { d, err = w.app.reports.Of(t, period); return err }))
	return d
}

// TestTheDayAddsUp checks a day with purchases, a refund, a dispute that takes
// its money and one that is won against Stripe's balance, and its payout.
func TestTheDayAddsUp(t *testing.T) {
	w, c := shopWorld(t)
	w.sandboxCharge() // another product's, on the same account
	p := w.bought(c, "pm_card_visa")
	w.use(c, part(p, 1, 4))
	_, err := w.purchases.Refund(ctx, audit.Actor{ID: "usr_staff"}, purchase.NewRefund{Purchase: p.ID, Amount: p.Total / 2, Reason: "Asked for it", Key: "k"})
	w.check(err)
	lost := w.bought(c, "pm_card_createDispute")
	eventually(t, "the dispute is known", 10*time.Second, func() bool { return w.state(lost).Dispute != "" })
	today := w.now().UTC().Format(time.DateOnly)
	d := w.report(today)
	if len(d.Differences) != 0 {
		t.Errorf("differences: %+v", d.Differences)
	}
	if len(d.Balance) != 1 || len(d.Sales) != 1 || len(d.Deferred) != 1 {
		t.Fatalf("%+v", d)
	}
	b, s, f := d.Balance[0], d.Sales[0], d.Deferred[0]
	if b.Charges != s.Total || s.Total != p.Total+lost.Total || s.Count != 2 {
		t.Errorf("charged %d at Stripe, sold for %d here", b.Charges, s.Total)
	}
	if b.Refunds != -p.Total/2 || b.Disputes != -lost.Total || b.DisputeFees != 1500 || b.NotOurs <= 0 || b.NotOursCount != 1 {
		t.Errorf("%+v", b)
	}
	if b.Change != b.Net+b.Payouts+b.NotOurs || b.Net != b.Charges-b.ChargeFees+b.Refunds-b.RefundFees+b.Disputes-b.DisputeFees-b.StripeFees {
		t.Errorf("the balance does not add up: %+v", b)
	}
	if !f.Balanced() || f.Sold != s.NetOfTax || f.Used != -p.Total/4 || f.Refunded != -p.Total/2 || f.Closing != p.Total/4+lost.Total {
		t.Errorf("%+v", f)
	}
	a := w.api("GET", "/v1/reports/"+today, "")
	var over report.Day
	w.check(json.Unmarshal([]byte(a.body), &over))
	if a.status != 200 || over.Balance[0] != b || over.Deferred[0] != f {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.api("GET", "/v1/reports/2026", ""); a.status != 422 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.api("GET", "/v1/reports/2999-01-01", ""); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
	var csv strings.Builder
	w.check(d.CSV(&csv))
	if !strings.Contains(csv.String(), today+",deferred,USD,closing,") {
		t.Error(csv.String())
	}
	w.check(w.app.sandbox.Advance(4 * 24 * time.Hour))
	w.check(w.app.reports.Export(ctx))
	var payouts []report.Payout
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		later := w.now().UTC().Format(time.DateOnly)
		from, err := time.Parse(time.DateOnly, later)
		if err == nil {
			payouts, err = w.app.reports.Store.Payouts(t, from, from.AddDate(0, 0, 1))
		}
		return err
	}))
	if len(payouts) != 1 || payouts[0].Amount != b.Change-3*2 {
		t.Errorf("paid out %+v, the balance was %d and three payments cost 2 each", payouts, b.Change)
	}
}

// TestAPaymentWithoutItsPurchaseIsAnAlarm checks invariant 14: a person sees it.
func TestAPaymentWithoutItsPurchaseIsAnAlarm(t *testing.T) {
	w, c := shopWorld(t)
	p := w.bought(c, "pm_card_visa")
	w.check(w.app.reports.Export(ctx))
	ghost := w.foreign(4200, c.StripeCustomerID, map[string]string{"purse_installation": w.app.stamp.installation, "purse_purchase": "pur_lost"})
	w.check(w.pay(ghost.ID, "pm_card_visa"))
	today := w.now().UTC().Format(time.DateOnly)
	d := w.report(today)
	if len(d.Differences) != 1 || d.Differences[0].Kind != report.PaymentWithoutPurchase || d.Differences[0].Alarm || d.Differences[0].Amount != 4200 {
		t.Fatalf("at once: %+v", d.Differences)
	}
	w.clock.step(2 * time.Hour)
	d = w.report(today)
	if len(d.Differences) != 1 || !d.Differences[0].Alarm {
		t.Fatalf("two hours later: %+v", d.Differences)
	}
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		n, err := w.app.reports.Alarms(t)
		if n != 1 {
			w.Errorf("%d alarms", n)
		}
		return err
	}))
	if p.Total == 0 {
		t.Error("nothing was paid")
	}
}

// sandboxCharge makes a payment that has nothing to do with Purse.
func (w *world) sandboxCharge() {
	w.Helper()
	s := w.foreign(9900, "", nil)
	w.check(w.pay(s.ID, "pm_card_visa"))
}
