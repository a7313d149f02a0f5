// Package db keeps what billing decides, in SQLite. It implements the Store
// interfaces that billing's packages declare, and the transaction Runner.
//
// One connection writes, a pool of read-only connections reads. synchronous is
// FULL: what was acknowledged survives a power loss.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"purse/billing/ledger"
	"purse/db/gen"
)

// DB is an open database. It implements tx.Runner.
type DB struct {
	path    string
	now     func() time.Time
	write   *sql.DB
	read    *sql.DB
	writeQ  *gen.Queries
	readQ   *gen.Queries
	writing chan struct{} // holds one token: who has it may write
	pace    *pace
	ledger  ledgerStatements
	failing atomic.Bool // the last commit failed

	// What the ledger's writer keeps in memory. It is used inside write
	// transactions only.
	keys      keyIndex
	residents residents
}

// Options changes how a database is opened. The zero value is for the server.
type Options struct {
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// NoMigrate opens the database as it is and fails when its schema is not
	// the one that this program knows. Commands beside a running server use it.
	NoMigrate bool
	// Readers is the size of the pool of readers; 8 when 0.
	Readers int
	// LogKeys is how many idempotency records are logged before they become a
	// sorted run; 50,000 when 0. Tests make it small.
	LogKeys int
}

// dsn is the address of the database file for the driver. mattn/go-sqlite3 sets
// synchronous=NORMAL on every connection unless the DSN says otherwise.
func dsn(path string, write bool) string {
	q := url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_foreign_keys": {"1"},
		"_busy_timeout": {"5000"}, "_cache_size": {"-65536"},
	}
	if write {
		q.Set("_txlock", "immediate")
	} else {
		q.Set("mode", "ro")
		q.Set("_query_only", "1")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// Open opens or makes the database file at path, asserts its settings, and
// brings its schema up to date after a snapshot beside it.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Readers == 0 {
		o.Readers = 8
	}
	if o.LogKeys == 0 {
		o.LogKeys = logKeys
	}
	d := &DB{path: path, now: o.Now, writing: make(chan struct{}, 1), pace: newPace()}
	d.keys.limit, d.residents.byKey = o.LogKeys, map[ledger.WalletKey]*resident{}
	d.writing <- struct{}{}
	if err := Private(path); err != nil && !o.NoMigrate { // a command may be run by somebody else
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	var err error
	if d.write, err = sql.Open("sqlite3", dsn(path, true)); err != nil {
		return nil, err
	}
	d.write.SetMaxOpenConns(1)
	d.write.SetMaxIdleConns(1)
	if err := d.assertSettings(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), d.write.Close())
	}
	if err := d.migrate(ctx, o.NoMigrate); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), d.write.Close())
	}
	if d.read, err = sql.Open("sqlite3", dsn(path, false)); err != nil {
		return nil, errors.Join(err, d.write.Close())
	}
	d.read.SetMaxOpenConns(o.Readers)
	d.read.SetMaxIdleConns(o.Readers)
	if err := d.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), d.Close())
	}
	return d, nil
}

func (d *DB) prepare(ctx context.Context) (err error) {
	if d.writeQ, err = gen.Prepare(ctx, d.write); err != nil {
		return err
	}
	if d.readQ, err = gen.Prepare(ctx, d.read); err != nil {
		return err
	}
	return d.ledger.prepare(ctx, d.write, d.read)
}

// Close closes every connection. Transactions that are open fail.
func (d *DB) Close() error { return errors.Join(d.read.Close(), d.write.Close()) }

// Path is the path of the database file.
func (d *DB) Path() string { return d.path }

// assertSettings makes the settings of the file and checks those of the
// connection, since a pragma in a DSN that is misspelt is ignored in silence.
func (d *DB) assertSettings(ctx context.Context) error {
	if _, err := d.write.ExecContext(ctx, "PRAGMA wal_autocheckpoint = 4000"); err != nil {
		return err
	}
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "wal_autocheckpoint": "4000",
	} {
		var got string
		if err := d.write.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("SQLite runs with %s=%s, needs %s", pragma, got, want)
		}
	}
	return nil
}
