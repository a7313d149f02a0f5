package ledger

import (
	"purse/billing/event"
	"purse/billing/money"
)

// grantEvent is the data of events about grants.
type grantEvent struct {
	Grant      string `json:"grant"`
	Posting    string `json:"posting"`
	CreditType string `json:"credit_type"`
	Credits    string `json:"credits"`
	Kind       Kind   `json:"kind"`
	Reason     string `json:"reason"`
}

// tell writes an event about a grant, with the wallet's newest posting.
func (s *State) tell(a *account, typ, reason string, g *Grant, amount money.Credits) {
	s.out.Events = append(s.out.Events, Happened{typ, a.Customer, a.ID, a.Seq, grantEvent{
		g.ID.String(), PostingID{a.ID, a.Seq}.String(), a.CreditType, amount.String(), g.Kind, reason,
	}})
}

// tellMoves tells what a posting other than use took out of each grant or gave
// back to it. What became debt, or repaid it, is no grant's.
func (s *State) tellMoves(a *account, reason string, moves []move) {
	for _, m := range moves {
		switch {
		case m.grant == nil:
		case m.amount > 0:
			s.tell(a, event.CreditsGranted, reason, m.grant, m.amount)
		case m.amount < 0:
			s.tell(a, event.CreditsVoided, reason, m.grant, -m.amount)
		}
	}
}
