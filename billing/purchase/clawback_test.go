package purchase

import (
	"testing"

	"pgregory.net/rapid"

	"purse/billing/money"
)

// TestRefundsInPartsAddUp refunds what is refundable in parts of any size: an
// unused purchase to the last cent, and never more credits than are there.
func TestRefundsInPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(1, 1e7).Draw(t, "total")
		live := money.Credits(rapid.Int64Range(10*total, 1e12).Draw(t, "what has not expired")) // a minor unit is worth 10 micro-credits
		used := money.Credits(0)
		if rapid.Bool().Draw(t, "some were used") {
			used = money.Credits(rapid.Int64Range(0, int64(live)).Draw(t, "used"))
		}
		free := live - used
		var back int64
		var clawed money.Credits
		first := refundable(total, 0, free, 0, live)
		for range 8 {
			most := refundable(total, back, free, clawed, live)
			if most == 0 {
				break
			}
			back += rapid.Int64Range(1, most).Draw(t, "part")
			take := money.Share(live, back, total) - clawed
			clawed += take
			if free -= take; free < -1 { // the target rounds half up, to a micro-credit
				t.Fatalf("%d of %d back: %s more than there is was taken", back, total, -free)
			}
			free = max(free, 0)
		}
		rest := refundable(total, back, free, clawed, live)
		if used == 0 && back+rest != total && free > 0 {
			t.Fatalf("%d went back and %d may, of %d that is unused", back, rest, total)
		}
		if back+rest > first {
			t.Fatalf("in parts %d, at once %d", back+rest, first)
		}
	})
}

// TestExpiredCreditsWereNotUsed: they leave both sides of the sum.
func TestExpiredCreditsWereNotUsed(t *testing.T) {
	c := money.Credits(money.Micro)
	for name, x := range map[string]struct {
		free, clawed, brought money.Credits
		back, want            int64
	}{
		"unused, its bonus expired":      {100 * c, 0, 100 * c, 0, 1000},
		"half refunded before":           {50 * c, 50 * c, 100 * c, 500, 500},
		"a bonus of 20 was used":         {100 * c, 0, 120 * c, 0, 833},
		"all expired":                    {0, 0, 0, 0, 0},
		"used, refunded at Stripe, back": {10 * c, 60 * c, 100 * c, 600, 100},
	} {
		if got := refundable(1000, x.back, x.free, x.clawed, x.brought); got != x.want {
			t.Errorf("%s: %d, want %d", name, got, x.want)
		}
	}
}
