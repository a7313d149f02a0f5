package show

import (
	"time"

	"purse/billing/alert"
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
	change := byStart(starts, rows)
	if rows, err = l.Spending(t, b.Wallet, starts[0], now.Add(time.Hour)); err != nil {
		return nil, err
	}
	used := byStart(starts, rows)
	c.Balance, c.Used = make([]ui.Point, len(starts)), make([]ui.Point, len(starts))
	balance := b.Balance
	for i := len(starts) - 1; i >= 0; i-- {
		c.Balance[i] = ui.Point{At: starts[i], Value: balance}
		c.Used[i] = ui.Point{At: starts[i], Value: max(-used[i], 0)}
		balance -= change[i]
	}
	return c, nil
}

// byStart adds up hourly rows by the stretch of time in which they lie.
func byStart(starts []time.Time, rows []ledger.HourRow) []money.Credits {
	sums := make([]money.Credits, len(starts))
	at := 0
	for _, r := range rows {
		// Rows come by hour; where they do not, start again.
		if at > 0 && r.Hour.Before(starts[at]) {
			at = 0
		}
		for at+1 < len(starts) && !r.Hour.Before(starts[at+1]) {
			at++
		}
		sums[at] += r.Credits
	}
	return sums
}

// Burn is how fast a wallet is used.
type Burn struct {
	alert.Burn
	Over string // "over the last 24 hours", and how far to trust it
}

// BurnRate is alert.BurnRate, in words.
func BurnRate(t tx.Tx, l *ledger.Ledger, b ledger.Balance) (Burn, error) {
	burn, err := alert.BurnRate(t, l, b.Wallet)
	out := Burn{Burn: burn}
	switch {
	case err != nil || burn.Used == 0:
		return out, err
	case !burn.Known():
		out.Over = "not enough use yet to tell"
		return out, nil
	case burn.Over == 24*time.Hour:
		out.Over = "over the last 24 hours"
	case burn.Over == 7*24*time.Hour:
		out.Over = "over the last 7 days"
	default:
		out.Over = "over the last " + ui.Span(burn.Over)
	}
	if burn.Rough {
		out.Over += ", a rough estimate"
	}
	return out, nil
}
