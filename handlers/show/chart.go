package show

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/views/ui"
)

// Chart is balance and use of a wallet: by hour over two days while the wallet
// is young, else by day over thirty, in the customer's time zone. It is nil
// before the first posting.
func Chart(t tx.Tx, l *ledger.Ledger, b ledger.Balance, since time.Time, zone *time.Location, u ui.Unit) (*ui.Chart, error) {
	if b.Wallet == 0 || b.Seq == 0 {
		return nil, nil
	}
	now := t.Now().In(zone)
	c := &ui.Chart{Zone: zone, Unit: u, Hourly: now.Sub(since) < 72*time.Hour}
	var starts []time.Time
	if c.Hourly {
		c.Name = "Last 48 hours"
		hour := now.Truncate(time.Hour)
		for i := 47; i >= 0; i-- {
			starts = append(starts, hour.Add(-time.Duration(i)*time.Hour))
		}
	} else {
		c.Name = "Last 30 days"
		y, m, d := now.Date()
		for i := 29; i >= 0; i-- {
			starts = append(starts, time.Date(y, m, d-i, 0, 0, 0, 0, zone))
		}
	}
	rows, err := l.Posted(t, b.Wallet, starts[0], now.Add(time.Hour))
	if err != nil {
		return nil, err
	}
	change, used := make([]money.Credits, len(starts)), make([]money.Credits, len(starts))
	at := 0
	for _, r := range rows {
		// Rows come by hour; where they do not, start again.
		if at > 0 && r.Hour.Before(starts[at]) {
			at = 0
		}
		for at+1 < len(starts) && !r.Hour.Before(starts[at+1]) {
			at++
		}
		change[at] += r.Credits
		if r.Kind == ledger.PostDebit || r.Kind == ledger.PostCapture {
			used[at] -= r.Credits
		}
	}
	c.Balance, c.Used = make([]ui.Point, len(starts)), make([]ui.Point, len(starts))
	balance := b.Balance
	for i := len(starts) - 1; i >= 0; i-- {
		c.Balance[i] = ui.Point{At: starts[i], Value: balance}
		c.Used[i] = ui.Point{At: starts[i], Value: max(used[i], 0)}
		balance -= change[i]
	}
	return c, nil
}

// Burn is how fast a wallet is used.
type Burn struct {
	PerDay money.Credits
	Over   string // "over the last 24 hours"
}

// BurnRate is the faster of the last day and the last week, so that a surge
// counts at once and a quiet night does not hide a busy week. Young use is
// measured since its first hour.
func BurnRate(t tx.Tx, l *ledger.Ledger, b ledger.Balance) (Burn, error) {
	if b.Wallet == 0 {
		return Burn{}, nil
	}
	now := t.Now()
	rows, err := l.Posted(t, b.Wallet, now.Add(-7*24*time.Hour), now.Add(time.Hour))
	if err != nil {
		return Burn{}, err
	}
	var day, week money.Credits
	first := now
	for _, r := range rows {
		if r.Kind != ledger.PostDebit && r.Kind != ledger.PostCapture {
			continue
		}
		week -= r.Credits
		if r.Hour.Before(first) {
			first = r.Hour
		}
		if now.Sub(r.Hour) <= 24*time.Hour {
			day -= r.Credits
		}
	}
	age := max(now.Sub(first), time.Hour)
	switch {
	case week <= 0:
		return Burn{0, ""}, nil
	case age < 24*time.Hour:
		return Burn{perDay(week, age), "over the last " + ui.Span(age)}, nil
	}
	weekly := perDay(week, min(age, 7*24*time.Hour))
	if day >= weekly {
		return Burn{day, "over the last 24 hours"}, nil
	}
	return Burn{weekly, "over the last 7 days"}, nil
}

// perDay scales an amount used in a time to a day, in whole minutes.
func perDay(used money.Credits, over time.Duration) money.Credits {
	minutes := max(int64(over/time.Minute), 1)
	const day = 24 * 60
	if used > money.Credits(1)<<50 {
		return used / money.Credits(minutes) * day
	}
	return used * day / money.Credits(minutes)
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
