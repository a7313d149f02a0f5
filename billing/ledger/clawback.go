package ledger

import (
	"slices"

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
}

func (c Clawback) needs(n *Needs) { n.Grants = append(n.Grants, c.Grants...) }

// decide takes what is unused first, of frozen grants too; what was used becomes
// debt. It is never refused for lack of credits.
func (c Clawback) decide(s *State, cmd *Command) Result {
	var grants []*Grant
	for _, id := range c.Grants {
		g := s.grants[id]
		if g == nil || g.Wallet != s.grants[c.Grants[0]].Wallet {
			return refuse(fault.Missing("grant"))
		}
		grants = append(grants, g)
	}
	if len(grants) == 0 || c.Credits == 0 || c.Credits > money.MaxAmount || c.Credits < -money.MaxAmount {
		return refuse(fault.Bad("credits", "A clawback is of some credits of some grants."))
	}
	slices.SortFunc(grants, BurnOrder)
	a := s.byID[grants[0].Wallet]
	var moves []move
	rest := c.Credits
	if rest > 0 {
		for _, g := range grants {
			moves, rest = take(g, rest, moves)
		}
		if rest > 0 {
			moves = merge(moves, nil, -rest)
		}
	} else {
		rest = -rest
		if part := min(rest, a.Debt); part > 0 {
			moves = append(moves, move{nil, part})
			rest -= part
		}
		for _, g := range slices.Backward(grants) {
			if part := min(rest, g.Amount-g.Remaining); part > 0 {
				moves = append(moves, move{g, part})
				rest -= part
			}
		}
		if rest > 0 {
			return refuse(fault.Bad("credits", "More would be given back than these grants ever held."))
		}
	}
	posted, ok := s.post(a, c.Kind, &Detail{Ref: c.Ref}, moves, 0, cmd.Note)
	if !ok {
		return overflow()
	}
	s.tellMoves(a, string(c.Kind), moves)
	s.settle(a) // what came back to a grant whose time is over
	return Result{Postings: []Posted{posted}}
}
