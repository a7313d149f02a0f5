package db

import (
	"context"
	"fmt"
	"os"
)

// Backup writes the database as it is at one moment to a new file. Writers go on
// meanwhile. The copy needs no write-ahead log.
func (d *DB) Backup(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists: name a new file", path)
	}
	if _, err := d.read.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	f, err := os.Open(path) //nolint:gosec // it was just written
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
