package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/db/gen"
)

// transaction is the one implementation of tx.Tx.
type transaction struct {
	ctx      context.Context
	now      time.Time
	db       *DB
	sql      *sql.Tx
	q        *gen.Queries
	write    bool
	onCommit []func()

	// What the ledger's store keeps for the time of a write transaction.
	keys  keysInTx
	taken map[ledger.WalletKey]*resident
}

func (t *transaction) Context() context.Context { return t.ctx }
func (t *transaction) Now() time.Time           { return t.now }
func (t *transaction) OnCommit(f func())        { t.onCommit = append(t.onCommit, f) }

type inside struct{}

// Inside says whether ctx is the context of an open Update.
func (d *DB) Inside(ctx context.Context) bool { return ctx.Value(inside{}) != nil }

// View runs f in one read snapshot.
func (d *DB) View(ctx context.Context, f func(tx.Tx) error) error {
	stx, err := d.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer stx.Rollback()
	return f(&transaction{ctx: ctx, now: d.now().UTC(), db: d, sql: stx, q: d.readQ.WithTx(stx)})
}

// Update runs f in one write transaction. The wait for the writer obeys ctx;
// once the transaction is open it is not cancelled any more.
func (d *DB) Update(ctx context.Context, f func(tx.Tx) error) error {
	if d.Inside(ctx) {
		return tx.ErrNested
	}
	wrote := func(time.Duration) {}
	if tx.InBackground(ctx) {
		if err := d.pace.begin(ctx); err != nil {
			return err
		}
		wrote = d.pace.end
	} else if !tx.IsUncounted(ctx) {
		d.pace.others.Store(time.Now().UnixNano())
	}
	select {
	case <-d.writing:
		began := time.Now()
		defer func() { d.writing <- struct{}{}; wrote(time.Since(began)) }()
	case <-ctx.Done():
		wrote(0)
		return ctx.Err()
	}
	inner := context.WithValue(context.WithoutCancel(ctx), inside{}, true)
	stx, err := d.write.BeginTx(inner, nil)
	if err != nil {
		return err
	}
	t := &transaction{ctx: inner, now: d.now().UTC(), db: d, sql: stx, q: d.writeQ.WithTx(stx), write: true}
	done := false
	defer func() {
		if !done { // f failed or panicked
			_ = stx.Rollback()
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	done = true
	if err := stx.Commit(); err != nil {
		// A commit that failed can leave the connection inside the
		// transaction; the driver's Rollback ends it.
		_ = stx.Rollback()
		d.keys.loaded = false // what is on disk is not known any more: read it again
		d.failing.Store(true)
		return fmt.Errorf("%w: %w", tx.ErrUnknown, err)
	}
	d.failing.Store(false)
	for _, f := range t.onCommit {
		f()
	}
	return nil
}

// Commits answers nil while commits succeed. After one that failed it tries another,
// and answers what that says.
func (d *DB) Commits(ctx context.Context) error {
	if !d.failing.Load() {
		return nil
	}
	return d.Update(ctx, func(t tx.Tx) error {
		ctx, q := q(t)
		return q.PutInstallation(ctx, gen.PutInstallationParams{Name: "commit_probe", Value: t.Now().Format(time.RFC3339)})
	})
}

// open finds the transaction behind the interface. A Tx of another origin is a
// programming error.
func open(t tx.Tx) *transaction {
	st, ok := t.(*transaction)
	if !ok {
		panic(fmt.Sprintf("db: a %T is not a transaction of this database", t))
	}
	return st
}

// q is the generated queries inside t.
func q(t tx.Tx) (context.Context, *gen.Queries) {
	st := open(t)
	return st.ctx, st.q
}
