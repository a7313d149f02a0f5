package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/db"
	"purse/db/dbtest"
)

// BenchmarkDebit compares a transaction for each debit with the engine's, with
// the same rows written and synchronous=FULL in both.
func BenchmarkDebit(b *testing.B) {
	for _, how := range []string{"naive", "engine"} {
		for _, where := range []string{"many", "hot"} {
			for _, callers := range []int{1, 16, 64, 256} {
				b.Run(fmt.Sprintf("%s/%s/callers=%d", how, where, callers), func(b *testing.B) {
					wallets := 10_000
					if where == "hot" {
						wallets = 1
					}
					benchDebit(b, how == "engine", wallets, callers)
				})
			}
		}
	}
}

func benchDebit(b *testing.B, engine bool, wallets, callers int) {
	o := sqlite{}.New(b)(time.Now)
	defer o.Close()
	var commits atomic.Int64
	l := ledger.New(o.Ledger, o.Run, nil, event.NewLog(o.Events), ledger.Options{Batch: func(ledger.Batch) { commits.Add(1) }})
	fund(b, o, l, wallets)
	var n naive
	if !engine {
		n = openNaive(b, o.Run.(*db.DB).Path())
		defer n.pool.Close()
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	debit := func(i int64) error {
		c := debitOf(i, int(i*7919%int64(wallets)))
		if engine {
			r, err := l.Submit(ctx, c)
			if err == nil {
				err = r[0].Err()
			}
			return err
		}
		commits.Add(1)
		return n.debit(ctx, c)
	}
	var next atomic.Int64
	times := make([][]time.Duration, callers)
	var failed atomic.Pointer[error]
	b.ResetTimer()
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) || failed.Load() != nil {
					return
				}
				start := time.Now()
				if err := debit(n); err != nil {
					failed.Store(&err)
				}
				times[i] = append(times[i], time.Since(start))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	stop()
	running.Wait()
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	sorted := slices.Sorted(slices.Values(slices.Concat(times...)))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "debits/s")
	b.ReportMetric(float64(sorted[len(sorted)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(commits.Load()), "commits")
	b.ReportMetric(0, "ns/op")
}

func benchWallet(i int) ledger.WalletKey {
	return ledger.WalletKey{Customer: fmt.Sprintf("cus_bench%06d", i), CreditType: "credits"}
}

func debitOf(n int64, wallet int) *ledger.Command {
	id := fmt.Sprintf("evt-%d", n)
	return &ledger.Command{
		Key: ledger.NewKey("usage", benchWallet(wallet).Customer, id), Fingerprint: ledger.Fingerprint{1},
		Op: ledger.Debit{Event: id, EventName: "llm.completion", EventAt: time.Now(), Charges: []ledger.Charge{{
			Wallet: benchWallet(wallet), Lines: []ledger.Line{
				{Meter: "input_tokens", Rate: "rate_06b3x000000000000000000000", Quantity: "4808", Credits: 14424},
				{Meter: "output_tokens", Rate: "rate_06b3y000000000000000000000", Quantity: "10", Credits: 150},
			},
		}}},
	}
}

// fund gives every wallet a million credits.
func fund(b testing.TB, o dbtest.Opened, l *ledger.Ledger, wallets int) {
	for at := 0; at < wallets; at += 1000 {
		var cs []*ledger.Command
		for i := at; i < min(at+1000, wallets); i++ {
			cs = append(cs, &ledger.Command{Op: ledger.NewGrant{Wallet: benchWallet(i), Credits: 1_000_000 * money.Micro, Kind: ledger.Paid, Priority: 50}})
		}
		for _, r := range dbtest.Apply(b, o, l, cs...) {
			if r.Refused != nil {
				b.Fatal(errors.Unwrap(r.Err()))
			}
		}
	}
}
