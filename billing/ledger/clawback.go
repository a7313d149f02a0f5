package ledger

import (
	"slices"
	"time"

	"purse/billing/fault"
	"purse/billing/money"
)

// Clawback takes back credits that a purchase brought, because its payment was
// refunded or lost in a dispute, or gives them back when a refund failed.
type Clawback struct {
	Grants  []GrantID     // all grants of the purchase, of one wallet
	Credits money.Credits // more than zero takes back, less gives back
	Kind    PostingKind   // PostRefund or PostDispute
	Ref     string        // shown with the posting: the purchase
	// Money is what went back of the payment, net of tax; less than zero when it
	// did not after all.
	Money money.Money
}

func (c Clawback) needs(n *Needs) { n.Grants = append(n.Grants, c.Grants...) }

// decide takes what is unused first, of frozen grants too, then what holds have
// reserved, when they end; what was used becomes debt. Giving back undoes that,
// the last first, so that the end depends on the sum alone. It is never refused
// for lack of credits.
func (c Clawback) decide(s *State, cmd *Command) Result {
	var lots []*Grant
	for _, id := range c.Grants {
		g := s.grants[id]
		if g == nil || g.Wallet != s.grants[c.Grants[0]].Wallet {
			return refuse(fault.Missing("grant"))
		}
		lots = append(lots, g)
	}
	if len(lots) == 0 || c.Credits > money.MaxAmount || c.Credits < -money.MaxAmount || c.Credits == 0 && c.Money.Amount == 0 {
		return refuse(fault.Bad("credits", "A clawback is of some credits of some grants."))
	}
	slices.SortFunc(lots, BurnOrder)
	for _, g := range lots {
		s.touchGrant(g)
		g.ClawedWith = slices.Min(c.Grants)
	}
	a := s.byID[lots[0].Wallet]
	var moves []move
	var gift GrantID
	if c.Credits >= 0 {
		moves = c.take(lots)
	} else {
		var rest money.Credits
		if moves, gift, rest = s.restore(a, lots, -c.Credits); rest > 0 {
			return refuse(fault.Bad("credits", "More would be given back than was taken of these grants."))
		}
	}
	detail := &Detail{Ref: c.Ref, Money: c.Money.Amount, Currency: c.Money.Currency}
	posted, ok := s.post(a, c.Kind, detail, moves, 0, cmd.Note)
	if !ok {
		return overflow()
	}
	s.tellMoves(a, string(c.Kind), moves)
	s.settleSince(a, s.now) // what came back to a grant whose time is over
	return Result{Postings: []Posted{posted}, Grant: gift}
}

func (c Clawback) take(lots []*Grant) (moves []move) {
	rest := c.Credits
	for _, g := range lots {
		before := rest
		moves, rest = take(g, g.Free(), rest, moves)
		g.Clawed += before - rest
	}
	for _, g := range lots {
		if part := min(rest, g.Held-g.Reclaim); part > 0 {
			g.Reclaim += part
			g.ReclaimFor = ReclaimFor{c.Kind, c.Ref}
			rest -= part
		}
	}
	if rest > 0 {
		moves = merge(moves, nil, -rest)
		lots[0].ClawDebt += rest
	}
	return moves
}

// restore gives back what was taken of a purchase's lots, the last first: what
// became debt, what waits for holds, what came from the lots. Debt that was repaid
// meanwhile comes back as credits. It answers what was never taken, too.
func (s *State) restore(a *account, lots []*Grant, rest money.Credits) ([]move, GrantID, money.Credits) {
	var moves []move
	debt := a.Debt
	var repaid money.Credits
	for _, g := range lots {
		part := min(rest, g.ClawDebt)
		g.ClawDebt -= part
		rest -= part
		standing := min(part, debt)
		debt -= standing
		repaid += part - standing
		if standing > 0 {
			moves = merge(moves, nil, standing)
		}
	}
	for _, g := range slices.Backward(lots) {
		part := min(rest, g.Reclaim)
		g.Reclaim -= part
		rest -= part
	}
	for _, g := range slices.Backward(lots) {
		if part := min(rest, g.Clawed, g.Amount-g.Remaining); part > 0 {
			g.Clawed -= part
			moves = merge(moves, g, part)
			rest -= part
		}
	}
	moves, gift := s.restoreRepaid(a, lots, moves, repaid)
	return moves, gift, rest
}

// restoreRepaid gives credits for debt that others' payments have repaid since:
// to the lots, as far as they were used and live, else as a promotional grant.
func (s *State) restoreRepaid(a *account, lots []*Grant, moves []move, rest money.Credits) ([]move, GrantID) {
	for _, g := range slices.Backward(lots) {
		room := g.Amount - g.Remaining
		for _, m := range moves {
			if m.grant == g {
				room -= m.amount
			}
		}
		if part := min(rest, room); part > 0 && !g.over(s.now) {
			moves = merge(moves, g, part)
			rest -= part
		}
	}
	if rest == 0 {
		return moves, 0
	}
	lot := s.promotional(a, rest)
	s.addGrant(a, lot)
	return append(moves, move{lot, rest}), lot.ID
}

// over says whether what is put into the grant would be gone at once.
func (g *Grant) over(now time.Time) bool { return !g.VoidedAt.IsZero() || g.Expired(now) && !g.Frozen }
