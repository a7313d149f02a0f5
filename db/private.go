package db

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// private is who may read what Purse keeps: its owner.
const private = 0o600

// Private makes a database's file, empty when there is none, one that only its
// owner can read and write, whatever the umask. SQLite gives its write-ahead log
// and the shared memory beside it the permissions of the file. Those that are
// there already, and everything that is named after the file (snapshots, keys,
// replaced databases), are tightened.
func Private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, private)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	beside, err := filepath.Glob(globEscape(path) + ".*")
	if err != nil {
		return err
	}
	for _, name := range append(beside, path, path+"-wal", path+"-shm", path+"-journal") {
		if err := tighten(name); err != nil {
			return err
		}
	}
	return nil
}

func tighten(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() == private {
		return err
	}
	if err := os.Chmod(path, private); err != nil {
		return fmt.Errorf("others can read %s, and that could not be changed: %w", path, err)
	}
	return nil
}

func globEscape(path string) string {
	var b []byte
	for _, c := range []byte(path) {
		if c == '*' || c == '?' || c == '[' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return string(b)
}
