package card_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/stripepay"
	"purse/db"
	"purse/db/freshdb"
	"purse/handlers/sandbox"
)

// cards is Methods on a database and a sandbox of its own.
type cards struct {
	*testing.T
	*card.Service
	service  *purchase.Service
	customer string
	pack     string
	box      *sandbox.Server
	host     *httptest.Server
	gateway  *stripepay.Gateway
	changed  []string
}

func newCards(t *testing.T) *cards {
	d, err := db.Open(t.Context(), freshdb.Path(t), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	c := &cards{T: t}
	if c.box, err = sandbox.Open("", sandbox.Options{}); err != nil {
		t.Fatal(err)
	}
	c.host = httptest.NewServer(c.box.Handler())
	if c.gateway, err = stripepay.New(stripepay.Config{Key: "sk_test_0123456789", URL: c.host.URL, Retries: -1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.gateway.Close(); c.host.Close(); _ = c.box.Close() })
	jobs := job.NewQueue(db.JobStore{}, d, slog.New(slog.DiscardHandler))
	events, log := event.NewLog(db.EventStore{}), audit.NewLog(db.AuditStore{})
	accounts := account.New(account.Deps{Runner: d, Store: db.AccountStore{}, Jobs: jobs, Events: events, Audit: log})
	goods := catalog.New(catalog.Deps{Runner: d, Store: db.CatalogStore{}, Audit: log})
	if _, err := goods.CreateCreditType(t.Context(), audit.System, catalog.NewCreditType{Key: "credits", Name: "API credits", Unit: "credit", Units: "credits"}); err != nil {
		t.Fatal(err)
	}
	pack, err := goods.CreatePack(t.Context(), audit.System, catalog.NewPack{Name: "Small", CreditType: "credits", Credits: 25 * money.Micro, Price: money.Money{Amount: 2500, Currency: "usd"}})
	if err != nil {
		t.Fatal(err)
	}
	owner, err := accounts.CreateCustomer(t.Context(), audit.System, account.NewCustomer{Name: "Demo", Email: "demo@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	c.customer, c.pack = owner.ID, pack.ID
	arrived := inbox.New(inbox.Deps{Runner: d, Store: db.InboxStore{}, Jobs: jobs, Audit: log})
	c.service = purchase.New(purchase.Deps{Inbox: arrived, Runner: d, Store: db.PurchaseStore{}, Gateway: c.gateway, Accounts: accounts, Catalog: goods,
		Ledger: ledger.New(db.NewLedgerStore(), d, jobs, events, ledger.Options{}), Jobs: jobs, Events: events, Audit: log, Installation: "inst_1", PublicURL: "http://127.0.0.1:8080"})
	c.Service = card.New(card.Deps{Runner: d, Store: db.CardStore{}, Gateway: c.gateway, Accounts: accounts, Audit: log,
		Installation: "inst_1", PublicURL: "http://127.0.0.1:8080"})
	arrived.Owners = inbox.Owners{{Types: "checkout.session.", Handle: inbox.Fetched(c.gateway.Checkout, c.service.SessionEvent)}}
	c.Tell(func(_ context.Context, customer string) error {
		c.changed = append(c.changed, customer)
		return nil
	})
	return c
}

// form types a card on the sandbox's Checkout page and answers where it leads.
func (c *cards) form(page, number string) string {
	c.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(page, url.Values{"email": {"demo@example.com"}, "name": {"Demo"}, "country": {"US"}, "number": {number}, "expiry": {"12/34"}, "cvc": {"123"}})
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.Header.Get("Location")
}

// save saves a card through Checkout in setup mode.
func (c *cards) save(number string) *card.Method {
	c.Helper()
	page, err := c.Add(c.Context(), card.Adding{Customer: c.customer, ReturnPath: "/methods/added", CancelPath: "/methods"})
	if err != nil {
		c.Fatal(err)
	}
	back := c.form(page, number)
	session, ok := strings.CutPrefix(back, "http://127.0.0.1:8080/methods/added?session_id=")
	if !ok {
		c.Fatalf("back to %q", back)
	}
	m, err := c.Added(c.Context(), c.customer, session)
	if err != nil {
		c.Fatal(err)
	}
	if _, err := c.Added(c.Context(), "cus_other", session); !fault.Is(err, fault.NotFound) {
		c.Errorf("another's Checkout: %v", err)
	}
	return m
}

func (c *cards) list() string {
	c.Helper()
	list, err := c.List(c.Context(), c.customer)
	if err != nil {
		c.Fatal(err)
	}
	var out []string
	for _, m := range list {
		s := m.Brand + " " + m.Last4
		if m.Default {
			s += " default"
		}
		if m.Backup {
			s += " backup"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestMethods(t *testing.T) {
	c := newCards(t)
	if got := c.list(); got != "" {
		t.Errorf("before: %s", got)
	}
	visa := c.save("4242424242424242")
	if visa.ExpMonth != 12 || visa.ExpYear != 2034 || visa.Fingerprint == "" || !visa.Default {
		t.Errorf("%+v", visa)
	}
	master := c.save("5555555555554444")
	again := c.save("4242424242424242")
	if again.Fingerprint != visa.Fingerprint || len(again.Also) != 1 {
		t.Errorf("the same card twice: %+v", again)
	}
	by := audit.Actor{ID: "usr_1"}
	if err := c.Choose(t.Context(), by, c.customer, card.Choice{Default: master.ID, Backup: visa.ID}); err != nil {
		t.Fatal(err)
	}
	if got := c.list(); got != "mastercard 4444 default, visa 4242 backup" {
		t.Error(got)
	}
	if err := c.Choose(t.Context(), by, c.customer, card.Choice{Default: visa.ID, Backup: again.ID}); fault.Is(err, fault.Invalid) == false {
		t.Errorf("one card as its own backup: %v", err)
	}
	if err := c.Choose(t.Context(), by, c.customer, card.Choice{Default: "pm_other"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a card that is not saved: %v", err)
	}
	if err := c.Remove(t.Context(), by, c.customer, visa.ID); err != nil {
		t.Fatal(err)
	}
	if got := c.list(); got != "mastercard 4444 default" {
		t.Error(got)
	}
	if err := c.Remove(t.Context(), by, c.customer, visa.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if !slices.Contains(c.changed, c.customer) {
		t.Error("nobody was told")
	}
	portal, err := c.Portal(t.Context(), c.customer, "/methods")
	if err != nil || !strings.HasPrefix(portal, c.host.URL+"/p/session/") {
		t.Errorf("%s %v", portal, err)
	}
	for _, path := range []string{"https://evil.example", "//evil.example", "/a\\b", ""} {
		if _, err := c.Portal(t.Context(), c.customer, path); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", path, err)
		}
	}
	if err := c.box.SetFaults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultError, Path: "/v1/", Count: -1}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.List(t.Context(), c.customer); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Stripe is away: %v", err)
	}
}

// Stripe's event about a Checkout that saved a card is ours, and is done with.
func TestSavingACardIsOurs(t *testing.T) {
	c := newCards(t)
	page, err := c.Add(t.Context(), card.Adding{Customer: c.customer, ReturnPath: "/methods/added", CancelPath: "/methods"})
	if err != nil {
		t.Fatal(err)
	}
	_, session, _ := strings.Cut(c.form(page, "4242424242424242"), "session_id=")
	if _, err := c.service.Inbox.Receive(t.Context(), inbox.Event{ID: "evt_1", Type: "checkout.session.completed", ObjectID: session}); err != nil {
		t.Fatal(err)
	}
	e, err := c.service.Inbox.Replay(t.Context(), audit.System, "evt_1")
	if err != nil || e.State != inbox.Done || e.Purchase != "" {
		t.Errorf("%+v %v", e, err)
	}
}

// A purchase saves the card when, and only when, the buyer asked for it.
func TestPurchaseSavesCard(t *testing.T) {
	c := newCards(t)
	for _, save := range []bool{false, true} {
		p, err := c.service.Begin(t.Context(), audit.Actor{ID: "usr_1"}, purchase.Begin{Customer: c.customer, Pack: c.pack, Save: save})
		if err != nil {
			t.Fatal(err)
		}
		c.form(p.CheckoutURL, "4242424242424242")
		if p, err = c.service.FulfilBySession(t.Context(), p.CheckoutSession); err != nil || p.State != purchase.Paid {
			t.Fatalf("%+v %v", p, err)
		}
		if got := c.list() != ""; got != save {
			t.Errorf("asked to save: %v, saved: %v", save, got)
		}
	}
}

// Saving another card does not change which one pays by default.
func TestTheFirstSavedCardStaysTheDefault(t *testing.T) {
	c := newCards(t)
	c.save("4242424242424242")
	c.save("5555555555554444")
	c.save("4242424242424242") // once more: still the first
	if got := c.list(); got != "visa 4242 default, mastercard 4444" {
		t.Error(got)
	}
}
