package alert

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Burn is how fast a wallet is used, as far as its use tells.
type Burn struct {
	// PerDay is the estimate, 0 until there is enough use for one.
	PerDay money.Credits
	// Over is the time that it was measured over, 0 where there was no use. Used is
	// what was used in the last week, in so many different hours.
	Over  time.Duration
	Used  money.Credits
	Hours int
	// Rough says that an estimate rests on little use.
	Rough bool
}

// Known says whether there is enough use for an estimate.
func (b Burn) Known() bool { return b.PerDay > 0 }

// When use tells how it goes on: a first burst is not a trend. It takes a day
// since the first of it and three different hours; an estimate of less than three
// days or a dozen hours of use is a rough one.
const (
	knownAfter, knownHours = day, 3
	solidAfter, solidHours = 3 * day, 12
)

// BurnRate is the faster of the last day and the last week, so that a surge
// that lasts counts soon and a quiet night does not hide a busy week. A day counts
// by itself only when it is no burst: when its two busiest hours are not most of
// it.
func BurnRate(t tx.Tx, l *ledger.Ledger, w ledger.WalletID) (Burn, error) {
	if w == 0 {
		return Burn{}, nil
	}
	now := t.Now()
	rows, err := l.Spending(t, w, now.Add(-week), now.Add(time.Hour))
	if err != nil {
		return Burn{}, err
	}
	return burnOf(rows, now), nil
}

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// burnOf computes the rate of hourly figures of the week before now.
func burnOf(rows []ledger.HourRow, now time.Time) Burn {
	var lastDay, lastWeek money.Credits
	hours := map[time.Time]money.Credits{} // of the last day
	busy := map[time.Time]bool{}
	first := now
	for _, r := range rows {
		if !spends(r.Kind) || r.Credits >= 0 || r.Hour.After(now) || now.Sub(r.Hour) > week {
			continue
		}
		lastWeek -= r.Credits
		busy[r.Hour] = true
		if r.Hour.Before(first) {
			first = r.Hour
		}
		if now.Sub(r.Hour) <= day {
			lastDay -= r.Credits
			hours[r.Hour] -= r.Credits
		}
	}
	age := now.Sub(first)
	b := Burn{Used: lastWeek, Hours: len(busy), Over: max(age, time.Hour)}
	switch {
	case lastWeek <= 0:
		return Burn{}
	case age < knownAfter || len(busy) < knownHours:
		return b
	}
	b.Rough = age < solidAfter || len(busy) < solidHours
	if age > week-time.Hour { // the first hour is one of seven days ago
		age = week
	}
	b.PerDay, b.Over = perDay(lastWeek, age), age
	if lastDay >= b.PerDay && !burst(hours, lastDay) {
		b.PerDay, b.Over = lastDay, day
	}
	return b
}

// burst says whether two hours make up most of a day.
func burst(hours map[time.Time]money.Credits, sum money.Credits) bool {
	var most, second money.Credits
	for _, c := range hours {
		if c > most {
			most, second = c, most
		} else if c > second {
			second = c
		}
	}
	return most+second > sum/2
}

// spends says whether postings of a kind are somebody using credits.
func spends(k ledger.PostingKind) bool { return k == ledger.PostDebit || k == ledger.PostCapture }

// perDay scales an amount used in a time to a day, in whole minutes.
func perDay(used money.Credits, over time.Duration) money.Credits {
	minutes := max(int64(over/time.Minute), 1)
	const perDay = 24 * 60
	if used > money.Credits(1)<<50 {
		return used / money.Credits(minutes) * perDay
	}
	return used * perDay / money.Credits(minutes)
}

// RunsOut is when the available credits end at a rate; zero when there is no
// use, nothing left, or more than a year left.
func RunsOut(available, daily money.Credits, now time.Time) time.Time {
	if available <= 0 || daily <= 0 || available/daily > 365 {
		return time.Time{}
	}
	minutes := int64(available/daily)*24*60 + int64(available%daily)/max(int64(daily)/(24*60), 1)
	return now.Add(time.Duration(minutes) * time.Minute)
}
