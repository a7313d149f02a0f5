package db_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/db/dbtest"
)

var debits = flag.Int64("debits", 1_000_000, "debits of the wallet whose history is read; CI, where the benchmark has to run, makes fewer")

// BenchmarkHistory reads pages of a ledger with a million entries in one wallet:
// first, middle and last, filtered or not, and what the overview needs.
func BenchmarkHistory(b *testing.B) {
	clock := dbtest.NewClock()
	o := sqlite{}.New(b)(clock.Now)
	defer o.Close()
	l := dbtest.NewLedger(o)
	debited(b, clock, o, l)
	k := benchWallet(0)
	start := clock.Now()
	for _, q := range []struct {
		name string
		q    ledger.Query
	}{
		{"first", ledger.Query{}}, {"middle", ledger.Query{Before: *debits / 2}}, {"last", ledger.Query{After: 0, Before: 51}},
		{"meter/first", ledger.Query{Meter: "output_tokens"}}, {"meter/last", ledger.Query{Meter: "output_tokens", Before: 1000}},
		{"rare-meter", ledger.Query{Meter: "images"}}, {"caller", ledger.Query{Caller: "bot-7"}}, {"rare-caller", ledger.Query{Caller: "once"}},
		{"kind", ledger.Query{Kind: ledger.PostAdjust}}, {"period", ledger.Query{From: start.Add(-45 * 24 * time.Hour), To: start.Add(-44 * 24 * time.Hour)}},
		{"period+meter", ledger.Query{Meter: "images", From: start.Add(-60 * 24 * time.Hour)}},
	} {
		b.Run(q.name, func(b *testing.B) {
			q.q.Wallet, q.q.Limit = k, 50
			measure(b, func() error {
				return o.Run.View(context.Background(), func(t tx.Tx) error { _, err := l.Postings(t, q.q); return err })
			})
		})
	}
	b.Run("balance+30days", func(b *testing.B) {
		measure(b, func() error {
			return o.Run.View(context.Background(), func(t tx.Tx) error {
				balance, err := l.Balance(t, k)
				if err != nil {
					return err
				}
				_, err = l.Posted(t, balance.Wallet, clock.Now().Add(-30*24*time.Hour), clock.Now())
				return err
			})
		})
	})
}

func measure(b *testing.B, f func() error) {
	var times []time.Duration
	for b.Loop() {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}

// debited posts the debits over 90 days, with a few of everything else.
func debited(b *testing.B, clock *dbtest.Clock, o dbtest.Opened, l *ledger.Ledger) {
	rng := rand.New(rand.NewPCG(1, 2))
	k := benchWallet(0)
	dbtest.Apply(b, o, l, &ledger.Command{Op: ledger.NewGrant{Wallet: k, Credits: 1_000_000_000 * money.Micro, Kind: ledger.Paid, Priority: 50}})
	const batches = 500
	size := *debits / batches
	for i := range int64(batches) {
		commands := make([]*ledger.Command, size)
		for j := range commands {
			n := i*size + int64(j)
			c := debitOf(n, 0)
			d := c.Op.(ledger.Debit)
			d.EventAt = clock.Now()
			d.Caller = fmt.Sprint("bot-", rng.IntN(40))
			switch {
			case n%200_003 == 77:
				d.Charges[0].Lines = []ledger.Line{{Meter: "images", Rate: "rate_x", Quantity: "1", Credits: 10}}
			case n == *debits/8:
				d.Caller = "once"
			}
			c.Op = d
			commands[j] = c
			if n%50_000 == 3 {
				commands[j] = &ledger.Command{Op: ledger.Adjust{Wallet: k, Credits: 5}}
			}
		}
		dbtest.Apply(b, o, l, commands...)
		clock.Step(90 * 24 * time.Hour / batches)
	}
}
