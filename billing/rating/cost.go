package rating

import (
	"math/big"
	"math/bits"

	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/words"
)

var errRange = fault.New(fault.Invalid, "out_of_range", "properties", "This event would cost more than %s. Correct its quantities or the rate.", words.Credits(money.MaxAmount))

// cost is what a line costs, exactly: quantity × credits ÷ per. The ledger rounds
// it, by what the rate has cost the wallet so far.
func (l line) cost() (money.Exact, error) {
	cost, ok := l.costFast()
	if !ok {
		cost = l.costExact()
	}
	if whole, err := cost.Round(); err != nil || whole > money.MaxAmount {
		return cost, errRange
	}
	return cost, nil
}

// costFast is cost in 128 bits; false when a number does not fit.
func (l line) costFast() (money.Exact, bool) {
	scaled := l.rate.Scaled()
	d, ok := denominatorOf(l)
	if !ok || l.quantity.big != nil || !scaled.IsUint64() {
		return money.Exact{}, false
	}
	hi, lo := bits.Mul64(l.quantity.coef, scaled.Uint64())
	return money.ExactOf(hi, lo, d)
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

// costExact is cost for numbers of any size.
func (l line) costExact() money.Exact {
	n := new(big.Int).Mul(l.quantity.int(), l.rate.Scaled())
	d := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(l.quantity.scale)+6), nil)
	return money.ExactRat(new(big.Rat).SetFrac(n, d.Mul(d, big.NewInt(l.rate.Per))))
}
