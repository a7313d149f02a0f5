// Package freshdb gives tests databases of their own. The migrations run once in a
// test binary; each database is a copy of what they made.
package freshdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"purse/db"
)

var migrated = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "purse-fresh-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "purse.db")
	d, err := db.Open(context.Background(), path, db.Options{})
	if err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil { // what is in the log comes into the file
		return nil, err
	}
	return os.ReadFile(path)
})

// Path is where an empty database of the present schema is, in a folder that goes with
// the test.
func Path(t testing.TB) string {
	t.Helper()
	file, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "purse.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
