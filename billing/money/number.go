package money

import (
	"math"
	"strconv"
	"strings"
)

// Number writes a decimal such as those of JSON in one way for each value:
// "1.50", "15e-1" and "1.5" are the same. What is no decimal stays as it is.
func Number(s string) string {
	rest, negative := strings.CutPrefix(s, "-")
	mantissa, power := rest, int64(0)
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		n, err := strconv.ParseInt(rest[i+1:], 10, 64)
		if err != nil || n > math.MaxInt64/2 || n < math.MinInt64/2 {
			return s // as large as no quantity: told apart by its text
		}
		mantissa, power = rest[:i], n
	}
	whole, fraction, dotted := strings.Cut(mantissa, ".")
	if whole == "" || !digits(whole) || (len(whole) > 1 && whole[0] == '0') || (dotted && fraction == "") || !digits(fraction) {
		return s
	}
	all := strings.TrimLeft(whole+fraction, "0")
	if all == "" {
		return "0"
	}
	power -= int64(len(fraction))
	short := strings.TrimRight(all, "0")
	power += int64(len(all) - len(short))
	if negative {
		short = "-" + short
	}
	if power == 0 {
		return short
	}
	return short + "e" + strconv.FormatInt(power, 10)
}
