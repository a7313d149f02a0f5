package db

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/db/gen"
)

// Save writes what decisions changed, each wallet and grant once, in the order
// of their keys: neighbours share pages.
func (LedgerStore) Save(t tx.Tx, c *ledger.Changes) error {
	st := open(t)
	l := &st.db.ledger
	for _, step := range []func(*transaction, *ledgerStatements, *ledger.Changes) error{
		saveWallets, saveGrants, saveHolds, saveEntries, saveRecords, saveRollups,
	} {
		if err := step(st, l, c); err != nil {
			return err
		}
	}
	for _, w := range c.Watches {
		if err := st.q.SetWatchArmed(st.ctx, gen.SetWatchArmedParams{Armed: flag(w.Armed), ID: w.ID}); err != nil {
			return err
		}
	}
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func saveWallets(st *transaction, l *ledgerStatements, c *ledger.Changes) error {
	slices.SortFunc(c.Wallets, func(a, b *ledger.Wallet) int { return cmp.Compare(a.ID, b.ID) })
	var fresh, changed []any
	for _, w := range c.Wallets {
		if c.NewWallets[w.ID] {
			fresh = append(fresh, int64(w.ID), w.Customer, w.CreditType, w.Seq, int64(w.Balance), int64(w.Debt), int64(w.Overdraft), micros(w.LastAt), micros(w.CreatedAt))
		} else {
			changed = append(changed, int64(w.ID), w.Seq, int64(w.Balance), int64(w.Debt), int64(w.Overdraft), micros(w.LastAt))
		}
	}
	if err := l.insertWallets.exec(st, fresh); err != nil {
		return err
	}
	return l.updateWallets.exec(st, changed)
}

func saveGrants(st *transaction, l *ledgerStatements, c *ledger.Changes) error {
	slices.SortFunc(c.Grants, func(a, b *ledger.Grant) int { return cmp.Compare(a.ID, b.ID) })
	var fresh, changed []any
	for _, g := range c.Grants {
		if !c.NewGrants[g.ID] {
			changed = append(changed, int64(g.ID), int64(g.Remaining), int64(g.Held), flag(g.Frozen), micros(g.VoidedAt))
			continue
		}
		meters := ""
		if len(g.Meters) > 0 {
			b, err := json.Marshal(g.Meters)
			if err != nil {
				return err
			}
			meters = string(b)
		}
		fresh = append(fresh, int64(g.ID), int64(g.Wallet), string(g.Kind), int64(g.Priority), int64(g.Amount), int64(g.Remaining), int64(g.Held),
			micros(g.EffectiveAt), micros(g.ExpiresAt), meters, g.Paid.Amount, g.Paid.Currency, int64(g.PaidFor), g.Source, int64(g.Origin),
			flag(g.Frozen), micros(g.VoidedAt), micros(g.CreatedAt))
	}
	if err := l.insertGrants.exec(st, fresh); err != nil {
		return err
	}
	return l.updateGrants.exec(st, changed)
}

func saveHolds(st *transaction, l *ledgerStatements, c *ledger.Changes) error {
	slices.SortFunc(c.Holds, func(a, b *ledger.Hold) int { return cmp.Compare(a.ID, b.ID) })
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

func saveRecords(st *transaction, l *ledgerStatements, c *ledger.Changes) error {
	slices.SortFunc(c.Records, func(a, b ledger.Record) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	values := make([]any, 0, 5*len(c.Records))
	for _, r := range c.Records {
		result, err := encodeResult(&r.Result)
		if err != nil {
			return err
		}
		values = append(values, r.Key[:], r.Fingerprint[:], flag(r.Refused), micros(r.At), result)
	}
	if err := l.upsertRecords.exec(st, values); err != nil {
		return err
	}
	values = values[:0]
	for at, spent := range c.Counters {
		values = append(values, int64(at.Wallet), at.Key, at.Start, int64(spent))
	}
	return l.upsertCounters.exec(st, values)
}

func saveRollups(st *transaction, l *ledgerStatements, c *ledger.Changes) error {
	for _, r := range []struct {
		into *bulk
		rows map[ledger.RollupKey]*ledger.Rollup
	}{{l.upsertPosted, c.Posted}, {l.upsertMoved, c.Moved}} {
		keys := make([]ledger.RollupKey, 0, len(r.rows))
		for k := range r.rows {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b ledger.RollupKey) int {
			return cmp.Or(cmp.Compare(a.Wallet, b.Wallet), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Meter, b.Meter), cmp.Compare(a.Caller, b.Caller))
		})
		values := make([]any, 0, 9*len(keys))
		for _, k := range keys {
			v := r.rows[k]
			values = append(values, int64(k.Wallet), k.Hour, string(k.Kind), k.Meter, k.Caller, v.Count, int64(v.Credits), v.FirstSeq, v.LastSeq)
		}
		if err := r.into.exec(st, values); err != nil {
			return err
		}
	}
	return nil
}

// PutWatch makes or changes a watch.
func (LedgerStore) PutWatch(t tx.Tx, w ledger.Watch) error {
	ctx, q := q(t)
	return q.PutWatch(ctx, gen.PutWatchParams{
		ID: w.ID, WalletID: int64(w.Wallet), Level: int64(w.Level), Rearm: int64(w.Rearm), Armed: flag(w.Armed), JobKind: w.JobKind, Payload: string(w.Payload),
	})
}

// DeleteWatch ends a watch.
func (LedgerStore) DeleteWatch(t tx.Tx, id string) error {
	ctx, q := q(t)
	return q.DeleteWatch(ctx, id)
}
