package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/id"
	"purse/handlers/kit"
)

// BenchmarkUsageHTTP reports single events over 64 connections, to a handler
// that checks the key and reads and writes the same JSON and does nothing else,
// and to the real one, by turns. ratio is the real one's share of the other's
// requests a second.
func BenchmarkUsageHTTP(b *testing.B) {
	w := newWorld(b)
	w.clock.at = time.Now()
	w.shop("100000000000")
	route := &Route{Method: "POST", Path: "/v1/usage", Scope: account.ScopeUsage}
	noop := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, admitted := w.api.admit(rw, r, route); !admitted {
			return
		}
		buf := buffers.Get().(*bytes.Buffer)
		defer func() { buf.Reset(); buffers.Put(buf) }()
		events, _, err := readEvents(buf, rw, r)
		if err != nil {
			w.api.write(rw, r, err)
			return
		}
		out := append([]byte(nil), `{"object":"usage_receipt","id":"`...)
		out = append(out, events[0].ID...)
		out = append(out, `","allowed":true,"replayed":false,"mode":"decide","charges":[{"posting":"pst_06h005acd4380_1234567","credit_type":"credits","credits":"0.014574","available":"99.985426"}]}`...)
		rw.Header()["Content-Type"] = jsonType
		_, _ = rw.Write(out)
	})
	const connections, rounds = 64, 10
	serve := func(handler http.Handler) string {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(l) }()
		b.Cleanup(func() { _ = server.Close() })
		return l.Addr().String()
	}
	addresses := [2]string{serve(kit.WithRequestID(noop)), serve(w.api)}
	run := func(slot int, n int64) time.Duration {
		var next atomic.Int64
		var done sync.WaitGroup
		start := time.Now()
		for range connections {
			done.Go(func() {
				if err := client(addresses[slot], w.all, &next, n); err != nil {
					b.Error(err)
				}
			})
		}
		done.Wait()
		return time.Since(start)
	}
	run(0, 1000)
	run(1, 1000)
	b.ResetTimer()
	// By turns in short rounds, so that whatever else the machine does falls on
	// both. The ratio is the median of the rounds'.
	n := int64(max(1, b.N/rounds))
	var took [2]time.Duration
	var ratios []float64
	for range rounds {
		idle, real := run(0, n), run(1, n)
		took[0], took[1] = took[0]+idle, took[1]+real
		ratios = append(ratios, idle.Seconds()/real.Seconds())
	}
	slices.Sort(ratios)
	events := float64(n * rounds)
	b.ReportMetric(events/took[0].Seconds(), "noop/s")
	b.ReportMetric(events/took[1].Seconds(), "events/s")
	b.ReportMetric(ratios[rounds/2], "ratio")
	b.ReportMetric(0, "ns/op") // of both together it would mean nothing
}

// client sends events on one connection with Go's own client, which shares the
// processors with the server in both cases.
func client(addr, key string, next *atomic.Int64, n int64) error {
	c := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1, DisableCompression: true}}
	defer c.CloseIdleConnections()
	for i := next.Add(1); i <= n; i = next.Add(1) {
		body := sample(id.Secret("req_"), "")
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+addr+"/v1/usage", strings.NewReader(body))
		if err != nil {
			return err
		}
		r.Header["Authorization"] = []string{"Bearer " + key}
		r.Header["Content-Type"] = jsonType
		res, err := c.Do(r)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("answered %d: %s", res.StatusCode, text)
		}
	}
	return nil
}
