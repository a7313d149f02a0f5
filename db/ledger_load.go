package db

import (
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
// statements whatever their number. Inside a write transaction, wallets that are
// in memory are not read at all.
func (s LedgerStore) Load(t tx.Tx, n *ledger.Needs) (*ledger.Loaded, error) {
	st := open(t)
	l := &ledger.Loaded{Counters: map[ledger.CounterID]ledger.Count{}, Callers: map[ledger.CallerRef]int64{}, Sums: map[ledger.SumID]money.Exact{}}
	if err := loadHolds(st, l, loadHoldsByID, numbers(n.Holds)); err != nil {
		return nil, err
	}
	if err := loadGrants(st, l, loadGrantsByID, numbers(n.Grants)); err != nil {
		return nil, err
	}
	w := walletsOfBatch{st: st, l: l, have: map[ledger.WalletID]bool{}}
	if err := w.load(n); err != nil {
		return nil, err
	}
	byKey := make(map[ledger.WalletKey]ledger.WalletID, len(l.Wallets))
	for _, w := range l.Wallets {
		byKey[w.WalletKey] = w.ID
	}
	if err := loadNamedPostings(st, l, n.Postings, byKey); err != nil {
		return nil, err
	}
	if err := loadLapsedOf(st, l, n.Lapsed, byKey); err != nil {
		return nil, err
	}
	if err := w.finish(n); err != nil {
		return nil, err
	}
	if err := st.db.keys.load(st, l, n.Keys); err != nil {
		return nil, err
	}
	if err := loadCountersOf(st, l, n.Counters, byKey); err != nil {
		return nil, err
	}
	return l, s.callers.load(st, l, n.Callers)
}

// walletsOfBatch gathers the wallets of a batch, from memory and from rows.
type walletsOfBatch struct {
	st       *transaction
	l        *ledger.Loaded
	have     map[ledger.WalletID]bool
	fromRows []int       // of l.Wallets
	memory   []*resident // that were in memory
}

// load gathers the wallets that are named, and those of named grants and holds.
func (w *walletsOfBatch) load(n *ledger.Needs) error {
	var ids []ledger.WalletID
	for _, g := range w.l.Grants {
		ids = append(ids, g.Wallet)
	}
	for _, h := range w.l.Holds {
		ids = append(ids, h.Wallet)
	}
	missing := n.Wallets
	if w.st.write {
		missing = missing[:0:0]
		for _, k := range n.Wallets {
			if !w.remember(k) {
				missing = append(missing, k)
			}
		}
	}
	if len(missing) > 0 {
		if err := w.read(loadWalletsByKey, walletKeys(missing)); err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		return w.read(loadWalletsByID, numbers(ids))
	}
	return nil
}

// remember takes a wallet out of the writer's memory; false when it is not there.
func (w *walletsOfBatch) remember(k ledger.WalletKey) bool {
	r := w.st.db.residents.take(w.st, k)
	if r == nil {
		return false
	}
	if r.stored >= 0 && !w.have[r.wallet.ID] {
		w.have[r.wallet.ID] = true
		w.l.Wallets = append(w.l.Wallets, r.wallet)
		w.memory = append(w.memory, r)
	}
	return r.stored >= 0
}

func (w *walletsOfBatch) read(text, list string) error {
	rows, err := w.st.db.ledger.load(w.st, text).QueryContext(w.st.ctx, list)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r gen.Wallet
		if err := rows.Scan(&r.ID, &r.CustomerID, &r.CreditType, &r.Seq, &r.Balance, &r.Debt, &r.Overdraft, &r.LastAt, &r.CreatedAt, &r.Reserved); err != nil {
			return err
		}
		row := wallet(r)
		if w.have[row.ID] || (w.st.write && w.remember(row.WalletKey)) {
			continue
		}
		w.have[row.ID] = true
		w.fromRows = append(w.fromRows, len(w.l.Wallets))
		w.l.Wallets = append(w.l.Wallets, row)
	}
	return rows.Err()
}

// finish reads what belongs to the wallets, brings what came from rows up to
// date, and lets memory say the rest.
func (w *walletsOfBatch) finish(n *ledger.Needs) error {
	if len(w.l.Wallets) == 0 {
		return nil
	}
	named := len(w.l.Grants) // by id: some may be of wallets in memory
	if err := w.finishRows(n); err != nil {
		return err
	}
	for _, r := range w.memory {
		for _, ref := range n.Sums {
			if ref.Wallet == r.wallet.WalletKey {
				w.l.Sums[ledger.SumID{Wallet: r.wallet.ID, Rate: ref.Rate}] = r.sums[ref.Rate]
			}
		}
		for _, g := range r.grants {
			w.l.Grants = append(w.l.Grants, *g)
		}
	}
	for i := range w.l.Grants[:named] {
		g := &w.l.Grants[i]
		for _, r := range w.st.taken {
			if r.wallet.ID != g.Wallet {
				continue
			}
			if now, ok := r.changed[g.ID]; ok {
				*g = now
			}
		}
	}
	return loadOfWallets(w.st, w.l)
}

// finishRows reads the live grants of the wallets that came from rows, and adds
// the tails. In a write transaction these wallets are in memory from then on.
func (w *walletsOfBatch) finishRows(n *ledger.Needs) error {
	if len(w.fromRows) == 0 {
		return nil
	}
	ids := make([]ledger.WalletID, len(w.fromRows))
	wallets := make([]*ledger.Wallet, len(w.fromRows))
	stored := make(map[ledger.WalletID]int64, len(w.fromRows))
	for i, at := range w.fromRows {
		wallets[i] = &w.l.Wallets[at]
		ids[i], stored[wallets[i].ID] = wallets[i].ID, wallets[i].Seq
	}
	known := make(map[ledger.GrantID]bool, len(w.l.Grants))
	w.l.Grants = slices.DeleteFunc(w.l.Grants, func(g ledger.Grant) bool { dup := known[g.ID]; known[g.ID] = true; return dup })
	named := len(w.l.Grants)
	if err := loadGrants(w.st, w.l, loadLiveGrants, numbers(ids)); err != nil {
		return err
	}
	kept := w.l.Grants[:named]
	for _, g := range w.l.Grants[named:] {
		if !known[g.ID] {
			kept = append(kept, g)
		}
	}
	w.l.Grants = kept
	grants := make([]*ledger.Grant, 0, len(w.l.Grants))
	for i := range w.l.Grants {
		if _, ok := stored[w.l.Grants[i].Wallet]; ok {
			grants = append(grants, &w.l.Grants[i])
		}
	}
	tail, err := addTails(w.st, wallets, grants)
	if err != nil {
		return err
	}
	var added map[ledger.SumID]bool
	if w.st.write || len(n.Sums) > 0 {
		if added, err = loadSumsOf(w.st, w.l, ids, tail); err != nil {
			return err
		}
	}
	if w.st.write {
		w.settleIn(wallets, grants, stored, tail, added)
	}
	return nil
}

// settleIn puts wallets that came from rows into memory.
func (w *walletsOfBatch) settleIn(wallets []*ledger.Wallet, grants []*ledger.Grant, stored map[ledger.WalletID]int64, tail []ledger.Entry, added map[ledger.SumID]bool) {
	byID := make(map[ledger.WalletID]*resident, len(wallets))
	for _, wallet := range wallets {
		r := newResident(*wallet)
		r.stored = stored[wallet.ID]
		byID[wallet.ID] = r
		w.st.hold(r)
	}
	for at, sum := range w.l.Sums {
		if r := byID[at.Wallet]; r != nil {
			r.sums[at.Rate] = sum
			if added[at] {
				r.added[at.Rate] = true
			}
		}
	}
	for _, g := range grants {
		if g.Remaining > 0 {
			copied := *g
			byID[g.Wallet].grants[g.ID] = &copied
		}
	}
	for _, e := range tail {
		r := byID[e.Wallet]
		r.rollups.Add(e)
		for _, g := range grants {
			if g.ID == e.Grant {
				r.changed[g.ID] = *g
			}
		}
	}
}

// loadOfWallets adds due holds and watches of the wallets.
func loadOfWallets(st *transaction, l *ledger.Loaded) error {
	ids := make([]ledger.WalletID, len(l.Wallets))
	byID := make(map[ledger.WalletID]ledger.WalletKey, len(l.Wallets))
	for i, w := range l.Wallets {
		ids[i], byID[w.ID] = w.ID, w.WalletKey
	}
	list := numbers(ids)
	if err := loadHolds(st, l, loadDueHolds, list, micros(st.now)); err != nil {
		return err
	}
	for i := range l.Holds {
		l.Holds[i].WalletKey = byID[l.Holds[i].Wallet]
	}
	return loadWatchesOf(st, l)
}

// loadLapsedOf adds the grants that late work may draw.
func loadLapsedOf(st *transaction, l *ledger.Loaded, refs []ledger.LapsedRef, byKey map[ledger.WalletKey]ledger.WalletID) error {
	since := map[ledger.WalletID]int64{}
	for _, ref := range refs {
		from := max(micros(ref.Since), micros(st.now.Add(-ref.Grace))-1)
		if known, ok := since[byKey[ref.Wallet]]; !ok || from < known {
			since[byKey[ref.Wallet]] = from
		}
	}
	delete(since, 0) // of wallets that are new
	list := make([][2]int64, 0, len(since))
	for wallet, from := range since {
		list = append(list, [2]int64{int64(wallet), from})
	}
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return loadGrants(st, l, loadLapsed, string(b))
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
			&r.Meters, &r.PaidAmount, &r.PaidCurrency, &r.PaidFor, &r.Source, &r.Origin, &r.Frozen, &r.VoidedAt, &r.CreatedAt,
			&r.Lapsed, &r.Clawed, &r.Reclaim, &r.ReclaimKind, &r.ReclaimRef, &r.ClawedWith, &r.ClawDebt, &r.Gone, &r.Sent, &r.Worth); err != nil {
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

// loadNamedPostings reads postings that a correction names, what corrected them
// before, their grants, and those whose debt stands for the same purchases.
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
			e, err := scanEntry(rows)
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
	if err := loadGrants(st, l, loadGrantsByID, numbers(grants)); err != nil {
		return err
	}
	var purchases []ledger.GrantID
	for _, g := range l.Grants {
		if g.ClawedWith != 0 && slices.Contains(grants, g.ID) {
			purchases = append(purchases, g.ClawedWith)
		}
	}
	return loadGrants(st, l, loadGrantsClawed, numbers(purchases))
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
