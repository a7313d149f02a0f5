package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/credit"
	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/notify"
	"purse/billing/usage"
	"purse/billing/webhook"
	"purse/db"
	"purse/db/freshdb"
	"purse/handlers/kit"
)

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a Purse on a database of its own, as far as the API needs it.
type world struct {
	testing.TB
	*clock
	deps Deps
	api  *API
	// outer is the router around the API, as web has it.
	outer http.Handler
	// pace, when set, is how far the clock goes before each request that must
	// succeed: what is made later has a greater id then.
	pace time.Duration
	// The secrets of a key with every scope and of the three with one each.
	all, admin, read, usage string
}

func newWorld(tb testing.TB, change ...func(*Deps)) *world {
	tb.Helper()
	w := &world{TB: tb, clock: &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	d, err := db.Open(context.Background(), freshdb.Path(tb), db.Options{Now: w.now})
	if err != nil {
		tb.Fatal(err)
	}
	jobs := job.NewQueue(db.JobStore{}, d, nil)
	log := audit.NewLog(db.AuditStore{})
	events := event.NewLog(db.EventStore{})
	w.deps = Deps{Runner: d, Audit: log, PublicURL: "http://purse.test"}
	w.deps.Accounts = account.New(account.Deps{Runner: d, Store: db.AccountStore{}, Jobs: jobs, Events: events, Audit: log, Now: w.now})
	w.deps.Catalog = catalog.New(catalog.Deps{Runner: d, Store: db.CatalogStore{}, Audit: log})
	w.deps.Ledger = ledger.New(db.NewLedgerStore(), d, jobs, events, ledger.Options{})
	w.deps.Usage = usage.New(usage.Deps{Runner: d, Ledger: w.deps.Ledger, Accounts: w.deps.Accounts, Catalog: w.deps.Catalog, Now: w.now, Unpriced: db.UnpricedStore{}, Events: events, Audit: log})
	keeper, err := notify.NewKeeper("a-key-of-the-tests-of-32-characters")
	if err != nil {
		tb.Fatal(err)
	}
	w.deps.Events = events
	w.deps.Alerts = alert.NewService(alert.Deps{
		Runner: d, Store: db.AlertStore{}, Accounts: w.deps.Accounts, Catalog: w.deps.Catalog, Ledger: w.deps.Ledger, Jobs: jobs, Events: events,
		Audit: log, Log: slog.New(slog.DiscardHandler),
	})
	if err := w.deps.Alerts.Load(context.Background()); err != nil {
		tb.Fatal(err)
	}
	w.deps.Endpoints = notify.NewEndpoints(notify.EndpointDeps{
		Runner: d, Store: db.EndpointStore{}, Events: events, Jobs: jobs, Accounts: w.deps.Accounts, Audit: log,
		Poster: webhook.New(webhook.Options{}), Keeper: keeper, Now: w.now,
	})
	for _, f := range change {
		f(&w.deps)
	}
	w.deps.Credit = credit.New(credit.Deps{Runner: d, Ledger: w.deps.Ledger, Catalog: w.deps.Catalog, Usage: w.deps.Usage, Alerts: w.deps.Alerts, Audit: log})
	w.api = New(w.deps)
	outer := chi.NewRouter()
	outer.Use(kit.WithRequestID)
	outer.Handle("/v1/*", w.api)
	w.outer = outer
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.deps.Ledger.Run(ctx) }()
	tb.Cleanup(func() {
		stop()
		<-done
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	w.all = w.key(account.NewKey{Scopes: []account.Scope{"usage", "read", "admin"}})
	w.admin = w.key(account.NewKey{Scopes: []account.Scope{"admin"}})
	w.read = w.key(account.NewKey{Scopes: []account.Scope{"read"}})
	w.usage = w.key(account.NewKey{Scopes: []account.Scope{"usage"}})
	return w
}

func (w *world) key(n account.NewKey) string {
	w.Helper()
	n.Name = "test"
	_, secret, err := w.deps.Accounts.CreateKey(context.Background(), audit.System, n)
	if err != nil {
		w.Fatal(err)
	}
	return secret
}

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

// at finds a value: at("data", 0, "id").
func (a answer) at(path ...any) any {
	var v any = a.body
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func (a answer) str(path ...any) string {
	s, _ := a.at(path...).(string)
	return s
}

// call sends a request; headers are name, value, name, value …
func (w *world) call(key, method, path, body string, headers ...string) answer {
	w.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.outer.ServeHTTP(rec, r)
	raw, _ := io.ReadAll(rec.Body)
	a := answer{status: rec.Code, header: rec.Header(), text: string(raw)}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&a.body); err != nil && len(raw) > 0 && rec.Header().Get("Content-Type") != "text/event-stream" {
		w.Fatalf("%s %s answered no JSON: %v: %s", method, path, err, raw)
	}
	if rec.Header().Get("Request-Id") == "" {
		w.Errorf("%s %s: no Request-Id", method, path)
	}
	if rec.Code >= 400 {
		if ct := rec.Header().Get("Content-Type"); ct != "application/problem+json" {
			w.Errorf("%s %s: %d with %s", method, path, rec.Code, ct)
		}
		for _, name := range []string{"type", "title", "detail", "code", "request_id"} {
			if a.str(name) == "" {
				w.Errorf("%s %s: %d without %s: %s", method, path, rec.Code, name, raw)
			}
		}
	}
	return a
}

// must is call for what has to succeed.
func (w *world) must(method, path, body string, headers ...string) answer {
	w.Helper()
	w.add(w.pace)
	a := w.call(w.all, method, path, body, headers...)
	if a.status >= 300 {
		w.Fatalf("%s %s %s: %d %s", method, path, body, a.status, a.text)
	}
	return a
}

// refuse is call for what has to fail with a status and a code.
func (w *world) refuse(key, method, path, body string, status int, code string, headers ...string) answer {
	w.Helper()
	a := w.call(key, method, path, body, headers...)
	if a.status != status || a.str("code") != code {
		w.Errorf("%s %s %s: %d %s, want %d %s", method, path, body, a.status, a.text, status, code)
	}
	return a
}

// shop makes a credit type, two meters on llm.completion with rates, and a
// customer ext:acme with some credits.
func (w *world) shop(amount string) {
	w.Helper()
	w.must("POST", "/v1/credit_types", `{"key":"credits","name":"Credits","decimals":2}`)
	for _, m := range []string{"input_tokens", "output_tokens"} {
		w.must("POST", "/v1/meters", `{"key":"`+m+`","event":"llm.completion","property":"`+m+`"}`)
	}
	w.must("POST", "/v1/rates", `{"meter":"input_tokens","credit_type":"credits","credits":"3","per":1000000}`)
	w.must("POST", "/v1/rates", `{"meter":"output_tokens","credit_type":"credits","credits":"15","per":1000000}`)
	w.must("POST", "/v1/customers", `{"name":"Acme","external_id":"acme","email":"Ops@Example.com"}`)
	if amount != "" {
		w.must("POST", "/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"`+amount+`"}`)
	}
}

// sample is an event of ext:acme that costs 0.014574 credits.
func sample(id string, more string) string {
	return `{"id":"` + id + `","customer":"ext:acme","event":"llm.completion","properties":{"model":"m","input_tokens":4808,"output_tokens":10}` + more + `}`
}
