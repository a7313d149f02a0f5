package db

import (
	"encoding/json"

	"purse/billing/ledger"
	"purse/billing/tx"
)

// Save writes what decisions changed: entries and idempotency records always,
// the rows of wallets when they must be.
func (LedgerStore) Save(t tx.Tx, c *ledger.Changes) error {
	st := open(t)
	l := &st.db.ledger
	st.change(c)
	// A wallet's row stands before what refers to it.
	if err := st.db.residents.store(st, l, c); err != nil {
		return err
	}
	if err := saveHolds(st, l, c); err != nil {
		return err
	}
	if err := saveEntries(st, l, c); err != nil {
		return err
	}
	if err := st.db.keys.save(st, l, c.Records); err != nil {
		return err
	}
	if err := saveCounters(st, l, c); err != nil {
		return err
	}
	return saveWatches(st, l, c)
}

// Flush stores the rows of all wallets that are behind their entries.
func (LedgerStore) Flush(t tx.Tx) error {
	st := open(t)
	return st.db.residents.storeAll(st, &st.db.ledger)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// storeRows writes what the rows of wallets lack, each row once, in the order of
// keys. A wallet, its grants and its hourly figures are always stored together:
// its row's seq says how far all of them go.
func (t *transaction) storeRows(l *ledgerStatements, ws []*resident) error {
	if len(ws) == 0 {
		return nil
	}
	sortWallets(ws)
	var insertWallets, updateWallets, insertGrants, updateGrants, posted, moved, sums []any
	for _, r := range ws {
		w := &r.wallet
		if r.stored < 0 {
			insertWallets = append(insertWallets, int64(w.ID), w.Customer, w.CreditType, w.Seq, int64(w.Balance), int64(w.Debt), int64(w.Overdraft), micros(w.LastAt), micros(w.CreatedAt), int64(w.Reserved))
		} else {
			updateWallets = append(updateWallets, int64(w.ID), w.Seq, int64(w.Balance), int64(w.Debt), int64(w.Overdraft), micros(w.LastAt), int64(w.Reserved))
		}
		for id, g := range r.changed {
			if !r.fresh[id] {
				updateGrants = append(updateGrants, int64(g.ID), int64(g.Remaining), int64(g.Held), flag(g.Frozen), micros(g.VoidedAt))
				updateGrants = append(updateGrants, grantParts(&g)...)
				continue
			}
			row, err := grantRow(&g)
			if err != nil {
				return err
			}
			insertGrants = append(insertGrants, row...)
		}
		posted = append(posted, rollupRows(r.rollups.Posted)...)
		moved = append(moved, rollupRows(r.rollups.Moved)...)
		for rate := range r.added {
			sums = append(sums, int64(w.ID), rate, r.sums[rate].String())
		}
		clear(r.added)
		clear(r.changed)
		clear(r.fresh)
		r.rollups, r.stored = ledger.NewRollups(), w.Seq
	}
	for _, step := range []struct {
		b      *bulk
		values []any
	}{
		{l.insertWallets, insertWallets}, {l.updateWallets, updateWallets}, {l.insertGrants, insertGrants}, {l.updateGrants, updateGrants},
		{l.upsertPosted, posted}, {l.upsertMoved, moved}, {l.upsertSums, sums},
	} {
		if err := step.b.exec(t, step.values); err != nil {
			return err
		}
	}
	return nil
}

func grantRow(g *ledger.Grant) ([]any, error) {
	meters := ""
	if len(g.Meters) > 0 {
		b, err := json.Marshal(g.Meters)
		if err != nil {
			return nil, err
		}
		meters = string(b)
	}
	return append([]any{
		int64(g.ID), int64(g.Wallet), string(g.Kind), int64(g.Priority), int64(g.Amount), int64(g.Remaining), int64(g.Held),
		micros(g.EffectiveAt), micros(g.ExpiresAt), meters, g.Paid.Amount, g.Paid.Currency, int64(g.PaidFor), g.Source, int64(g.Origin),
		flag(g.Frozen), micros(g.VoidedAt), micros(g.CreatedAt),
	}, grantParts(g)...), nil
}

// grantParts are the columns of what became of a grant beside its use.
func grantParts(g *ledger.Grant) []any {
	return []any{int64(g.Lapsed), int64(g.Clawed), int64(g.Reclaim), string(g.ReclaimFor.Kind), g.ReclaimFor.Ref, int64(g.ClawedWith), int64(g.ClawDebt),
		int64(g.Gone), int64(g.Sent), g.Worth}
}

func rollupRows(rows map[ledger.RollupKey]*ledger.Rollup) []any {
	keys := make([]ledger.RollupKey, 0, len(rows))
	for k := range rows {
		keys = append(keys, k)
	}
	sortRollups(keys)
	values := make([]any, 0, 9*len(keys))
	for _, k := range keys {
		v := rows[k]
		values = append(values, int64(k.Wallet), k.Hour, string(k.Kind), k.Meter, k.Caller, v.Count, int64(v.Credits), v.FirstSeq, v.LastSeq)
	}
	return values
}

func saveHolds(st *transaction, l *ledgerStatements, c *ledger.Changes) error {
	var values []any
	for _, h := range c.Holds {
		reservations, err := json.Marshal(h.Reservations)
		if err != nil {
			return err
		}
		values = append(values, int64(h.ID), int64(h.Wallet), int64(h.Amount), int64(h.Captured), string(h.State), string(reservations),
			micros(h.ExpiresAt), micros(h.CreatedAt), micros(h.EndedAt))
	}
	return l.upsertHolds.exec(st, values)
}

func saveEntries(st *transaction, l *ledgerStatements, c *ledger.Changes) error {
	values := make([]any, 0, 10*len(c.Entries))
	for _, e := range c.Entries {
		detail := ""
		if e.Detail != nil {
			b, err := json.Marshal(e.Detail)
			if err != nil {
				return err
			}
			detail = string(b)
		}
		values = append(values, int64(e.Wallet), e.Seq, int64(e.Line), string(e.Kind), int64(e.Grant), int64(e.Amount), int64(e.BalanceAfter),
			micros(e.At), e.Corrects, detail)
	}
	if err := l.insertEntries.exec(st, values); err != nil {
		return err
	}
	values = values[:0]
	for _, n := range c.Notes {
		values = append(values, int64(n.Wallet), n.Seq, n.Actor, n.Reason)
	}
	return l.insertNotes.exec(st, values)
}

func saveCounters(st *transaction, l *ledgerStatements, c *ledger.Changes) error {
	var values []any
	for at, count := range c.Counters {
		values = append(values, int64(at.Wallet), at.Key, at.Start, int64(count.Spent), told(count))
	}
	return l.upsertCounters.exec(st, values)
}
