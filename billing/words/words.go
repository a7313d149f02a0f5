// Package words says amounts and counts as sentences have them.
package words

import (
	"strconv"
	"strings"

	"purse/billing/money"
)

// Count says how many of something there are: "1 day", "1,200 rows". The plural is
// the word with an s.
func Count[N ~int | ~int64](n N, one string) string {
	number := Group(strconv.FormatInt(int64(n), 10))
	if n == 1 || n == -1 {
		return number + " " + one
	}
	return number + " " + one + "s"
}

// Credits says an exact amount: "1 credit", "2,068.6648 credits".
func Credits(c money.Credits) string { return Group(c.String()) + " " + Credit(c) }

// Credit is the word after an amount: "credit" after one, else "credits".
func Credit(c money.Credits) string {
	if isOne(c) {
		return "credit"
	}
	return "credits"
}

// Are says an exact amount with its verb: "1 is", "9.5 are".
func Are(c money.Credits) string {
	if isOne(c) {
		return Group(c.String()) + " is"
	}
	return Group(c.String()) + " are"
}

// CreditsAre says an exact amount of credits with its verb: "1 credit is".
func CreditsAre(c money.Credits) string {
	if isOne(c) {
		return Credits(c) + " is"
	}
	return Credits(c) + " are"
}

func isOne(c money.Credits) bool { return c == money.Micro || c == -money.Micro }

// Were says what became of so many: "1 row was", "2 rows were".
func Were[N ~int | ~int64](n N, one string) string {
	if n == 1 {
		return Count(n, one) + " was"
	}
	return Count(n, one) + " were"
}

// Money says an amount as pages do: "$1,190.00", "CHF 10.00".
func Money(m money.Money) string { return InCurrency(Group(m.Decimal()), m.Currency) }

// Minor says an amount of a currency's minor units, as Money does.
func Minor(amount int64, currency string) string {
	return Money(money.Money{Amount: amount, Currency: currency})
}

// InCurrency puts the sign or the code of a currency before a decimal.
func InCurrency(decimal, currency string) string {
	sign := ""
	for _, minus := range []string{"-", "\u2212"} {
		if rest, ok := strings.CutPrefix(decimal, minus); ok {
			sign, decimal = minus, rest
		}
	}
	switch currency {
	case "usd":
		return sign + "$" + decimal
	case "eur":
		return sign + "€" + decimal
	case "gbp":
		return sign + "£" + decimal
	case "jpy":
		return sign + "¥" + decimal
	case "":
		return "none"
	}
	return sign + strings.ToUpper(currency) + "\u00a0" + decimal
}

// Group puts commas between the thousands of a decimal: "-1234.5" is "-1,234.5".
func Group(decimal string) string {
	whole, rest, dot := strings.Cut(decimal, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		whole += "." + rest
	}
	return sign + whole
}
