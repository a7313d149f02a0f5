package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/db"
	"purse/db/freshdb"
)

// post is a post office with a clock.
type post struct {
	*testing.T
	*notify.Messages
	now      time.Time
	db       *db.DB
	jobs     *job.Queue
	accounts *account.Service
	customer *account.Customer
	sent     []account.Mail
	refuse   string // the address that refuses mail
}

// Render keeps the data; the templates are tested where they are.
func (p *post) Render(_ context.Context, m account.Mail) (notify.Message, error) {
	p.sent = append(p.sent, m)
	return notify.Message{To: m.To, Subject: m.Template}, nil
}

// Send is a mail server.
func (p *post) Send(_ context.Context, m notify.Message) error {
	if m.To == p.refuse {
		return &notify.RefusedError{Reason: "550 no such user"}
	}
	return nil
}

func (p *post) ok(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func newPost(t *testing.T) *post {
	p := &post{T: t, now: time.Date(2028, 3, 1, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return p.now }
	d, err := db.Open(t.Context(), freshdb.Path(t), db.Options{Now: now})
	p.ok(err)
	t.Cleanup(func() { _ = d.Close() })
	p.db = d
	trail := audit.NewLog(db.AuditStore{})
	p.jobs = job.NewQueue(db.JobStore{}, d, slog.New(slog.DiscardHandler))
	p.accounts = account.New(account.Deps{Runner: d, Store: db.AccountStore{}, Jobs: p.jobs, Events: event.NewLog(db.EventStore{}), Audit: trail, Now: now})
	shop := catalog.New(catalog.Deps{Runner: d, Store: db.CatalogStore{}, Audit: trail})
	p.ok(shop.Load(t.Context()))
	p.Messages = notify.NewMessages(notify.MessageDeps{
		Runner: d, Store: db.MessageStore{}, Accounts: p.accounts, Catalog: shop, Jobs: p.jobs, Audit: trail, Key: []byte("a key for tests"),
		Ledger: ledger.New(db.NewLedgerStore(), d, p.jobs, event.NewLog(db.EventStore{}), ledger.Options{}),
	})
	notify.New(notify.MailDeps{Runner: d, Jobs: p.jobs, Links: p.accounts, Mailer: p, Renderer: p, Messages: p.Messages})
	p.customer, err = p.accounts.CreateCustomer(t.Context(), audit.System, account.NewCustomer{Name: "Acme", Email: "billing@example.com", Timezone: "Europe/Berlin"})
	p.ok(err)
	return p
}

func (p *post) tell(typ string) {
	p.Helper()
	p.ok(p.db.Update(p.Context(), func(t tx.Tx) error {
		return p.Tell(t, alert.Notice{Customer: p.customer.ID, Event: typ, Data: map[string]string{"available": "1"}})
	}))
}

// mails lets a time pass and answers what was sent: template and number.
func (p *post) mails(d time.Duration) []string {
	p.Helper()
	p.now = p.now.Add(d)
	p.ok(p.jobs.Drain(p.Context()))
	var out []string
	for _, m := range p.sent {
		out = append(out, fmt.Sprint(m.Template, " ", strings.Count(m.Data["lines"], `"event"`)))
	}
	p.sent = nil
	return out
}

func (p *post) want(got []string, want ...string) {
	p.Helper()
	if !slices.Equal(got, want) {
		p.Errorf("sent %q, want %q", got, want)
	}
}

// One message is a mail of its own; what comes together is one mail; after a few
// mails in an hour the rest waits and becomes one.
func TestAStormIsADigest(t *testing.T) {
	p := newPost(t)
	p.tell(event.BalanceLow)
	p.want(p.mails(time.Second)) // others may come at the same time
	p.want(p.mails(2*time.Second), "alert 0")
	for range 10 {
		p.tell(event.BalanceLow)
	}
	p.want(p.mails(3*time.Second), "digest 10")
	for range 6 {
		p.tell(event.BalanceLow)
		p.mails(3 * time.Second)
	}
	for range 100 {
		p.tell(event.BalanceLow)
		p.want(p.mails(3 * time.Second))
	}
	p.want(p.mails(2*time.Hour), "digest 104")
}

// Members choose: at once, in the morning of their customer, or not at all. A
// link in the mail ends it with one click, and works for nothing else.
func TestMembersChoose(t *testing.T) {
	p := newPost(t)
	who := "mailto:billing@example.com"
	p.ok(p.Choose(t.Context(), audit.System, p.customer.ID, who, map[notify.Category]notify.Choice{notify.Balance: notify.Daily, notify.Limits: notify.Off}))
	p.tell(event.BalanceLow)
	p.tell(event.BalanceDepleted)
	p.tell(event.LimitReached)
	p.want(p.mails(time.Hour))
	p.want(p.mails(time.Date(2028, 3, 2, 7, 1, 0, 0, time.UTC).Sub(p.now)), "digest 2") // eight in Berlin
	p.tell(event.CreditsExpiring)
	p.now = p.now.Add(time.Minute)
	p.ok(p.jobs.Drain(t.Context()))
	if len(p.sent) != 1 {
		t.Fatal("nobody chose anything about expiry")
	}
	token := strings.TrimPrefix(p.sent[0].Data["unsubscribe"], "/unsubscribe?token=")
	p.sent = nil
	for _, bad := range []string{"", token[:len(token)-2], token + "AA", "!!!", strings.ToUpper(token)} {
		if _, err := p.Unsubscribe(t.Context(), "", bad); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	u, err := p.Unsubscribe(t.Context(), "192.0.2.1", token)
	if err != nil || len(u.Ends) != 1 || !slices.Equal(u.Ends[0].Categories, []notify.Category{notify.Expiry}) || u.Ends[0].Customer != p.customer.ID {
		t.Fatal(u, err)
	}
	p.tell(event.CreditsExpiring)
	p.want(p.mails(time.Hour))
	p.tell(event.UsageAnomaly)
	p.want(p.mails(time.Hour), "alert 0")
	if err := p.Choose(t.Context(), audit.System, p.customer.ID, who, map[notify.Category]notify.Choice{"security": notify.Off}); err == nil {
		t.Error("mails about security can be switched off")
	}
}

// One click on a mail about many things ends all that it is about, of all of its
// customers, and nothing else.
func TestOneClickEndsAllOfADigest(t *testing.T) {
	p := newPost(t)
	first := p.customer
	second, err := p.accounts.CreateCustomer(t.Context(), audit.System, account.NewCustomer{Name: "Brook", Email: "billing@example.com"})
	p.ok(err)
	p.tell(event.BalanceLow)
	p.tell(event.LimitReached)
	p.customer = second
	p.tell(event.CreditsExpiring)
	p.now = p.now.Add(time.Minute)
	p.ok(p.jobs.Drain(t.Context()))
	if len(p.sent) != 1 {
		t.Fatal(p.sent)
	}
	token := strings.TrimPrefix(p.sent[0].Data["unsubscribe"], "/unsubscribe?token=")
	if len(token) > 800 {
		t.Errorf("a token of %d characters does not fit into a header's line", len(token))
	}
	p.sent = nil
	p.tell(event.CreditsExpiring) // waits when the click comes
	_, err = p.Unsubscribe(t.Context(), "192.0.2.1", token)
	p.ok(err)
	p.want(p.mails(time.Minute))
	p.tell(event.BalanceLow)
	p.customer = first
	for _, typ := range []string{event.BalanceLow, event.BalanceDepleted, event.LimitReached} {
		p.tell(typ)
	}
	p.want(p.mails(time.Minute), "alert 0") // the other customer's balance
	p.tell(event.CreditsExpiring)
	p.want(p.mails(time.Minute), "alert 0")
}

// A mail is about eight customers at most: the others come in the next.
func TestADigestOfManyCustomers(t *testing.T) {
	p := newPost(t)
	for n := range 10 {
		var err error
		p.customer, err = p.accounts.CreateCustomer(t.Context(), audit.System, account.NewCustomer{Name: fmt.Sprint("Customer ", n), Email: "agency@example.com"})
		p.ok(err)
		p.tell(event.BalanceLow)
	}
	p.want(p.mails(time.Minute), "digest 8")
	p.want(p.mails(2*time.Hour), "digest 2")
}

// An address that refuses mail gets no more, until somebody asks to try again.
func TestBouncesDisable(t *testing.T) {
	p := newPost(t)
	p.refuse = "billing@example.com"
	p.tell(event.BalanceLow)
	p.want(p.mails(time.Minute), "alert 0")
	p.tell(event.BalanceLow)
	p.want(p.mails(time.Minute))
	p.ok(p.db.View(t.Context(), func(tt tx.Tx) error {
		b, err := p.Bounced(tt, p.refuse)
		if err != nil || b == nil || b.Reason != "550 no such user" {
			t.Error(b, err)
		}
		rows, more, err := p.Mails(tt, "", 10)
		if err != nil || more || len(rows) != 1 || rows[0].State != notify.MailRefused {
			t.Error(rows, more, err)
		}
		return errors.Join(err)
	}))
	p.ok(p.TryAgain(t.Context(), audit.System, p.refuse))
	p.refuse = ""
	p.tell(event.BalanceLow)
	p.want(p.mails(time.Minute), "alert 0")
}

// TestAMailSaysWhatIsComing: what is on its way when the mail is sent is in it.
func TestAMailSaysWhatIsComing(t *testing.T) {
	p := newPost(t)
	coming := money.MustCredits("100")
	p.Coming = func(_ tx.Tx, customer, _ string) (money.Credits, error) {
		if customer != p.customer.ID {
			t.Errorf("asked for %s", customer)
		}
		return coming, nil
	}
	for _, want := range []string{"100", ""} {
		p.sent = nil
		p.tell(event.BalanceLow)
		p.now = p.now.Add(3 * time.Second)
		p.ok(p.jobs.Drain(t.Context()))
		if len(p.sent) != 1 || p.sent[0].Data["coming"] != want {
			t.Errorf("%v, want %q coming", p.sent, want)
		}
		coming = 0
	}
}

// TestAMailSaysTheBalanceOfItsTime: credits that came between the crossing and the
// mail are in it, alone and among others.
func TestAMailSaysTheBalanceOfItsTime(t *testing.T) {
	p := newPost(t)
	low := alert.Notice{Customer: p.customer.ID, CreditType: "credits", Event: event.BalanceLow, Data: map[string]string{"available": "5", "level": "10", "kind": "level"}}
	p.ok(p.db.Update(t.Context(), func(tx tx.Tx) error {
		if err := p.Tell(tx, low); err != nil {
			return err
		}
		_, err := p.Ledger.ApplyOne(tx, &ledger.Command{Op: ledger.NewGrant{
			Wallet: ledger.WalletKey{Customer: p.customer.ID, CreditType: "credits"}, Credits: money.MustCredits("105"), Kind: ledger.Paid, Priority: 50,
		}})
		return err
	}))
	p.now = p.now.Add(3 * time.Second)
	p.ok(p.jobs.Drain(t.Context()))
	if len(p.sent) != 1 || p.sent[0].Data["now"] != "105" || p.sent[0].Data["available"] != "5" {
		t.Errorf("sent %+v", p.sent)
	}
}
