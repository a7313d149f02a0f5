package story

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/ledger"
)

// client is signed in as a person.
func (w *world) client(p person) *http.Client {
	jar, err := cookiejar.New(nil)
	w.check(err)
	c := &http.Client{Jar: jar, Transport: &http.Transport{MaxConnsPerHost: 0, MaxIdleConnsPerHost: 2000}}
	res, err := c.Get(p.link) //nolint:noctx // a test
	w.check(err)
	w.check(res.Body.Close())
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("signing in: %s", res.Status)
	}
	return c
}

// long makes a wallet with n charges over thirty days.
func (w *world) long(p person, n int) {
	w.grant(p, "10000000", ledger.Paid, 0, 100000)
	key := ledger.WalletKey{Customer: p.customer.ID, CreditType: "credits"}
	rate := w.catalog.Snapshot().Rates[0]
	const batch = 2000
	step := 30 * 24 * time.Hour / time.Duration(n/batch+1)
	for done := 0; done < n; done += batch {
		commands := make([]*ledger.Command, batch)
		for i := range commands {
			id := strconv.Itoa(done + i)
			commands[i] = &ledger.Command{Key: ledger.NewKey("usage", p.customer.ID, id), Op: ledger.Debit{
				Event: id, EventName: "llm.completion", EventAt: w.clock.Now(), Caller: []string{"backend", "batch", "playground"}[i%3],
				Charges: []ledger.Charge{{Wallet: key, Lines: []ledger.Line{
					{Meter: "input_tokens", Rate: rate.ID(), Quantity: "1000", Credits: credits("0.25")},
					{Meter: "output_tokens", Rate: rate.ID(), Quantity: "100", Credits: credits("0.125")},
				}}},
			}}
		}
		results, err := w.ledger.Submit(ctx, commands...)
		w.check(err)
		for _, r := range results {
			w.check(r.Err())
		}
		w.clock.Step(step)
	}
}

// BenchmarkPages measures whole pages over HTTP on a wallet with a million
// charges: the first page, the last, filtered or not. PURSE_BENCH_ENTRIES
// makes it smaller.
func BenchmarkPages(b *testing.B) {
	w := newWorld(b)
	w.fillCatalog()
	p := w.person("Long Ledger Ltd", "long@example.com", "Europe/Berlin", account.NoStaff)
	n := 1_000_000
	if s, err := strconv.Atoi(os.Getenv("PURSE_BENCH_ENTRIES")); err == nil {
		n = s
	}
	w.long(p, n)
	w.links(&p)
	c := w.client(p)
	middle := w.clock.Now().Add(-15 * 24 * time.Hour).Format("2006-01-02")
	for _, page := range []struct{ name, path string }{
		{"overview", "/"},
		{"ledger/first", "/ledger"},
		{"ledger/last", "/ledger?before=1"},
		{"ledger/meter", "/ledger?meter=input_tokens"},
		{"ledger/caller", "/ledger?caller=batch"},
		{"ledger/caller/last", "/ledger?caller=batch&before=1"},
		{"ledger/kind", "/ledger?kind=grant"},
		{"ledger/period", "/ledger?from=" + middle + "&to=" + middle},
		{"grants", "/grants"},
	} {
		b.Run(page.name, func(b *testing.B) {
			took := make([]time.Duration, 0, b.N)
			for b.Loop() {
				start := time.Now()
				res, err := c.Get(w.url + page.path) //nolint:noctx // a benchmark
				w.check(err)
				_, err = io.Copy(io.Discard, res.Body)
				w.check(err)
				_ = res.Body.Close()
				if res.StatusCode != http.StatusOK {
					b.Fatal(res.Status)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkLive measures what a thousand open overviews cost: memory, and how
// much they slow charges down.
func BenchmarkLive(b *testing.B) {
	w := newWorld(b)
	w.fillCatalog()
	const customers, each = 20, 50
	var people []*person
	for i := range customers {
		p := w.person(fmt.Sprintf("Customer %d", i), fmt.Sprintf("c%d@example.com", i), "UTC", account.NoStaff)
		w.grant(p, "10000000", ledger.Paid, 0, 100000)
		people = append(people, &p)
	}
	w.links(people...)
	debits := func(b *testing.B) {
		rate := w.catalog.Snapshot().Rates[0]
		var wg sync.WaitGroup
		var mu sync.Mutex
		n := 0
		start := time.Now()
		for caller := range 64 {
			wg.Go(func() {
				for time.Since(start) < 2*time.Second {
					mu.Lock()
					n++
					id := strconv.Itoa(n)
					mu.Unlock()
					_, err := w.ledger.Submit(ctx, &ledger.Command{Key: ledger.NewKey(b.Name(), id), Op: ledger.Debit{
						Event: id, EventName: "llm.completion", EventAt: w.clock.Now(),
						Charges: []ledger.Charge{{Wallet: ledger.WalletKey{Customer: people[caller%customers].customer.ID, CreditType: "credits"}, Lines: []ledger.Line{{Meter: "input_tokens", Rate: rate.ID(), Quantity: "1000", Credits: credits("0.25")}}}},
					}})
					w.check(err)
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(n)/time.Since(start).Seconds(), "debits/s")
	}
	once := func(name string, f func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			done := false
			for b.Loop() {
				if !done {
					f(b)
					done = true
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
	once("warm-up", debits)
	once("without", debits)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var streams []io.Closer
	for _, p := range people {
		c := w.client(*p)
		for range each {
			res, err := c.Get(w.url + "/live?credit_type=credits") //nolint:noctx // a benchmark
			w.check(err)
			streams = append(streams, res.Body)
			go func() { _, _ = io.Copy(io.Discard, bufio.NewReaderSize(res.Body, 512)) }()
		}
	}
	time.Sleep(2 * time.Second)
	runtime.GC()
	runtime.ReadMemStats(&after)
	once("with", func(b *testing.B) {
		debits(b)
		b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/(1<<20), "MB-client-and-server")
		b.ReportMetric(float64(w.hub.Open()), "streams")
	})
	for _, s := range streams {
		_ = s.Close()
	}
}
