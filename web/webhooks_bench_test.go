package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"purse/billing/event"
	"purse/billing/tx"
)

// BenchmarkFanOut tells endpoints of 10,000 events beside usage that asks for as
// much as it can get. lost-% is by how much fewer debits a second there are than
// before, in the same run; the endpoints answer at once, in this process, so that
// what they cost is counted too.
func BenchmarkFanOut(b *testing.B) {
	const events, endpoints, stretch = 10_000, 3, 2 * time.Second
	w := newWorld(b, private)
	w.shop()
	c := w.customer("told", "")
	var receivers []*receiver
	for range endpoints {
		r := newReceiver(b, func(http.ResponseWriter, *http.Request, int) {})
		receivers = append(receivers, r)
		w.endpoint(`{"url":"` + r.URL + `","types":["customer.updated"]}`)
	}
	load := newDebits(w)
	for told := false; b.Loop(); told = true {
		if told { // they are told once
			continue
		}
		load.forTime(time.Second) // the wallets come into memory
		calm := load.forTime(stretch)
		for some := range slices.Chunk(make([]int, events), 500) {
			w.check(w.db.Update(ctx, func(t tx.Tx) error {
				for i := range some {
					if err := w.app.events.Append(t, event.CustomerChanged, c.ID, 0, 0, map[string]string{"n": fmt.Sprint(i)}); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		arrived := func() (n int) {
			for _, r := range receivers {
				r.mu.Lock()
				n += len(r.got)
				r.mu.Unlock()
			}
			return n
		}
		from, began := arrived(), time.Now()
		end := began.Add(2 * time.Minute)
		busy := load.while(func() bool { return arrived() < events*endpoints && time.Now().Before(end) })
		took := time.Since(began)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(100*(1-busy/calm), "lost-%")
		b.ReportMetric(calm, "calm-debits/s")
		b.ReportMetric(float64(arrived()-from)/took.Seconds(), "webhooks/s-beside")
		b.ReportMetric(float64(events*endpoints-arrived()), "webhooks-left")
	}
}
