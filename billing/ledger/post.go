package ledger

import (
	"time"

	"purse/billing/fault"
	"purse/billing/money"
)

// move is one line of a posting to be: how much of which grant, nil for debt.
type move struct {
	grant  *Grant
	amount money.Credits
}

// post is the only place where balances change. It writes a posting of these
// moves; without any it writes a posting of 0. It answers false, and leaves the
// rest to the rollback, when an amount would leave its range.
func (s *State) post(a *account, kind PostingKind, d *Detail, moves []move, corrects int64, n Note) (Posted, bool) {
	return s.postAt(a, s.now, kind, d, moves, corrects, n)
}

// postAt is post for what came due at an instant that may be past.
func (s *State) postAt(a *account, at time.Time, kind PostingKind, d *Detail, moves []move, corrects int64, n Note) (Posted, bool) {
	s.touchWallet(a)
	a.Seq++
	if at.Before(a.LastAt) {
		at = a.LastAt // a clock that went back does not reorder the ledger
	}
	a.LastAt = at
	posted := Posted{ID: PostingID{a.ID, a.Seq}, CreditType: a.CreditType}
	if len(moves) == 0 {
		moves = []move{{}}
	}
	for i, m := range moves {
		balance, err := a.Balance.Add(m.amount)
		if err != nil {
			return posted, false
		}
		a.Balance = balance
		e := Entry{
			PostingID: posted.ID, Line: i, Kind: kind, Amount: m.amount, BalanceAfter: balance, At: at, Corrects: corrects,
		}
		if i == 0 {
			e.Detail = d
		}
		if m.grant != nil {
			s.touchGrant(m.grant)
			e.Grant = m.grant.ID
			m.grant.Remaining += m.amount
			if m.amount < 0 && (kind == PostVoid || kind == PostTransfer || kind == PostAdjust) {
				m.grant.Gone -= m.amount
			}
			if m.grant.Remaining < m.grant.Held || m.grant.Remaining > m.grant.Amount {
				panic("ledger: a grant would leave its bounds")
			}
		} else {
			debt, err := a.Debt.Sub(m.amount)
			if err != nil {
				return posted, false
			}
			if debt < 0 {
				panic("ledger: more debt repaid than there is")
			}
			a.Debt = debt
		}
		posted.Amount += m.amount
		s.out.Entries = append(s.out.Entries, e)
	}
	if n != (Note{}) {
		s.out.Notes = append(s.out.Notes, PostingNote{posted.ID, n})
	}
	return posted, true
}

func overflow() Result {
	return refuse(fault.New(fault.Conflict, "out_of_range", "", "The wallet's balance would leave its range."))
}
