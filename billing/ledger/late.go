package ledger

import "time"

// late is when work was done that is recorded late, and how long after the expiry of
// a lot it may still draw it. The zero late draws what is usable alone.
type late struct {
	at    time.Time
	grace time.Duration
}

func (d Debit) late() late {
	if !d.Record || d.EventAt.IsZero() {
		return late{}
	}
	return late{d.EventAt, d.Grace}
}

func (l late) is() bool { return l.grace > 0 }

// mayDraw says whether the work may draw what expired of a lot: the lot was valid
// when the work was done, and nothing else has been decided about it since.
func (l late) mayDraw(g *Grant, now time.Time) bool {
	return l.is() && g.Lapsed > 0 && g.Expired(now) && !now.After(g.ExpiresAt.Add(l.grace)) &&
		!g.EffectiveAt.After(l.at) && g.ExpiresAt.After(l.at) &&
		!g.Frozen && g.VoidedAt.IsZero() && g.ClawedWith == 0
}

// unexpire undoes the expiry of what a plan draws of lots that are over, as a posting
// of its own: the debit after it is like any other, for receipts, figures, statements
// and corrections. It answers false when an amount would leave its range.
func (s *State) unexpire(p plan, why *Detail) bool {
	var back []move
	for _, m := range p.moves {
		if m.grant != nil && m.grant.Expired(s.now) {
			back = append(back, move{m.grant, -m.amount})
		}
	}
	if len(back) == 0 {
		return true
	}
	for _, m := range back {
		s.touchGrant(m.grant)
		m.grant.Lapsed -= m.amount
	}
	s.out.Urgent[p.account.ID] = true // a wallet's tail does not tell what expired
	detail := &Detail{Event: why.Event, EventName: why.EventName, EventAt: why.EventAt, Recorded: true}
	_, ok := s.post(p.account, PostExpire, detail, back, 0, Note{})
	return ok
}
