package db_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"purse/db"
	"purse/db/dbtest"
)

// sqlite is the engine that the conformance suite runs on here.
type sqlite struct{ logKeys int }

func (e sqlite) New(t testing.TB) dbtest.Opener {
	path := filepath.Join(t.TempDir(), "purse.db")
	return func(now func() time.Time) dbtest.Opened {
		d, err := db.Open(context.Background(), path, db.Options{Now: now, LogKeys: e.logKeys})
		if err != nil {
			t.Fatal(err)
		}
		return dbtest.Opened{
			Run: d, Ledger: db.NewLedgerStore(), Jobs: db.JobStore{}, Events: db.EventStore{}, Charges: db.ChargeStore{},
			Close: func() { d.Close() },
		}
	}
}
