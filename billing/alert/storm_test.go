package alert_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// BenchmarkStorm lets the alerts of many wallets cross within one stretch of
// debits, and tells by how much that slows the debits down: "lost-%" compares
// with the same number of debits that cross nothing, in the same run.
func BenchmarkStorm(b *testing.B) {
	const crossings, rounds, debits = 10_000, 3, 100_000
	const wallets = rounds * crossings
	w := newWorld(b)
	w.at = time.Now()
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { w.ledger.Run(ctx) })
	running.Go(func() { _ = w.jobs.Run(ctx) })
	defer running.Wait()
	defer stop()
	keys := make([]ledger.WalletKey, wallets)
	var commands []*ledger.Command
	for i := range keys {
		c, err := w.accounts.CreateCustomer(ctx, w.by, account.NewCustomer{Name: fmt.Sprint("Customer ", i), Email: fmt.Sprintf("c%d@example.com", i)})
		w.ok(err)
		keys[i] = ledger.WalletKey{Customer: c.ID, CreditType: "credits"}
		commands = append(commands, &ledger.Command{Op: ledger.NewGrant{Wallet: keys[i], Credits: cr("100"), Kind: ledger.Paid, Priority: ledger.DefaultPriority}})
		if len(commands) == 500 {
			w.ok(w.db.Update(ctx, func(t tx.Tx) error { _, err := w.ledger.Apply(t, commands...); return err }))
			commands = nil
		}
	}
	round := 0
	run := func(storm int) time.Duration {
		round++
		var next atomic.Int64
		var wg sync.WaitGroup
		start := time.Now()
		for range 256 {
			wg.Go(func() {
				for i := next.Add(1) - 1; i < debits; i = next.Add(1) - 1 {
					credits := cr("0.001")
					if storm >= 0 && i/crossings == int64(storm) {
						credits = cr("60")
					}
					id := fmt.Sprint(round, "/", i)
					r, err := w.ledger.Submit(ctx, &ledger.Command{Key: ledger.NewKey("usage", id), Op: ledger.Debit{
						Event: id, EventName: "tokens", Charges: []ledger.Charge{{Wallet: keys[i%wallets], Lines: []ledger.Line{{Meter: "tokens", Credits: credits}}}},
					}})
					if err != nil || r[0].Refused != nil {
						b.Error(err, r)
						return
					}
				}
			})
		}
		wg.Wait()
		return time.Since(start)
	}
	// The machine's own noise is as large as what is measured: the medians of some
	// rounds, each storm over wallets of its own.
	for told := false; b.Loop(); told = true {
		if told { // the wallets cross once
			continue
		}
		run(-1) // the wallets come into memory
		var calm, storm [rounds]time.Duration
		for i := range rounds {
			calm[i] = run(-1)
			storm[i] = run(i)
		}
		slices.Sort(calm[:])
		slices.Sort(storm[:])
		b.ReportMetric(100*(1-float64(calm[rounds/2])/float64(storm[rounds/2])), "lost-%")
		b.ReportMetric(float64(debits)/calm[rounds/2].Seconds(), "calm-debits/s")
		b.ReportMetric(crossings/storm[rounds/2].Seconds(), "crossings/s")
		w.ok(w.db.View(ctx, func(t tx.Tx) error {
			c, err := w.jobs.Count(t)
			b.ReportMetric(float64(c.Waiting), "jobs-left")
			return err
		}))
	}
}
