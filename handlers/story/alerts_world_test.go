package story

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/money"
	"purse/billing/notify"
	"purse/billing/statement"
	"purse/billing/tx"
	"purse/db"
)

// alertParts watch levels and tell people.
type alertParts struct {
	alerts     *alert.Service
	messages   *notify.Messages
	statements *statement.Service
	mailed     *mailed
}

// mailed is what was handed to be mailed.
type mailed struct {
	mu   sync.Mutex
	list []account.Mail
}

func (m *mailed) all() []account.Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]account.Mail(nil), m.list...)
}

// Render is called with what a mail says, its links too.
func (m *mailed) Render(_ context.Context, mail account.Mail) (notify.Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, mail)
	return notify.Message{To: mail.To, Subject: mail.Template}, nil
}

func (m *mailed) Send(context.Context, notify.Message) error { return nil }

func (w *world) openAlerts(events *event.Log, log *slog.Logger) {
	w.mailed = &mailed{}
	w.alerts = alert.NewService(alert.Deps{
		Runner: w.db, Store: db.AlertStore{}, Accounts: w.accounts, Catalog: w.catalog, Ledger: w.ledger, Jobs: w.jobs, Events: events, Audit: w.audit, Log: log,
		Tell: func(t tx.Tx, n alert.Notice) error { return w.messages.Tell(t, n) },
	})
	w.accounts.StandingChanged = w.alerts.StandingChanged
	w.accounts.ZoneChanged = w.alerts.ZoneChanged
	w.messages = notify.NewMessages(notify.MessageDeps{
		Runner: w.db, Store: db.MessageStore{}, Accounts: w.accounts, Catalog: w.catalog, Jobs: w.jobs, Audit: w.audit, Ledger: w.ledger, Key: []byte("a key of the stories"),
		Coming: func(t tx.Tx, customer, creditType string) (money.Credits, error) {
			return notify.Coming(t, w.purchases, w.recharges, customer, creditType)
		},
	})
	w.statements = statement.New(statement.Deps{
		Runner: w.db, Store: db.StatementStore{}, Accounts: w.accounts, Ledger: w.ledger, Events: events, Jobs: w.jobs, Tell: w.messages.Tell,
	})
	notify.New(notify.MailDeps{Runner: w.db, Jobs: w.jobs, Links: w.accounts, Mailer: w.mailed, Renderer: w.mailed, Messages: w.messages})
	w.check(w.alerts.Load(ctx))
}

// limit sets a spend limit of a customer.
func (w *world) limit(p person, period alert.Period, amount string, hard bool, more func(*alert.NewLimit)) alert.Limit {
	n := alert.NewLimit{CreditType: "credits", Period: period, Credits: credits(amount), Hard: hard}
	if more != nil {
		more(&n)
	}
	l, err := w.alerts.SetLimit(ctx, audit.Actor{ID: p.user.ID}, p.customer.ID, n)
	w.check(err)
	return l
}

// settle lets jobs that are due be done.
func (w *world) settle() { w.check(w.jobs.Drain(ctx)) }

// someAlerts gives customers alerts and limits, and lets a minute go by.
func (w *world) someAlerts(ps *people) {
	by := audit.Actor{ID: ps.healthy.user.ID}
	for _, n := range []alert.New{
		{CreditType: "credits", Kind: alert.Below, Credits: credits("500")},
		{CreditType: "credits", Kind: alert.DaysLeft, Days: 7},
		{CreditType: "credits", Kind: alert.Surge, Share: 300, Credits: credits("20")},
	} {
		_, err := w.alerts.Create(ctx, by, ps.healthy.customer.ID, n)
		w.check(err)
	}
	w.check(w.alerts.Mute(ctx, by, ps.healthy.customer.ID, w.alerts.Defaults()[3].ID, true))
	w.limit(ps.healthy, alert.Month, "50000", false, nil)
	w.limit(ps.healthy, alert.Day, "400", true, func(n *alert.NewLimit) { n.Scope = alert.Caller })
	w.limit(ps.healthy, alert.Week, "3000", true, func(n *alert.NewLimit) { n.Scope, n.Meter = alert.Meter, "output_tokens" })
	_, err := w.alerts.SetAtZero(ctx, audit.Actor{ID: ps.admin.user.ID}, alert.AtZero{Customer: ps.healthy.customer.ID, CreditType: "credits", Mode: alert.Throttle, Overdraft: credits("50"), Rate: 30})
	w.check(err)
}

// unsubscribe is the link of the last mail to a person.
func (w *world) unsubscribe(p person) (path string) {
	for _, m := range w.mailed.all() {
		if m.To == p.user.Email && m.Data["unsubscribe"] != "" {
			path = m.Data["unsubscribe"]
		}
	}
	if path == "" {
		w.t.Fatalf("no mail to %s among %d", p.user.Email, len(w.mailed.all()))
	}
	return path
}

// alertPages are the pages of alerts, limits and notifications.
func (w *world) alertPages(ps *people, viewer *person) []visit {
	w.someAlerts(ps)
	w.settle()
	w.clock.Step(5 * time.Second) // what happens together is one mail
	w.settle()
	for _, m := range []notify.MailRow{
		{ID: "mail_1", Address: ps.healthy.user.Email, Template: notify.MailAlert, Subject: "500 credits left – Northwind Labs", State: notify.MailSent},
		{ID: "mail_2", Address: ps.low.user.Email, Template: notify.MailAlert, Subject: "50 credits left – Low Tide GmbH", State: notify.MailRefused, Error: "550 5.1.1 no such mailbox"},
		{ID: "mail_3", Address: ps.empty.user.Email, Template: notify.MailDigest, Subject: "3 things to know", State: notify.MailFailed, Error: "dial tcp 192.0.2.1:587: i/o timeout"},
	} {
		m.At = w.clock.Now()
		w.check(w.db.Update(ctx, func(t tx.Tx) error { return db.MessageStore{}.InsertMail(t, m) }))
	}
	w.check(w.messages.ReportBounce(ctx, audit.System, ps.low.user.Email, "550 5.1.1 no such mailbox"))
	return []visit{
		{"notifications", "/notifications", &ps.healthy},
		{"notifications-bounced", "/notifications", &ps.low},
		{"alerts-low", "/alerts", &ps.low},
		{"alerts-empty", "/alerts", &ps.empty},
		{"unsubscribe", w.unsubscribe(ps.empty), nil},
		{"admin-alerts", "/admin/alerts", &ps.admin},
		{"admin-alerts-of", "/admin/customers/" + ps.healthy.customer.ID + "/alerts", &ps.admin},
		{"admin-alerts-told", "/admin/customers/" + ps.low.customer.ID + "/alerts", &ps.admin},
		{"admin-zero", "/admin/customers/" + ps.healthy.customer.ID + "/zero/credits", &ps.admin},
		{"admin-mails", "/admin/mails", &ps.admin},
		{"alerts", "/alerts", &ps.healthy},
		{"alerts-none", "/alerts", &ps.fresh},
		{"alerts-viewer", "/alerts", viewer},
	}
}
