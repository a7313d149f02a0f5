package db_test

import (
	"os"
	"slices"
	"strconv"
	"testing"
)

// gaps are the numbers below the newest released migration that no migration has.
// They stay empty: a database that is past them would never get what fills one.
var gaps = []int{16, 17, 18, 20, 21, 23, 24, 30}

// TestMigrationsHaveNoNewGaps: every engine has the same migrations, and the numbers
// go up without a gap that a later release could fill.
func TestMigrationsHaveNoNewGaps(t *testing.T) {
	var before []string
	for _, engine := range []string{"sqlite", "postgres"} {
		files, err := os.ReadDir("migrations/" + engine)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		next := 1
		for _, f := range files {
			names = append(names, f.Name())
			n, err := strconv.Atoi(f.Name()[:5])
			if err != nil {
				t.Fatalf("%s: %v", f.Name(), err)
			}
			for slices.Contains(gaps, next) {
				next++
			}
			if n != next {
				t.Errorf("%s/%s: the next number is %d", engine, f.Name(), next)
			}
			next = n + 1
		}
		if before != nil && !slices.Equal(before, names) {
			t.Errorf("%q and %q", before, names)
		}
		before = names
	}
}
