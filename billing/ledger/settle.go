package ledger

import (
	"purse/billing/event"
	"purse/billing/money"
)

// settle writes what is due in a wallet: holds whose time is over end, what is
// left of expired and of voided grants goes, each as a posting of its own. What
// a hold has reserved goes when the hold ends.
func (s *State) settle(a *account) {
	if a == nil {
		return
	}
	s.touch(a)
	for _, h := range s.due[a.ID] {
		if h.State == HoldOpen {
			s.endHold(h, HoldExpired)
			s.settled[a.ID] = true
		}
	}
	for _, g := range a.grants {
		if g.Free() <= 0 || g.Frozen {
			continue
		}
		switch {
		case !g.VoidedAt.IsZero():
			s.takeAll(a, g, PostVoid, event.CreditsVoided, Note{})
			s.settled[a.ID] = true
		case g.Expired(s.now):
			s.takeAll(a, g, PostExpire, event.CreditsExpired, Note{})
			s.settled[a.ID] = true
		}
	}
}

// takeAll takes what is free in a grant out of the wallet.
func (s *State) takeAll(a *account, g *Grant, kind PostingKind, typ string, n Note) Posted {
	amount := g.Free()
	posted, ok := s.post(a, kind, &Detail{}, []move{{g, -amount}}, 0, n)
	if !ok {
		panic("ledger: taking what a grant has cannot overflow")
	}
	reason := "void"
	if kind == PostExpire {
		reason = "expiry"
	}
	s.tell(a, typ, reason, g, amount)
	return posted
}

// endHold frees what a hold has reserved.
func (s *State) endHold(h *Hold, state HoldState) {
	s.touchHold(h)
	for _, r := range h.Reservations {
		g := s.grants[r.Grant]
		s.touchGrant(g)
		g.Held -= r.Amount
	}
	h.State, h.EndedAt = state, s.now
	s.out.Urgent[h.Wallet] = true // entries do not tell what is held
}

// draw plans how amount is taken from a wallet in burn order for a meter, on top
// of what moves already take. What is missing comes last, as a move of debt.
func (s *State) draw(a *account, meter string, amount money.Credits, moves []move) []move {
	for _, g := range a.grants {
		if amount == 0 {
			return moves
		}
		if !g.InScope(meter) || !g.Usable(s.now) {
			continue
		}
		moves, amount = take(g, amount, moves)
	}
	if amount > 0 {
		moves = merge(moves, nil, -amount)
	}
	return moves
}

// take plans to take up to amount of what is free in g, and answers the rest.
func take(g *Grant, amount money.Credits, moves []move) ([]move, money.Credits) {
	free := g.Free()
	for _, m := range moves {
		if m.grant == g {
			free += m.amount
		}
	}
	part := min(free, amount)
	if part <= 0 {
		return moves, amount
	}
	return merge(moves, g, -part), amount - part
}

// merge keeps one move for each grant, so that a posting has one entry for each.
func merge(moves []move, g *Grant, amount money.Credits) []move {
	for i := range moves {
		if moves[i].grant == g {
			moves[i].amount += amount
			return moves
		}
	}
	return append(moves, move{g, amount})
}
