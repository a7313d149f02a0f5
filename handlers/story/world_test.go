// Package story tests the pages of the portal and the admin console as people
// meet them: mounted together, on a real database, in a real browser.
package story

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/credit"
	"purse/billing/event"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/notify"
	"purse/billing/purchase"
	"purse/billing/rating"
	"purse/billing/report"
	"purse/billing/testclock"
	"purse/billing/tx"
	"purse/billing/usage"
	"purse/db"
	"purse/db/freshdb"
	"purse/handlers/admin"
	"purse/handlers/kit"
	"purse/handlers/portal"
	"purse/handlers/routes"
	"purse/static"
	"purse/views/ui"
)

// clock is a clock that tests move; it goes on by itself from where it is.
type clock struct {
	mu   sync.Mutex
	base time.Time
	from time.Time
}

func newClock(at time.Time) *clock { return &clock{base: at, from: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base.Add(time.Since(c.from))
}

func (c *clock) Step(d time.Duration) { c.mu.Lock(); c.base = c.base.Add(d); c.mu.Unlock() }

// world is a whole Purse without its commands.
type world struct {
	t         testing.TB
	clock     *clock
	db        *db.DB
	jobs      *job.Queue
	accounts  *account.Service
	catalog   *catalog.Service
	ledger    *ledger.Ledger
	usage     *usage.Service
	kit       *kit.Kit
	hub       *kit.Hub
	audit     *audit.Log
	events    *event.Log
	purchases *purchase.Service
	gateway   *fakeGateway
	rechargeParts
	alertParts
	endpoints *notify.Endpoints
	poster    *fakePoster
	reports   *report.Service
	url       string
}

var ctx = context.Background()

func newWorld(t testing.TB) *world { return newWorldAt(t, "127.0.0.1:0") }

func newWorldAt(t testing.TB, addr string) *world {
	t.Helper()
	w := &world{t: t, clock: newClock(time.Now().Add(-32 * 24 * time.Hour))}
	var err error
	w.db, err = db.Open(ctx, freshdb.Path(t), db.Options{Now: w.clock.Now})
	w.check(err)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w.jobs = job.NewQueue(db.JobStore{}, w.db, log)
	events, audits := event.NewLog(db.EventStore{}), audit.NewLog(db.AuditStore{})
	w.hub, w.audit, w.events = kit.NewHub(log), audits, events
	w.accounts = account.New(account.Deps{Runner: w.db, Store: db.AccountStore{}, Jobs: w.jobs, Events: events, Audit: audits, Log: log, Now: w.clock.Now,
		FactorRules: account.FactorRules{Exempt: func(account.User) bool { return true }}}) // staff's second factor has tests of its own
	w.catalog = catalog.New(catalog.Deps{Runner: w.db, Store: db.CatalogStore{}, Audit: audits})
	w.check(w.catalog.Load(ctx))
	w.ledger = ledger.New(db.NewLedgerStore(), w.db, w.jobs, events, ledger.Options{Changed: func(customers []string) {
		for _, c := range customers {
			w.hub.Notify(c)
		}
	}, Watches: func(k ledger.WalletKey, id ledger.WalletID) []ledger.Watch { return w.alerts.NewWallet(k, id) }})
	w.openAlerts(events, log)
	w.usage = usage.New(usage.Deps{Runner: w.db, Ledger: w.ledger, Accounts: w.accounts, Catalog: w.catalog, Now: w.clock.Now, Unpriced: db.UnpricedStore{}, Events: w.events, Audit: w.audit, Limits: w.alerts.Counters, Throttled: w.alerts.ThrottledTo})
	w.gateway = &fakeGateway{clock: w.clock, sessions: map[string]*purchase.Checkout{}, disputes: map[string]*purchase.ChargeDispute{}}
	w.reports = w.newReports()
	running, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { w.ledger.Run(running); close(done) }()

	listener, err := net.Listen("tcp", addr)
	w.check(err)
	w.url = "http://" + listener.Addr().String()
	w.kit = kit.New(kit.Deps{
		Site:     ui.Site{Brand: "Example AI", Mode: ui.Sandbox, PublicURL: w.url, MailboxURL: w.url + "/mailbox", SandboxURL: w.url + "/sandbox", SupportURL: "mailto:help@example.com"},
		Accounts: w.accounts, Log: log, Now: w.clock.Now,
	})
	w.gateway.url = w.url
	arrived := inbox.New(inbox.Deps{Runner: w.db, Store: db.InboxStore{}, Gateway: w.gateway, Jobs: w.jobs, Audit: audits, Log: log})
	w.purchases = purchase.New(purchase.Deps{
		Inbox: arrived, Runner: w.db, Store: db.PurchaseStore{}, Gateway: w.gateway, Accounts: w.accounts, Catalog: w.catalog, Ledger: w.ledger,
		Jobs: w.jobs, Events: events, Audit: audits, Log: log, Installation: "ins_test", PublicURL: w.url, AllowLoopback: true, RefundWindow: 24 * time.Hour,
	})
	arrived.Owners = inbox.Owners{{Types: "checkout.session.", Handle: inbox.Fetched(w.gateway.Checkout, w.purchases.SessionEvent)}}
	w.openRecharges(events, log)
	w.openEndpoints(events, log)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: w.router(), ReadHeaderTimeout: time.Minute}}
	server.Start()
	t.Cleanup(func() {
		w.hub.Close()
		server.Close()
		stop()
		<-done
		w.check(w.db.Close())
	})
	return w
}

func (w *world) router() http.Handler {
	r := chi.NewRouter()
	r.Use(kit.WithRequestID, w.kit.Headers, w.kit.Protect)
	r.Handle(static.Prefix+"*", static.Handler())
	r.NotFound(w.kit.NotFound().ServeHTTP)
	r.MethodNotAllowed(w.kit.MethodNotAllowed().ServeHTTP)
	p := portal.New(portal.Deps{
		Kit: w.kit, Runner: w.db, Accounts: w.accounts, Catalog: w.catalog, Ledger: w.ledger, Hub: w.hub, Usage: w.usage, Purchases: w.purchases,
		Methods: w.methods, Recharges: w.recharges, Invoices: w.invoices, Schedules: w.schedules, Endpoints: w.endpoints,
		Alerts: w.alerts, Messages: w.messages, Events: w.events, Statements: w.statements,
	})
	a := admin.New(admin.Deps{
		Usage: w.usage, Credit: credit.New(credit.Deps{Runner: w.db, Ledger: w.ledger, Catalog: w.catalog, Usage: w.usage, Alerts: w.alerts, Audit: w.audit}),
		Kit: w.kit, Runner: w.db, Accounts: w.accounts, Catalog: w.catalog, Ledger: w.ledger, Jobs: w.jobs, Audit: w.audit, Purchases: w.purchases,
		Clock: testclock.New(testclock.Deps{Runner: w.db, Events: w.events, Audit: w.audit, Jobs: w.jobs, Log: slog.New(slog.DiscardHandler), Now: w.clock.Now,
			Move: func(time.Duration) error { return nil }, Moved: func() time.Duration { return 26 * time.Hour }, Settled: func() bool { return true }}),
		Recharges: w.recharges, Invoices: w.invoices, Schedules: w.schedules, Endpoints: w.endpoints,
		Reports: w.reports, Statements: w.statements, Alerts: w.alerts, Messages: w.messages,
	})
	w.kit.Mount(r, []kit.Route{{Method: "GET", Pattern: enterPath + "{user}", Who: kit.Anyone, Handle: w.enter}})
	w.kit.Mount(r, routes.Pages(p, a, func(http.ResponseWriter, *http.Request) error { return nil }))
	return r
}

func (w *world) check(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatal(err)
	}
}

func credits(s string) money.Credits { return money.MustCredits(s) }

// fillCatalog makes a catalog like that of an LLM product.
func (w *world) fillCatalog() {
	by := audit.System
	_, err := w.catalog.CreateCreditType(ctx, by, catalog.NewCreditType{Key: "credits", Name: "API credits", Unit: "credit", Units: "credits", Decimals: 2})
	w.check(err)
	for _, m := range []string{"input_tokens", "output_tokens"} {
		_, err = w.catalog.CreateMeter(ctx, by, catalog.NewMeter{Key: m, Event: "llm.completion", Property: m})
		w.check(err)
	}
	for _, r := range []catalog.NewRate{
		{Meter: "input_tokens", CreditType: "credits", Credits: "0.25", Per: 1000, Match: map[string]string{"model": "small"}},
		{Meter: "output_tokens", CreditType: "credits", Credits: "1.25", Per: 1000, Match: map[string]string{"model": "small"}},
		{Meter: "input_tokens", CreditType: "credits", Credits: "3", Per: 1000, Match: map[string]string{"model": "large"}},
		{Meter: "output_tokens", CreditType: "credits", Credits: "15", Per: 1000, Match: map[string]string{"model": "large"}},
	} {
		_, err = w.catalog.CreateRate(ctx, by, r)
		w.check(err)
	}
	for _, p := range []catalog.NewPack{
		{Name: "Starter", CreditType: "credits", Credits: credits("1000"), Price: money.Money{Amount: 1000, Currency: "usd"}, ExpiresAfterDays: 365},
		{Name: "Team", CreditType: "credits", Credits: credits("2600"), Price: money.Money{Amount: 2500, Currency: "usd"}, ExpiresAfterDays: 365},
		{Name: "Business", CreditType: "credits", Credits: credits("11000"), Price: money.Money{Amount: 10000, Currency: "usd"}, ExpiresAfterDays: 365},
		{Name: "Scale", CreditType: "credits", Credits: credits("60000"), Price: money.Money{Amount: 50000, Currency: "usd"}},
		{CreditType: "credits", Name: "Any amount", Any: &catalog.Range{Min: credits("500"), Max: credits("250000"), Step: credits("100")}, ExpiresAfterDays: 365,
			Prices: []catalog.Price{
				{Currency: "usd", Model: catalog.Graduated, Tiers: []catalog.Tier{{UpTo: credits("5000"), Unit: "0.01"}, {UpTo: credits("50000"), Unit: "0.009"}, {Unit: "0.008"}}},
				{Currency: "jpy", Model: catalog.Graduated, Tiers: []catalog.Tier{{UpTo: credits("5000"), Unit: "1.5"}, {UpTo: credits("50000"), Unit: "1.35"}, {Unit: "1.2"}}},
			},
			Bonuses: []catalog.Bonus{{From: credits("10000"), Percent: "5", ExpiresAfterDays: 90}}},
	} {
		_, err = w.catalog.CreatePack(ctx, by, p)
		w.check(err)
	}
}

// person is a user with a customer and a link to sign in by.
type person struct {
	user     account.User
	customer *account.Customer
	link     string
}

func (w *world) person(name, email, zone string, role account.StaffRole) person {
	u, err := w.accounts.CreateVerifiedUser(ctx, email, "", "correct horse battery", role)
	w.check(err)
	p := person{user: u}
	if name != "" {
		p.customer, err = w.accounts.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: name, Email: email, Timezone: zone, Owner: u.ID})
		w.check(err)
	}
	return p
}

// links gives people addresses that sign them in as often as they are opened. Only
// the stories have such.
func (w *world) links(ps ...*person) {
	for _, p := range ps {
		p.link = w.url + enterPath + p.user.ID
	}
}

const enterPath = "/story/enter/"

func (w *world) enter(rw http.ResponseWriter, r *http.Request) error {
	in, err := w.accounts.StartSession(r.Context(), r.PathValue("user"), kit.From(r))
	if err != nil {
		return err
	}
	if err := w.kit.Begin(rw, r, in); err != nil {
		return err
	}
	to := "/"
	if in.User.Staff != account.NoStaff {
		to = "/admin"
	}
	return kit.Go(rw, r, to)
}

func (w *world) apply(op ledger.Op, note ledger.Note) ledger.Result {
	var res ledger.Result
	w.check(w.db.Update(ctx, func(t tx.Tx) (err error) {
		res, err = w.ledger.ApplyOne(t, &ledger.Command{Op: op, Note: note})
		return err
	}))
	return res
}

func (w *world) grant(p person, amount string, kind ledger.Kind, days int, paid int64) ledger.GrantID {
	g := ledger.NewGrant{Wallet: ledger.WalletKey{Customer: p.customer.ID, CreditType: "credits"}, Credits: credits(amount), Kind: kind, Priority: 50}
	if days > 0 {
		g.ExpiresAt = w.clock.Now().Add(time.Duration(days) * 24 * time.Hour)
	}
	if paid > 0 {
		g.Paid = money.Money{Amount: paid, Currency: "usd"}
	}
	return w.apply(g, ledger.Note{}).Grant
}

var nextEvent int

// use reports n requests of a customer.
func (w *world) use(p person, r *rand.Rand, n int, model string) {
	events := make([]usage.Event, n)
	for i := range events {
		nextEvent++
		events[i] = usage.Event{
			ID: fmt.Sprintf("req-%06d", nextEvent), Customer: p.customer.ID, Name: "llm.completion",
			Caller: []string{"backend", "batch", "playground"}[r.IntN(3)],
			Properties: rating.Properties{
				{Name: "model", Kind: rating.String, Text: model},
				{Name: "input_tokens", Kind: rating.Number, Text: fmt.Sprint(100 + r.IntN(5000))},
				{Name: "output_tokens", Kind: rating.Number, Text: fmt.Sprint(5 + r.IntN(500))},
			},
		}
	}
	_, err := w.usage.Report(ctx, usage.Reporter{}, events)
	w.check(err)
}

// people are who the stories are about.
type people struct {
	healthy, low, empty, fresh, admin person
}

// fill makes a month of history.
func (w *world) fill() people {
	w.fillCatalog()
	r := rand.New(rand.NewPCG(1, 2))
	ps := people{
		admin:   w.person("", "admin@example.com", "", account.Admin),
		healthy: w.person("Northwind Labs", "ada@example.com", "Europe/Berlin", account.NoStaff),
		low:     w.person("Low Tide GmbH", "lee@example.com", "America/New_York", account.NoStaff),
		empty:   w.person("Empty Shell Ltd", "eve@example.com", "UTC", account.NoStaff),
	}
	w.grant(ps.healthy, "250", ledger.Promotional, 20, 0)
	w.grant(ps.healthy, "11000", ledger.Paid, 365, 10000)
	w.grant(ps.low, "1000", ledger.Paid, 365, 1000)
	w.grant(ps.empty, "300", ledger.Paid, 365, 300)
	for day := range 32 {
		for range 4 {
			w.use(ps.healthy, r, 6+r.IntN(25), "small")
			w.use(ps.healthy, r, r.IntN(4), "large")
			if day > 20 {
				w.use(ps.low, r, 2+r.IntN(4), "large")
			}
			w.clock.Step(6 * time.Hour)
		}
		if day == 12 {
			w.grant(ps.healthy, "2600", ledger.Paid, 365, 2500)
			w.grant(ps.healthy, "500", ledger.Included, 30, 0)
		}
	}
	w.use(ps.empty, r, 40, "large")
	_, err := w.usage.Report(ctx, usage.Reporter{}, []usage.Event{{
		ID: "after-the-work", Customer: ps.empty.customer.ID, Name: "llm.completion", Mode: usage.Record,
		Properties: rating.Properties{{Name: "model", Kind: rating.String, Text: "large"}, {Name: "input_tokens", Kind: rating.Number, Text: "4000"}, {Name: "output_tokens", Kind: rating.Number, Text: "700"}},
	}})
	w.check(err)
	w.apply(ledger.NewHold{Wallet: ledger.WalletKey{Customer: ps.healthy.customer.ID, CreditType: "credits"}, Credits: credits("120"), ExpiresAt: w.clock.Now().Add(20 * time.Hour)}, ledger.Note{})
	ps.fresh = w.person("Fresh Start Inc", "sam@example.com", "Asia/Tokyo", account.NoStaff)
	w.links(&ps.healthy, &ps.low, &ps.empty, &ps.fresh, &ps.admin)
	return ps
}

// TestServe serves the stories for as long as somebody looks, when asked to:
// PURSE_STORY=127.0.0.1:8099 go test -run TestServe -timeout 0 ./handlers/story
func TestServe(t *testing.T) {
	addr := os.Getenv("PURSE_STORY")
	if addr == "" {
		t.Skip("set PURSE_STORY to an address to look at the pages")
	}
	w := newWorldAt(t, addr)
	ps := w.fill()
	for name, p := range map[string]person{"healthy": ps.healthy, "low": ps.low, "empty": ps.empty, "fresh": ps.fresh, "admin": ps.admin} {
		fmt.Println(name, p.link)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for {
		w.use(ps.healthy, r, 2, "small")
		time.Sleep(700 * time.Millisecond)
	}
}
