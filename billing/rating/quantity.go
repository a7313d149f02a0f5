package rating

import (
	"errors"
	"math/big"
	"strings"
)

// Quantity is an exact decimal, zero or more: coef / 10^scale. big is set
// instead of coef when that does not fit.
type Quantity struct {
	coef  uint64
	big   *big.Int
	scale int
	text  string
}

// Bounds of a quantity: its digits, and the places before and after the point.
const (
	maxDigits = 40
	maxWhole  = 18
	maxScale  = 18
)

// Errors of ParseQuantity; their texts go on after a property's name.
var (
	errNotNumber = errors.New("is not a number")
	errNegative  = errors.New("is negative")
	errTooLarge  = errors.New("is too large: at most 18 digits before the point")
	errTooFine   = errors.New("is too fine: at most 18 digits after the point")
)

// ParseQuantity reads a JSON number that is zero or more. Exponents are read
// exactly; NaN, infinities and what has too many digits are refused.
func ParseQuantity(s string) (Quantity, error) {
	if n, ok := plain(s); ok {
		return Quantity{coef: n, text: s}, nil
	}
	rest, negative := strings.CutPrefix(s, "-")
	mantissa, exponent, exp := cutExponent(rest)
	whole, fraction, dotted := strings.Cut(mantissa, ".")
	switch {
	case whole == "" || !digits(whole) || (len(whole) > 1 && whole[0] == '0') || (dotted && (fraction == "" || !digits(fraction))):
		return Quantity{}, errNotNumber
	case len(whole)+len(fraction) > maxDigits:
		return Quantity{}, errTooFine
	}
	shift := 0
	if exp {
		var ok bool
		if shift, ok = smallInt(exponent); !ok {
			return Quantity{}, errNotNumber
		}
	}
	if shift > 1000 || shift < -1000 {
		if shift > 0 {
			return Quantity{}, errTooLarge
		}
		return Quantity{}, errTooFine
	}
	all := strings.TrimLeft(whole+fraction, "0")
	if all == "" {
		return Quantity{text: "0"}, nil // also of "-0" and "0e99"
	}
	if negative {
		return Quantity{}, errNegative
	}
	scale := len(fraction) - shift
	trimmed := strings.TrimRight(all, "0")
	scale -= len(all) - len(trimmed)
	if scale < 0 {
		if len(trimmed)-scale > maxWhole {
			return Quantity{}, errTooLarge
		}
		trimmed += strings.Repeat("0", -scale)
		scale = 0
	}
	if len(trimmed)-scale > maxWhole {
		return Quantity{}, errTooLarge
	}
	if scale > maxScale {
		return Quantity{}, errTooFine
	}
	q := Quantity{scale: scale, text: decimalText(trimmed, scale)}
	if len(trimmed) <= 18 {
		for i := range len(trimmed) {
			q.coef = q.coef*10 + uint64(trimmed[i]-'0')
		}
		return q, nil
	}
	q.big, _ = new(big.Int).SetString(trimmed, 10)
	return q, nil
}

// String is the decimal without superfluous zeros.
func (q Quantity) String() string { return q.text }

// One is the quantity of a meter that counts events.
var One = Quantity{coef: 1, text: "1"}

func (q Quantity) int() *big.Int {
	if q.big != nil {
		return q.big
	}
	return new(big.Int).SetUint64(q.coef)
}

// plain reads the whole numbers that nearly all quantities are.
func plain(s string) (n uint64, ok bool) {
	if s == "" || len(s) > maxWhole || (s[0] == '0' && len(s) > 1) {
		return 0, false
	}
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + uint64(d)
	}
	return n, true
}

func cutExponent(s string) (mantissa, exponent string, found bool) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// smallInt reads an exponent; those with many digits are as good as 10,000.
func smallInt(s string) (int, bool) {
	sign := 1
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	if s == "" || !digits(s) {
		return 0, false
	}
	s = strings.TrimLeft(s, "0")
	if len(s) > 4 {
		return sign * 10_000, true
	}
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return sign * n, true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func decimalText(digits string, scale int) string {
	if scale == 0 {
		return digits
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	return digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}
