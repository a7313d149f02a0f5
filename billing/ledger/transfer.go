package ledger

import (
	"slices"

	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
)

func (t Transfer) needs(n *Needs) {
	n.Wallets = append(n.Wallets, t.From, t.To)
	if t.Grant != 0 {
		n.Grants = append(n.Grants, t.Grant)
	}
}

func (t Transfer) decide(s *State, c *Command) Result {
	if err := checkAmount("credits", t.Credits); err != nil {
		return refuse(err)
	}
	if t.From == t.To || t.From.CreditType != t.To.CreditType {
		return refuse(fault.Bad("to", "A transfer is between two customers, of one credit type."))
	}
	from, to := s.wallets[t.From], s.wallets[t.To]
	moves, refused := t.plan(s, from)
	if refused != nil {
		return refuse(refused)
	}
	lots := make([]*Grant, len(moves))
	amounts := make([]money.Credits, len(moves))
	for i, m := range moves {
		lot := *m.grant
		lot.ID, lot.Wallet, lot.CreatedAt = GrantID(id.Number(s.now)), to.ID, s.now
		lot.Amount, lot.Remaining, lot.Held = -m.amount, 0, 0
		lot.Source, lot.Meters = "", slices.Clone(lot.Meters)
		lot.Lapsed, lot.Clawed, lot.ClawedWith, lot.ClawDebt = 0, 0, 0, 0
		lot.Gone, lot.Sent = 0, 0
		s.touchGrant(m.grant)
		lot.Worth = m.grant.send(-m.amount)
		lot.Reclaim, lot.ReclaimFor = 0, ReclaimFor{}
		if lot.Origin == 0 {
			lot.Origin = m.grant.ID
		}
		lots[i], amounts[i] = &lot, -m.amount
	}
	out := PostingID{from.ID, from.Seq + 1}
	in := PostingID{to.ID, to.Seq + 1}
	sent, ok := s.post(from, PostTransfer, &Detail{Ref: in.String()}, moves, 0, c.Note)
	if !ok {
		return overflow()
	}
	s.tellMoves(from, "transfer", moves)
	received, ok := s.postLots(to, PostTransfer, &Detail{Ref: out.String()}, lots, amounts, 0, c.Note)
	if !ok {
		return overflow()
	}
	for i, lot := range lots {
		s.tell(to, event.CreditsGranted, "transfer", lot, amounts[i])
	}
	res := Result{Postings: []Posted{sent, received}}
	for _, lot := range lots {
		res.Grants = append(res.Grants, lot.ID)
	}
	return res
}

// plan says which lots give how much. It never lets credits leave that cover a
// debt.
func (t Transfer) plan(s *State, from *account) ([]move, *fault.Error) {
	if t.Grant == 0 {
		if available := from.available("", s.now); t.Credits > available {
			return nil, exceeds(available)
		}
		return s.draw(from, "", t.Credits, nil), nil
	}
	g := s.grants[t.Grant]
	if g == nil || g.Wallet != from.ID {
		return nil, fault.Missing("grant")
	}
	available := money.Credits(0)
	if g.Usable(s.now) {
		available = g.Free()
		if !g.Scoped() {
			available = min(available, from.available("", s.now))
		} else {
			available -= min(available, from.Debt)
		}
	}
	if t.Credits > available {
		return nil, exceeds(available)
	}
	return []move{{g, -t.Credits}}, nil
}
