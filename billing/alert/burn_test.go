package alert

import (
	"testing"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
)

// An estimate waits for enough use, says what it rests on, and is not made of a
// burst.
func TestAFirstBurstIsNoTrend(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 30, 0, 0, time.UTC)
	hour := func(ago int, credits string) ledger.HourRow {
		return ledger.HourRow{Kind: ledger.PostDebit, Hour: now.Truncate(time.Hour).Add(-time.Duration(ago) * time.Hour), Rollup: ledger.Rollup{Credits: -money.MustCredits(credits)}}
	}
	steady := func(from, to int, credits string) (rows []ledger.HourRow) {
		for h := from; h <= to; h++ {
			rows = append(rows, hour(h, credits))
		}
		return rows
	}
	for name, c := range map[string]struct {
		rows   []ledger.HourRow
		perDay string // "" for not known
		over   time.Duration
		rough  bool
	}{
		"nothing":                       {nil, "", 0, false},
		"twenty sample requests":        {[]ledger.HourRow{hour(0, "40")}, "", time.Hour, false},
		"a busy afternoon":              {steady(0, 8, "10"), "", 8*time.Hour + 30*time.Minute, false},
		"two bursts on two days":        {[]ledger.HourRow{hour(0, "40"), hour(40, "40")}, "", 40*time.Hour + 30*time.Minute, false},
		"two days":                      {steady(0, 47, "1"), "24.25", 47*time.Hour + 30*time.Minute, true},
		"a week":                        {steady(0, 167, "1"), "24", day, false},
		"a week and a burst":            {append(steady(1, 167, "1"), hour(0, "500")), "95.285714", week, false},
		"a week and two hours of burst": {append(steady(2, 167, "1"), hour(0, "250"), hour(1, "250")), "95.142857", week, false},
		"a rise that lasts":             {append(steady(12, 167, "1"), steady(0, 11, "10")...), "132", day, false},
		"one job a day":                 {[]ledger.HourRow{hour(5, "70"), hour(29, "70"), hour(53, "70"), hour(77, "70"), hour(101, "70"), hour(125, "70"), hour(149, "70")}, "78.66", 149*time.Hour + 30*time.Minute, true},
	} {
		b := burnOf(c.rows, now)
		want := money.Credits(0)
		if c.perDay != "" {
			want = money.MustCredits(c.perDay)
		}
		if d := b.PerDay - want; d < -5_000 || d > 5_000 || b.Over != c.over || b.Rough != c.rough || b.Known() != (c.perDay != "") {
			t.Errorf("%s: %s a day over %s, rough %v; want %s over %s, %v", name, b.PerDay, b.Over, b.Rough, c.perDay, c.over, c.rough)
		}
	}
}
