package ledger

import (
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
	"purse/billing/words"
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
	return fault.New(fault.Conflict, "exceeds_available", "credits", "Only %s available to take.", words.CreditsAre(max(available, 0)))
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
