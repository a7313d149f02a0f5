package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/db"
	"purse/handlers/sandbox"
	"purse/static"
	"purse/views/ui"
)

// core is what every command that opens the database has.
type core struct {
	db       *db.DB
	jobs     *job.Queue
	events   *event.Log
	audit    *audit.Log
	accounts *account.Service
	catalog  *catalog.Service
	ledger   *ledger.Ledger
}

func newCore(d *db.DB, now func() time.Time, log *slog.Logger, o ledger.Options) *core {
	c := &core{db: d, events: event.NewLog(db.EventStore{}), audit: audit.NewLog(db.AuditStore{})}
	c.jobs = job.NewQueue(db.JobStore{}, d, log)
	c.accounts = account.New(account.Deps{Runner: d, Store: db.AccountStore{}, Jobs: c.jobs, Events: c.events, Audit: c.audit, Log: log, Now: now, Breached: account.NewBreached(static.Breached)})
	c.catalog = catalog.New(catalog.Deps{Runner: d, Store: db.CatalogStore{}, Audit: c.audit})
	c.ledger = ledger.New(db.NewLedgerStore(), d, c.jobs, c.events, o)
	return c
}

// databaseFlag names the database of commands that work beside a server.
type databaseFlag struct {
	DB string `name:"db" help:"The database file." default:"purse.db" env:"PURSE_DB"`
}

// open opens an existing database beside a server that may be running, and goes by
// the time that the server goes by: a sandbox's clock may have been moved.
func (f databaseFlag) open(ctx context.Context, log *slog.Logger) (*core, error) {
	if _, err := os.Stat(f.DB); errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no database " + f.DB + ": start `purse serve` once, or name it with --db (PURSE_DB)")
	}
	var moved time.Duration
	now := func() time.Time { return time.Now().Add(moved) }
	d, err := db.Open(ctx, f.DB, db.Options{NoMigrate: true, Readers: 2, Now: now})
	if err != nil {
		return nil, err
	}
	s, err := readStamp(ctx, d)
	if err == nil && s.mode == ui.Sandbox {
		moved, err = sandbox.Moved(f.DB + sandboxSuffix)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return newCore(d, now, log, ledger.Options{}), nil
}

// sandboxSuffix makes the file of a sandbox of its database's.
const sandboxSuffix = ".sandbox"
