// Package dbtest is the conformance suite of the stores: the same tests
// run on every engine that Purse supports.
package dbtest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// Opened is an open database of the engine under test.
type Opened struct {
	Run     tx.Runner
	Ledger  ledger.Store
	Jobs    job.Store
	Events  event.Store
	Charges charge.Store
	Close   func()
}

// Opener opens the database of a test; a second call opens the same one again.
type Opener func(now func() time.Time) Opened

// Engine is one that the suite runs on.
type Engine interface {
	// New makes an empty database that goes with the test.
	New(t testing.TB) Opener
}

// Clock is a clock that tests move.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at a fixed time.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)} }

// Now is the clock's time.
func (c *Clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

// Step moves the clock, either way.
func (c *Clock) Step(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// NewLedger makes a ledger on an open database, without its engine running.
func NewLedger(o Opened) *ledger.Ledger {
	queue := job.NewQueue(o.Jobs, o.Run, slog.New(slog.DiscardHandler))
	return ledger.New(o.Ledger, o.Run, queue, event.NewLog(o.Events), ledger.Options{})
}

// Apply decides commands in one transaction and fails the test on an error.
func Apply(t testing.TB, o Opened, l *ledger.Ledger, commands ...*ledger.Command) []ledger.Result {
	t.Helper()
	var results []ledger.Result
	err := o.Run.Update(context.Background(), func(tx tx.Tx) (err error) {
		results, err = l.Apply(tx, commands...)
		return err
	})
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	return results
}

// View reads in one snapshot and fails the test on an error.
func View[T any](t testing.TB, o Opened, f func(tx.Tx) (T, error)) (out T) {
	t.Helper()
	err := o.Run.View(context.Background(), func(tx tx.Tx) (err error) {
		out, err = f(tx)
		return err
	})
	if err != nil {
		t.Fatalf("view: %v", err)
	}
	return out
}

// Verify fails the test when the ledger does not add up.
func Verify(t testing.TB, o Opened, l *ledger.Ledger) {
	t.Helper()
	for _, p := range View(t, o, func(tx tx.Tx) ([]string, error) {
		problems, _, _, err := l.Verify(tx)
		return problems, err
	}) {
		t.Error(p)
	}
	if t.Failed() {
		t.FailNow()
	}
}
