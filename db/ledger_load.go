package db

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/db/gen"
)

// LedgerStore implements ledger.Store. Make one for each database: it remembers
// the ids of callers, which never change.
type LedgerStore struct{ callers *callerCache }

// NewLedgerStore makes a store.
func NewLedgerStore() LedgerStore { return LedgerStore{newCallerCache()} }

var _ ledger.Store = LedgerStore{}

// Load reads everything that the commands of a batch need, in a handful of
// statements whatever their number.
func (s LedgerStore) Load(t tx.Tx, n *ledger.Needs) (*ledger.Loaded, error) {
	st := open(t)
	l := &ledger.Loaded{Counters: map[ledger.CounterID]money.Credits{}, Callers: map[ledger.CallerRef]int64{}}
	if err := loadHolds(st, l, loadHoldsByID, numbers(n.Holds)); err != nil {
		return nil, err
	}
	if err := loadGrants(st, l, loadGrantsByID, numbers(n.Grants)); err != nil {
		return nil, err
	}
	if err := loadWallets(st, l, n); err != nil {
		return nil, err
	}
	if err := loadOfWallets(st, l); err != nil {
		return nil, err
	}
	if err := loadRecords(st, l, n.Keys); err != nil {
		return nil, err
	}
	byKey := map[ledger.WalletKey]ledger.WalletID{}
	for _, w := range l.Wallets {
		byKey[w.WalletKey] = w.ID
	}
	if err := loadNamedPostings(st, l, n.Postings, byKey); err != nil {
		return nil, err
	}
	for _, c := range n.Counters {
		at := ledger.CounterID{Wallet: byKey[c.Wallet], Key: c.Key, Start: c.Start}
		var spent int64
		err := st.db.ledger.load(st, loadCounter).QueryRowContext(st.ctx, int64(at.Wallet), at.Key, at.Start).Scan(&spent)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		l.Counters[at] = money.Credits(spent)
	}
	return l, s.callers.load(st, l, n.Callers)
}

// loadWallets reads the wallets that are named, and those of named grants and
// holds.
func loadWallets(st *transaction, l *ledger.Loaded, n *ledger.Needs) error {
	var ids []ledger.WalletID
	for _, g := range l.Grants {
		ids = append(ids, g.Wallet)
	}
	for _, h := range l.Holds {
		ids = append(ids, h.Wallet)
	}
	seen := make(map[ledger.WalletID]bool, len(n.Wallets))
	read := func(text, list string) error {
		rows, err := st.db.ledger.load(st, text).QueryContext(st.ctx, list)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r gen.Wallet
			if err := rows.Scan(&r.ID, &r.CustomerID, &r.CreditType, &r.Seq, &r.Balance, &r.Debt, &r.Overdraft, &r.LastAt, &r.CreatedAt); err != nil {
				return err
			}
			if w := wallet(r); !seen[w.ID] {
				seen[w.ID] = true
				l.Wallets = append(l.Wallets, w)
			}
		}
		return rows.Err()
	}
	if len(n.Wallets) > 0 {
		if err := read(loadWalletsByKey, walletKeys(n.Wallets)); err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		if err := read(loadWalletsByID, numbers(ids)); err != nil {
			return err
		}
	}
	for i := range l.Holds {
		for _, w := range l.Wallets {
			if w.ID == l.Holds[i].Wallet {
				l.Holds[i].WalletKey = w.WalletKey
			}
		}
	}
	return nil
}

// loadOfWallets reads live grants, due holds and watches of the wallets read.
func loadOfWallets(st *transaction, l *ledger.Loaded) error {
	if len(l.Wallets) == 0 {
		return nil
	}
	ids := make([]ledger.WalletID, len(l.Wallets))
	byID := make(map[ledger.WalletID]ledger.WalletKey, len(l.Wallets))
	for i, w := range l.Wallets {
		ids[i], byID[w.ID] = w.ID, w.WalletKey
	}
	list := numbers(ids)
	if err := loadGrants(st, l, loadLiveGrants, list); err != nil {
		return err
	}
	if err := loadHolds(st, l, loadDueHolds, list, micros(st.now)); err != nil {
		return err
	}
	for i := range l.Holds {
		l.Holds[i].WalletKey = byID[l.Holds[i].Wallet]
	}
	rows, err := st.db.ledger.load(st, loadWatches).QueryContext(st.ctx, list)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var w ledger.Watch
		var armed int64
		var payload string
		if err := rows.Scan(&w.ID, &w.Wallet, &w.Level, &w.Rearm, &armed, &w.JobKind, &payload); err != nil {
			return err
		}
		w.Armed, w.Payload = armed != 0, json.RawMessage(payload)
		l.Watches = append(l.Watches, w)
	}
	return rows.Err()
}

func loadGrants(st *transaction, l *ledger.Loaded, text, list string) error {
	if list == "[]" {
		return nil
	}
	rows, err := st.db.ledger.load(st, text).QueryContext(st.ctx, list)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r gen.Grant
		if err := rows.Scan(&r.ID, &r.WalletID, &r.Kind, &r.Priority, &r.Amount, &r.Remaining, &r.Held, &r.EffectiveAt, &r.ExpiresAt,
			&r.Meters, &r.PaidAmount, &r.PaidCurrency, &r.PaidFor, &r.Source, &r.Origin, &r.Frozen, &r.VoidedAt, &r.CreatedAt); err != nil {
			return err
		}
		g, err := grant(r)
		if err != nil {
			return err
		}
		l.Grants = append(l.Grants, g)
	}
	return rows.Err()
}

func loadHolds(st *transaction, l *ledger.Loaded, text, list string, more ...any) error {
	if list == "[]" {
		return nil
	}
	rows, err := st.db.ledger.load(st, text).QueryContext(st.ctx, append([]any{list}, more...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r gen.Hold
		if err := rows.Scan(&r.ID, &r.WalletID, &r.Amount, &r.Captured, &r.State, &r.Reservations, &r.ExpiresAt, &r.CreatedAt, &r.EndedAt); err != nil {
			return err
		}
		h, err := hold(r)
		if err != nil {
			return err
		}
		l.Holds = append(l.Holds, h)
	}
	return rows.Err()
}

func loadRecords(st *transaction, l *ledger.Loaded, keys []ledger.Key) error {
	b := st.db.ledger.keys
	if !st.write {
		b = st.db.ledger.keysRO
	}
	for len(keys) > 0 {
		n := size(len(keys))
		args := make([]any, n)
		for i := range args {
			args[i] = keys[i][:]
		}
		keys = keys[n:]
		rows, err := st.sql.StmtContext(st.ctx, b.prepared[n]).QueryContext(st.ctx, args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			r, err := scanRecord(rows)
			if err != nil {
				rows.Close()
				return err
			}
			l.Records = append(l.Records, r)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// loadNamedPostings reads postings that a correction names, what corrected them
// before, and their grants.
func loadNamedPostings(st *transaction, l *ledger.Loaded, refs []ledger.SourceRef, byKey map[ledger.WalletKey]ledger.WalletID) error {
	var grants []ledger.GrantID
	var done []ledger.SourceRef
	for _, ref := range refs {
		if slices.Contains(done, ref) {
			continue
		}
		done = append(done, ref)
		rows, err := st.db.ledger.load(st, loadSources).QueryContext(st.ctx, int64(byKey[ref.Wallet]), ref.Seq)
		if err != nil {
			return err
		}
		for rows.Next() {
			var r gen.Entry
			if err := rows.Scan(&r.WalletID, &r.Seq, &r.Line, &r.Kind, &r.GrantID, &r.Amount, &r.BalanceAfter, &r.At, &r.Corrects, &r.Detail); err != nil {
				rows.Close()
				return err
			}
			e, err := entry(r)
			if err != nil {
				rows.Close()
				return err
			}
			l.Sources = append(l.Sources, e)
			if e.Grant != 0 {
				grants = append(grants, e.Grant)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return loadGrants(st, l, loadGrantsByID, numbers(grants))
}

// numbers writes ids as a JSON array.
func numbers[T ~int64](ids []T) string {
	b := make([]byte, 0, 2+20*len(ids))
	b = append(b, '[')
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(id), 10)
	}
	return string(append(b, ']'))
}

// walletKeys writes distinct keys as a JSON array of pairs.
func walletKeys(keys []ledger.WalletKey) string {
	seen := make(map[ledger.WalletKey]bool, len(keys))
	pairs := make([][2]string, 0, len(keys))
	for _, k := range keys {
		if !seen[k] {
			seen[k] = true
			pairs = append(pairs, [2]string{k.Customer, k.CreditType})
		}
	}
	b, _ := json.Marshal(pairs) // strings always encode
	return string(b)
}
