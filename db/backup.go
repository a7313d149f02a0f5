package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// Backup writes the database as it is at one moment to a new file, which only its
// owner can read. Writers go on meanwhile. The copy needs no write-ahead log.
func (d *DB) Backup(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists: name a new file", path)
	}
	// A connection of its own: the readers refuse every statement that writes
	// anything, and the writer must not wait for a copy.
	own, err := sql.Open("sqlite3", dsn(d.path, true))
	if err != nil {
		return err
	}
	defer own.Close()
	if err := Private(path); err != nil {
		return err
	}
	if _, err := own.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return errors.Join(fmt.Errorf("backup to %s: %w", path, err), os.Remove(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
