package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
)

var inboxEvents = flag.Int("inbox", 1000, "events that BenchmarkInbox fulfils alone, and again beside usage; 10000 is what was promised")

// paidAtOnce is a Stripe that answers at once that every Checkout was paid: what
// is measured is Purse.
type paidAtOnce struct {
	purchase.Gateway
	checkouts sync.Map
}

func (g *paidAtOnce) Checkout(_ context.Context, id string) (purchase.Checkout, error) {
	c, _ := g.checkouts.Load(id)
	return c.(purchase.Checkout), nil
}

// BenchmarkInbox fulfils many purchases from the inbox, and as many again beside
// usage that asks for as much as it can get. ms/event is the median over stretches
// of fifty events while nothing else happens; lost-% is by how much fewer debits a
// second there are beside events than without, in the same run.
func BenchmarkInbox(b *testing.B) {
	w := newWorld(b)
	w.shop()
	events := w.paidCheckouts(2 * *inboxEvents)
	load := newDebits(w)
	for told := false; b.Loop(); told = true {
		if told { // the purchases are fulfilled once
			continue
		}
		left := func() int64 {
			n, _, err := w.purchases.Inbox.Lag(ctx)
			w.check(err)
			return n
		}
		w.arriveTogether(events[:len(events)/2])
		eventually(b, "all are fulfilled", 5*time.Minute, func() bool { return left() == 0 })
		alone := w.medianEvent()
		load.forTime(time.Second) // the wallets come into memory
		calm := load.forTime(3 * time.Second)
		w.arriveTogether(events[len(events)/2:])
		from, began := left(), time.Now()
		busy := load.while(func() bool { return left() > 0 })
		took := time.Since(began)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(100*(1-busy/calm), "lost-%")
		b.ReportMetric(calm, "calm-debits/s")
		b.ReportMetric(float64(from)/took.Seconds(), "events/s-beside")
		b.ReportMetric(float64(alone.Microseconds())/1000, "ms/event")
	}
	w.addsUp()
}

// paidCheckouts writes purchases that wait at Checkout, and answers the events
// that tell of their payments.
func (w *world) paidCheckouts(n int) (events []inbox.Event) {
	w.Helper()
	g := &paidAtOnce{Gateway: w.purchases.Gateway}
	w.purchases.Gateway = g
	w.inbox.Owners = w.owners()
	pack := w.catalog.Snapshot().OnSale()[0]
	var c *account.Customer
	for i := range n {
		if i%10 == 0 {
			c = w.customer(fmt.Sprint("buyer", i), "")
			w.check(w.db.Update(ctx, func(t tx.Tx) error { return w.accounts.SetStripeCustomerIn(t, audit.System, c.ID, "cus_"+c.ID) }))
		}
		now := time.Now()
		p := &purchase.Purchase{
			ID: fmt.Sprintf("pur_bench%06d", i), Customer: c.ID, Pack: pack.ID, PackName: pack.Name, CreditType: "credits", Credits: pack.Credits, Price: pack.Price,
			State: purchase.Created, CheckoutSession: fmt.Sprintf("cs_test_%06d", i), CheckoutExpiresAt: now.Add(time.Hour), CheckAt: now.Add(time.Hour), CreatedAt: now, UpdatedAt: now,
		}
		w.check(w.db.Update(ctx, func(t tx.Tx) error { return w.purchases.Store.Insert(t, p, p.ID) }))
		g.checkouts.Store(p.CheckoutSession, purchase.Checkout{
			ID: p.CheckoutSession, Status: "complete", PaymentStatus: "paid", StripeCustomer: "cus_" + c.ID, Subtotal: p.Price.Amount, Total: p.Price.Amount, Currency: p.Price.Currency,
			Purchase: p.ID, Customer: c.ID, Installation: w.stamp.installation,
			Payment: purchase.PaymentIntent{ID: "pi_" + p.ID, Status: "succeeded", Purchase: p.ID, Installation: w.stamp.installation, CardBrand: "visa", CardLast4: "4242"},
		})
		events = append(events, inbox.Event{ID: "evt_" + p.ID, Type: "checkout.session.completed", ObjectID: p.CheckoutSession, CreatedAt: now})
	}
	return events
}

// arriveTogether puts events into the inbox at one moment, as Receive does one by
// one.
func (w *world) arriveTogether(events []inbox.Event) {
	w.Helper()
	w.check(w.db.Update(ctx, func(t tx.Tx) error {
		for _, e := range events {
			e.State, e.ReceivedAt = inbox.Received, t.Now()
			if _, err := w.inbox.Store.InsertEvent(t, &e); err != nil {
				return err
			}
			if err := w.jobs.Add(t, job.Spec{Kind: "stripe.event", Dedup: e.ID, Payload: e.ID, MaxAttempts: 20}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// medianEvent is what one event took in the median of stretches of fifty.
func (w *world) medianEvent() time.Duration {
	w.Helper()
	var at []time.Time
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		at = nil
		for before := ""; ; {
			page, err := w.purchases.Inbox.Events(t, inbox.Done, before, 500)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, e := range page {
				at = append(at, e.ProcessedAt)
			}
			before = page[len(page)-1].ID
		}
	}))
	slices.SortFunc(at, time.Time.Compare)
	var each []time.Duration
	for i := 50; i < len(at); i += 50 {
		each = append(each, at[i].Sub(at[i-50])/50)
	}
	slices.Sort(each)
	return each[len(each)/2]
}

// debits is usage that asks for as much as it gets.
type debits struct {
	w       *world
	wallets []ledger.WalletKey
	next    atomic.Int64
}

func newDebits(w *world) *debits {
	w.Helper()
	d := &debits{w: w}
	for i := range 100 {
		c := w.customer(fmt.Sprint("user", i), "")
		w.grant(c, "1000000000")
		d.wallets = append(d.wallets, wallet(c.ID))
	}
	return d
}

// while answers debits a second for as long as f says so.
func (d *debits) while(f func() bool) float64 {
	var done atomic.Bool
	var all sync.WaitGroup
	from, began := d.next.Load(), time.Now()
	for range 64 {
		all.Go(func() {
			for !done.Load() {
				n := d.next.Add(1)
				id := fmt.Sprint("debit", n)
				_, err := d.w.ledger.Submit(ctx, &ledger.Command{Key: ledger.NewKey("usage", id), Op: ledger.Debit{
					Event: id, EventName: "work", Charges: []ledger.Charge{{Wallet: d.wallets[n%int64(len(d.wallets))], Lines: []ledger.Line{{Meter: "work", Credits: credits("0.001")}}}},
				}})
				if err != nil {
					d.w.Error(err)
					return
				}
			}
		})
	}
	for f() {
		time.Sleep(20 * time.Millisecond)
	}
	took := time.Since(began)
	done.Store(true)
	all.Wait()
	return float64(d.next.Load()-from) / took.Seconds()
}

func (d *debits) forTime(t time.Duration) float64 {
	end := time.Now().Add(t)
	return d.while(func() bool { return time.Now().Before(end) })
}
