package alert_test

import (
	"flag"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/db"
	"purse/db/freshdb"
)

func TestMain(m *testing.M) {
	// Each check opens a database: 30 by default, -rapid.checks asks for more.
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("30")
	}
	goleak.VerifyTestMain(m)
}

var cr = money.MustCredits

// world is what alerts need, with a clock that moves and jobs that run when they
// are asked to.
type world struct {
	testing.TB
	*alert.Service
	mu       sync.Mutex
	at       time.Time
	db       *db.DB
	ledger   *ledger.Ledger
	accounts *account.Service
	jobs     *job.Queue
	customer *account.Customer
	key      ledger.WalletKey
	by       audit.Actor
	told     []alert.Notice
	log      []event.Event // committed and not looked at
}

func (w *world) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.at }

func (w *world) step(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.at = w.at.Add(d) }

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func newWorld(t testing.TB) *world {
	w := &world{TB: t, at: time.Date(2028, 2, 1, 9, 0, 0, 0, time.UTC), by: audit.Actor{ID: "usr_owner"}}
	d, err := db.Open(t.Context(), freshdb.Path(t), db.Options{Now: w.now})
	w.ok(err)
	t.Cleanup(func() { _ = d.Close() })
	w.db = d
	events, trail := event.NewLog(recorder{w: w}), audit.NewLog(db.AuditStore{})
	w.jobs = job.NewQueue(db.JobStore{}, d, slog.New(slog.DiscardHandler))
	w.accounts = account.New(account.Deps{Runner: d, Store: db.AccountStore{}, Jobs: w.jobs, Events: events, Audit: trail, Now: w.now})
	shop := catalog.New(catalog.Deps{Runner: d, Store: db.CatalogStore{}, Audit: trail})
	w.ok(shop.Load(t.Context()))
	_, err = shop.CreateCreditType(t.Context(), w.by, catalog.NewCreditType{Key: "credits", Decimals: 2})
	w.ok(err)
	_, err = shop.CreateMeter(t.Context(), w.by, catalog.NewMeter{Key: "tokens", Event: "tokens", Aggregation: catalog.Count})
	w.ok(err)
	w.ledger = ledger.New(db.NewLedgerStore(), d, w.jobs, events, ledger.Options{
		Watches: func(k ledger.WalletKey, id ledger.WalletID) []ledger.Watch { return w.NewWallet(k, id) },
	})
	w.Service = alert.NewService(alert.Deps{
		Runner: d, Store: db.AlertStore{}, Accounts: w.accounts, Catalog: shop, Ledger: w.ledger, Jobs: w.jobs, Events: events, Audit: trail,
		Tell: func(_ tx.Tx, n alert.Notice) error { w.told = append(w.told, n); return nil },
	})
	w.accounts.StandingChanged = w.StandingChanged
	w.accounts.ZoneChanged = w.ZoneChanged
	w.ok(w.Load(t.Context()))
	c, err := w.accounts.CreateCustomer(t.Context(), w.by, account.NewCustomer{Name: "Acme", Email: "acme@example.com", Timezone: "Europe/Berlin"})
	w.ok(err)
	w.customer, w.key = c, ledger.WalletKey{Customer: c.ID, CreditType: "credits"}
	w.events()
	return w
}

// do applies a command and lets the jobs run that it inserted.
func (w *world) do(op ledger.Op, counters ...ledger.Counter) ledger.Result {
	w.Helper()
	var r []ledger.Result
	w.ok(w.db.Update(w.Context(), func(t tx.Tx) (err error) {
		r, err = w.ledger.Apply(t, &ledger.Command{Op: op, Counters: counters})
		return err
	}))
	w.ok(w.jobs.Drain(w.Context()))
	return r[0]
}

func (w *world) grant(credits string, kind ledger.Kind, life time.Duration) {
	w.Helper()
	g := ledger.NewGrant{Wallet: w.key, Credits: cr(credits), Kind: kind, Priority: ledger.DefaultPriority}
	if life > 0 {
		g.ExpiresAt = w.now().Add(life)
	}
	w.ok(w.do(g).Err())
}

// use debits as the API does, with the limits that count.
func (w *world) use(credits money.Credits, caller string) ledger.Result {
	w.Helper()
	return w.do(ledger.Debit{Event: "e", EventName: "tokens", Caller: caller, Charges: []ledger.Charge{{
		Wallet: w.key, Lines: []ledger.Line{{Meter: "tokens", Credits: credits}},
	}}}, w.Counters(w.key, caller, w.now())...)
}

// events answers the types of the events that were committed since they were
// asked for, without those that the ledger writes of grants.
func (w *world) events() []string {
	var out []string
	for _, e := range w.log {
		if e.Type != event.CreditsGranted && e.Type != event.CreditsExpired && e.Type != event.CreditsVoided {
			out = append(out, e.Type)
		}
	}
	w.log = nil
	return out
}

// recorder keeps what is committed.
type recorder struct {
	db.EventStore
	w *world
}

func (r recorder) Insert(t tx.Tx, e event.Event) error {
	t.OnCommit(func() { r.w.log = append(r.w.log, e) })
	return r.EventStore.Insert(t, e)
}

func accountChange(zone string) account.CustomerChange {
	return account.CustomerChange{Timezone: &zone}
}
