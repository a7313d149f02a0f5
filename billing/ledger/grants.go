package ledger

import (
	"slices"
	"time"

	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
	"purse/billing/words"
)

func (g NewGrant) needs(n *Needs) { n.Wallets = append(n.Wallets, g.Wallet) }

func (g NewGrant) decide(s *State, c *Command) Result {
	if refused := g.check(s); refused != nil {
		return refuse(refused)
	}
	g.EffectiveAt, g.ExpiresAt = stored(g.EffectiveAt), stored(g.ExpiresAt)
	effective := g.EffectiveAt
	if effective.IsZero() {
		effective = s.now
	}
	a := s.wallets[g.Wallet]
	lot := &Grant{
		ID: GrantID(id.Number(s.now)), Wallet: a.ID, Kind: g.Kind, Priority: g.Priority, Amount: g.Credits,
		EffectiveAt: effective, ExpiresAt: g.ExpiresAt, Meters: slices.Clone(g.Meters),
		Paid: g.Paid, PaidFor: g.Credits, Worth: g.Paid.Amount, Source: g.Source, CreatedAt: s.now,
	}
	posted, ok := s.postLots(a, PostGrant, &Detail{Ref: g.Ref}, []*Grant{lot}, []money.Credits{g.Credits}, 0, c.Note)
	if !ok {
		return overflow()
	}
	s.tell(a, event.CreditsGranted, "grant", lot, g.Credits)
	return Result{Postings: []Posted{posted}, Grant: lot.ID}
}

// postLots posts new lots into a wallet. Paid ones repay its debt first, those
// that become effective later do so then.
func (s *State) postLots(a *account, kind PostingKind, d *Detail, lots []*Grant, amounts []money.Credits, corrects int64, n Note) (Posted, bool) {
	var moves []move
	debt := a.Debt
	for i, lot := range lots {
		s.addGrant(a, lot)
		moves = append(moves, move{lot, amounts[i]})
		if repay := min(debt, amounts[i]); lot.Kind == Paid && repay > 0 && !lot.EffectiveAt.After(s.now) {
			moves = append(moves, move{lot, -repay}, move{nil, repay})
			debt -= repay
		}
	}
	return s.post(a, kind, d, moves, corrects, n)
}

// stored is an instant as it is kept: in microseconds.
func stored(t time.Time) time.Time { return t.Truncate(time.Microsecond) }

func (g NewGrant) check(s *State) *fault.Error {
	if err := checkAmount("credits", g.Credits); err != nil {
		return err
	}
	switch {
	case !g.Kind.Valid():
		return fault.Bad("kind", "The kind of a grant is paid, promotional, included or committed.")
	case g.Priority < 0 || g.Priority > 100:
		return fault.Bad("priority", "A priority is from 0 (burns first) to 100.")
	case !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(s.now):
		return fault.Bad("expires_at", "The grant would already be expired.")
	case !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(g.EffectiveAt):
		return fault.Bad("expires_at", "The grant would expire before it is effective.")
	case g.Paid.Amount < 0:
		return fault.Bad("amount_paid", "An amount paid is never negative.")
	case g.Kind != Paid && g.Paid.Amount > 0 && g.Kind != Committed:
		return fault.Bad("amount_paid", "Only paid and committed grants have an amount paid.")
	case slices.Contains(g.Meters, ""):
		return fault.Bad("meters", "A meter has a key.")
	}
	return nil
}

func checkAmount(param string, c money.Credits) *fault.Error {
	if c <= 0 {
		return fault.Bad(param, "The amount must be more than zero.")
	}
	if c > money.MaxAmount {
		return fault.Bad(param, "The amount must be at most %s.", words.Credits(money.MaxAmount))
	}
	return nil
}

func (v Void) needs(n *Needs) { n.Grants = append(n.Grants, v.Grant) }

func (v Void) decide(s *State, c *Command) Result {
	g := s.grants[v.Grant]
	if g == nil || (v.Customer != "" && s.byID[g.Wallet].Customer != v.Customer) {
		return refuse(fault.Missing("grant"))
	}
	if !g.VoidedAt.IsZero() || g.Remaining == 0 {
		return refuse(fault.New(fault.Conflict, "nothing_left", "grant", "Nothing is left of this grant."))
	}
	a := s.byID[g.Wallet]
	s.touchGrant(g)
	g.VoidedAt = s.now
	res := Result{Grant: g.ID}
	if g.Free() > 0 {
		res.Postings = []Posted{s.takeAll(a, g, s.now, PostVoid, event.CreditsVoided, c.Note)}
	}
	return res
}

func (f Freeze) needs(n *Needs) { n.Grants = append(n.Grants, f.Grant) }

func (f Freeze) decide(s *State, _ *Command) Result {
	g := s.grants[f.Grant]
	if g == nil {
		return refuse(fault.Missing("grant"))
	}
	a := s.byID[g.Wallet]
	s.touch(a)
	s.touchGrant(g)
	g.Frozen = f.Frozen
	s.settleSince(a, s.now)
	return Result{Grant: g.ID}
}

func (o SetOverdraft) needs(n *Needs) { n.Wallets = append(n.Wallets, o.Wallet) }

func (o SetOverdraft) decide(s *State, _ *Command) Result {
	if o.Limit < 0 || o.Limit > money.MaxAmount {
		return refuse(fault.Bad("overdraft", "An overdraft limit is zero or more, and at most %s.", words.Credits(money.MaxAmount)))
	}
	a := s.wallets[o.Wallet]
	s.touchWallet(a)
	a.Overdraft = o.Limit
	return Result{}
}

func (o Settle) needs(n *Needs) { n.Wallets = append(n.Wallets, o.Wallet) }

func (o Settle) decide(*State, *Command) Result { return Result{} }
