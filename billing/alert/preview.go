package alert

import (
	"time"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// previewDays is how far a preview looks back.
const previewDays = 30

// What a preview of a level reads beside hourly figures: the postings of so many
// hours, of so many postings each, in which the balance rose and fell.
const (
	previewHours    = 48
	previewPostings = 500
)

// Preview answers when an alert would have told in the last 30 days, had it been
// there, to the hour. Levels are followed by the wallet's hourly figures, and by
// its postings in hours in which the balance rose and fell, so that a level that
// was reached and left within an hour is seen too. It sees the balance, not what
// was on hold meanwhile, and days left by the rate of each hour; of more than
// previewHours such hours, and of hours with more than previewPostings postings,
// it sees the end.
func (s *Service) Preview(t tx.Tx, customer string, n New) ([]time.Time, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	if err := s.checkType(&n.CreditType, false); err != nil {
		return nil, err
	}
	k := ledger.WalletKey{Customer: customer, CreditType: n.CreditType}
	b, err := s.Ledger.Balance(t, k)
	if err != nil || b.Wallet == 0 {
		return nil, err
	}
	now := t.Now()
	from := now.AddDate(0, 0, -previewDays).Truncate(time.Hour)
	rows, err := s.Ledger.Posted(t, b.Wallet, from.Add(-week), now.Add(time.Hour))
	if err != nil {
		return nil, err
	}
	grants, err := s.Ledger.Grants(t, b.Wallet, false, 0, 500)
	if err != nil {
		return nil, err
	}
	read := func(hour time.Time) ([]ledger.Posting, bool, error) {
		page, err := s.Ledger.Postings(t, ledger.Query{Wallet: k, From: hour, To: hour.Add(time.Hour), Limit: previewPostings})
		return page.Postings, !page.Older, err
	}
	p := past{read: read, rows: rows, grants: grants, from: from, now: now, available: b.Available, step: s.unit(k.CreditType)}
	switch n.Kind {
	case Expiring:
		return p.expiries(n.Days), nil
	case Surge:
		return p.surges(n), nil
	}
	return p.crossings(n)
}

// past is what happened in a wallet, hour by hour.
type past struct {
	rows      []ledger.HourRow // in order, from a week before from
	grants    []ledger.Grant   // newest first
	from, now time.Time
	available money.Credits // now
	step      money.Credits
	// read answers the postings of an hour, newest first; false for too many.
	read func(hour time.Time) ([]ledger.Posting, bool, error)
}

// crossings follows the balance through the levels of an alert.
func (p *past) crossings(n New) (told []time.Time, err error) {
	state := ledger.WatchIdle
	balance := p.available
	for _, r := range p.rows {
		if !r.Hour.Before(p.from) {
			balance -= r.Credits
		}
	}
	i, looks := 0, previewHours
	for i < len(p.rows) && p.rows[i].Hour.Before(p.from) {
		i++
	}
	for hour := p.from; !hour.After(p.now); hour = hour.Add(time.Hour) {
		start, up, down := balance, money.Credits(0), money.Credits(0)
		for ; i < len(p.rows) && p.rows[i].Hour.Equal(hour); i++ {
			balance += p.rows[i].Credits
			up, down = up+max(p.rows[i].Credits, 0), down+min(p.rows[i].Credits, 0)
		}
		level, ok := p.level(n, hour)
		if !ok {
			continue
		}
		step := func(balance money.Credits) {
			switch {
			case state != ledger.WatchArmed && balance > level && (state == ledger.WatchIdle || balance >= ledger.RearmAt(level, p.step)):
				state = ledger.WatchArmed
			case state == ledger.WatchArmed && balance <= level:
				state = ledger.WatchCrossed
				told = append(told, hour)
			}
		}
		// Where it rose and fell, it may have been where its end does not show.
		if up > 0 && down < 0 && (start+down <= level || balance <= level) && start+up > level && looks > 0 {
			looks--
			postings, all, err := p.read(hour)
			if err != nil {
				return nil, err
			}
			if all {
				at := start
				for j := len(postings) - 1; j >= 0; j-- {
					at += postings[j].Amount
					step(at)
				}
			}
		}
		step(balance)
	}
	return told, nil
}

// level is where an alert stood at an hour; false where it stood nowhere.
func (p *past) level(n New, hour time.Time) (money.Credits, bool) {
	switch n.Kind {
	case Below:
		return n.Credits, true
	case Share:
		var last *ledger.Grant
		for i := range p.grants {
			g := &p.grants[i]
			if g.Scoped() || g.CreatedAt.After(hour.Add(time.Hour)) {
				continue
			}
			if last == nil {
				last = g
			}
			if g.Kind == ledger.Paid {
				last = g
				break
			}
		}
		if last == nil {
			return 0, false
		}
		return ledger.Hundredths(last.Amount, n.Share), true
	default:
		burn := burnOf(p.until(hour), hour.Add(time.Hour))
		if burn.PerDay == 0 || burn.PerDay > money.MaxAmount/money.Credits(n.Days) {
			return 0, false
		}
		return burn.PerDay * money.Credits(n.Days), true
	}
}

// until are the rows of the week that ends with an hour.
func (p *past) until(hour time.Time) []ledger.HourRow {
	first, last := 0, len(p.rows)
	for first < last && p.rows[first].Hour.Before(hour.Add(-week)) {
		first++
	}
	for last > first && p.rows[last-1].Hour.After(hour) {
		last--
	}
	return p.rows[first:last]
}

func (p *past) surges(n New) (told []time.Time) {
	floor := n.Credits
	lasts := false
	for hour := p.from; !hour.After(p.now); hour = hour.Add(time.Hour) {
		last, usual := hourOf(p.until(hour), hour.Add(59*time.Minute))
		if floor == 0 {
			if one, ok := p.level(New{Kind: Share, Share: 1}, hour); ok {
				floor = one
			}
		}
		surges := usual > 0 && last >= floor && last/money.Credits(n.Share) >= usual/100
		if surges && !lasts {
			told = append(told, hour)
		}
		lasts = surges
	}
	return told
}

// expiries answers when grants that had something left came within days of their
// end.
func (p *past) expiries(days int) (told []time.Time) {
	for i := len(p.grants) - 1; i >= 0; i-- {
		g := p.grants[i]
		at := g.ExpiresAt.AddDate(0, 0, -days)
		// Of a grant that is used up it is not known what was left then.
		if g.ExpiresAt.IsZero() || at.Before(p.from) || at.After(p.now) || at.Before(g.CreatedAt) || g.Remaining == 0 {
			continue
		}
		told = append(told, at)
	}
	return told
}

// PreviewLimit answers when a spend limit would have been reached in the last 30
// days; for every caller on its own, by any of them.
func (s *Service) PreviewLimit(t tx.Tx, customer string, n NewLimit) ([]time.Time, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	if err := s.checkType(&n.CreditType, false); err != nil {
		return nil, err
	}
	c, err := s.Accounts.CustomerIn(t, customer)
	if err != nil {
		return nil, err
	}
	b, err := s.Ledger.Balance(t, ledger.WalletKey{Customer: customer, CreditType: n.CreditType})
	if err != nil || b.Wallet == 0 {
		return nil, err
	}
	callers := []ledger.CallerName{{}}
	if n.Scope == Caller {
		all, err := s.Ledger.Callers(t, customer, 1000)
		if err != nil {
			return nil, err
		}
		callers = callers[:0]
		for _, x := range all {
			if n.Caller == "" || n.Caller == x.Name {
				callers = append(callers, x)
			}
		}
	}
	from := t.Now().AddDate(0, 0, -previewDays)
	start, _ := n.Period.Bounds(from, account.Zone(c.Timezone))
	var told []time.Time
	for _, caller := range callers {
		rows, err := s.Ledger.UsedBy(t, b.Wallet, ledger.HourFilter{Meter: n.Meter, Caller: caller.ID}, start, t.Now().Add(time.Hour))
		if err != nil {
			return nil, err
		}
		var end time.Time
		var spent money.Credits
		reached := false
		for _, r := range rows {
			if !r.Hour.Before(end) {
				_, end = n.Period.Bounds(r.Hour, account.Zone(c.Timezone))
				spent, reached = 0, false
			}
			spent -= r.Credits
			if !reached && spent >= n.Credits {
				reached = true
				if !r.Hour.Before(from) {
					told = append(told, r.Hour)
				}
			}
		}
	}
	return told, nil
}
