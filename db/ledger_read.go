package db

import (
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/db/gen"
)

func (LedgerStore) WalletsOf(t tx.Tx, customer string) ([]ledger.Wallet, error) {
	ctx, q := q(t)
	rows, err := q.WalletsOf(ctx, customer)
	if err != nil {
		return nil, err
	}
	out := make([]ledger.Wallet, len(rows))
	for i, r := range rows {
		out[i] = wallet(r)
	}
	return out, upToDate(open(t), out)
}

func (LedgerStore) WalletByID(t tx.Tx, id ledger.WalletID) (ledger.Wallet, error) {
	ctx, q := q(t)
	r, err := q.WalletByID(ctx, int64(id))
	if err != nil {
		return ledger.Wallet{}, notFound(err)
	}
	one := []ledger.Wallet{wallet(r)}
	err = upToDate(open(t), one)
	return one[0], err
}

// notFound gives billing's name to database/sql's error.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return tx.ErrNotFound
	}
	return err
}

// below is the exclusive upper bound of a walk down ids; 0 means from the top.
func below(id int64) int64 {
	if id == 0 {
		return math.MaxInt64
	}
	return id
}

func (LedgerStore) GrantsOf(t tx.Tx, w ledger.WalletID, onlyLive bool, before ledger.GrantID, limit int) ([]ledger.Grant, error) {
	ctx, q := q(t)
	rows, err := q.GrantsOf(ctx, gen.GrantsOfParams{
		WalletID: int64(w), BeforeID: below(int64(before)), LeastRemaining: flag(onlyLive), MaxRows: int32(limit),
	})
	if err != nil {
		return nil, err
	}
	out := make([]ledger.Grant, len(rows))
	for i, r := range rows {
		if out[i], err = grant(r); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return out, nil
	}
	if err := grantsUpToDate(open(t), w, out); err != nil {
		return nil, err
	}
	if onlyLive {
		out = live(out)
	}
	return out, nil
}

func (LedgerStore) HoldByID(t tx.Tx, id ledger.HoldID) (ledger.Hold, error) {
	ctx, q := q(t)
	r, err := q.HoldByID(ctx, int64(id))
	if err != nil {
		return ledger.Hold{}, notFound(err)
	}
	return holdOf(gen.HoldsOfRow(r))
}

func holdOf(r gen.HoldsOfRow) (ledger.Hold, error) {
	h, err := hold(gen.Hold{ID: r.ID, WalletID: r.WalletID, Amount: r.Amount, Captured: r.Captured, State: r.State,
		Reservations: r.Reservations, ExpiresAt: r.ExpiresAt, CreatedAt: r.CreatedAt, EndedAt: r.EndedAt})
	h.WalletKey = ledger.WalletKey{Customer: r.CustomerID, CreditType: r.CreditType}
	return h, err
}

func (LedgerStore) HoldsOf(t tx.Tx, w ledger.WalletID, onlyOpen bool, before ledger.HoldID, limit int) ([]ledger.Hold, error) {
	ctx, q := q(t)
	rows, err := q.HoldsOf(ctx, gen.HoldsOfParams{
		WalletID: int64(w), BeforeID: below(int64(before)), EndedToo: flag(!onlyOpen), MaxRows: int32(limit),
	})
	if err != nil {
		return nil, err
	}
	out := make([]ledger.Hold, len(rows))
	for i, r := range rows {
		if out[i], err = holdOf(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (LedgerStore) Entries(t tx.Tx, w ledger.WalletID, from, to int64) ([]ledger.Entry, error) {
	ctx, q := q(t)
	rows, err := q.EntriesBetween(ctx, gen.EntriesBetweenParams{WalletID: int64(w), FirstSeq: from, LastSeq: to})
	if err != nil {
		return nil, err
	}
	out := make([]ledger.Entry, len(rows))
	for i, r := range rows {
		if out[i], err = entry(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (LedgerStore) Others(t tx.Tx, w ledger.WalletID, kind ledger.PostingKind, from, to int64, ascending bool, limit int) ([]int64, error) {
	ctx, q := q(t)
	p := gen.OthersDescendingParams{WalletID: int64(w), Kind: string(kind), FirstSeq: from, LastSeq: to, MaxRows: int32(limit)}
	if ascending {
		return q.OthersAscending(ctx, gen.OthersAscendingParams(p))
	}
	return q.OthersDescending(ctx, p)
}

// Debits looks into the compact detail without decoding it. What it finds is
// looked at again: an underscore in a meter's key matches any character here.
func (LedgerStore) Debits(t tx.Tx, w ledger.WalletID, f ledger.HourFilter, from, to int64, ascending bool, limit int) ([]int64, error) {
	ctx, q := q(t)
	p := gen.DebitsDescendingParams{WalletID: int64(w), FirstSeq: from, LastSeq: to, Meter: "%", Caller: "%", MaxRows: int32(limit)}
	if f.Meter != "" {
		key, err := json.Marshal(f.Meter)
		if err != nil {
			return nil, err
		}
		p.Meter = `%"m":` + string(key) + `%`
	}
	if f.Caller != 0 {
		p.Caller = `%"c":` + strconv.FormatInt(f.Caller, 10) + `,%`
	}
	if ascending {
		return q.DebitsAscending(ctx, gen.DebitsAscendingParams(p))
	}
	return q.DebitsDescending(ctx, p)
}

func (LedgerStore) Hours(t tx.Tx, w ledger.WalletID, f ledger.HourFilter, from, to time.Time, ascending bool, limit int) ([]ledger.HourRange, error) {
	ctx, q := q(t)
	p := gen.HoursDescendingParams{
		WalletID: int64(w), Kind: string(f.Kind), Meter: f.Meter, Caller: f.Caller, FirstHour: micros(from), LastHour: micros(to), MaxRows: int32(limit),
	}
	var rows []gen.HoursDescendingRow
	var err error
	if ascending {
		var up []gen.HoursAscendingRow
		up, err = q.HoursAscending(ctx, gen.HoursAscendingParams(p))
		for _, r := range up {
			rows = append(rows, gen.HoursDescendingRow(r))
		}
	} else {
		rows, err = q.HoursDescending(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	out := make([]ledger.HourRange, len(rows))
	for i, r := range rows {
		out[i] = ledger.HourRange{Hour: instant(r.Hour), First: r.FirstSeq, Last: r.LastSeq}
	}
	return withTail(open(t), w, out, from, to, ascending, limit)
}

// withTail adds where postings lie that the hourly rows do not know yet.
func withTail(st *transaction, w ledger.WalletID, hours []ledger.HourRange, from, to time.Time, ascending bool, limit int) ([]ledger.HourRange, error) {
	if ascending && len(hours) == limit {
		return hours, nil // the tail comes after all of them
	}
	_, first, last, err := tailRollups(st, w)
	if err != nil || first.Seq == 0 || first.At.Truncate(time.Hour).After(to) || last.At.Before(from) {
		return hours, err
	}
	tail := ledger.HourRange{Hour: last.At.Truncate(time.Hour), First: first.Seq, Last: last.Seq}
	if ascending {
		return append(hours, tail), nil
	}
	if len(hours) == 0 {
		tail.Hour = first.At.Truncate(time.Hour) // nothing before it is skipped
	}
	return append([]ledger.HourRange{tail}, hours...), nil
}

func (LedgerStore) TimeOf(t tx.Tx, w ledger.WalletID, seq int64) (time.Time, error) {
	ctx, q := q(t)
	at, err := q.TimeOfPosting(ctx, gen.TimeOfPostingParams{WalletID: int64(w), Seq: seq})
	return instant(at), notFound(err)
}

func (LedgerStore) Notes(t tx.Tx, w ledger.WalletID, from, to int64) (map[int64]ledger.Note, error) {
	ctx, q := q(t)
	rows, err := q.NotesBetween(ctx, gen.NotesBetweenParams{WalletID: int64(w), FirstSeq: from, LastSeq: to})
	out := make(map[int64]ledger.Note, len(rows))
	for _, r := range rows {
		out[r.Seq] = ledger.Note{Actor: r.Actor, Reason: r.Reason}
	}
	return out, err
}

func (LedgerStore) CallerNames(t tx.Tx, ids []int64) (map[int64]string, error) {
	ctx, q := q(t)
	out := make(map[int64]string, len(ids))
	for _, id := range ids {
		name, err := q.CallerByID(ctx, id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		out[id] = name
	}
	return out, nil
}

func (LedgerStore) CallersOf(t tx.Tx, customer string, limit int) ([]ledger.CallerName, error) {
	ctx, q := q(t)
	rows, err := q.CallersOf(ctx, gen.CallersOfParams{CustomerID: customer, MaxRows: int32(limit)})
	out := make([]ledger.CallerName, len(rows))
	for i, r := range rows {
		out[i] = ledger.CallerName{ID: r.ID, Name: r.Name}
	}
	return out, err
}

func (LedgerStore) Posted(t tx.Tx, w ledger.WalletID, from, to time.Time) ([]ledger.HourRow, error) {
	kinds := ledger.PostingKinds()
	filters := make([]ledger.HourFilter, len(kinds))
	for i, k := range kinds {
		filters[i].Kind = k
	}
	return posted(open(t), w, filters, from, to)
}

func (LedgerStore) PostedBy(t tx.Tx, w ledger.WalletID, f ledger.HourFilter, from, to time.Time) ([]ledger.HourRow, error) {
	return posted(open(t), w, []ledger.HourFilter{f}, from, to)
}

// posted reads the hourly rows of each filter, and adds what is newer.
func posted(st *transaction, w ledger.WalletID, filters []ledger.HourFilter, from, to time.Time) ([]ledger.HourRow, error) {
	var out []ledger.HourRow
	for _, f := range filters {
		rows, err := st.q.PostedBetween(st.ctx, gen.PostedBetweenParams{
			WalletID: int64(w), Kind: string(f.Kind), Meter: f.Meter, Caller: f.Caller, FirstHour: micros(from), LastHour: micros(to),
		})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out = append(out, hourRow(r))
		}
	}
	tail, _, _, err := tailRollups(st, w)
	if err != nil {
		return nil, err
	}
	for k, r := range tail.Posted {
		if slices.Contains(filters, ledger.HourFilter{Kind: k.Kind, Meter: k.Meter, Caller: k.Caller}) && k.Hour >= micros(from) && k.Hour < micros(to) {
			out = append(out, ledger.HourRow{Hour: instant(k.Hour), Kind: k.Kind, Meter: k.Meter, Caller: k.Caller, Rollup: *r})
		}
	}
	slices.SortStableFunc(out, func(a, b ledger.HourRow) int { return a.Hour.Compare(b.Hour) })
	return out, nil
}

func (LedgerStore) PostedByMeter(t tx.Tx, w ledger.WalletID, from, to time.Time) ([]ledger.HourRow, error) {
	ctx, q := q(t)
	rows, err := q.PostedByMeter(ctx, gen.PostedByMeterParams{WalletID: int64(w), FirstHour: micros(from), LastHour: micros(to)})
	if err != nil {
		return nil, err
	}
	out := make([]ledger.HourRow, len(rows))
	for i, r := range rows {
		out[i] = hourRow(r)
	}
	tail, _, _, err := tailRollups(open(t), w)
	for k, r := range tail.Posted {
		if k.Kind == ledger.PostDebit && k.Meter != "" && k.Caller == 0 && k.Hour >= micros(from) && k.Hour < micros(to) {
			out = append(out, ledger.HourRow{Hour: instant(k.Hour), Kind: k.Kind, Meter: k.Meter, Rollup: *r})
		}
	}
	return out, err
}

func (LedgerStore) Used(t tx.Tx, w ledger.WalletID, from, to time.Time) ([]ledger.HourRow, error) {
	ctx, q := q(t)
	rows, err := q.UsedBetween(ctx, gen.UsedBetweenParams{WalletID: int64(w), FirstHour: micros(from), LastHour: micros(to)})
	out := make([]ledger.HourRow, len(rows))
	for i, r := range rows {
		out[i] = hourRow(gen.PostedHour{Hour: r.Hour, Kind: string(ledger.PostDebit), Meter: r.Meter, Count: r.Count, Credits: r.Credits})
	}
	if err != nil {
		return nil, err
	}
	tail, _, _, err := tailRollups(open(t), w)
	for _, rows := range []map[ledger.RollupKey]*ledger.Rollup{tail.Posted, tail.Moved} {
		for k, r := range rows {
			if k.Kind == ledger.PostDebit && k.Meter != "" && k.Caller == 0 && k.Hour >= micros(from) && k.Hour < micros(to) {
				out = append(out, ledger.HourRow{Hour: instant(k.Hour), Kind: k.Kind, Meter: k.Meter, Rollup: *r})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b ledger.HourRow) int { return a.Hour.Compare(b.Hour) })
	return out, err
}

func (LedgerStore) UsedBy(t tx.Tx, w ledger.WalletID, f ledger.HourFilter, from, to time.Time) ([]ledger.HourRow, error) {
	ctx, q := q(t)
	rows, err := q.UsedBy(ctx, gen.UsedByParams{WalletID: int64(w), Meter: f.Meter, Caller: f.Caller, FirstHour: micros(from), LastHour: micros(to)})
	out := make([]ledger.HourRow, len(rows))
	for i, r := range rows {
		out[i] = hourRow(gen.PostedHour{Hour: r.Hour, Kind: string(ledger.PostDebit), Meter: f.Meter, Caller: f.Caller, Count: r.Count, Credits: r.Credits})
	}
	if err != nil {
		return nil, err
	}
	tail, _, _, err := tailRollups(open(t), w)
	for _, rows := range []map[ledger.RollupKey]*ledger.Rollup{tail.Posted, tail.Moved} {
		for k, r := range rows {
			if k.Kind == ledger.PostDebit && k.Meter == f.Meter && k.Caller == f.Caller && k.Hour >= micros(from) && k.Hour < micros(to) {
				out = append(out, ledger.HourRow{Hour: instant(k.Hour), Kind: k.Kind, Meter: k.Meter, Caller: k.Caller, Rollup: *r})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b ledger.HourRow) int { return a.Hour.Compare(b.Hour) })
	return out, err
}

func hourRow(r gen.PostedHour) ledger.HourRow {
	return ledger.HourRow{
		Hour: instant(r.Hour), Kind: ledger.PostingKind(r.Kind), Meter: r.Meter, Caller: r.Caller,
		Rollup: ledger.Rollup{Count: r.Count, Credits: money.Credits(r.Credits), FirstSeq: r.FirstSeq, LastSeq: r.LastSeq},
	}
}

// DueWallets answers wallets in which a grant or a hold has expired.
func (LedgerStore) DueWallets(t tx.Tx, limit int) ([]ledger.WalletKey, error) {
	ctx, q := q(t)
	rows, err := q.DueWallets(ctx, gen.DueWalletsParams{Now: micros(t.Now()), MaxRows: int32(limit)})
	out := make([]ledger.WalletKey, len(rows))
	for i, r := range rows {
		out[i] = ledger.WalletKey{Customer: r.CustomerID, CreditType: r.CreditType}
	}
	return out, err
}

// EffectiveWallets answers wallets in which a grant that was made for later
// became effective.
func (LedgerStore) EffectiveWallets(t tx.Tx, from, to time.Time, after ledger.WalletID, limit int) (keys []ledger.WalletKey, last ledger.WalletID, err error) {
	ctx, q := q(t)
	rows, err := q.EffectiveWallets(ctx, gen.EffectiveWalletsParams{Since: micros(from), Until: micros(to), After: int64(after), MaxRows: int32(limit)})
	for _, r := range rows {
		keys, last = append(keys, ledger.WalletKey{Customer: r.CustomerID, CreditType: r.CreditType}), ledger.WalletID(r.ID)
	}
	return keys, last, err
}

// EachWallet walks over all wallets by key, a page at a time.
func (LedgerStore) EachWallet(t tx.Tx, f func(ledger.Wallet) error) error {
	ctx, q := q(t)
	for last := int64(0); ; {
		rows, err := q.WalletsAfter(ctx, gen.WalletsAfterParams{ID: last, MaxRows: 1000})
		if err != nil || len(rows) == 0 {
			return err
		}
		wallets := make([]ledger.Wallet, len(rows))
		for i, r := range rows {
			last, wallets[i] = r.ID, wallet(r)
		}
		if err := upToDate(open(t), wallets); err != nil {
			return err
		}
		for _, w := range wallets {
			if err := f(w); err != nil {
				return err
			}
		}
	}
}

// EachEntry walks over the entries of a wallet in order, a page at a time.
func (s LedgerStore) EachEntry(t tx.Tx, w ledger.WalletID, f func(ledger.Entry) error) error {
	for seq := int64(1); ; seq += 1000 {
		entries, err := s.Entries(t, w, seq, seq+999)
		if err != nil || len(entries) == 0 {
			return err
		}
		for _, e := range entries {
			if err := f(e); err != nil {
				return err
			}
		}
	}
}
