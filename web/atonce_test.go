package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/billing/invoice"
	"purse/billing/purchase"
	"purse/billing/schedule"
	"purse/billing/tx"
)

// atOnce lets everything that may learn of payments do so at the same time: the
// events, each twice, the return page, the reconciler, the sweep and the ticks.
func (w *world) atOnce(before string, sessions ...string) {
	w.Helper()
	events := w.since(before)
	var all []func() error
	for i := range events {
		e := events[i]
		for range 2 {
			all = append(all, func() error {
				a, err := send(w.url+"/webhooks/stripe", http.MethodPost, e, "", signed(w.settings.StripeWebhookSecret, w.now(), e)...)
				if err == nil && a.status != http.StatusOK {
					err = fmt.Errorf("%d %s", a.status, a.body)
				}
				return err
			})
		}
	}
	for range 3 {
		for _, s := range sessions {
			all = append(all, func() error {
				return errOf(send(w.url+"/checkout/return?session_id="+url.QueryEscape(s), http.MethodGet, nil, ""))
			})
		}
		all = append(all, func() error { return errOf(w.purchases.Inbox.Reconcile(ctx)) }, func() error { return w.purchases.Sweep(ctx) },
			func() error { return w.charges.Tick(ctx) }, func() error { return w.schedules.Tick(ctx) })
	}
	start := make(chan struct{})
	var wg sync.WaitGroup
	for _, f := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-start
			if err := f(); err != nil {
				w.Error(err)
			}
		}()
	}
	close(start)
	wg.Wait()
	w.quiet()
}

// Whoever learns of a payment first, second or at the same time: what a saved
// card, an invoice of staff's or a schedule paid is granted once.
func TestEverybodyLearnsOfAPaymentAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("saved card", func(t *testing.T) {
		w, c := shopWorld(t)
		w.faults(dropAll)
		before := w.newest()
		p, err := w.buySaved(c, 0, w.savedCard(c, "pm_card_authenticationRequired"), "n1")
		w.check(err)
		payment, err := w.gateway.Checkout(ctx, p.CheckoutSession)
		w.check(err)
		w.onPage(w.sandboxURL+"/3ds/"+payment.Payment.ID, url.Values{"outcome": {"complete"}})
		w.clock.step(2 * time.Minute) // the sweep looks too
		w.atOnce(before, p.CheckoutSession)
		w.waitState(p, purchase.Paid)
		w.granted(c, 1, "1000")
	})
	t.Run("invoice", func(t *testing.T) {
		w, c := shopWorld(t)
		w.faults(dropAll)
		before := w.newest()
		in := w.invoiced(deal(c))
		w.payPage(in, "4242424242424242")
		w.clock.step(time.Hour)
		w.atOnce(before)
		w.waitInvoice(in, invoice.Paid)
		w.granted(c, 1, "5000")
	})
	t.Run("schedule", func(t *testing.T) {
		w, c := shopWorld(t)
		card := w.saved(c, "pm_card_visa")
		w.faults(dropAll)
		before := w.newest()
		sch := w.scheduled(c, card, schedule.Monthly, w.today(c))
		w.clock.step(time.Hour)
		w.atOnce(before)
		if runs := w.runs(sch); len(runs) != 1 || w.waitInvoice(runs[0], invoice.Paid).Purchase == "" {
			t.Errorf("%d runs", len(runs))
		}
		w.granted(c, 1, "1000")
	})
}

// lateToKnow does not know the Checkout of a purchase when it is asked first.
type lateToKnow struct {
	purchase.Store
	asked atomic.Int32
}

func (s *lateToKnow) Purchase(t tx.Tx, id string) (*purchase.Purchase, error) {
	p, err := s.Store.Purchase(t, id)
	if s.asked.Add(1) == 1 && err == nil {
		p.CheckoutSession = ""
	}
	return p, err
}

// An event about an invoice that is being written at this moment does not void
// it: somebody is about to pay it.
func TestAnInvoiceThatWasJustWrittenIsNoOrphan(t *testing.T) {
	w, c := shopWorld(t)
	w.faults(dropAll)
	before := w.newest()
	p, err := w.buySaved(c, 0, w.savedCard(c, "pm_card_authenticationRequired"), "n1")
	w.check(err)
	var told [][]byte
	for _, e := range w.since(before) {
		if strings.Contains(string(e), `"type":"invoice.finalized"`) {
			told = append(told, e)
		}
	}
	if len(told) != 1 {
		t.Fatalf("%d events", len(told))
	}
	store := &lateToKnow{Store: w.purchases.Store}
	w.purchases.Store = store
	w.tell(told)
	w.quiet()
	if at, err := w.gateway.Checkout(ctx, p.CheckoutSession); err != nil || at.Status != "open" || store.asked.Load() < 1 {
		t.Errorf("the invoice is %s, %v; asked %d times", at.Status, err, store.asked.Load())
	}
}
