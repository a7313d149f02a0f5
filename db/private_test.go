package db_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"purse/billing/tx"
	"purse/db"
)

// Whatever the umask, and whatever the files were before, only their owner can
// read what Purse writes.
func TestFilesArePrivate(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	dir := t.TempDir()
	path := filepath.Join(dir, "purse.db")
	for _, name := range []string{path, path + ".key", path + ".before-9", path + ".replaced"} {
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		d, err := db.Open(t.Context(), path, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Update(t.Context(), func(t tx.Tx) error { return db.Installation{}.Put(t, "x", "y") })
		if err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(filepath.Join(dir, "backup.db"))
		if err := d.Backup(t.Context(), filepath.Join(dir, "backup.db")); err != nil {
			t.Fatal(err)
		}
		private(t, dir, "purse.db", "purse.db-wal", "purse.db-shm", "backup.db")
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func private(t *testing.T, dir string, want ...string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	seen := ""
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		seen += " " + f.Name()
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v", f.Name(), info.Mode())
		}
	}
	for _, name := range want {
		if !strings.Contains(seen+" ", " "+name+" ") {
			t.Errorf("%s is not there: %s", name, seen)
		}
	}
}
