package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/db"
)

type backupCommand struct {
	databaseFlag
	File string `arg:"" help:"Where to write the copy; it must not exist."`
}

// Run copies the database as it is at one moment, also under load.
func (b *backupCommand) Run(ctx context.Context, log *slog.Logger) error {
	c, err := b.open(ctx, log)
	if err != nil {
		return err
	}
	defer c.db.Close()
	if err := c.db.Backup(ctx, b.File); err != nil {
		return err
	}
	fmt.Println("wrote", b.File)
	return nil
}

type restoreCommand struct {
	databaseFlag
	File string `arg:"" help:"The backup."`
}

// Run puts a backup in the place of a database of which no server runs. It
// verifies the backup first and keeps the old database beside it.
func (r *restoreCommand) Run(ctx context.Context, log *slog.Logger) error {
	if _, err := os.Stat(r.File); err != nil {
		return err
	}
	unlock, err := lock(r.DB)
	if err != nil {
		return err
	}
	defer unlock()
	fresh := r.DB + ".restoring"
	if err := copyFile(r.File, fresh); err != nil {
		return err
	}
	if err := verifyFile(ctx, log, fresh); err != nil {
		return errors.Join(fmt.Errorf("%s was not restored: %w", r.File, err), removeDatabase(fresh))
	}
	if _, err := os.Stat(r.DB); err == nil {
		if err := foldWAL(ctx, r.DB); err != nil {
			return err
		}
		kept := r.DB + ".replaced"
		if _, err := os.Stat(kept); err == nil { // by an earlier restore
			kept += "-" + time.Now().UTC().Format("20060102-150405.000")
		}
		if err := os.Rename(r.DB, kept); err != nil {
			return err
		}
		fmt.Println("kept the old database as", kept)
	}
	if err := errors.Join(ignoreMissing(os.Remove(r.DB+"-wal")), ignoreMissing(os.Remove(r.DB+"-shm")), os.Rename(fresh, r.DB)); err != nil {
		return err
	}
	fmt.Println("restored", r.DB, "from", r.File)
	return errors.Join(ignoreMissing(os.Remove(fresh+"-wal")), ignoreMissing(os.Remove(fresh+"-shm")))
}

// verifyFile opens a database, brings it up to date and adds it up.
func verifyFile(ctx context.Context, log *slog.Logger, path string) error {
	d, err := db.Open(ctx, path, db.Options{Readers: 1})
	if err != nil {
		return err
	}
	defer d.Close()
	c := newCore(d, nil, log, ledger.Options{})
	return d.View(ctx, func(t tx.Tx) error {
		problems, _, _, err := c.ledger.Verify(t)
		if err == nil && len(problems) > 0 {
			err = fmt.Errorf("it does not add up: %s", problems[0])
		}
		return err
	})
}

// foldWAL moves what is in the write-ahead log into the file, so that the file
// alone is the database.
func foldWAL(ctx context.Context, path string) error {
	d, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // beside the database
	if err != nil {
		return err
	}
	if err := out.Chmod(0o600); err != nil { // whatever it was, and whatever the umask
		return errors.Join(err, out.Close())
	}
	if _, err := io.Copy(out, in); err != nil {
		return errors.Join(err, out.Close())
	}
	return errors.Join(out.Sync(), out.Close())
}

func removeDatabase(path string) error {
	return errors.Join(ignoreMissing(os.Remove(path)), ignoreMissing(os.Remove(path+"-wal")), ignoreMissing(os.Remove(path+"-shm")))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
