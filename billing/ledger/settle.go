package ledger

import (
	"time"

	"purse/billing/event"
)

// settle writes what is due in a wallet, each thing as a posting of its own, with
// its own time and in the order in which it came due: holds whose time is over
// end, paid grants that became effective repay debt, what is left of expired and
// of voided grants goes. What a hold has reserved goes when the hold ends.
func (s *State) settle(a *account) {
	if a != nil {
		s.settleSince(a, time.Time{})
	}
}

// settleSince is settle for what came due at from, or was kept from being due
// until then by what just ended: a hold, a dispute.
func (s *State) settleSince(a *account, from time.Time) {
	s.touch(a)
	for {
		d, found := s.nextDue(a, from)
		if !found {
			return
		}
		s.settled[a.ID] = true
		s.out.Urgent[a.ID] = true // a wallet's tail tells of debits only
		d.write()
		from = d.at
	}
}

// due is something whose time has come.
type due struct {
	at    time.Time
	write func()
}

// nextDue finds what came due first, nothing before from.
func (s *State) nextDue(a *account, from time.Time) (first due, found bool) {
	consider := func(at time.Time, write func(at time.Time)) {
		if at = maxTime(at, from); !found || at.Before(first.at) {
			first, found = due{at, func() { write(at) }}, true
		}
	}
	for _, h := range s.due[a.ID] {
		if h.State == HoldOpen {
			consider(h.ExpiresAt, func(at time.Time) { s.endHold(h, HoldExpired, at) })
		}
	}
	for _, g := range a.grants {
		if a.Debt > 0 && g.repaysSince(a.LastAt, s.now) {
			consider(g.EffectiveAt, func(at time.Time) { s.repay(a, g.EffectiveAt, at) })
		}
	}
	for _, g := range a.grants {
		switch {
		case g.Reclaim > 0 && (g.Free() > 0 || g.Reclaim > g.Held):
			consider(time.Time{}, func(at time.Time) { s.reclaim(a, g, at) })
		case g.Free() <= 0 || g.Frozen:
		case !g.VoidedAt.IsZero():
			consider(g.VoidedAt, func(at time.Time) { s.takeAll(a, g, at, PostVoid, event.CreditsVoided, Note{}) })
		case g.Expired(s.now):
			consider(g.ExpiresAt, func(at time.Time) { s.takeAll(a, g, at, PostExpire, event.CreditsExpired, Note{}) })
		}
	}
	return first, found
}

// repaysSince says whether a paid grant became effective after an instant and may
// repay debt.
func (g *Grant) repaysSince(last, now time.Time) bool {
	return g.Kind == Paid && g.Free() > 0 && !g.Frozen && g.VoidedAt.IsZero() && g.EffectiveAt.After(last) && !g.EffectiveAt.After(now)
}

// repay lets the paid grants that became effective at an instant repay the debt.
func (s *State) repay(a *account, effective, at time.Time) {
	var moves []move
	debt := a.Debt
	for _, g := range a.grants {
		if part := min(debt, g.Free()); part > 0 && g.EffectiveAt.Equal(effective) && g.repaysSince(a.LastAt, s.now) {
			moves = append(moves, move{g, -part}, move{nil, part})
			debt -= part
		}
	}
	s.mustPost(a, at, PostGrant, &Detail{}, moves, Note{})
}

// reclaim takes what a refund or a dispute waits for, as far as the holds on the
// grant have ended. What they used of it is debt.
func (s *State) reclaim(a *account, g *Grant, at time.Time) {
	var moves []move
	s.touchGrant(g)
	if part := min(g.Reclaim, g.Free()); part > 0 {
		moves = append(moves, move{g, -part})
		g.Clawed += part
		g.Reclaim -= part
	}
	if used := g.Reclaim - g.Held; used > 0 {
		moves = append(moves, move{nil, -used})
		g.ClawDebt += used
		g.Reclaim -= used
	}
	s.mustPost(a, at, g.ReclaimFor.Kind, &Detail{Ref: g.ReclaimFor.Ref, Currency: g.Paid.Currency}, moves, Note{})
	s.tellMoves(a, string(g.ReclaimFor.Kind), moves)
}

// takeAll takes what is free in a grant out of the wallet.
func (s *State) takeAll(a *account, g *Grant, at time.Time, kind PostingKind, typ string, n Note) Posted {
	amount := g.Free()
	posted := s.mustPost(a, at, kind, &Detail{}, []move{{g, -amount}}, n)
	reason := "void"
	if kind == PostExpire {
		reason = "expiry"
		g.Lapsed += amount
	}
	s.tell(a, typ, reason, g, amount)
	return posted
}

// mustPost posts what cannot leave its range: it takes what a grant has.
func (s *State) mustPost(a *account, at time.Time, kind PostingKind, d *Detail, moves []move, n Note) Posted {
	posted, ok := s.postAt(a, at, kind, d, moves, 0, n)
	if !ok {
		panic("ledger: taking what a grant has cannot overflow")
	}
	return posted
}

// endHold frees what a hold has reserved.
func (s *State) endHold(h *Hold, state HoldState, at time.Time) {
	s.touchHold(h)
	for _, r := range h.Reservations {
		if r.Grant == 0 {
			a := s.byID[h.Wallet]
			s.touchWallet(a)
			a.Reserved -= r.Amount
			continue
		}
		g := s.grants[r.Grant]
		s.touchGrant(g)
		g.Held -= r.Amount
	}
	h.State, h.EndedAt = state, at
	s.out.Urgent[h.Wallet] = true // entries do not tell what is held
}
