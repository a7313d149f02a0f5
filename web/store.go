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
	"purse/static"
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

// open opens an existing database beside a server that may be running.
func (f databaseFlag) open(ctx context.Context, log *slog.Logger) (*core, error) {
	if _, err := os.Stat(f.DB); errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no database " + f.DB + ": start `purse serve` once, or name it with --db (PURSE_DB)")
	}
	d, err := db.Open(ctx, f.DB, db.Options{NoMigrate: true, Readers: 2})
	if err != nil {
		return nil, err
	}
	return newCore(d, time.Now, log, ledger.Options{}), nil
}
