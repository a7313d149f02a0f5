package money

import (
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Exact is an exact amount of credits, zero or more: what a quantity costs at a
// price, before it is rounded. The zero value is nothing.
type Exact struct {
	// whole + num/den micro-credits, num < den, reduced; den 0 stands for 1. big is
	// set instead when that does not fit.
	whole    uint64
	num, den uint64
	big      *big.Rat
}

// maxExact bounds what is counted in whole micro-credits without big numbers.
const maxExact = 1 << 62

// ExactOf is n/d micro-credits, of 128-bit n; false when the whole part does not fit.
func ExactOf(hi, lo, d uint64) (Exact, bool) {
	if hi >= d {
		return Exact{}, false
	}
	whole, rest := bits.Div64(hi, lo, d)
	if whole >= maxExact {
		return Exact{}, false
	}
	e := Exact{whole: whole}
	if rest > 0 {
		g := gcd(rest, d)
		e.num, e.den = rest/g, d/g
	}
	return e, true
}

// ExactRat is an exact number of micro-credits, zero or more.
func ExactRat(micro *big.Rat) Exact {
	whole, rest := new(big.Int).QuoRem(micro.Num(), micro.Denom(), new(big.Int))
	if !whole.IsUint64() || whole.Uint64() >= maxExact || !micro.Denom().IsUint64() {
		return Exact{big: new(big.Rat).Set(micro)}
	}
	e := Exact{whole: whole.Uint64()}
	if rest.Sign() > 0 {
		e.num, e.den = rest.Uint64(), micro.Denom().Uint64()
	}
	return e
}

// Exact is the amount itself; it must be zero or more.
func (c Credits) Exact() Exact { return Exact{whole: uint64(c)} }

// IsZero says whether it is nothing at all.
func (e Exact) IsZero() bool { return e.whole == 0 && e.num == 0 && e.big == nil }

// Whole says whether it needs no rounding.
func (e Exact) Whole() bool { return e.num == 0 && (e.big == nil || e.big.IsInt()) }

// Add is e + f.
func (e Exact) Add(f Exact) Exact {
	if sum, ok := e.add(f); ok {
		return sum
	}
	return ExactRat(new(big.Rat).Add(e.micro(), f.micro()))
}

func (e Exact) add(f Exact) (Exact, bool) {
	if e.big != nil || f.big != nil {
		return Exact{}, false
	}
	sum := Exact{whole: e.whole + f.whole}
	switch {
	case f.num == 0:
		sum.num, sum.den = e.num, e.den
	case e.num == 0:
		sum.num, sum.den = f.num, f.den
	default:
		g := gcd(e.den, f.den)
		h1, den := bits.Mul64(e.den, f.den/g)
		h2, a := bits.Mul64(e.num, f.den/g)
		h3, b := bits.Mul64(f.num, e.den/g)
		num, carry := bits.Add64(a, b, 0)
		if h1|h2|h3|carry != 0 {
			return Exact{}, false
		}
		if num >= den {
			num -= den
			sum.whole++
		}
		if num > 0 {
			g := gcd(num, den)
			sum.num, sum.den = num/g, den/g
		}
	}
	return sum, sum.whole < maxExact
}

// Round is the amount in micro-credits, a half rounded up; ErrRange above what an
// int64 holds.
func (e Exact) Round() (Credits, error) {
	if e.big != nil {
		n := new(big.Int).Lsh(e.big.Num(), 1)
		n.Add(n, e.big.Denom())
		n.Quo(n, new(big.Int).Lsh(e.big.Denom(), 1))
		if !n.IsInt64() {
			return 0, ErrRange
		}
		return Credits(n.Int64()), nil
	}
	c := Credits(e.whole)
	if e.num > 0 && e.num >= e.den-e.num {
		c++
	}
	return c, nil
}

// micro is the amount in micro-credits.
func (e Exact) micro() *big.Rat {
	if e.big != nil {
		return e.big
	}
	r := new(big.Rat).SetInt(new(big.Int).SetUint64(e.whole))
	if e.num > 0 {
		r.Add(r, new(big.Rat).SetFrac(new(big.Int).SetUint64(e.num), new(big.Int).SetUint64(e.den)))
	}
	return r
}

// String is the number of credits: a decimal where that ends, else a fraction such
// as 1/3000000.
func (e Exact) String() string {
	const scale = 1_000_000_000_000 // decimals that need no big numbers
	if e.big == nil && (e.num == 0 || scale%e.den == 0) {
		fraction := strconv.FormatUint(e.whole%Micro+Micro, 10)[1:] // with its zeros
		if e.num > 0 {
			fraction += strconv.FormatUint(e.num*(scale/e.den)+scale, 10)[1:]
		}
		s := strconv.FormatUint(e.whole/Micro, 10)
		if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
			s += "." + fraction
		}
		return s
	}
	r := new(big.Rat).Quo(e.micro(), big.NewRat(Micro, 1))
	if places, ends := r.FloatPrec(); ends {
		return r.FloatString(places)
	}
	return r.RatString()
}

// ParseExact reads what String wrote.
func ParseExact(s string) (Exact, error) {
	r, ok := new(big.Rat).SetString(s)
	if !ok || r.Sign() < 0 || strings.ContainsAny(s, "eEpPxX_") {
		return Exact{}, ErrSyntax
	}
	return ExactRat(r.Mul(r, big.NewRat(Micro, 1))), nil
}

// MarshalText is String.
func (e Exact) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText is ParseExact.
func (e *Exact) UnmarshalText(b []byte) (err error) {
	*e, err = ParseExact(string(b))
	return err
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
