// Package ui is what all pages are made of: the frame, the components and the
// one place that formats credits, money, numbers and time.
package ui

import (
	"fmt"
	"strings"
	"time"

	"purse/billing/money"
	"purse/billing/words"
)

const minus = "\u2212" // as wide as a digit, and not a hyphen to a screen reader

// Unit says how credits of one type are shown.
type Unit struct {
	Name     string // "API credits"
	Singular string // "credit"
	Plural   string // "credits"
	Decimals int    // decimals in headings; ledgers show all that there are
}

// DefaultUnit is used where a page has no credit type at hand.
var DefaultUnit = Unit{Name: "Credits", Singular: "credit", Plural: "credits", Decimals: 2}

// Word is the unit's name after the amount c: "credit" after 1, else "credits".
func (u Unit) Word(c money.Credits) string {
	one, many := u.Singular, u.Plural
	if one == "" {
		one = "credit"
	}
	if many == "" {
		many = one + "s"
	}
	if c == money.Micro || c == -money.Micro {
		return one
	}
	return many
}

// Amount is an exact amount with its unit: "1,234.5 credits".
func (u Unit) Amount(c money.Credits) string { return Credits(c) + " " + u.Word(c) }

// Does is an exact amount with what it does: "1 credit goes", "2 credits go".
func (u Unit) Does(c money.Credits, one, many string) string {
	return u.Amount(c) + " " + u.Verb(c, one, many)
}

// Verb is the form of a verb that follows an amount: is or are.
func (u Unit) Verb(c money.Credits, one, many string) string {
	if c == money.Micro || c == -money.Micro {
		return one
	}
	return many
}

// Round is an amount cut to the unit's decimals with its unit. Nobody is shown
// more than there is: cutting goes towards zero.
func (u Unit) Round(c money.Credits) string { return CreditsCut(c, u.Decimals) + " " + u.Word(c) }

// Credits is the exact amount, grouped by thousands: "1,234.5", "−0.000014".
func Credits(c money.Credits) string { return group(c.String()) }

// Signed is Credits with a plus before what was added.
func Signed(c money.Credits) string {
	if c > 0 {
		return "+" + Credits(c)
	}
	return Credits(c)
}

// DecimalsOf is how many decimals the exact amount has.
func DecimalsOf(c money.Credits) int {
	_, fraction, _ := strings.Cut(c.String(), ".")
	return len(fraction)
}

// CreditsFixed is the exact amount padded to so many decimals, for columns.
func CreditsFixed(c money.Credits, decimals int) string {
	whole, fraction, _ := strings.Cut(c.String(), ".")
	if decimals <= 0 && fraction == "" {
		return group(whole)
	}
	return group(whole) + "." + fraction + strings.Repeat("0", max(decimals-len(fraction), 0))
}

// SignedFixed is CreditsFixed with a plus before what was added.
func SignedFixed(c money.Credits, decimals int) string {
	if c > 0 {
		return "+" + CreditsFixed(c, decimals)
	}
	return CreditsFixed(c, decimals)
}

// CreditsCut is the amount with exactly that many decimals, cut towards zero.
// Amounts that would read as zero but are not keep all their decimals.
func CreditsCut(c money.Credits, decimals int) string {
	if decimals < 0 {
		decimals = 0
	}
	whole, fraction, _ := strings.Cut(c.String(), ".")
	if len(fraction) > decimals {
		fraction = fraction[:decimals]
	}
	if c != 0 && strings.Trim(whole, "-0") == "" && strings.Trim(fraction, "0") == "" {
		return Credits(c)
	}
	if decimals == 0 {
		return group(whole)
	}
	return group(whole) + "." + fraction + strings.Repeat("0", decimals-len(fraction))
}

// split cuts a formatted number before its decimal point.
func split(s string) (whole, fraction string) {
	i := strings.IndexByte(s, '.')
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i:]
}

// Compact is a short form for axes: "1.2k", "3.4M".
func Compact(c money.Credits) string {
	n := int64(c) / money.Micro
	abs := n
	if abs < 0 {
		abs = -abs
	}
	short := func(div int64, suffix string) string {
		tenths := n * 10 / div
		s := fmt.Sprintf("%d", tenths/10)
		if r := tenths % 10; r != 0 && abs < 100*div {
			if r < 0 {
				r = -r
			}
			s += fmt.Sprintf(".%d", r)
		}
		return strings.Replace(s, "-", minus, 1) + suffix
	}
	switch {
	case abs >= 1_000_000_000:
		return short(1_000_000_000, "B")
	case abs >= 1_000_000:
		return short(1_000_000, "M")
	case abs >= 10_000:
		return short(1_000, "k")
	case abs >= 10:
		return group(fmt.Sprint(n))
	}
	return CreditsCut(c, 2)
}

// Number is an integer grouped by thousands.
func Number[N ~int | ~int64 | ~int32](n N) string { return group(fmt.Sprint(int64(n))) }

// Decimal groups a decimal number that is already text: "12345.6" → "12,345.6".
func Decimal(s string) string { return group(s) }

// PriceLine is a part of a price, in words and as an amount.
type PriceLine struct{ Text, Amount string }

// Money is an amount in its currency: "$25.00", "¥2,500", "CHF 25.00".
func Money(m money.Money) string { return words.InCurrency(group(m.Decimal()), m.Currency) }

// Price is a price that may be finer than the currency's minor unit, as decimal
// text in major units: "$0.0085".
func Price(decimal, currency string) string { return words.InCurrency(group(decimal), currency) }

// Code is how a currency is written among words: "USD".
func Code(currency string) string { return strings.ToUpper(currency) }

func group(s string) string { return strings.Replace(words.Group(s), "-", minus, 1) }

// Zone is the name that people know a time zone by: "Europe/Berlin", "UTC".
func Zone(z *time.Location) string {
	if z == nil || z == time.UTC || z.String() == "" || z.String() == "Local" {
		return "UTC"
	}
	return strings.ReplaceAll(z.String(), "_", " ")
}

func in(t time.Time, z *time.Location) time.Time {
	if z == nil {
		z = time.UTC
	}
	return t.In(z)
}

// Time is a moment to the minute: "21 Nov 2026, 14:03". Pages name the zone in
// their footer; where a text travels alone, use TimeZoned.
func Time(t time.Time, z *time.Location) string { return in(t, z).Format("2 Jan 2006, 15:04") }

// TimeExact is a moment to the second.
func TimeExact(t time.Time, z *time.Location) string { return in(t, z).Format("2 Jan 2006, 15:04:05") }

// TimeZoned is a moment to the minute with the name of its zone.
func TimeZoned(t time.Time, z *time.Location) string { return Time(t, z) + " " + Zone(z) }

// Clock is the time of day to the second.
func Clock(t time.Time, z *time.Location) string { return in(t, z).Format("15:04:05") }

// Day is a date: "21 Nov 2026".
func Day(t time.Time, z *time.Location) string { return in(t, z).Format("2 Jan 2006") }

// Month is a month by its name: "October 2026" for "2026-10".
func Month(period string) string {
	t, err := time.Parse("2006-01", period)
	if err != nil {
		return period
	}
	return t.Format("January 2006")
}

// DayShort is a date for axes: "21 Nov".
func DayShort(t time.Time, z *time.Location) string { return in(t, z).Format("2 Jan") }

// ISO is a moment for machines, as the datetime attribute wants it.
func ISO(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// Span is a length of time in its largest fitting unit: "45 seconds",
// "12 minutes", "3 hours", "9 days".
func Span(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	count := func(n int64, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return Number(n) + " " + unit + "s"
	}
	switch {
	case d < time.Minute:
		return count(int64(d/time.Second), "second")
	case d < 2*time.Hour:
		return count(int64(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return count(int64(d/time.Hour), "hour")
	case d < 120*24*time.Hour:
		return count(int64(d/(24*time.Hour)), "day")
	case d < 730*24*time.Hour:
		return count(int64(d/(30*24*time.Hour)), "month")
	}
	return count(int64(d/(365*24*time.Hour)), "year")
}
