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
	s.touchWallet(a)
	a.Seq++
	at := s.now
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

// hourOf is the start of the hour of an instant, in µs UTC.
func hourOf(t time.Time) int64 { return t.UTC().Truncate(time.Hour).UnixMicro() }

// rollUp adds an entry to the hourly figures.
func (s *State) rollUp(e Entry) {
	add := func(into map[RollupKey]*Rollup, k RollupKey, credits money.Credits, count int64) {
		r := into[k]
		if r == nil {
			r = &Rollup{FirstSeq: e.Seq}
			into[k] = r
		}
		r.Count += count
		r.Credits += credits
		r.LastSeq = e.Seq
	}
	k := RollupKey{Wallet: e.Wallet, Hour: hourOf(e.At), Kind: e.Kind}
	if e.Detail == nil {
		if e.Kind != PostDebit { // the lines of a debit were counted with its first entry
			add(s.out.Posted, k, e.Amount, 0)
		}
		return
	}
	if e.Kind != PostDebit {
		add(s.out.Posted, k, e.Amount, 1)
		return
	}
	// A debit counts in total, under its meters, under its caller, and under
	// both: each question that pages ask is then one stretch of an index.
	type slice struct {
		meter  string
		caller int64
	}
	credits := map[slice]money.Credits{{}: 0}
	order := []slice{{}}
	count := func(at slice, c money.Credits) {
		if _, seen := credits[at]; !seen {
			order = append(order, at)
		}
		credits[at] += c
	}
	for _, l := range e.Detail.Lines {
		count(slice{}, l.Credits)
		count(slice{meter: l.Meter}, l.Credits)
		if c := e.Detail.Caller; c != 0 {
			count(slice{caller: c}, l.Credits)
			count(slice{l.Meter, c}, l.Credits)
		}
	}
	used := hourOf(time.UnixMicro(e.Detail.EventAt))
	for _, at := range order {
		k.Meter, k.Caller = at.meter, at.caller
		add(s.out.Posted, k, -credits[at], 1)
		// Most usage is posted in the hour in which it happened. Only what was
		// not moves from one hour to the other.
		if used != k.Hour {
			to := k
			to.Hour = used
			add(s.out.Moved, k, credits[at], -1)
			add(s.out.Moved, to, -credits[at], 1)
		}
	}
}
