package db

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
)

// resident is a wallet in the writer's memory: how it stands after all its
// entries, and what of that its rows lack.
type resident struct {
	wallet  ledger.Wallet
	grants  map[ledger.GrantID]*ledger.Grant // with something remaining
	stored  int64                            // the seq in its row, -1 when it has none
	changed map[ledger.GrantID]ledger.Grant  // to store, the used up among them
	fresh   map[ledger.GrantID]bool          // of these, those to insert
	rollups ledger.Rollups                   // to add
	sums    map[string]money.Exact           // by rate
	added   map[string]bool                  // of these, those to store
	watches []ledger.Watch                   // as they are stored, once watched
	watched bool
}

func (r *resident) behind() bool { return r.stored != r.wallet.Seq || len(r.changed) > 0 }

// residents are the wallets in memory. They belong to the writer. A transaction
// takes out those that it touches and puts them back when it has committed: after
// a rollback they are simply not there, and are read again.
type residents struct {
	byKey     map[ledger.WalletKey]*resident
	unstored  int // debits since the last time all were stored
	storedAll time.Time
}

const (
	maxResident = 200_000          // wallets in memory
	maxUnstored = 50_000           // debits before all rows are stored
	storeAfter  = 10 * time.Second // or this long
)

// take moves a wallet from memory into the transaction; nil when it is not there.
func (rs *residents) take(st *transaction, k ledger.WalletKey) *resident {
	if r := st.taken[k]; r != nil {
		return r
	}
	r := rs.byKey[k]
	if r == nil {
		return nil
	}
	delete(rs.byKey, k)
	st.hold(r)
	return r
}

// hold keeps a wallet for the time of the transaction.
func (t *transaction) hold(r *resident) {
	if t.taken == nil {
		t.taken = map[ledger.WalletKey]*resident{}
		t.OnCommit(t.giveBack)
	}
	t.taken[r.wallet.WalletKey] = r
}

// giveBack returns what the transaction took, after its commit.
func (t *transaction) giveBack() {
	rs := &t.db.residents
	for k, r := range t.taken {
		if r.stored < 0 {
			continue // never came to exist
		}
		if len(rs.byKey) >= maxResident {
			for other, o := range rs.byKey {
				if !o.behind() {
					delete(rs.byKey, other)
				}
				break
			}
		}
		rs.byKey[k] = r
	}
}

// change applies what decisions made of the wallets that the transaction holds.
func (t *transaction) change(c *ledger.Changes) {
	byID := make(map[ledger.WalletID]*resident, len(t.taken))
	for _, r := range t.taken {
		byID[r.wallet.ID] = r
	}
	for _, w := range c.Wallets {
		r := byID[w.ID]
		if r == nil {
			r = newResident(*w)
			r.stored = -1
			t.hold(r)
			byID[w.ID] = r
		}
		r.wallet = *w
	}
	for _, g := range c.Grants {
		r := byID[g.Wallet]
		r.changed[g.ID] = *g
		if c.NewGrants[g.ID] {
			r.fresh[g.ID] = true
		}
		if g.Remaining == 0 {
			delete(r.grants, g.ID)
		} else {
			copied := *g
			r.grants[g.ID] = &copied
		}
	}
	for at, sum := range c.Sums {
		r := byID[at.Wallet]
		r.sums[at.Rate], r.added[at.Rate] = sum, true
	}
	for k, v := range c.Rollups.Posted {
		byID[k.Wallet].rollups.Merge(ledger.Rollups{Posted: map[ledger.RollupKey]*ledger.Rollup{k: v}})
	}
	for k, v := range c.Rollups.Moved {
		byID[k.Wallet].rollups.Merge(ledger.Rollups{Moved: map[ledger.RollupKey]*ledger.Rollup{k: v}})
	}
}

func newResident(w ledger.Wallet) *resident {
	return &resident{
		wallet: w, stored: w.Seq, grants: map[ledger.GrantID]*ledger.Grant{}, changed: map[ledger.GrantID]ledger.Grant{},
		fresh: map[ledger.GrantID]bool{}, rollups: ledger.NewRollups(), sums: map[string]money.Exact{}, added: map[string]bool{},
	}
}

// store writes the rows of the wallets that must be stored now: the urgent, those
// too far behind, and all that are behind when it is time.
func (rs *residents) store(st *transaction, l *ledgerStatements, c *ledger.Changes) error {
	rs.unstored += len(c.Entries)
	now := rs.unstored >= maxUnstored || st.now.Sub(rs.storedAll) >= storeAfter || st.now.Before(rs.storedAll)
	if now {
		if err := rs.storeAll(st, l); err != nil {
			return err
		}
	}
	var urgent []*resident
	for _, r := range st.taken {
		if c.Urgent[r.wallet.ID] || r.behind() && (now || r.stored < 0 || r.wallet.Seq-r.stored >= maxTail) {
			urgent = append(urgent, r)
		}
	}
	return st.storeRows(l, urgent)
}

// storeAll stores the rows of all wallets in memory that are behind. They go
// through the transaction, so that a rollback forgets them.
func (rs *residents) storeAll(st *transaction, l *ledgerStatements) error {
	var behind []*resident
	for k, r := range rs.byKey {
		if r.behind() {
			behind = append(behind, rs.take(st, k))
		}
	}
	at := st.now
	st.OnCommit(func() { rs.unstored, rs.storedAll = 0, at })
	return st.storeRows(l, behind)
}
