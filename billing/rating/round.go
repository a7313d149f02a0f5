package rating

import (
	"math/big"
	"math/bits"
	"slices"

	"purse/billing/fault"
	"purse/billing/money"
)

var errRange = fault.New(fault.Invalid, "out_of_range", "properties", "This event would cost more than %s credits. Correct its quantities or the rate.", money.MaxAmount)

// round makes micro-credits of the lines of one posting: their exact sum is
// rounded half up once, each line is floored, and what is left goes to the
// lines with the largest remainders, on a tie to the smaller meter key. Lines
// come in order of meter keys.
func round(lines []line) ([]money.Credits, error) {
	if out, ok := roundFast(lines); ok {
		return check(out)
	}
	out, ok := roundExact(lines)
	if !ok {
		return nil, errRange
	}
	return check(out)
}

func check(out []money.Credits) ([]money.Credits, error) {
	var sum money.Credits
	for _, c := range out {
		if sum += c; c > money.MaxAmount || sum > money.MaxAmount {
			return nil, errRange
		}
	}
	return out, nil
}

// roundFast is round in 128 bits, for lines whose rates have the same
// denominator: nearly all. It answers false when a number does not fit.
func roundFast(lines []line) ([]money.Credits, bool) {
	const maxLines, maxDenominator = 32, 1 << 56
	if len(lines) > maxLines {
		return nil, false
	}
	out := make([]money.Credits, len(lines))
	var room [maxLines]uint64
	remainders := room[:len(lines)]
	var denominator, left uint64
	for i, l := range lines {
		scaled := l.rate.Scaled()
		d, ok := denominatorOf(l)
		if !ok || l.quantity.big != nil || !scaled.IsUint64() || d > maxDenominator || (i > 0 && d != denominator) {
			return nil, false
		}
		denominator = d
		hi, lo := bits.Mul64(l.quantity.coef, scaled.Uint64())
		if hi >= d {
			return nil, false
		}
		floor, rest := bits.Div64(hi, lo, d)
		if floor > uint64(money.MaxAmount) {
			return nil, false
		}
		out[i], remainders[i] = money.Credits(floor), rest
		left += rest
	}
	for n := (2*left + denominator) / (2 * denominator); n > 0; n-- {
		largest := 0
		for i, r := range remainders {
			if r > remainders[largest] {
				largest = i
			}
		}
		out[largest]++
		remainders[largest] = 0
	}
	return out, true
}

// denominatorOf is 10^(6 + scale) × per: quantity × scaled rate over it is in
// micro-credits.
func denominatorOf(l line) (uint64, bool) {
	if l.quantity.scale > 9 {
		return 0, false
	}
	p := uint64(1)
	for range l.quantity.scale + 6 {
		p *= 10
	}
	hi, lo := bits.Mul64(p, uint64(l.rate.Per))
	return lo, hi == 0
}

// roundExact is round for numbers of any size.
func roundExact(lines []line) ([]money.Credits, bool) {
	out := make([]money.Credits, len(lines))
	rests := make([]*big.Rat, len(lines))
	sum := new(big.Rat)
	for i, l := range lines {
		n := new(big.Int).Mul(l.quantity.int(), l.rate.Scaled())
		d := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(l.quantity.scale)+6), nil)
		d.Mul(d, big.NewInt(l.rate.Per))
		floor, rest := new(big.Int).QuoRem(n, d, new(big.Int))
		if !floor.IsInt64() || money.Credits(floor.Int64()) > money.MaxAmount {
			return nil, false
		}
		out[i], rests[i] = money.Credits(floor.Int64()), new(big.Rat).SetFrac(rest, d)
		sum.Add(sum, rests[i])
	}
	sum.Add(sum, big.NewRat(1, 2))
	left := new(big.Int).Quo(sum.Num(), sum.Denom()).Int64()
	order := make([]int, len(lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rests[b].Cmp(rests[a]) })
	for _, i := range order[:left] {
		out[i]++
	}
	return out, true
}
