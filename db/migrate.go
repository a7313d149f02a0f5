package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// ErrNewer says that the database was made by a newer version of Purse.
var ErrNewer = errors.New("the database was made by a newer version of Purse: run that version, or restore an older backup")

// ErrOlder says that a command beside the server met an older schema.
var ErrOlder = errors.New("the database has an older schema: start `purse serve` once, it brings it up to date")

func (d *DB) migrate(ctx context.Context, checkOnly bool) error {
	dir, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, d.write, dir)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	current, err := schemaVersion(ctx, d.write)
	switch {
	case err != nil:
		return err
	case current > newest:
		return ErrNewer
	case current == newest:
		return nil
	case checkOnly:
		return ErrOlder
	}
	if current > 0 {
		snapshot := fmt.Sprintf("%s.before-%d", d.path, newest)
		if err := os.Remove(snapshot); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := Private(snapshot); err != nil {
			return fmt.Errorf("snapshot before migrating: %w", err)
		}
		if _, err := d.write.ExecContext(ctx, "VACUUM INTO ?", snapshot); err != nil {
			return fmt.Errorf("snapshot before migrating to %s: %w", snapshot, err)
		}
	}
	_, err = p.Up(ctx)
	return err
}

// schemaVersion reads goose's table without making it.
func schemaVersion(ctx context.Context, db *sql.DB) (int64, error) {
	var n int64
	err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_master WHERE name = 'goose_db_version'`).Scan(&n)
	if err != nil || n == 0 {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&n)
	return n, err
}
