package main

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

// lost lets the next answer to a path be lost after it was done, and no webhook
// come.
func (w *world) lost(path string) {
	w.Helper()
	w.faults(sandbox.Faults{Deliveries: dropAll.Deliveries, API: []sandbox.APIFault{{Action: sandbox.FaultDropAfter, Method: "POST", Path: path, Count: -1}}})
}

// statusOf is how the newest invoice of a customer stands at Stripe, "" for none.
func (w *world) statusOf(c *account.Customer) (status stripe.InvoiceStatus, id string) {
	w.Helper()
	now, err := w.accounts.Customer(ctx, c.ID)
	w.check(err)
	l := w.stripe().Invoices.List(&stripe.InvoiceListParams{Customer: stripe.String(now.StripeCustomerID)})
	if l.Next() {
		status, id = l.Invoice().Status, l.Invoice().ID
	}
	w.check(l.Err())
	return status, id
}

// purchasesOf are the purchases of a customer, newest first.
func (w *world) purchasesOf(c *account.Customer) (list []*purchase.Purchase) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) { list, err = w.purchases.List(t, c.ID, "", "", 10); return err }))
	return list
}

// A saved card's invoice whose making was never answered, and that nobody asks
// for again, is found, cannot be paid when its time is over, and is not left as
// a draft.
func TestAnInvoiceWithoutAnAnswerIsFound(t *testing.T) {
	t.Parallel()
	for what, path := range map[string]string{"made": "/v1/invoices", "with its line": "/v1/invoiceitems", "finalized": "/v1/invoices/in_"} {
		t.Run(what, func(t *testing.T) {
			w, c := shopWorld(t)
			card := w.savedCard(c, "pm_card_visa")
			w.lost(path)
			_, err := w.buySaved(c, 0, card, "n1")
			if !fault.Is(err, fault.Unavailable) {
				t.Fatal(err)
			}
			w.faults(dropAll)
			status, id := w.statusOf(c)
			if id == "" {
				t.Fatal("there is no invoice to be found")
			}
			w.advance(2 * time.Minute)
			w.check(w.purchases.Sweep(ctx))
			p := w.purchasesOf(c)[0]
			if status == stripe.InvoiceStatusOpen && (p.CheckoutSession != id || !p.Open(w.now())) {
				t.Errorf("it is not known: %+v", p)
			}
			eventually(t, "it ends", 10*time.Second, func() bool {
				w.advance(12 * time.Hour)
				w.check(w.purchases.Sweep(ctx))
				return w.purchasesOf(c)[0].State == purchase.Expired
			})
			if now, _ := w.statusOf(c); now != "void" && now != "" {
				t.Errorf("the invoice is %s", now)
			}
			w.granted(c, 0, "0")
		})
	}
}

// One that is paid on Stripe's page before we know of it brings its credits.
func TestAnInvoiceWithoutAnAnswerIsPaid(t *testing.T) {
	t.Parallel()
	for _, webhook := range []bool{true, false} {
		w, c := shopWorld(t)
		card := w.savedCard(c, "pm_card_visa")
		w.lost("/v1/invoices/in_")
		if _, err := w.buySaved(c, 0, card, "n1"); !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
		_, id := w.statusOf(c)
		in, err := w.stripe().Invoices.Get(id, nil)
		w.check(err)
		f := dropAll
		if webhook {
			f = sandbox.Faults{}
		}
		w.faults(f)
		w.payPage(&invoice.Invoice{Charge: charge.Charge{URL: in.HostedInvoiceURL}}, "4242424242424242")
		eventually(t, "it is granted", 10*time.Second, func() bool {
			if !webhook {
				w.clock.step(2 * time.Minute)
				w.check(w.purchases.Sweep(ctx))
			}
			return w.purchasesOf(c)[0].State == purchase.Paid
		})
		w.granted(c, 1, "1000")
		w.addsUp()
	}
}

// Another purchase that replaces it ends it at once.
func TestAnInvoiceWithoutAnAnswerIsReplaced(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	card := w.savedCard(c, "pm_card_visa")
	w.lost("/v1/invoices/in_")
	if _, err := w.buySaved(c, 0, card, "n1"); !fault.Is(err, fault.Unavailable) {
		t.Fatal(err)
	}
	w.faults(dropAll)
	_, orphan := w.statusOf(c)
	p, err := w.buySaved(c, 0, card, "n2")
	w.check(err)
	if p.State != purchase.Paid {
		t.Fatalf("%+v", p)
	}
	w.advance(2 * time.Minute)
	w.check(w.purchases.Sweep(ctx))
	if in, err := w.stripe().Invoices.Get(orphan, nil); err != nil || in.Status != stripe.InvoiceStatusVoid {
		t.Errorf("%+v %v", in, err)
	}
	w.granted(c, 1, "1000")
}
