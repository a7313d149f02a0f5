package ledger

import (
	"slices"
	"time"

	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/words"
)

// corrected is what a posting took and what of it has not been given back.
type corrected struct {
	at     time.Time
	debt   money.Credits
	grants map[GrantID]money.Credits
	order  []GrantID     // in the order in which they were drawn
	total  money.Credits // that may be given back
	took   money.Credits // at first
	// adjusted says that it was no use but an adjustment.
	adjusted bool
	detail   *Detail
}

// correctable reads the posting that an adjustment names, and what corrected it.
func (s *State) correctable(acc *account, seq int64) (*corrected, *fault.Error) {
	c := &corrected{grants: map[GrantID]money.Credits{}}
	found := false
	// What this batch posted so far belongs to the wallet's history too.
	for _, e := range slices.Concat(s.sources, s.out.Entries) {
		named := e.Wallet == acc.ID && e.Seq == seq
		if !named && !(e.Wallet == acc.ID && e.Corrects == seq && e.Amount > 0) {
			continue
		}
		if named {
			found, c.at, c.adjusted = true, e.At, e.Kind == PostAdjust
			c.took -= e.Amount
			if e.Detail != nil {
				c.detail = e.Detail
			}
			if e.Kind != PostDebit && e.Kind != PostCapture && e.Kind != PostAdjust {
				return nil, fault.New(fault.Conflict, "not_correctable", "posting", "Only usage and adjustments can be given back.")
			}
		}
		c.total -= e.Amount
		if e.Grant == 0 {
			c.debt -= e.Amount
			continue
		}
		if named && !slices.Contains(c.order, e.Grant) {
			c.order = append(c.order, e.Grant)
		}
		c.grants[e.Grant] -= e.Amount
	}
	if !found {
		return nil, fault.Missing("posting")
	}
	return c, nil
}

// giveBack returns what a posting took: first to the debt that it made and to the
// debt that a refund or a dispute made of the purchases whose lots it drew, as far
// as these stand; then to its lots, the last drawn first. What a lot that has been
// voided or has expired since would lose at once becomes a promotional grant with
// the time that the lot had left when it was charged; what was debt and has been
// repaid becomes one without an end.
//
// A lot that was over when it was charged (late work drew it, or a hold had reserved
// it) would have been over without the charge too: what comes back to it goes once
// more, by postings of their own that follow the correction and are part of its
// result.
func (a Adjust) giveBack(s *State, c *Command) Result {
	acc := s.wallets[a.Wallet]
	from, refused := s.correctable(acc, a.Corrects)
	if refused != nil {
		return refuse(refused)
	}
	if a.Credits > from.total {
		return refuse(fault.New(fault.Conflict, "exceeds_posting", "credits", "Of this posting, at most %s can be given back.", words.Credits(max(from.total, 0))))
	}
	rest := a.Credits
	repaid := min(rest, from.debt, acc.Debt)
	rest -= max(repaid, 0)
	repaid = max(repaid, 0)
	for _, g := range s.clawedWith(from.order) {
		if part := min(rest, g.ClawDebt, acc.Debt-repaid); part > 0 {
			s.touchGrant(g)
			g.ClawDebt -= part
			repaid += part
			rest -= part
		}
	}
	var moves []move
	if repaid > 0 {
		moves = append(moves, move{nil, repaid})
	}
	var gifts []*Grant
	for i := len(from.order) - 1; i >= 0 && rest > 0; i-- {
		g := s.grants[from.order[i]]
		if g == nil {
			continue
		}
		part := min(rest, from.grants[g.ID], g.Amount-g.Remaining)
		switch {
		case part <= 0:
			continue
		case g.over(s.now) && (g.ExpiresAt.IsZero() || g.ExpiresAt.After(from.at)): // else it expires once more
			gifts = s.gift(acc, gifts, part, g, from.at)
		default:
			moves = append(moves, move{g, part})
			if from.adjusted {
				s.touchGrant(g)
				g.Gone -= part
			}
		}
		rest -= part
	}
	if rest > 0 {
		gifts = s.gift(acc, gifts, rest, nil, from.at)
	}
	if from.detail != nil {
		s.uncount(c, from.detail, from.took, from.took-from.total, from.took-from.total+a.Credits)
	}
	res := Result{}
	for _, lot := range gifts {
		s.addGrant(acc, lot)
		moves = append(moves, move{lot, lot.Amount})
		res.Grant = gifts[0].ID
		res.Grants = append(res.Grants, lot.ID)
	}
	posted, ok := s.post(acc, PostAdjust, &Detail{}, moves, a.Corrects, c.Note)
	if !ok {
		return overflow()
	}
	s.tellMoves(acc, "adjustment", moves)
	res.Postings = append([]Posted{posted}, s.settledAfter(acc)...)
	return res
}

// settledAfter settles a wallet after credits came back to lots that are over, and
// answers the postings by which they went once more.
func (s *State) settledAfter(acc *account) (out []Posted) {
	first := len(s.out.Entries)
	s.settleSince(acc, s.now)
	for _, e := range s.out.Entries[first:] {
		if e.Wallet != acc.ID {
			continue
		}
		if n := len(out); n == 0 || out[n-1].ID.Seq != e.Seq {
			out = append(out, Posted{ID: PostingID{acc.ID, e.Seq}, CreditType: acc.CreditType})
		}
		out[len(out)-1].Amount += e.Amount
	}
	return out
}

// clawedWith are the grants that were clawed together with these: of the same
// purchases.
func (s *State) clawedWith(grants []GrantID) (out []*Grant) {
	var purchases []GrantID
	for _, id := range grants {
		if g := s.grants[id]; g != nil && g.ClawedWith != 0 {
			purchases = append(purchases, g.ClawedWith)
		}
	}
	for _, g := range s.grants {
		if g.ClawDebt > 0 && slices.Contains(purchases, g.ClawedWith) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, BurnOrder)
	return out
}

// gift adds credits to a promotional grant that lasts as long as a lot had left at
// an instant; for ever without one, or when it would have.
func (s *State) gift(acc *account, gifts []*Grant, credits money.Credits, lot *Grant, charged time.Time) []*Grant {
	var expires time.Time
	if lot != nil && !lot.ExpiresAt.IsZero() {
		expires = s.now.Add(lot.ExpiresAt.Sub(charged))
	}
	for _, g := range gifts {
		if g.ExpiresAt.Equal(expires) {
			g.Amount += credits
			g.PaidFor += credits
			return gifts
		}
	}
	g := s.promotional(acc, credits)
	g.ExpiresAt = expires
	return append(gifts, g)
}
