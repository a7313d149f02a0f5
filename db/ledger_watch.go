package db

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/db/gen"
)

// loadWatchesOf adds the watches of the wallets. Those of wallets in memory are
// there too, so that a batch asks the database for none.
func loadWatchesOf(st *transaction, l *ledger.Loaded) error {
	var ask []ledger.WalletID
	wait := map[ledger.WalletID]*resident{}
	for _, w := range l.Wallets {
		r := st.taken[w.WalletKey]
		if r != nil && r.watched {
			l.Watches = append(l.Watches, r.watches...)
			continue
		}
		ask = append(ask, w.ID)
		if r != nil {
			wait[w.ID], r.watches, r.watched = r, nil, true
		}
	}
	if len(ask) == 0 {
		return nil
	}
	rows, err := st.db.ledger.load(st, loadWatches).QueryContext(st.ctx, numbers(ask))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var row gen.Watch
		if err := rows.Scan(&row.ID, &row.WalletID, &row.Level, &row.Rearm, &row.Armed, &row.JobKind, &row.Payload,
			&row.Base, &row.Share, &row.OfPaid, &row.Step, &row.Recovers); err != nil {
			return err
		}
		w := watch(row)
		l.Watches = append(l.Watches, w)
		if r := wait[w.Wallet]; r != nil {
			r.watches = append(r.watches, w)
		}
	}
	return rows.Err()
}

func watch(r gen.Watch) ledger.Watch {
	return ledger.Watch{
		ID: r.ID, Wallet: ledger.WalletID(r.WalletID), Level: money.Credits(r.Level), Rearm: money.Credits(r.Rearm), State: ledger.WatchState(r.Armed),
		JobKind: r.JobKind, Payload: json.RawMessage(r.Payload), Of: ledger.WatchBase(r.Base), Share: r.Share, OfPaid: r.OfPaid != 0,
		Step: money.Credits(r.Step), Recovers: r.Recovers != 0,
	}
}

// saveWatches writes what a batch made of watches, here and in memory.
func saveWatches(st *transaction, l *ledgerStatements, c *ledger.Changes) error {
	if len(c.Watches) == 0 && len(c.NewWatches) == 0 {
		return nil
	}
	byID := make(map[ledger.WalletID]*resident, len(st.taken))
	for _, r := range st.taken {
		byID[r.wallet.ID] = r
	}
	for _, w := range c.NewWatches {
		if err := putWatch(st, w); err != nil {
			return err
		}
		if r := byID[w.Wallet]; r != nil {
			r.watches, r.watched = append(r.watches, w), true
		}
	}
	slices.SortFunc(c.Watches, func(a, b *ledger.Watch) int { return strings.Compare(a.ID, b.ID) }) // neighbours share pages
	values := make([]any, 0, 5*len(c.Watches))
	for _, w := range c.Watches {
		values = append(values, w.ID, int64(w.State), int64(w.Level), int64(w.Rearm), flag(w.OfPaid))
		if r := byID[w.Wallet]; r != nil {
			for i := range r.watches {
				if r.watches[i].ID == w.ID {
					r.watches[i] = *w
				}
			}
		}
	}
	return l.updateWatches.exec(st, values)
}

func putWatch(st *transaction, w ledger.Watch) error {
	return st.q.PutWatch(st.ctx, gen.PutWatchParams{
		ID: w.ID, WalletID: int64(w.Wallet), Level: int64(w.Level), Rearm: int64(w.Rearm), Armed: int64(w.State), JobKind: w.JobKind,
		Payload: string(w.Payload), Base: string(w.Of), Share: w.Share, OfPaid: flag(w.OfPaid), Step: int64(w.Step), Recovers: flag(w.Recovers),
	})
}

// PutWatch makes or changes a watch.
func (LedgerStore) PutWatch(t tx.Tx, w ledger.Watch) error {
	st := open(t)
	if err := putWatch(st, w); err != nil {
		return err
	}
	return forgetWatches(st, w.Wallet)
}

// DeleteWatch ends a watch. There may be none.
func (LedgerStore) DeleteWatch(t tx.Tx, id string) error {
	st := open(t)
	wallet, err := st.q.WalletOfWatch(st.ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := st.q.DeleteWatch(st.ctx, id); err != nil {
		return err
	}
	return forgetWatches(st, ledger.WalletID(wallet))
}

// forgetWatches has a wallet in memory read its watches again.
func forgetWatches(st *transaction, id ledger.WalletID) error {
	row, err := st.q.WalletByID(st.ctx, int64(id))
	if err != nil {
		return err
	}
	if r := st.db.residents.take(st, wallet(row).WalletKey); r != nil {
		r.watched = false
	}
	return nil
}

// WatchesOf answers the watches of a wallet.
func (LedgerStore) WatchesOf(t tx.Tx, w ledger.WalletID) ([]ledger.Watch, error) {
	st := open(t)
	rows, err := st.q.WatchesOf(st.ctx, int64(w))
	out := make([]ledger.Watch, len(rows))
	for i, r := range rows {
		out[i] = watch(r)
	}
	return out, err
}

// loadCountersOf reads what was counted under keys, in one statement.
func loadCountersOf(st *transaction, l *ledger.Loaded, refs []ledger.CounterRef, byKey map[ledger.WalletKey]ledger.WalletID) error {
	if len(refs) == 0 {
		return nil
	}
	seen := make(map[ledger.CounterID]bool, len(refs))
	list := make([][3]any, 0, len(refs))
	for _, r := range refs {
		at := ledger.CounterID{Wallet: byKey[r.Wallet], Key: r.Key, Start: r.Start}
		if at.Wallet != 0 && !seen[at] {
			seen[at] = true
			list = append(list, [3]any{int64(at.Wallet), at.Key, at.Start})
		}
	}
	asked, err := json.Marshal(list)
	if err != nil {
		return err
	}
	rows, err := st.db.ledger.load(st, loadCounters).QueryContext(st.ctx, string(asked))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r gen.Counter
		if err := rows.Scan(&r.WalletID, &r.Name, &r.PeriodStart, &r.Spent, &r.Told); err != nil {
			return err
		}
		l.Counters[ledger.CounterID{Wallet: ledger.WalletID(r.WalletID), Key: r.Name, Start: r.PeriodStart}] = ledger.Count{Spent: money.Credits(r.Spent), Reached: r.Told&toldReached != 0, Refused: r.Told&toldRefused != 0}
	}
	return rows.Err()
}

// What the column told says was told of a limit.
const (
	toldReached = 1 << iota
	toldRefused
)

func told(c ledger.Count) (bits int64) {
	if c.Reached {
		bits |= toldReached
	}
	if c.Refused {
		bits |= toldRefused
	}
	return bits
}

// PutCounter sets what is counted under a key.
func (LedgerStore) PutCounter(t tx.Tx, at ledger.CounterID, c ledger.Count) error {
	ctx, q := q(t)
	return q.PutCounter(ctx, gen.PutCounterParams{
		WalletID: int64(at.Wallet), Name: at.Key, PeriodStart: at.Start, Spent: int64(c.Spent), Told: told(c),
	})
}
