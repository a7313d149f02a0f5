package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/inbox"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// TestWebhooksShuffled delivers every event several times, in any order and at
// once, while buyers reload the return page: one receipt is mailed for each
// payment. TestWebhookStorm does it to a program that is killed meanwhile.
func TestWebhooksShuffled(t *testing.T) {
	t.Parallel()
	w, _ := shopWorld(t)
	w.faults(dropAll) // the test delivers
	type bought struct {
		c *account.Customer
		p *purchase.Purchase
	}
	var all []bought
	const purchases, copies = 60, 3
	for i := range purchases {
		if i%2 == 0 {
			c := w.customer(fmt.Sprint("c", i), "")
			all = append(all, bought{c, w.mustBegin(c, 0)}, bought{c, w.mustBegin(c, 1)})
		}
	}
	unpaid := map[string]bool{}
	var paying sync.WaitGroup
	for i, b := range all {
		if i%10 == 9 { // some never pay
			unpaid[b.p.ID] = true
			continue
		}
		paying.Go(func() {
			if err := w.pay(b.p.CheckoutSession, "pm_card_visa"); err != nil {
				t.Error(err)
			}
		})
	}
	paying.Wait()

	payloads := w.events()
	var deliveries [][]byte
	for range copies {
		deliveries = append(deliveries, payloads...)
	}
	rand.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	queue := make(chan func())
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for f := range queue {
				f()
			}
		})
	}
	began := time.Now()
	for i, d := range deliveries {
		queue <- func() {
			if a := w.send("POST", "/webhooks/stripe", d, "", signed(w.settings.StripeWebhookSecret, time.Now(), d)...); a.status != 200 {
				t.Errorf("a webhook was answered %d %s", a.status, a.body)
			}
		}
		if i%(len(deliveries)/len(all)+1) == 0 {
			p := all[rand.IntN(len(all))].p
			queue <- func() {
				if a := w.returnPage(p); a.status != 200 {
					t.Errorf("the return page: %d %s", a.status, a.body)
				}
			}
		}
	}
	close(queue)
	workers.Wait()
	t.Logf("%d purchases, %d deliveries of %d events in %s", len(all), len(deliveries), len(payloads), time.Since(began).Round(time.Millisecond))
	eventually(t, "the inbox is empty", 60*time.Second, func() bool {
		n, _, err := w.purchases.Inbox.Lag(ctx)
		return err == nil && n == 0
	})
	want := map[*account.Customer]money.Credits{}
	times := map[*account.Customer]int{}
	for _, b := range all {
		p := w.state(b.p)
		if unpaid[p.ID] {
			if p.State != purchase.Created {
				t.Errorf("%s was not paid and is %s", p.ID, p.State)
			}
			continue
		}
		want[b.c] += p.Credits
		times[b.c]++
		if p.State != purchase.Paid || p.Problem != "" {
			t.Errorf("%s was paid and is %s %s", p.ID, p.State, p.Problem)
		}
	}
	for c, sum := range want {
		if n, got := w.grantsOf(c.ID); n != times[c] || got != sum {
			t.Errorf("%s has %d grants of %s, want %d of %s", c.ID, n, got, times[c], sum)
		}
	}
	w.addsUp()
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		inbox, err := w.purchases.Inbox.Events(t, inbox.Alarm, "", 10)
		for _, e := range inbox {
			w.Errorf("an alarm about %s: %s", e.ObjectID, e.Why)
		}
		return err
	}))
	receipts := 0
	eventually(t, "a receipt for each payment is in the mailbox, and no more", 20*time.Second, func() bool {
		receipts = len(w.sandbox.Mailbox().All())
		return receipts >= len(all)-len(unpaid)
	})
	if receipts != len(all)-len(unpaid) {
		t.Errorf("%d receipts for %d payments", receipts, len(all)-len(unpaid))
	}
}

// events are the events of the sandbox as it would deliver them.
func (w *world) events() [][]byte {
	w.Helper()
	return sandboxEvents(w, w.sandboxURL)
}
