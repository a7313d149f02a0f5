package ledger

import (
	"slices"

	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
)

func (a Adjust) needs(n *Needs) {
	n.Wallets = append(n.Wallets, a.Wallet)
	if a.Corrects != 0 {
		n.Postings = append(n.Postings, SourceRef{a.Wallet, a.Corrects})
	}
}

func (a Adjust) decide(s *State, c *Command) Result {
	amount := a.Credits
	if amount < 0 {
		amount = -amount
	}
	if err := checkAmount("credits", amount); err != nil {
		return refuse(err)
	}
	switch {
	case a.Credits < 0:
		return a.down(s, c, amount)
	case a.Corrects != 0:
		return a.giveBack(s, c)
	default:
		return a.promote(s, c)
	}
}

func (a Adjust) down(s *State, c *Command, amount money.Credits) Result {
	acc := s.wallets[a.Wallet]
	if available := acc.available("", s.now); amount > available {
		return refuse(exceeds(available))
	}
	moves := s.draw(acc, "", amount, nil)
	posted, ok := s.post(acc, PostAdjust, &Detail{}, moves, a.Corrects, c.Note)
	if !ok {
		return overflow()
	}
	s.tellMoves(acc, "adjustment", moves)
	return Result{Postings: []Posted{posted}}
}

func exceeds(available money.Credits) *fault.Error {
	return fault.New(fault.Conflict, "exceeds_available", "credits", "Only %s credits are available to take.", max(available, 0))
}

func (a Adjust) promote(s *State, c *Command) Result {
	acc := s.wallets[a.Wallet]
	lot := s.promotional(acc, a.Credits)
	posted, ok := s.postLots(acc, PostAdjust, &Detail{}, []*Grant{lot}, []money.Credits{a.Credits}, 0, c.Note)
	if !ok {
		return overflow()
	}
	s.tell(acc, event.CreditsGranted, "adjustment", lot, a.Credits)
	return Result{Postings: []Posted{posted}, Grant: lot.ID}
}

func (s *State) promotional(acc *account, amount money.Credits) *Grant {
	return &Grant{
		ID: GrantID(id.Number(s.now)), Wallet: acc.ID, Kind: Promotional, Priority: DefaultPriority, Amount: amount,
		EffectiveAt: s.now, PaidFor: amount, CreatedAt: s.now,
	}
}

// giveBack returns what a posting took: first the debt that it made, as far as
// it stands, then to its grants, the last drawn first. What was debt and has
// been repaid since comes back as a promotional grant.
func (a Adjust) giveBack(s *State, c *Command) Result {
	acc := s.wallets[a.Wallet]
	taken := map[GrantID]money.Credits{}
	var order []GrantID
	var total money.Credits
	found := false
	// What this batch posted so far belongs to the wallet's history too.
	for _, e := range slices.Concat(s.sources, s.out.Entries) {
		if e.Wallet != acc.ID {
			continue
		}
		switch {
		case e.Seq == a.Corrects:
			found = true
			if e.Kind != PostDebit && e.Kind != PostCapture && e.Kind != PostAdjust {
				return refuse(fault.New(fault.Conflict, "not_correctable", "posting", "Only usage and adjustments can be given back."))
			}
			if taken[e.Grant] == 0 {
				order = append(order, e.Grant)
			}
			taken[e.Grant] -= e.Amount
			total -= e.Amount
		case e.Corrects == a.Corrects && e.Amount > 0:
			taken[e.Grant] -= e.Amount
			total -= e.Amount
		}
	}
	if !found {
		return refuse(fault.Missing("posting"))
	}
	if a.Credits > total {
		return refuse(fault.New(fault.Conflict, "exceeds_posting", "credits", "Of this posting, at most %s credits can be given back.", max(total, 0)))
	}
	rest := a.Credits
	var moves []move
	if part := min(rest, taken[0], acc.Debt); part > 0 {
		moves = append(moves, move{nil, part})
		rest -= part
	}
	for i := len(order) - 1; i >= 0 && rest > 0; i-- {
		g := s.grants[order[i]]
		if g == nil {
			continue
		}
		if part := min(rest, taken[g.ID], g.Amount-g.Remaining); part > 0 {
			moves = append(moves, move{g, part})
			rest -= part
		}
	}
	res := Result{}
	if rest > 0 {
		lot := s.promotional(acc, rest)
		s.addGrant(acc, lot)
		moves = append(moves, move{lot, rest})
		res.Grant = lot.ID
	}
	posted, ok := s.post(acc, PostAdjust, &Detail{}, moves, a.Corrects, c.Note)
	if !ok {
		return overflow()
	}
	s.tellMoves(acc, "adjustment", moves)
	res.Postings = []Posted{posted}
	return res
}
