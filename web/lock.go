package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"purse/billing/tx"
	"purse/db"
)

// lockPatience is how long a start waits for the lock: that of a process that
// was killed a moment ago may outlive it by a little.
const lockPatience = time.Second

// lock keeps a second server away from a database: two would each believe what
// they hold in memory. The lock goes with the process, however it ends.
func lock(dbPath string) (unlock func(), err error) {
	f, err := os.OpenFile(dbPath+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("PURSE_DB (--db): %w", err)
	}
	for end := time.Now().Add(lockPatience); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if time.Now().After(end) {
			_ = f.Close()
			return nil, fmt.Errorf("another Purse is running on %s: stop it first, or choose another --db", dbPath)
		}
	}
}

// publicURL is the row that says where browsers reach the server that runs on a
// database, or ran last.
const publicURL = "public_url"

// noteAddress lets commands beside the server know its address.
func (a *app) noteAddress(ctx context.Context) error {
	return a.db.Update(ctx, func(t tx.Tx) error { return db.Installation{}.Put(t, publicURL, a.settings.PublicURL) })
}

// lastAddress is where browsers reach the server, "" where none has run.
func lastAddress(ctx context.Context, d *db.DB) (address string, err error) {
	err = d.View(ctx, func(t tx.Tx) error { address, err = db.Installation{}.Get(t, publicURL); return err })
	return address, err
}
