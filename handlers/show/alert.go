package show

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"purse/billing/alert"
	"purse/billing/money"
	"purse/billing/words"
	"purse/views/portal"
	"purse/views/ui"
)

// AlertText says when an alert tells: "Available reaches 100 credits or less".
func AlertText(kind alert.Kind, level money.Credits, share int64, days int, unit ui.Unit) string {
	switch kind {
	case alert.Below:
		if level == 0 {
			return "Nothing is left"
		}
		return "Available reaches " + unit.Amount(level) + " or less"
	case alert.Share:
		return "Available reaches " + strconv.FormatInt(share, 10) + "% or less of the last purchase, else of the last grant"
	case alert.DaysLeft:
		return "What is available lasts " + words.Count(days, "day") + " or less"
	case alert.Expiring:
		return unit.Word(0) + " expire within " + words.Count(days, "day")
	case alert.Surge:
		s := "An hour uses " + ui.Number(share) + "% of a usual hour or more"
		if level > 0 {
			s += ", and at least " + unit.Amount(level)
		}
		return s
	}
	return string(kind)
}

// ShareOf says what a share is of: "20% of the last purchase".
func ShareOf(percent int64, ofPaid bool) string {
	of := "% of the last grant"
	if ofPaid {
		of = "% of the last purchase"
	}
	return strconv.FormatInt(percent, 10) + of
}

// AlertTitle is AlertText of an alert, as a sentence begins.
func AlertTitle(a *alert.Alert, unit ui.Unit) string {
	return Upper(AlertText(a.Kind, a.Credits, a.Share, a.Days, unit))
}

// LimitText is what a limit allows: "500 credits a day".
func LimitText(l *alert.Limit, unit ui.Unit) string {
	return unit.Amount(l.Credits) + " a " + string(l.Period)
}

// LimitCounts is whose spending a limit counts: "everything", "the meter
// input_tokens".
func LimitCounts(l *alert.Limit) string {
	switch {
	case l.Scope == alert.Meter:
		return "the meter " + l.Meter
	case l.Scope == alert.Caller && l.Caller != "":
		return "the caller " + l.Caller
	case l.Scope == alert.Caller:
		return "every caller on its own"
	}
	return "everything"
}

// AtZero says what happens when nothing is left.
func AtZero(z alert.AtZero, unit ui.Unit) string {
	below := "until " + unit.Does(z.Overdraft, "is", "are") + " owed; beyond that they are refused (402). The next purchase settles what is owed first."
	switch z.Mode {
	case alert.Grace:
		return "When nothing is left, requests still go through " + below
	case alert.Throttle:
		return "When nothing is left, requests go through slower, at most " + ui.Number(z.Rate) + " a minute, " + below
	}
	return "When nothing is left, requests are refused (402) until there are " + unit.Word(0) + " again."
}

// WouldHave is the answer of a preview: "In the last 30 days this would have
// told you on 3 and 19 November." Does is "told you" or "stopped requests".
func WouldHave(does string, at []time.Time, z *time.Location) string {
	const last = "In the last 30 days this would "
	days := eachDay(at, z)
	switch n := len(days); {
	case n == 0:
		return last + "never have " + does + "."
	case n > 6:
		return last + "have " + does + " on " + words.Count(n, "day") + ", most recently on " + days[n-1].Format("2 January") + "."
	}
	// Days of one month share its name.
	var words []string
	for i, d := range days {
		s := strconv.Itoa(d.Day())
		if i == len(days)-1 || days[i+1].Month() != d.Month() {
			s += " " + d.Month().String()
		}
		words = append(words, s)
	}
	return last + "have " + does + " on " + And(words) + "."
}

// eachDay are the days that instants lie on, each once, in order.
func eachDay(at []time.Time, z *time.Location) []time.Time {
	seen := map[string]time.Time{}
	for _, t := range at {
		seen[t.In(z).Format(time.DateOnly)] = t.In(z)
	}
	var out []time.Time
	for _, k := range slices.Sorted(maps.Keys(seen)) {
		out = append(out, seen[k])
	}
	return out
}

// And joins words as a sentence does: "a, b and c".
func And(words []string) string {
	n := len(words)
	if n < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
}

// Alerts shows alerts in a list: the vendor's first, each kind from the mildest
// to the most severe.
func Alerts(listed []alert.Listed, unit ui.Unit) []portal.AlertRow {
	listed = slices.Clone(listed)
	slices.SortStableFunc(listed, func(a, b alert.Listed) int {
		if a.Default() != b.Default() {
			if a.Default() {
				return -1
			}
			return 1
		}
		return Milder(&a.Alert, &b.Alert)
	})
	var out []portal.AlertRow
	for i := range listed {
		l := &listed[i]
		row := portal.AlertRow{ID: l.ID, Title: AlertTitle(&l.Alert, unit), Default: l.Default(), Muted: l.Muted}
		if l.Leveled && l.Kind == alert.Share { // in this wallet it is known what of
			row.Title = "Available reaches " + ShareOf(l.Share, l.OfPaid) + " or less"
		}
		if l.Leveled && l.Kind != alert.Below {
			row.At = unit.Round(l.Level)
		}
		if l.Open {
			row.Since = l.Since
		}
		out = append(out, row)
	}
	return out
}

// Milder orders alerts as pages list them: shares, amounts and emptiness, days
// left, expiry, surges; the mildest of each first.
func Milder(a, b *alert.Alert) int {
	place := map[alert.Kind]int{alert.Share: 0, alert.Below: 1, alert.DaysLeft: 2, alert.Expiring: 3, alert.Surge: 4}
	return cmp.Or(cmp.Compare(place[a.Kind], place[b.Kind]), cmp.Compare(b.Share, a.Share), cmp.Compare(b.Credits, a.Credits), cmp.Compare(b.Days, a.Days))
}

// Limits shows the limits of one wallet.
func Limits(all []alert.LimitStatus, creditType string, unit ui.Unit) []portal.LimitRow {
	var out []portal.LimitRow
	for i := range all {
		l := &all[i]
		if l.CreditType != creditType {
			continue
		}
		row := portal.LimitRow{
			ID: l.ID, Title: LimitText(&l.Limit, unit), Counts: LimitCounts(&l.Limit), Spent: l.Spent, Held: l.Held, Limit: l.Credits,
			Resets: l.To, Reached: l.Reached, Stops: l.Hard,
		}
		if l.Scope == alert.Caller && l.Caller == "" {
			row.Busiest = l.Busiest
		}
		out = append(out, row)
	}
	return out
}

// Upper is a text that begins a sentence.
func Upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
