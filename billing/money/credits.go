// Package money holds the two kinds of amounts that Purse computes with,
// credits and money, as checked integers. There are no floats in it.
package money

import (
	"errors"
	"math"
	"math/big"
	"strings"
)

// Credits is an amount of credits in micro-credits: 1 credit = 1,000,000.
type Credits int64

// Micro is the number of micro-credits in one credit.
const Micro = 1_000_000

// MaxAmount is the largest amount of credits that one operation may name: a
// hundred billion credits. It is far below the range of int64, so that sums of
// many operations stay in range, and sums are checked all the same.
const MaxAmount Credits = 100_000_000_000 * Micro

// Errors of parsing and of arithmetic. Their texts are meant for people.
var (
	ErrSyntax    = errors.New("is not a decimal number like 12.5")
	ErrDecimals  = errors.New("has more than 6 decimals")
	ErrRange     = errors.New("is out of range")
	ErrOverflow  = errors.New("amounts overflow")
	ErrCurrency  = errors.New("is not a currency that Stripe supports")
	ErrMinorUnit = errors.New("has more decimals than the currency")
)

// ParseCredits reads a decimal such as "12.5", with an optional minus sign, at
// most 6 decimals and at most MaxAmount in size. It takes no exponent, plus
// sign, white space, thousands separator, NaN or infinity.
func ParseCredits(s string) (Credits, error) {
	n, err := parseDecimal(s, 6)
	switch {
	case errors.Is(err, errDecimals):
		return 0, ErrDecimals
	case err != nil:
		return 0, err
	}
	c := Credits(n)
	if c > MaxAmount || c < -MaxAmount {
		return 0, ErrRange
	}
	return c, nil
}

// MustCredits is ParseCredits for constants; it panics on an error.
func MustCredits(s string) Credits {
	c, err := ParseCredits(s)
	if err != nil {
		panic("money: " + s + " " + err.Error())
	}
	return c
}

// String is the decimal without trailing zeros: "12.5", "0", "-0.000001".
func (c Credits) String() string { return formatDecimal(int64(c), 6, true) }

// Add returns c + d, or ErrOverflow.
func (c Credits) Add(d Credits) (Credits, error) {
	s := c + d
	if (d > 0 && s < c) || (d < 0 && s > c) {
		return 0, ErrOverflow
	}
	return s, nil
}

// Sub returns c − d, or ErrOverflow.
func (c Credits) Sub(d Credits) (Credits, error) {
	if d == math.MinInt64 {
		return 0, ErrOverflow
	}
	return c.Add(-d)
}

// RoundHalfUp rounds an exact, non-negative number of credits to micro-credits:
// a half goes up. It answers ErrRange above MaxAmount or below zero.
func RoundHalfUp(credits *big.Rat) (Credits, error) {
	if credits.Sign() < 0 {
		return 0, ErrRange
	}
	n := new(big.Int).Mul(credits.Num(), big.NewInt(2*Micro))
	n.Add(n, credits.Denom())
	n.Quo(n, new(big.Int).Mul(credits.Denom(), big.NewInt(2)))
	if !n.IsInt64() || Credits(n.Int64()) > MaxAmount {
		return 0, ErrRange
	}
	return Credits(n.Int64()), nil
}

// Rat is the amount as an exact number of credits.
func (c Credits) Rat() *big.Rat { return big.NewRat(int64(c), Micro) }

var errDecimals = errors.New("too many decimals")

// parseDecimal reads -?digits[.digits] into an integer scaled by 10^scale.
func parseDecimal(s string, scale int) (int64, error) {
	rest, negative := strings.CutPrefix(s, "-")
	whole, fraction, dotted := strings.Cut(rest, ".")
	if whole == "" || (dotted && fraction == "") || !digits(whole) || !digits(fraction) {
		return 0, ErrSyntax
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > scale {
		return 0, errDecimals
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole) > 18 {
		return 0, ErrRange
	}
	var n int64
	for _, d := range whole + fraction + strings.Repeat("0", scale-len(fraction)) {
		digit := int64(d - '0')
		if n > (math.MaxInt64-digit)/10 {
			return 0, ErrRange
		}
		n = n*10 + digit
	}
	if negative {
		n = -n
	}
	return n, nil
}

func digits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// formatDecimal writes n / 10^scale, exactly, with or without trailing zeros.
func formatDecimal(n int64, scale int, trim bool) string {
	sign := ""
	u := uint64(n)
	if n < 0 {
		sign = "-"
		u = -u
	}
	pow := uint64(1)
	for range scale {
		pow *= 10
	}
	var b [20]byte
	out := sign + string(appendUint(b[:0], u/pow))
	if scale == 0 {
		return out
	}
	fraction := string(appendUint(nil, u%pow))
	fraction = strings.Repeat("0", scale-len(fraction)) + fraction
	if trim {
		fraction = strings.TrimRight(fraction, "0")
	}
	if fraction == "" {
		return out
	}
	return out + "." + fraction
}

func appendUint(b []byte, u uint64) []byte {
	if u >= 10 {
		b = appendUint(b, u/10)
	}
	return append(b, byte('0'+u%10))
}
