package main

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// metrics is what /metrics tells.
type metrics struct {
	registry  *prometheus.Registry
	queue     prometheus.Gauge
	batchSize prometheus.Histogram
	commit    prometheus.Histogram
	decisions *prometheus.CounterVec
	failures  prometheus.Counter
	attempts  *prometheus.CounterVec
	posts     prometheus.Histogram
}

func newMetrics() *metrics {
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		queue:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "purse_engine_queue_depth", Help: "Commands that wait for the engine."}),
		batchSize: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "purse_engine_batch_size", Help: "Commands decided in one transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 13)}),
		commit:    prometheus.NewHistogram(prometheus.HistogramOpts{Name: "purse_engine_batch_seconds", Help: "Time from taking a batch to its answers, commit included.", Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16)}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "purse_decisions_total", Help: "Commands of usage and holds, by what was decided."}, []string{"result"}),
		failures:  prometheus.NewCounter(prometheus.CounterOpts{Name: "purse_engine_failures_total", Help: "Batches whose transaction failed."}),
	}
	m.attempts = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "purse_delivery_attempts_total", Help: "Posts of events to webhook endpoints, by outcome."}, []string{"outcome"})
	m.posts = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "purse_delivery_seconds", Help: "Time that webhook endpoints take to answer.", Buckets: prometheus.ExponentialBuckets(0.005, 2, 13)})
	for _, outcome := range []string{"succeeded", "failed"} {
		m.attempts.WithLabelValues(outcome)
	}
	m.decisions.WithLabelValues("done")
	m.decisions.WithLabelValues("refused")
	m.registry.MustRegister(m.queue, m.batchSize, m.commit, m.decisions, m.failures, m.attempts, m.posts,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// batch is called by the engine after each of its transactions.
func (m *metrics) batch(b ledger.Batch) {
	m.queue.Set(float64(b.Waiting))
	m.batchSize.Observe(float64(b.Commands))
	m.commit.Observe(b.Took.Seconds())
	if b.Err != nil {
		m.failures.Inc()
		return
	}
	m.decisions.WithLabelValues("done").Add(float64(b.Commands - b.Refused))
	m.decisions.WithLabelValues("refused").Add(float64(b.Refused))
}

// posted is called after each post of an event to an endpoint.
func (m *metrics) posted(outcome string, took time.Duration) {
	m.attempts.WithLabelValues(outcome).Inc()
	m.posts.Observe(took.Seconds())
}

// watch adds what is asked for when somebody looks.
func (m *metrics) watch(a *app) {
	gauge := func(name, help string, f func(context.Context) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			return f(ctx)
		}))
	}
	gauge("purse_inbox_lag_seconds", "Age of the oldest Stripe event that is not processed.", func(ctx context.Context) float64 {
		_, lag, _ := a.purchases.Inbox.Lag(ctx)
		return lag.Seconds()
	})
	gauge("purse_deliveries_pending", "Deliveries to webhook endpoints that are under way or wait for their next try.", func(ctx context.Context) float64 {
		return float64(a.waiting(ctx).Count)
	})
	gauge("purse_delivery_lag_seconds", "Age of the oldest event that waits to be told, or delivery that was never tried.", func(ctx context.Context) float64 {
		return a.deliveryLag(ctx).Seconds()
	})
	gauge("purse_live_pages", "Open live pages.", func(context.Context) float64 { return float64(a.hub.Open()) })
	gauge("purse_unpriced_events", "Recorded usage that no rate prices yet.", func(ctx context.Context) (n float64) {
		_ = a.db.View(ctx, func(t tx.Tx) error {
			waiting, err := a.usage.Unpriced.Waiting(t)
			for _, w := range waiting {
				n += float64(w.Count)
			}
			return err
		})
		return n
	})
	jobs := func(ctx context.Context) (c job.Counts) {
		_ = a.db.View(ctx, func(t tx.Tx) (err error) { c, err = a.jobs.Count(t); return err })
		return c
	}
	gauge("purse_jobs_waiting", "Jobs that wait or run.", func(ctx context.Context) float64 { return float64(jobs(ctx).Waiting) })
	gauge("purse_jobs_parked", "Jobs that were given up and wait for a person.", func(ctx context.Context) float64 { return float64(jobs(ctx).Parked) })
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "purse_webhooks_refused_total", Help: "Stripe webhooks that were not taken."},
		func() float64 { return float64(a.stripe.Refused.Load()) }))
}

// handler serves the metrics to who has the token; without a token, to
// loopback, unless a proxy stands between.
func (m *metrics) handler(token string) http.Handler {
	h := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		ok := token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
		if token == "" {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			ip := net.ParseIP(host)
			ok = ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == ""
		}
		if !ok {
			http.Error(w, "PURSE_METRICS_TOKEN says who may read this", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}
