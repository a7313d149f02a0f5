package ledger

import (
	"time"

	"purse/billing/money"
	"purse/billing/tx"
)

// SpentBetween is what was spent in a wallet within [from, to): by usage of a meter
// ("" for all, captures included) and of a caller (the zero CallerName for all).
// Recorded work counts when it happened, decisions and captures when they were
// made. What corrections gave back of it is left out, as limits leave it out. The
// hourly figures tell of whole hours, the postings themselves of the
// parts at both ends.
func (l *Ledger) SpentBetween(t tx.Tx, k WalletKey, meter string, c CallerName, from, to time.Time) (money.Credits, error) {
	w, err := l.wallet(t, k)
	if err != nil || w == nil {
		return 0, err
	}
	whole, lastHour := from.Truncate(time.Hour), to.Truncate(time.Hour)
	if whole.Before(from) {
		whole = whole.Add(time.Hour)
	}
	var spent money.Credits
	count := func(rows []HourRow, err error) error {
		for _, r := range rows {
			spent -= r.Credits
		}
		return err
	}
	captures := meter == "" && c.ID == 0
	if whole.Before(lastHour) {
		if err := count(l.store.UsedBy(t, w.ID, HourFilter{Meter: meter, Caller: c.ID}, whole, lastHour)); err != nil {
			return 0, err
		}
		if captures {
			if err := count(l.store.PostedBy(t, w.ID, HourFilter{Kind: PostCapture}, whole, lastHour)); err != nil {
				return 0, err
			}
		}
	}
	ends := [][2]time.Time{{from, minTime(whole, to)}, {maxTime(lastHour, minTime(whole, to)), to}}
	for _, end := range ends {
		if !end[0].Before(end[1]) {
			continue
		}
		for _, kind := range []PostingKind{PostDebit, PostCapture} {
			if kind == PostCapture && !captures {
				continue
			}
			part, err := l.spentIn(t, k, kind, meter, c, end[0], end[1])
			if err != nil {
				return 0, err
			}
			spent += part
		}
	}
	back, err := l.correctedBetween(t, k, meter, c, from, to)
	return spent - back, err
}

// correctedBetween is what corrections gave back of what was spent within [from, to).
// Work is corrected after it was done.
func (l *Ledger) correctedBetween(t tx.Tx, k WalletKey, meter string, c CallerName, from, to time.Time) (back money.Credits, err error) {
	given := map[int64]money.Credits{} // by the posting that is corrected
	q := Query{Wallet: k, Kind: PostAdjust, From: from, Limit: 1000}
	for {
		page, err := l.Postings(t, q)
		if err != nil {
			return 0, err
		}
		for _, p := range page.Postings {
			if p.Corrects != 0 && p.Amount > 0 {
				given[p.Corrects] += p.Amount
			}
		}
		if !page.Older || len(page.Postings) == 0 {
			break
		}
		q.Before = page.Postings[len(page.Postings)-1].ID.Seq
	}
	w, err := l.wallet(t, k)
	if err != nil || w == nil {
		return 0, err
	}
	for seq, credits := range given {
		p, _, err := l.Posting(t, k.Customer, PostingID{w.ID, seq})
		if err != nil {
			return 0, err
		}
		if at := p.CountsAt(); at.Before(from) || !at.Before(to) || !p.countsFor(meter, c) {
			continue
		}
		back += money.ShareDown(p.cost(meter), credits, -p.Amount)
	}
	return back, nil
}

// countsFor says whether a posting is use of a meter by a caller, as SpentBetween
// means them.
func (p *Posting) countsFor(meter string, c CallerName) bool {
	switch p.Kind {
	case PostDebit:
		return c.ID == 0 || p.Detail.Caller == c.ID
	case PostCapture:
		return meter == "" && c.ID == 0
	}
	return false
}

// cost is what a posting took for a meter, "" for all.
func (p *Posting) cost(meter string) money.Credits {
	if meter == "" {
		return -p.Amount
	}
	return (&Counter{Meter: meter}).costOf(p.Detail.Lines)
}

// spentIn adds up the postings themselves.
func (l *Ledger) spentIn(t tx.Tx, k WalletKey, kind PostingKind, meter string, c CallerName, from, to time.Time) (money.Credits, error) {
	q := Query{Wallet: k, Kind: kind, Meter: meter, Caller: c.Name, From: from, To: to, Limit: 1000}
	var spent money.Credits
	for {
		page, err := l.Postings(t, q)
		if err != nil {
			return 0, err
		}
		for _, p := range page.Postings {
			if kind != PostDebit {
				spent -= p.Amount
				continue
			}
			if at := p.CountsAt(); at.Before(from) || !at.Before(to) {
				continue
			}
			for _, line := range p.Detail.Lines {
				if meter == "" || line.Meter == meter {
					spent += line.Credits
				}
			}
		}
		if !page.Older || len(page.Postings) == 0 {
			return spent, nil
		}
		q.Before = page.Postings[len(page.Postings)-1].ID.Seq
	}
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func maxTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
