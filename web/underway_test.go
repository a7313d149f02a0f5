package main

import (
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/inbox"
	"purse/billing/invoice"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/schedule"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

// underWayMade is when the database of everything under way was left behind.
var underWayMade = time.Date(2026, 11, 29, 3, 14, 0, 0, time.UTC)

// openUnderWay opens the database that schema 39 left behind with everything in it that
// can be under way, and its Stripe, on the day on which it was left.
func openUnderWay(t *testing.T) *world {
	t.Helper()
	clock := &testClock{added: time.Until(underWayMade)}
	s := settings{Addr: "127.0.0.1:0", SandboxAddr: "127.0.0.1:0", Sandbox: true, Brand: "Purse", DB: t.TempDir() + "/purse.db",
		PaymentMethods: []string{"card", "us_bank_account"}, sandboxNow: clock.Now}
	for from, to := range map[string]string{"db": s.DB, "db.sandbox": s.DB + ".sandbox"} {
		in, err := os.Open("testdata/under-way-39." + from + ".gz")
		if err != nil {
			t.Fatal(err)
		}
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(unzipped)
		if err != nil {
			t.Fatal(err)
		}
		_ = in.Close()
		if err := os.WriteFile(to, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key, err := os.ReadFile("testdata/under-way-39.key")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.DB+".key", key, 0o600); err != nil {
		t.Fatal(err)
	}
	return startWorld(t, s, clock)
}

// ext is a customer of that database.
func (w *world) ext(name string) *account.Customer {
	w.Helper()
	c, err := w.accounts.Customer(ctx, "ext:"+name)
	w.check(err)
	return c
}

// theInvoice is a customer's newest invoice.
func (w *world) theInvoice(c *account.Customer) (in *invoice.Invoice) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		list, err := w.invoices.List(t, c.ID, "", "", "", 1)
		if err == nil {
			in = list[0]
		}
		return err
	}))
	return in
}

// payHere pays an invoice on its page, whose address then was another.
func (w *world) payHere(in *invoice.Invoice) {
	w.Helper()
	here := *in
	here.URL = w.sandboxURL + "/i/" + in.Invoice
	w.payPage(&here, "4242424242424242")
}

// TestEverythingUnderWayGoesOnAfterAnUpgrade opens a database in which purchases,
// recharges, invoices, schedules, refunds and events were left in every state, with
// answers that never came, and finishes each.
func TestEverythingUnderWayGoesOnAfterAnUpgrade(t *testing.T) {
	w := openUnderWay(t)
	w.key = w.newKey(account.NewKey{Scopes: []account.Scope{account.ScopeUsage, account.ScopeRead, account.ScopeAdmin}})
	w.faults(sandbox.Faults{})
	has := func(name, credit string) {
		t.Helper()
		c := w.ext(name)
		eventually(t, name+" has "+credit, 20*time.Second, func() bool { w.ticks(); return w.available(c.ID) == credits(credit) })
	}
	only := func(name string) *purchase.Purchase {
		t.Helper()
		list := w.purchasesOf(w.ext(name))
		if len(list) == 0 {
			t.Fatalf("%s has no purchase", name)
		}
		return list[0]
	}
	// What had no answer is found, and done once.
	w.clock.step(3 * time.Minute)
	w.check(w.purchases.Sweep(ctx))
	has("webhook-missed", "1000")
	has("recharge-unknown", "1010")
	eventually(t, "the invoice that had no answer", 20*time.Second, func() bool { w.ticks(); return w.theInvoice(w.ext("invoice-unknown")).State() == invoice.Open })
	eventually(t, "the refund that had no answer", 20*time.Second, func() bool {
		w.ticks()
		s := w.refundStates(only("refund-unknown"))
		return len(s) == 1 && s[0] == purchase.RefundSucceeded
	})
	if n, sum := w.refundsAt(only("refund-unknown")); n != 1 || sum != 300 {
		t.Errorf("%d refunds of %d at Stripe", n, sum)
	}
	// What waits is paid, refunded and decided.
	for name, credit := range map[string]string{"invoice-open": "5000", "invoice-unknown": "5000", "invoice-given": "5000", "invoice-lost": "5000"} {
		in := w.theInvoice(w.ext(name))
		w.payHere(in)
		w.waitInvoice(in, invoice.Paid)
		has(name, credit)
	}
	draft := w.theInvoice(w.ext("invoice-draft"))
	draft, err := w.invoices.Issue(ctx, staff, draft.ID)
	w.check(err)
	w.payHere(draft)
	w.waitInvoice(draft, invoice.Paid)
	w.decide(only("disputed"), "winning_evidence")
	has("disputed", "1000")
	// Stripe's dashboard says nothing of ours on a refund of a recharge's payment.
	recharged := w.purchasesOf(w.ext("recharged"))[0]
	_, err = w.stripe().Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(recharged.PaymentIntent), Amount: stripe.Int64(100)})
	w.check(err)
	eventually(t, "the refund of a recharge", 20*time.Second, func() bool { return w.state(recharged).Refunded == 100 })
	w.refundAt(only("part-refunded"), 600)
	eventually(t, "the rest", 20*time.Second, func() bool { return w.state(only("part-refunded")).State == purchase.Refunded })
	// A purchase that this database does not know is adopted.
	alarms := w.inboxOf(inbox.Alarm, "")
	if len(alarms) == 0 || !alarms[0].Orphan() {
		t.Fatalf("alarms: %+v", alarms)
	}
	_, err = w.purchases.Adopt(ctx, audit.Actor{ID: "usr_staff"}, alarms[0].ID, "the backup of Monday was restored")
	w.check(err)
	has("orphan", "2000")
	// Days later.
	for range 5 { // the bank answers on the way, and a card is tried again
		w.advance(24 * time.Hour)
		w.ticks()
	}
	has("bank", "1000")
	eventually(t, "the declined recharge waits", 20*time.Second, func() bool {
		w.ticks()
		p, err := w.recharges.Policy(ctx, w.ext("declined").ID, "credits")
		w.check(err)
		return (p.State == recharge.Paused || p.State == recharge.Backoff) && p.RepairURL != ""
	})
	p, err := w.recharges.Policy(ctx, w.ext("declined").ID, "credits")
	w.check(err)
	_, page, _ := strings.Cut(p.RepairURL, "/i/")
	w.payHere(&invoice.Invoice{Charge: charge.Charge{Invoice: page}})
	has("declined", "1010")
	failed := w.theInvoice(w.ext("schedule-declined"))
	w.payHere(failed)
	w.waitInvoice(failed, invoice.Paid)
	has("schedule-declined", "2000")
	has("armed", "50")
	w.advance(27 * 24 * time.Hour)
	has("schedule", "3000")
	eventually(t, "the Checkout that nobody paid ends", 20*time.Second, func() bool {
		w.check(w.purchases.Sweep(ctx))
		return w.state(only("open")).State == purchase.Expired
	})
	all := 0
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		list, err := w.schedules.Store.List(t, "", "", 100)
		for _, s := range list {
			if s.State == schedule.Active {
				all++
			}
		}
		return err
	}))
	if all != 2 {
		t.Errorf("%d schedules go on", all)
	}
	w.addsUp()
}
