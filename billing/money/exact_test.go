package money

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// TestExactAgainstBigNumbers adds exact amounts of all sizes beside math/big, in
// text and back, and rounds their sum.
func TestExactAgainstBigNumbers(t *testing.T) {
	part := rapid.Custom(func(t *rapid.T) *big.Rat {
		n := new(big.Int).SetUint64(rapid.Uint64().Draw(t, "n"))
		if rapid.Bool().Draw(t, "large") {
			n.Mul(n, new(big.Int).SetUint64(rapid.Uint64().Draw(t, "by")))
		}
		d := rapid.OneOf(rapid.Just(uint64(1)), rapid.Just(uint64(1_000_000_000_000)), rapid.Uint64Range(1, 1000), rapid.Uint64Min(1)).Draw(t, "d")
		return new(big.Rat).SetFrac(n, new(big.Int).SetUint64(d))
	})
	rapid.Check(t, func(t *rapid.T) {
		want, sum := new(big.Rat), Exact{}
		for range rapid.IntRange(1, 5).Draw(t, "parts") {
			p := part.Draw(t, "part")
			want.Add(want, p)
			sum = sum.Add(ExactRat(p))
			text, err := ParseExact(sum.String())
			if err != nil || text.micro().Cmp(sum.micro()) != 0 {
				t.Fatalf("%s reads back as %s: %v", sum, text, err)
			}
		}
		if sum.micro().Cmp(want) != 0 || sum.Whole() != want.IsInt() || sum.IsZero() != (want.Sign() == 0) {
			t.Fatalf("%s, want %s micro-credits", sum, want)
		}
		up := new(big.Rat).Add(want, big.NewRat(1, 2))
		whole := new(big.Int).Quo(up.Num(), up.Denom())
		got, err := sum.Round()
		if whole.IsInt64() != (err == nil) || err == nil && int64(got) != whole.Int64() {
			t.Fatalf("%s rounds to %d, %v; want %s", sum, got, err, whole)
		}
	})
}

func TestExactText(t *testing.T) {
	for text, micro := range map[string]*big.Rat{
		"0": new(big.Rat), "1": big.NewRat(1_000_000, 1), "0.00000003": big.NewRat(3, 100), "12.5": big.NewRat(12_500_000, 1),
		"1/3000000": big.NewRat(1, 3), "0.000001000000000001": big.NewRat(1_000_000_000_001, 1_000_000_000_000),
	} {
		if got := ExactRat(micro).String(); got != text {
			t.Errorf("%s micro-credits are written %s, want %s", micro, got, text)
		}
	}
	for _, bad := range []string{"", "-1", "1e3", "x", "1_0"} {
		if e, err := ParseExact(bad); err == nil {
			t.Errorf("%q reads %s", bad, e)
		}
	}
}
