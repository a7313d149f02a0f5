package money_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"purse/billing/money"
)

// Shares are what big numbers say, at every size.
func TestShareAgainstBigNumbers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	some := func() int64 { return rnd.Int64() >> rnd.IntN(62) }
	for range 100_000 {
		n, whole := some(), some()
		part := min(some(), whole)
		if whole == 0 {
			continue
		}
		product := new(big.Int).Mul(big.NewInt(n), big.NewInt(part))
		w := big.NewInt(whole)
		down, rest := new(big.Int).QuoRem(product, w, new(big.Int))
		up, half := down.Int64(), down.Int64()
		if rest.Sign() > 0 {
			up++
		}
		if rest.Lsh(rest, 1).Cmp(w) >= 0 {
			half++
		}
		if got := [3]int64{money.ShareDown(n, part, whole), money.Share(n, part, whole), money.ShareUp(n, part, whole)}; got != [3]int64{down.Int64(), half, up} {
			t.Fatalf("%d × %d ÷ %d: got %v, want %d, %d, %d", n, part, whole, got, down, half, up)
		}
	}
}

func TestShareOutOfRange(t *testing.T) {
	for _, x := range []struct{ n, part, whole, want int64 }{
		{5, 0, 7, 0}, {5, -1, 7, 0}, {-5, 1, 7, 0}, {5, 1, 0, 0}, {5, 9, 7, 5}, {5, 7, 7, 5},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64, math.MaxInt64 - 1},
	} {
		for _, got := range []int64{money.Share(x.n, x.part, x.whole), money.ShareDown(x.n, x.part, x.whole), money.ShareUp(x.n, x.part, x.whole)} {
			if got != x.want {
				t.Errorf("%+v: %d", x, got)
			}
		}
	}
}
