package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"purse/billing/alert"
	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/credit"
	"purse/billing/id"
	"purse/billing/inbox"
	"purse/billing/invoice"
	"purse/billing/ledger"
	"purse/billing/mailer"
	"purse/billing/money"
	"purse/billing/notify"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/report"
	"purse/billing/schedule"
	"purse/billing/statement"
	"purse/billing/stripepay"
	"purse/billing/testclock"
	"purse/billing/tx"
	"purse/billing/usage"
	"purse/db"
	"purse/handlers/admin"
	"purse/handlers/api"
	"purse/handlers/kit"
	"purse/handlers/portal"
	"purse/handlers/sandbox"
	"purse/handlers/stripehook"
	"purse/views/ui"
)

// app is a whole Purse: everything that serve and demo run.
type app struct {
	*core
	settings settings
	log      *slog.Logger
	now      func() time.Time
	stamp    stamp
	metrics  *metrics

	listener        net.Listener
	sandboxListener net.Listener
	sandbox         *sandbox.Server // nil without one
	sandboxURL      string
	token           string // of the sandbox's pages, "" for none
	named           bool   // PublicURL is a name that the program gave itself
	time            *sandboxTime
	clock           *testclock.Clock // nil without a sandbox

	gateway    *stripepay.Gateway
	usage      *usage.Service
	inbox      *inbox.Service
	purchases  *purchase.Service
	methods    *card.Service
	alerts     *alert.Service
	messages   *notify.Messages
	charges    *charge.Service
	recharges  *recharge.Service
	endpoints  *notify.Endpoints
	invoices   *invoice.Service
	schedules  *schedule.Service
	reports    *report.Service
	statements *statement.Service
	hub        *kit.Hub
	kit        *kit.Kit
	portal     *portal.Portal
	admin      *admin.Admin
	api        *api.API
	stripe     *stripehook.Stripe

	closers []func() error // in reverse order
}

// newApp opens and wires everything. Nothing runs yet, but the addresses are
// taken. On an error everything is closed again.
func newApp(ctx context.Context, s settings, log *slog.Logger, now func() time.Time) (_ *app, err error) {
	moved := &sandboxTime{base: now}
	now = moved.Now
	a := &app{settings: s, log: log, now: now, time: moved, metrics: newMetrics()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if err := s.check(); err != nil {
		return nil, err
	}
	mode, err := s.mode()
	if err != nil {
		return nil, err
	}
	unlock, err := lock(s.DB)
	if err != nil {
		return nil, err
	}
	a.onClose(func() error { unlock(); return nil })
	d, err := db.Open(ctx, s.DB, db.Options{Now: now})
	if err != nil {
		return nil, err
	}
	a.onClose(d.Close)
	if err := a.listen(); err != nil {
		return nil, err
	}
	a.hub = kit.NewHub(log)
	a.onClose(func() error { a.hub.Close(); return nil })
	a.core = newCore(d, now, log, ledger.Options{Batch: a.metrics.batch, Changed: func(customers []string) {
		for _, c := range customers {
			a.hub.Notify(c)
		}
	}, Watches: func(k ledger.WalletKey, w ledger.WalletID) []ledger.Watch { return a.alerts.NewWallet(k, w) }})
	a.alerts = alert.NewService(alert.Deps{
		Runner: d, Store: db.AlertStore{}, Accounts: a.accounts, Catalog: a.catalog, Ledger: a.ledger, Jobs: a.jobs, Events: a.events,
		Audit: a.audit, Log: log,
		Tell: func(t tx.Tx, n alert.Notice) error { return a.messages.Tell(t, n) },
	})
	a.accounts.OwnWords = []string{"Purse", s.Brand}
	a.accounts.StandingChanged = a.alerts.StandingChanged
	a.accounts.ZoneChanged = a.alerts.ZoneChanged
	if err := a.openStripe(ctx, mode); err != nil {
		return nil, err
	}
	if err := a.noteAddress(ctx); err != nil {
		return nil, err
	}
	if err := a.catalog.Load(ctx); err != nil {
		return nil, err
	}
	if err := a.alerts.Load(ctx); err != nil {
		return nil, err
	}
	if err := a.jobs.Release(ctx); err != nil { // the lock says that nobody else works on them
		return nil, err
	}
	if err := a.wire(ctx, mode); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *app) onClose(f func() error) { a.closers = append(a.closers, f) }

func (a *app) close() error {
	var err error
	for i := len(a.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, a.closers[i]())
	}
	a.closers = nil
	return err
}

// listen takes the addresses, so that what prints and links to them knows them
// also where the port is 0.
func (a *app) listen() (err error) {
	take := func(name, addr string) (net.Listener, string, error) {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w; choose another with the flag or the variable", name, err)
		}
		a.onClose(func() error { return ignoreClosed(l.Close()) })
		return l, "http://" + browserHost(l.Addr()), nil
	}
	var url string
	if a.listener, url, err = take("PURSE_ADDR (--addr)", a.settings.Addr); err != nil {
		return err
	}
	if a.settings.PublicURL == "" {
		a.settings.PublicURL, a.named = named(url), true
	}
	a.settings.PublicURL = strings.TrimRight(a.settings.PublicURL, "/")
	if !a.settings.Sandbox {
		return nil
	}
	if a.sandboxListener, a.sandboxURL, err = take("PURSE_SANDBOX_ADDR (--sandbox-addr)", a.settings.SandboxAddr); err != nil {
		return err
	}
	if a.settings.SandboxURL != "" {
		a.sandboxURL = strings.TrimRight(a.settings.SandboxURL, "/")
	} else {
		a.sandboxURL = named(a.sandboxURL)
	}
	return nil
}

// browserHost is the address that a browser on this machine uses.
func browserHost(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// sandboxKey opens the sandbox's one account.
const sandboxKey = "sk_test_purse_sandbox"

// openStripe opens the sandbox or Stripe, and stamps the database with it.
func (a *app) openStripe(ctx context.Context, mode ui.Mode) (err error) {
	config := stripepay.Config{Key: a.settings.StripeSecretKey, Logger: a.log}
	account := func(ctx context.Context) (string, error) {
		id, _, err := a.gateway.Account(ctx)
		return id, err
	}
	if mode == ui.Sandbox {
		if err := db.Private(a.settings.DB + sandboxSuffix); err != nil {
			return err
		}
		a.sandbox, err = sandbox.Open(a.settings.DB+sandboxSuffix, sandbox.Options{
			PublicURL: a.sandboxURL, Merchant: a.settings.Brand, ReturnTo: a.settings.PublicURL, Logger: a.log,
			SignWithClock: true, Now: a.settings.sandboxNow, Advance: a.advance, Token: a.sandboxToken(),
		})
		if err != nil {
			return err
		}
		a.onClose(a.sandbox.Close)
		a.time.sandbox.Store(a.sandbox)
		config.Key, config.URL = sandboxKey, "http://"+browserHost(a.sandboxListener.Addr())
		account = func(context.Context) (string, error) { return "sandbox", nil }
		a.settings.StripeWebhookSecret = a.sandbox.EnsureEndpoint("http://" + browserHost(a.listener.Addr()) + "/webhooks/stripe")
	}
	if a.gateway, err = stripepay.New(config); err != nil {
		return fmt.Errorf("STRIPE_SECRET_KEY: %w", err)
	}
	a.onClose(func() error { a.gateway.Close(); return nil })
	a.stamp, err = stampDatabase(ctx, a.db, mode, account)
	return err
}

// wire makes the services and the handlers on them.
func (a *app) wire(ctx context.Context, mode ui.Mode) error {
	a.usage = usage.New(usage.Deps{
		Runner: a.db, Ledger: a.ledger, Accounts: a.accounts, Catalog: a.catalog, Now: a.now,
		Refused: func(customer, creditType string) { a.recharges.Refused(customer, creditType) }, // made below
		Limits:  a.alerts.Counters, Throttled: a.alerts.ThrottledTo,
		LateGrace: a.settings.LateGrace, Unpriced: db.UnpricedStore{}, Events: a.events, Audit: a.audit,
	})
	if err := a.usage.Load(ctx); err != nil {
		return err
	}
	a.inbox = inbox.New(inbox.Deps{
		Runner: a.db, Store: db.InboxStore{}, Gateway: a.gateway, Jobs: a.jobs, Audit: a.audit, Log: a.log, Livemode: mode == ui.Live,
	})
	a.purchases = purchase.New(purchase.Deps{
		Inbox:  a.inbox,
		Runner: a.db, Store: db.PurchaseStore{}, Gateway: a.gateway, Tax: a.gateway, Accounts: a.accounts, Catalog: a.catalog, Ledger: a.ledger,
		Jobs: a.jobs, Events: a.events, Audit: a.audit, Log: a.log, Installation: a.stamp.installation, Livemode: mode == ui.Live,
		PublicURL: a.settings.PublicURL, ReturnOrigins: a.settings.ReturnOrigins, AllowLoopback: mode == ui.Sandbox,
		TermsVersion: a.settings.TermsVersion, RefundWindow: a.settings.RefundWindow, RefundTerms: a.settings.RefundTerms,
		Promotions: a.settings.PromotionCodes, AutomaticTax: a.settings.AutomaticTax,
		Methods: a.settings.PaymentMethods, BankCountry: a.settings.BankCountry,
		TaxBehavior: a.settings.TaxBehavior, TaxCode: a.settings.TaxCode,
	})
	a.methods = card.New(card.Deps{
		Runner: a.db, Store: db.CardStore{}, Gateway: a.gateway, Accounts: a.accounts, Audit: a.audit,
		Installation: a.stamp.installation, PublicURL: a.settings.PublicURL, Limits: a.purchases, Replaced: a.purchases.ReplacedIn,
		Types: a.settings.PaymentMethods, Catalog: a.catalog,
	})
	a.charges = charge.New(charge.Deps{
		Runner: a.db, Store: db.ChargeStore{}, Gateway: a.gateway, Accounts: a.accounts, Catalog: a.catalog, Ledger: a.ledger, Purchases: a.purchases,
		Jobs: a.jobs, Log: a.log, Installation: a.stamp.installation, Livemode: mode == ui.Live, AutomaticTax: a.settings.AutomaticTax,
	})
	if err := a.charges.Release(ctx); err != nil { // the lock says that nobody else is at them
		return err
	}
	a.recharges = recharge.New(recharge.Deps{
		Runner: a.db, Store: db.RechargeStore{}, Charges: a.charges, Accounts: a.accounts, Catalog: a.catalog, Ledger: a.ledger,
		Purchases: a.purchases, Methods: a.methods, Jobs: a.jobs, Events: a.events, Audit: a.audit, Log: a.log,
	})
	a.accounts.CurrencyFixed = a.recharges.CurrencyFixed
	a.invoices = invoice.New(invoice.Deps{
		Runner: a.db, Store: db.InvoiceStore{}, Charges: a.charges, Accounts: a.accounts, Catalog: a.catalog, Ledger: a.ledger, Purchases: a.purchases,
		Jobs: a.jobs, Events: a.events, Audit: a.audit, Log: a.log,
	})
	a.schedules = schedule.New(schedule.Deps{
		Runner: a.db, Store: db.ScheduleStore{}, Accounts: a.accounts, Catalog: a.catalog, Invoices: a.invoices, Purchases: a.purchases, Methods: a.methods,
		Jobs: a.jobs, Events: a.events, Audit: a.audit, Log: a.log, Discounts: a.settings.discounts(),
	})
	a.introduce()
	a.reports = report.New(report.Deps{
		Runner: a.db, Store: db.ReportStore{}, Gateway: a.gateway, Jobs: a.jobs, Log: a.log, Installation: a.stamp.installation,
	})
	site := ui.Site{
		Brand: a.settings.Brand, Mode: mode, PublicURL: a.settings.PublicURL,
		Color: a.settings.BrandColor, SupportURL: a.settings.SupportURL, TermsURL: a.settings.TermsURL,
	}
	if mode == ui.Sandbox {
		site.SandboxURL, site.MailboxURL = a.sandboxURL, a.sandboxURL+"/mail"
	}
	post, err := a.mailer()
	if err != nil {
		return err
	}
	key, err := mailKey(ctx, a.db)
	if err != nil {
		return err
	}
	a.messages = notify.NewMessages(notify.MessageDeps{
		Runner: a.db, Store: db.MessageStore{}, Accounts: a.accounts, Catalog: a.catalog, Jobs: a.jobs, Audit: a.audit, Ledger: a.ledger, Key: key,
		Coming: func(t tx.Tx, customer, creditType string) (money.Credits, error) {
			return notify.Coming(t, a.purchases, a.recharges, customer, creditType)
		},
	})
	a.statements = statement.New(statement.Deps{
		Runner: a.db, Store: db.StatementStore{}, Accounts: a.accounts, Ledger: a.ledger, Events: a.events, Jobs: a.jobs, Tell: a.messages.Tell,
	})
	notify.New(notify.MailDeps{Runner: a.db, Jobs: a.jobs, Links: a.accounts, Mailer: post, Renderer: mailRenderer{site}, Messages: a.messages})
	if err := a.openEndpoints(mode); err != nil {
		return err
	}
	if err := a.openFactors(); err != nil {
		return err
	}
	a.wireClock()
	a.jobs.Every("ledger.sweep", 10*time.Second, a.sweepLedger)
	a.jobs.Every("account.sweep", time.Hour, a.sweepAccounts)

	a.kit = kit.New(kit.Deps{Site: site, Accounts: a.accounts, Log: a.log, Now: a.now})
	a.portal = portal.New(portal.Deps{
		Kit: a.kit, Runner: a.db, Accounts: a.accounts, Catalog: a.catalog, Ledger: a.ledger, Hub: a.hub, Usage: a.usage,
		Purchases: a.purchases, Methods: a.methods, Recharges: a.recharges, Invoices: a.invoices, Schedules: a.schedules, Endpoints: a.endpoints, Alerts: a.alerts, Messages: a.messages, Events: a.events, PrivateWebhooks: a.settings.WebhookAllowPrivate, TermsVersion: a.settings.TermsVersion,
		Statements: a.statements, AskAbove: a.settings.askAbove(),
	})
	credits := credit.New(credit.Deps{Runner: a.db, Ledger: a.ledger, Catalog: a.catalog, Usage: a.usage, Alerts: a.alerts, Audit: a.audit})
	a.admin = admin.New(admin.Deps{
		Kit: a.kit, Runner: a.db, Accounts: a.accounts, Catalog: a.catalog, Ledger: a.ledger, Purchases: a.purchases, Recharges: a.recharges, Invoices: a.invoices, Schedules: a.schedules, Endpoints: a.endpoints, PrivateWebhooks: a.settings.WebhookAllowPrivate, Jobs: a.jobs, Audit: a.audit,
		Reports: a.reports, Statements: a.statements, Alerts: a.alerts, Messages: a.messages, Clock: a.clock, Usage: a.usage, Credit: credits,
	})
	a.api = api.New(api.Deps{
		Runner: a.db, Accounts: a.accounts, Catalog: a.catalog, Ledger: a.ledger, Usage: a.usage, Credit: credits, Purchases: a.purchases, Methods: a.methods, Invoices: a.invoices, Alerts: a.alerts, Messages: a.messages, Events: a.events, Endpoints: a.endpoints, Audit: a.audit, Log: a.log, Reports: a.reports, Statements: a.statements, Clock: a.clock,
		PublicURL: a.settings.PublicURL, RatePerMinute: a.settings.RatePerMinute, Version: versionText(),
	})
	a.stripe = &stripehook.Stripe{Inbox: a.inbox, Secret: a.settings.StripeWebhookSecret, Log: a.log, Now: a.now}
	a.metrics.watch(a)
	return nil
}

// mailer is the SMTP server that is set, else the sandbox's mailbox.
func (a *app) mailer() (notify.Mailer, error) {
	if a.settings.SMTPURL == "" {
		return sandboxMailer{a.sandbox.Mailbox(), a.settings.Brand + " <no-reply@sandbox.invalid>"}, nil
	}
	m, err := mailer.New(a.settings.SMTPURL, a.settings.MailFrom)
	if err != nil {
		return nil, fmt.Errorf("PURSE_SMTP_URL: %w", err)
	}
	return m, nil
}

// servers are the HTTP servers, the portal's first.
func (a *app) servers() []*http.Server {
	limits := func(h http.Handler) *http.Server {
		s := &http.Server{
			Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
			MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
		}
		closeUnused(s)
		return s
	}
	s := []*http.Server{limits(a.router())}
	if a.sandbox != nil {
		s = append(s, limits(toName(a.sandboxURL, a.settings.SandboxURL == "", a.sandbox.Handler())))
	}
	return s
}

// sandboxToken is what the sandbox's pages ask for: "" where only this machine
// reaches them, else another one at each start.
func (a *app) sandboxToken() string {
	if at, ok := a.sandboxListener.Addr().(*net.TCPAddr); ok && at.IP.IsLoopback() {
		return ""
	}
	if a.token == "" {
		a.token = id.Secret("")
	}
	return a.token
}

// sandboxPage is the address of a page of the sandbox, with the token where one is
// asked for.
func (a *app) sandboxPage(path string) string {
	if a.token == "" {
		return a.sandboxURL + path
	}
	return a.sandboxURL + path + "?" + sandbox.TokenParam + "=" + a.token
}

// hostOf is where a client on this machine reaches a listening address.
func hostOf(addr string) (string, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", err
	}
	return browserHost(tcp), nil
}
