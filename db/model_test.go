package db_test

import (
	"flag"
	"testing"
	"time"

	"purse/db/dbtest"
)

var (
	operations = flag.Int("operations", 20_000, "operations of the model check; CI runs 100,000")
	seed       = flag.Uint64("seed", 0, "seed of the model check, 0 for a new one")
)

func TestModel(t *testing.T) {
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	dbtest.ModelCheck(t, sqlite{logKeys: 400}.New(t), *operations, s)
}
