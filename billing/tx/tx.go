// Package tx is the transaction that services hand to stores: opaque, with one
// fixed time.
package tx

import (
	"context"
	"time"
)

// Tx is a transaction that is open. Every method of a Store takes one first.
type Tx interface {
	// Context is the context of the statements. Inside Update it is never
	// cancelled: SQLite would roll back silently in the middle.
	Context() context.Context
	// Now is the time of the transaction, read once.
	Now() time.Time
	// OnCommit runs f after a successful commit, in order of registration. f
	// must be quick and must not open a transaction. View ignores it.
	OnCommit(f func())
}

// Runner opens transactions.
type Runner interface {
	// View runs f in one read snapshot.
	View(ctx context.Context, f func(Tx) error) error
	// Update runs f in one write transaction and commits when f answers nil.
	// f may run more than once, so nothing outside the database happens in it.
	// An Update or an engine's Submit inside an Update is an error.
	// An error of the commit itself is an ErrUnknown: it may or may not have
	// happened, and the same operation under the same key settles it.
	Update(ctx context.Context, f func(Tx) error) error
	// Inside says whether ctx is the context of an open Update.
	Inside(ctx context.Context) bool
}
