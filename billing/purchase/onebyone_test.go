package purchase

import (
	"strconv"
	"sync"
	"testing"
)

func TestOneByOne(t *testing.T) {
	var o oneByOne
	var all sync.WaitGroup
	counts := make([]int, 5)
	for i := range 500 {
		all.Go(func() {
			defer o.lock(strconv.Itoa(i % len(counts)))()
			counts[i%len(counts)]++ // the race detector sees two at once
		})
	}
	all.Wait()
	for i, n := range counts {
		if n != 100 {
			t.Errorf("%d: %d", i, n)
		}
	}
	if len(o.held) != 0 {
		t.Errorf("%d locks are kept", len(o.held))
	}
}
