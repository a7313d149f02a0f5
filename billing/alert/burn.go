package alert

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Burn is how fast a wallet is used.
type Burn struct {
	PerDay money.Credits
	// Over is the time that it was measured over, 0 where there was no use.
	Over time.Duration
}

// BurnRate is the faster of the last day and the last week, so that a surge
// counts at once and a quiet night does not hide a busy week. Young use is
// measured since its first hour.
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
	first := now
	for _, r := range rows {
		if !spends(r.Kind) || r.Hour.After(now) || now.Sub(r.Hour) > week {
			continue
		}
		lastWeek -= r.Credits
		if r.Hour.Before(first) {
			first = r.Hour
		}
		if now.Sub(r.Hour) <= day {
			lastDay -= r.Credits
		}
	}
	age := max(now.Sub(first), time.Hour)
	switch {
	case lastWeek <= 0:
		return Burn{}
	case age < day:
		return Burn{perDay(lastWeek, age), age}
	}
	weekly := perDay(lastWeek, min(age, week))
	if lastDay >= weekly {
		return Burn{lastDay, day}
	}
	return Burn{weekly, week}
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
