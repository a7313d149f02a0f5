package recharge_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"go.uber.org/goleak"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/stripepay"
	"purse/billing/tx"
	"purse/db"
	"purse/db/freshdb"
	"purse/handlers/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "sk_test_0123456789"

// world is everything that a recharge needs, with a sandbox, running jobs and a
// clock that moves.
type world struct {
	*testing.T
	*recharge.Service
	mu        sync.Mutex
	at        time.Duration
	db        *db.DB
	ledger    *ledger.Ledger
	accounts  *account.Service
	catalog   *catalog.Service
	methods   *card.Service
	purchases *purchase.Service
	box       *sandbox.Server
	stripe    *client.API
	url       string
	customer  *account.Customer
	pack      catalog.Pack
	owner     audit.Actor
	mails     []account.Mail
	jobs      *job.Queue
	charges   *charge.Service
	before    func(*http.Request) // sees each request to Stripe first
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.at)
}

// move moves the clock of Purse and of the sandbox, and lets what waits run.
func (w *world) move(d time.Duration) {
	w.Helper()
	w.mu.Lock()
	w.at += d
	w.mu.Unlock()
	w.ok(w.Tick(w.Context()))
}

// Tick looks at every policy and recharge whose time has come.
func (w *world) Tick(ctx context.Context) error {
	return errors.Join(w.Service.Tick(ctx), w.charges.Tick(ctx))
}

// earlyInMonth moves the clock on where the customer's month is about to end.
func (w *world) earlyInMonth() {
	w.Helper()
	if now := w.now().In(w.customer.Location()); now.AddDate(0, 0, 2).Month() != now.Month() {
		w.move(3 * 24 * time.Hour)
	}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, owner: audit.Actor{ID: "usr_owner", Address: "192.0.2.7"}}
	d, err := db.Open(t.Context(), freshdb.Path(t), db.Options{Now: w.now})
	w.ok(err)
	w.db = d
	w.box, err = sandbox.Open("", sandbox.Options{Now: w.now})
	w.ok(err)
	host := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		before := w.before
		w.mu.Unlock()
		if before != nil {
			before(r)
		}
		w.box.Handler().ServeHTTP(rw, r)
	}))
	w.url = host.URL
	gateway, err := stripepay.New(stripepay.Config{Key: key, URL: host.URL, Retries: -1})
	w.ok(err)
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("PURSE_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	jobs := job.NewQueue(db.JobStore{}, d, log)
	w.jobs = jobs
	events, trail := event.NewLog(db.EventStore{}), audit.NewLog(db.AuditStore{})
	w.accounts = account.New(account.Deps{Runner: d, Store: db.AccountStore{}, Jobs: jobs, Events: events, Audit: trail, Now: w.now})
	w.catalog = catalog.New(catalog.Deps{Runner: d, Store: db.CatalogStore{}, Audit: trail})
	w.ledger = ledger.New(db.NewLedgerStore(), d, jobs, events, ledger.Options{})
	arrived := inbox.New(inbox.Deps{Runner: d, Store: db.InboxStore{}, Gateway: gateway, Jobs: jobs, Audit: trail, Log: log})
	w.purchases = purchase.New(purchase.Deps{Inbox: arrived, Runner: d, Store: db.PurchaseStore{}, Gateway: gateway, Accounts: w.accounts, Catalog: w.catalog, Ledger: w.ledger,
		Jobs: jobs, Events: events, Audit: trail, Log: log, Installation: "inst_1", PublicURL: "http://127.0.0.1:8080"})
	w.methods = card.New(card.Deps{Runner: d, Store: db.CardStore{}, Gateway: gateway, Accounts: w.accounts, Audit: trail,
		Installation: "inst_1", PublicURL: "http://127.0.0.1:8080"})
	w.charges = charge.New(charge.Deps{Runner: d, Store: db.ChargeStore{}, Gateway: gateway, Accounts: w.accounts, Catalog: w.catalog, Ledger: w.ledger,
		Purchases: w.purchases, Jobs: jobs, Log: log, Installation: "inst_1"})
	w.Service = recharge.New(recharge.Deps{Runner: d, Store: db.RechargeStore{}, Charges: w.charges, Accounts: w.accounts, Catalog: w.catalog, Ledger: w.ledger,
		Purchases: w.purchases, Methods: w.methods, Jobs: jobs, Events: events, Audit: trail, Log: log})
	w.charges.Collect(map[charge.Of]charge.Kind{charge.OfRecharge: w.Kind()})
	w.purchases.Tell(purchase.Others{Disputed: w.Disputed, Warned: w.Warned, CustomerGone: []func(context.Context, string) error{w.MethodsChanged}})
	w.methods.Tell(w.MethodsChanged)
	arrived.Owners = inbox.Owners{
		{Types: "checkout.session.", Handle: inbox.Fetched(gateway.Checkout, w.purchases.SessionEvent)},
		{Types: "payment_intent.", Handle: w.charges.PaymentEvent},
		{Types: "invoice.", Handle: inbox.Fetched(gateway.Invoice, w.charges.InvoiceEvent)},
		{Types: "charge.", Handle: inbox.Fetched(gateway.PaymentOf, w.purchases.MoneyEvent)},
		{Types: "radar.early_fraud_warning.", Handle: inbox.Fetched(gateway.FraudWarning, w.purchases.WarningEvent)},
		{Types: "payment_method.", Handle: w.methods.MethodEvent},
		{Types: "mandate.", Handle: w.methods.MandateEvent},
		{Types: "customer.deleted", Handle: w.purchases.CustomerDeletedEvent},
	}
	w.accounts.CurrencyFixed = w.CurrencyFixed
	jobs.Handle(account.MailJob, func(_ context.Context, j job.Job) error {
		var m account.Mail
		err := j.Decode(&m)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.mails = append(w.mails, m)
		return err
	})
	transport := &http.Transport{}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{URL: stripe.String(host.URL), MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, EnableTelemetry: stripe.Bool(false), HTTPClient: &http.Client{Transport: transport}})
	w.stripe = client.New(key, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})

	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.ledger.Run(ctx) })
	running.Go(func() { _ = jobs.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		gateway.Close()
		transport.CloseIdleConnections()
		host.Close()
		_ = w.box.Close()
		_ = d.Close()
	})
	_, err = w.catalog.CreateCreditType(ctx, audit.System, catalog.NewCreditType{Key: "credits", Name: "API credits", Unit: "credit", Units: "credits"})
	w.ok(err)
	w.pack, err = w.catalog.CreatePack(ctx, audit.System, catalog.NewPack{Name: "Small", CreditType: "credits", Credits: 25 * money.Micro, Price: money.Money{Amount: 2500, Currency: "usd"}})
	w.ok(err)
	w.customer, err = w.accounts.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: "Demo", Email: "demo@example.com", Timezone: "Europe/Berlin"})
	w.ok(err)
	return w
}

func (w *world) wallet() ledger.WalletKey {
	return ledger.WalletKey{Customer: w.customer.ID, CreditType: "credits"}
}

// saved attaches a test card to the customer at Stripe.
func (w *world) saved(method string) string {
	w.Helper()
	_, err := w.methods.Portal(w.Context(), w.customer.ID, "/methods") // it makes Stripe's customer
	w.ok(err)
	w.customer, err = w.accounts.Customer(w.Context(), w.customer.ID)
	w.ok(err)
	pm, err := w.stripe.PaymentMethods.Attach(method, &stripe.PaymentMethodAttachParams{Customer: stripe.String(w.customer.StripeCustomerID)})
	w.ok(err)
	return pm.ID
}

func (w *world) settings(card string) recharge.Settings {
	return recharge.Settings{Customer: w.customer.ID, CreditType: "credits", Threshold: 10 * money.Micro, Pack: w.pack.ID, Cap: money.Money{Amount: 100_00, Currency: "usd"},
		Cooldown: recharge.MinCooldown, PerDay: 24, Method: card, Consented: true, Version: recharge.ConsentVersion, From: account.From{Address: "192.0.2.7"}}
}

func (w *world) save(s recharge.Settings) *recharge.Policy {
	w.Helper()
	p, err := w.Save(w.Context(), w.owner, s)
	w.ok(err)
	return p
}

// give grants promotional credits.
func (w *world) give(credits money.Credits) {
	w.Helper()
	w.ok(w.db.Update(w.Context(), func(t tx.Tx) error {
		_, err := w.ledger.ApplyOne(t, &ledger.Command{Op: ledger.NewGrant{Wallet: w.wallet(), Credits: credits, Kind: ledger.Promotional}})
		return err
	}))
}

// use debits credits as usage does, and answers whether it was allowed.
func (w *world) use(credits money.Credits) bool {
	w.Helper()
	r, err := w.ledger.Submit(w.Context(), &ledger.Command{Op: ledger.Debit{Charges: []ledger.Charge{{Wallet: w.wallet(), Lines: []ledger.Line{{Meter: "m", Credits: credits}}}}}})
	w.ok(err)
	return r[0].Refused == nil
}

func (w *world) available() money.Credits {
	w.Helper()
	var b ledger.Balance
	w.ok(w.db.View(w.Context(), func(t tx.Tx) (err error) {
		b, err = w.ledger.Balance(t, w.wallet())
		return err
	}))
	return b.Available
}

func (w *world) policy() *recharge.Policy {
	w.Helper()
	p, err := w.Policy(w.Context(), w.customer.ID, "credits")
	w.ok(err)
	return p
}

// runs are the recharges, newest first.
func (w *world) runs() (out []*recharge.Recharge) {
	w.Helper()
	w.ok(w.db.View(w.Context(), func(t tx.Tx) (err error) {
		out, err = w.History(t, w.customer.ID, "", "", 1000)
		return err
	}))
	return out
}

func (w *world) count(state recharge.RunState) (n int) {
	w.Helper()
	for _, r := range w.runs() {
		if r.State() == state {
			n++
		}
	}
	return n
}

// until waits for something that jobs bring about.
func (w *world) until(what string, f func() bool) {
	w.Helper()
	for end := time.Now().Add(15 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p := w.policy()
			for _, r := range w.runs() {
				w.Logf("run %s %s %s %q give up %q pays %d paying %v unknowns %d next %s", r.ID, r.State(), r.Reason(), r.Problem, r.GiveUp, r.Pays, r.Paying(), r.Unknowns, r.NextAt.Sub(w.now()))
			}
			w.Fatalf("never: %s; policy %s %s %q, available %s", what, p.State, p.Reason, p.Note, w.available())
		}
	}
}

func (w *world) inState(s recharge.State) {
	w.Helper()
	w.until("policy "+string(s), func() bool { return w.policy().State == s })
}

// succeeded waits until n recharges have, and none is being paid.
func (w *world) succeeded(n int) {
	w.Helper()
	w.until("succeeded "+strconv.Itoa(n), func() bool { return w.count(recharge.Succeeded) == n && w.policy().State != recharge.Charging })
}

// idle waits until no job is left but the periodic ones.
func (w *world) idle() {
	w.Helper()
	w.until("idle", func() bool {
		var c job.Counts
		w.ok(w.db.View(w.Context(), func(t tx.Tx) (err error) {
			c, err = w.jobs.Count(t)
			return err
		}))
		return c.Waiting <= 6 // the periodic ones
	})
}

// onRequest sets what sees each request to Stripe first.
func (w *world) onRequest(f func(*http.Request)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = f
}

// charged is how many charges succeeded at Stripe, and their sum.
func (w *world) charged() (n int, sum int64) {
	w.Helper()
	for i := w.stripe.Charges.List(&stripe.ChargeListParams{ListParams: stripe.ListParams{Limit: stripe.Int64(100)}}); i.Next(); {
		if i.Charge().Paid {
			n++
			sum += i.Charge().Amount
		}
	}
	return n, sum
}

// deliver puts Stripe's events into the inbox, as webhooks and the reconciler do.
func (w *world) deliver() {
	w.Helper()
	_, err := w.purchases.Inbox.Reconcile(w.Context())
	w.ok(err)
}

func (w *world) faults(f sandbox.Faults) {
	w.Helper()
	w.ok(w.box.SetFaults(f))
}

func (w *world) mailed(template string) (n int, last account.Mail) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.mails {
		if m.Template == template {
			n, last = n+1, m
		}
	}
	return n, last
}

// browse posts a form to a page of the sandbox's and answers where it leads.
func (w *world) browse(page string, form url.Values) string {
	w.Helper()
	if strings.HasPrefix(page, "/") {
		page = w.url + page
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.PostForm(page, form)
	w.ok(err)
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.Header.Get("Location")
}
