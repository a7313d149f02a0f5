package ledger

import (
	"slices"
	"time"

	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
)

// recordLife is how long a refusal for lack of credits stays the answer.
const recordLife = 30 * 24 * time.Hour

// State is what was loaded for a batch, and what its decisions made of it. It
// is used by one goroutine and opens nothing.
type State struct {
	now      time.Time
	wallets  map[WalletKey]*account
	byID     map[WalletID]*account
	grants   map[GrantID]*Grant
	holds    map[HoldID]*Hold
	due      map[WalletID][]*Hold // open holds whose time is over
	records  map[Key]*Record
	counters map[CounterID]Count
	callers  map[CallerRef]int64
	sums     map[SumID]money.Exact
	sources  []Entry

	undo            []func()
	out             Changes
	touchedWallets  map[WalletID]bool
	touchedGrants   map[GrantID]bool
	touchedHolds    map[HoldID]bool
	touchedCounters map[CounterID]bool
	touchedWatches  map[string]*Watch
	touchedSums     map[SumID]bool
	settled         map[WalletID]bool // by the command at hand: something was due
	touched         []*account        // by the command being decided
}

// NewState makes a State of what a Store loaded. Wallets that are needed and do
// not exist are made.
func NewState(now time.Time, n *Needs, l *Loaded) *State {
	s := &State{
		now: now.UTC().Truncate(time.Microsecond), wallets: make(map[WalletKey]*account, len(l.Wallets)), byID: make(map[WalletID]*account, len(l.Wallets)),
		grants: make(map[GrantID]*Grant, len(l.Grants)), holds: map[HoldID]*Hold{}, due: map[WalletID][]*Hold{},
		records: make(map[Key]*Record, len(n.Keys)), counters: l.Counters, callers: l.Callers,
		sums: l.Sums, touchedSums: map[SumID]bool{},
		touchedWallets: map[WalletID]bool{}, touchedGrants: map[GrantID]bool{}, touchedHolds: map[HoldID]bool{},
		touchedCounters: map[CounterID]bool{}, touchedWatches: map[string]*Watch{}, settled: map[WalletID]bool{},
	}
	if s.counters == nil {
		s.counters = map[CounterID]Count{}
	}
	if s.sums == nil {
		s.sums = map[SumID]money.Exact{}
	}
	s.out = Changes{
		NewWallets: map[WalletID]bool{}, NewGrants: map[GrantID]bool{}, NewHolds: map[HoldID]bool{},
		Counters: map[CounterID]Count{}, Rollups: NewRollups(), Urgent: map[WalletID]bool{}, Sums: map[SumID]money.Exact{},
	}
	for _, w := range l.Wallets {
		a := &account{Wallet: w}
		s.wallets[w.WalletKey], s.byID[w.ID] = a, a
	}
	for i := range l.Grants {
		g := &l.Grants[i]
		if s.grants[g.ID] != nil {
			continue
		}
		s.grants[g.ID] = g
		if a := s.byID[g.Wallet]; a != nil {
			a.grants = append(a.grants, g)
		}
	}
	for _, a := range s.byID {
		slices.SortFunc(a.grants, BurnOrder)
	}
	for i := range l.Holds {
		h := &l.Holds[i]
		if s.holds[h.ID] != nil {
			continue
		}
		s.holds[h.ID] = h
		if h.State == HoldOpen && !h.ExpiresAt.After(s.now) {
			s.due[h.Wallet] = append(s.due[h.Wallet], h)
		}
	}
	for i := range l.Watches {
		w := &l.Watches[i]
		if a := s.byID[w.Wallet]; a != nil {
			a.watches = append(a.watches, w)
		}
	}
	for i := range l.Records {
		s.records[l.Records[i].Key] = &l.Records[i]
	}
	for _, e := range l.Sources { // two corrections of one batch may have loaded the same
		if !slices.ContainsFunc(s.sources, func(o Entry) bool { return o.PostingID == e.PostingID && o.Line == e.Line }) {
			s.sources = append(s.sources, e)
		}
	}
	for _, k := range n.Wallets {
		if s.wallets[k] == nil {
			a := &account{Wallet: Wallet{ID: WalletID(id.Number(s.now)), WalletKey: k, CreatedAt: s.now}, isNew: true}
			s.wallets[k], s.byID[a.ID] = a, a
		}
	}
	return s
}

// Decide answers one command. After a refusal nothing of the command remains,
// only what was due before it.
func (s *State) Decide(c *Command) Result {
	if replay := s.replay(c); replay != nil {
		return *replay
	}
	s.touched, s.undo = s.touched[:0], s.undo[:0]
	first := len(s.out.Entries)
	reached := s.reachedNow(c)
	s.settleFor(c)
	// What time did is looked at before the command: it may lift a wallet over a
	// level that the command crosses.
	for _, a := range s.touched {
		if !a.isNew && (s.settled[a.ID] || a.roseSince(s.now)) {
			s.checkWatches(a, cause{})
		}
	}
	clear(s.settled)
	s.undo = s.undo[:0] // what was due stays, whatever becomes of the command
	entries, notes, events, jobs := len(s.out.Entries), len(s.out.Notes), len(s.out.Events), len(s.out.Jobs)
	res := c.Op.decide(s, c)
	if res.Refused != nil {
		for i := len(s.undo) - 1; i >= 0; i-- {
			s.undo[i]()
		}
		s.out.Entries, s.out.Notes, s.out.Events = s.out.Entries[:entries], s.out.Notes[:notes], s.out.Events[:events]
		s.out.Jobs = s.out.Jobs[:jobs]
		res.Postings, res.Grant, res.Grants, res.Hold = nil, 0, nil, 0
	}
	s.tellLimits(c, reached, res.Refused)
	for _, e := range s.out.Entries[first:] {
		s.out.Rollups.Add(e)
	}
	op, debit := c.Op.(Debit)
	grant, paid := c.Op.(NewGrant)
	if res.Refused == nil && grant.Credits > 0 {
		s.rebase(s.wallets[grant.Wallet], grant)
	}
	switch c.Op.(type) {
	case Clawback, Freeze, Void:
		if res.Refused == nil {
			for _, a := range s.touched {
				s.restand(a)
			}
		}
	}
	paid = paid && grant.Kind == Paid && res.Refused == nil
	for _, a := range s.touched {
		if !debit || a.isNew {
			s.out.Urgent[a.ID] = true
		}
		s.checkWatches(a, cause{usage(c.Op), paid, op.Quiet})
	}
	for i := range res.Postings {
		res.Postings[i].Available = s.byID[res.Postings[i].ID.Wallet].available("", s.now)
	}
	if c.Key != (Key{}) && (res.Refused == nil || res.Refused.final()) {
		r := Record{Key: c.Key, Fingerprint: c.Fingerprint, Refused: res.Refused != nil, At: s.now, Result: res}
		s.records[c.Key] = &r
		s.out.Records = append(s.out.Records, r)
	}
	return res
}

// replay answers a key that was decided before, nil when it was not.
func (s *State) replay(c *Command) *Result {
	if c.Key == (Key{}) {
		return nil
	}
	r := s.records[c.Key]
	if r == nil {
		r = s.former(c)
	}
	if r == nil || (r.Refused && !r.At.Add(recordLife).After(s.now)) {
		return nil
	}
	if !c.same(r.Fingerprint) {
		res := refuse(fault.New(fault.Conflict, "idempotency_mismatch", "id",
			"This id was used for another request. Use a new id for a new request."))
		return &res
	}
	res := r.Result
	res.Replayed = true
	res.Postings = slices.Clone(res.Postings)
	for i, p := range res.Postings {
		if a := s.byID[p.ID.Wallet]; a != nil {
			res.Postings[i].Available = a.available("", s.now)
		}
	}
	return &res
}

// former is the record that an earlier release kept of the command, nil for none.
func (s *State) former(c *Command) *Record {
	r := s.records[c.FormerKey]
	if c.FormerKey == (Key{}) || r == nil || c.same(r.Fingerprint) {
		return r
	}
	var n Needs
	c.Op.needs(&n)
	var own []WalletID
	for _, k := range n.Wallets {
		if a := s.wallets[k]; a != nil {
			own = append(own, a.ID)
		}
	}
	for _, g := range n.Grants {
		if grant := s.grants[g]; grant != nil {
			own = append(own, grant.Wallet)
		}
	}
	for _, h := range n.Holds {
		if hold := s.holds[h]; hold != nil {
			own = append(own, hold.Wallet)
		}
	}
	if slices.ContainsFunc(r.Result.Postings, func(p Posted) bool { return slices.Contains(own, p.ID.Wallet) }) {
		return r
	}
	return nil
}

// settleFor settles the wallets that the command touches.
func (s *State) settleFor(c *Command) {
	var n Needs
	c.Op.needs(&n)
	for _, k := range n.Wallets {
		s.settle(s.wallets[k])
	}
	for _, g := range n.Grants {
		if grant := s.grants[g]; grant != nil {
			s.settle(s.byID[grant.Wallet])
		}
	}
	for _, h := range n.Holds {
		if hold := s.holds[h]; hold != nil {
			s.settle(s.byID[hold.Wallet])
		}
	}
}

func (s *State) onRollback(f func()) { s.undo = append(s.undo, f) }

// touchGrant remembers a grant as it is before the command changes it.
func (s *State) touchGrant(g *Grant) {
	old := *g
	s.onRollback(func() { *g = old })
	s.touchedGrants[g.ID] = true
}

func (s *State) touchHold(h *Hold) {
	old := *h
	s.onRollback(func() { *h = old })
	s.touchedHolds[h.ID] = true
}

func (s *State) touchWallet(a *account) {
	old := a.Wallet
	s.onRollback(func() { a.Wallet = old })
	s.touchedWallets[a.ID] = true
	s.touch(a)
}

func (s *State) touch(a *account) {
	if !slices.Contains(s.touched, a) {
		s.touched = append(s.touched, a)
	}
}

// addGrant puts a new lot into a wallet, in its place in the burn order.
func (s *State) addGrant(a *account, g *Grant) {
	before := slices.Clone(a.grants)
	s.onRollback(func() {
		a.grants = before
		delete(s.grants, g.ID)
		delete(s.out.NewGrants, g.ID)
		delete(s.touchedGrants, g.ID)
	})
	at, _ := slices.BinarySearchFunc(a.grants, g, BurnOrder)
	a.grants = slices.Insert(slices.Clone(a.grants), at, g)
	s.grants[g.ID] = g
	s.out.NewGrants[g.ID] = true
	s.touchedGrants[g.ID] = true
}

// Changes is everything that the decisions so far changed.
func (s *State) Changes() *Changes {
	out := s.out
	for id := range s.touchedWallets {
		a := s.byID[id]
		out.Wallets = append(out.Wallets, &a.Wallet)
		if a.isNew {
			out.NewWallets[id] = true
			for _, w := range a.watches {
				out.NewWatches = append(out.NewWatches, *w)
			}
		}
	}
	for id := range s.touchedGrants {
		out.Grants = append(out.Grants, s.grants[id])
	}
	for id := range s.touchedHolds {
		out.Holds = append(out.Holds, s.holds[id])
	}
	for at := range s.touchedCounters {
		out.Counters[at] = s.counters[at]
	}
	for at := range s.touchedSums {
		out.Sums[at] = s.sums[at]
	}
	for _, w := range s.touchedWatches {
		if s.byID[w.Wallet].isNew {
			continue
		}
		out.Watches = append(out.Watches, w)
	}
	return &out
}
