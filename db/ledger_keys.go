package db

import (
	"cmp"
	"slices"

	"purse/billing/ledger"
)

// Idempotency records are a log and sorted runs. A unique index on random keys
// would touch a page of its own for each key; the log is appended to, and once
// it is long enough it becomes a run: sorted by key, written from end to end,
// with a Bloom filter. What is in the log is known in memory. A key that is new,
// as almost all are, is looked up nowhere on disk.

// logKeys is how long the log grows before it becomes a run.
const logKeys = 50_000

// keyIndex is what memory knows of the records. It belongs to the writer: it is
// used inside write transactions only, of which there is one at a time.
type keyIndex struct {
	limit  int // of the log
	loaded bool
	log    map[ledger.Key]int64 // committed, to the row of the log
	runs   []keyRunFilter       // oldest first
	last   int64                // row of the log
}

type keyRunFilter struct {
	run    int64
	filter bloom
}

// keysInTx is what a transaction has added and not committed.
type keysInTx struct {
	added  map[ledger.Key]int64
	last   int64
	sealed *keyRunFilter
}

// open reads the index into memory, once for each opened database.
func (x *keyIndex) open(st *transaction) error {
	if x.loaded {
		return nil
	}
	x.log, x.runs, x.last = make(map[ledger.Key]int64), nil, 0
	rows, err := st.sql.QueryContext(st.ctx, `SELECT id, key FROM idempotency_log ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var key []byte
		if err := rows.Scan(&id, &key); err != nil {
			return err
		}
		x.log[ledger.Key(key)], x.last = id, id
	}
	if err := rows.Err(); err != nil {
		return err
	}
	runs, err := st.sql.QueryContext(st.ctx, `SELECT run, bloom FROM idempotency_runs ORDER BY run`)
	if err != nil {
		return err
	}
	defer runs.Close()
	for runs.Next() {
		var f keyRunFilter
		if err := runs.Scan(&f.run, &f.filter); err != nil {
			return err
		}
		x.runs = append(x.runs, f)
	}
	x.loaded = true
	return runs.Err()
}

// load finds the records of keys. Only a write transaction can ask.
func (x *keyIndex) load(st *transaction, l *ledger.Loaded, keys []ledger.Key) error {
	if !st.write || len(keys) == 0 {
		return nil
	}
	if err := x.open(st); err != nil {
		return err
	}
	var logged []int64
	for _, k := range keys {
		if id := st.keys.added[k]; id != 0 {
			logged = append(logged, id)
			continue
		}
		if id := x.log[k]; id != 0 && st.keys.sealed == nil {
			logged = append(logged, id)
			continue
		}
		if err := x.loadFromRuns(st, l, k); err != nil {
			return err
		}
	}
	if len(logged) == 0 {
		return nil
	}
	return loadRecords(st, l, loadLoggedRecords, numbers(logged))
}

// loadFromRuns looks into the runs that may hold the key, the newest first: a
// refusal that has lapsed may stand in an older one.
func (x *keyIndex) loadFromRuns(st *transaction, l *ledger.Loaded, k ledger.Key) error {
	try := func(f *keyRunFilter) (bool, error) {
		if f == nil || !f.filter.has(k) {
			return false, nil
		}
		before := len(l.Records)
		err := loadRecords(st, l, loadRunRecord, f.run, k[:])
		return len(l.Records) > before, err
	}
	if found, err := try(st.keys.sealed); found || err != nil {
		return err
	}
	for i := len(x.runs) - 1; i >= 0; i-- {
		if found, err := try(&x.runs[i]); found || err != nil {
			return err
		}
	}
	return nil
}

func loadRecords(st *transaction, l *ledger.Loaded, text string, args ...any) error {
	rows, err := st.db.ledger.load(st, text).QueryContext(st.ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return err
		}
		l.Records = append(l.Records, r)
	}
	return rows.Err()
}

// save appends records to the log, and makes a run of the log first when it is
// long enough.
func (x *keyIndex) save(st *transaction, l *ledgerStatements, records []ledger.Record) error {
	if len(records) == 0 {
		return nil
	}
	if err := x.open(st); err != nil {
		return err
	}
	if st.keys.added == nil {
		st.keys.added, st.keys.last = map[ledger.Key]int64{}, x.last
		if len(x.log) >= x.limit {
			if err := x.seal(st); err != nil {
				return err
			}
		}
		st.OnCommit(func() { x.commit(&st.keys) })
	}
	values := make([]any, 0, 6*len(records))
	for _, r := range records {
		result, err := encodeResult(&r.Result)
		if err != nil {
			return err
		}
		st.keys.last++
		st.keys.added[r.Key] = st.keys.last
		values = append(values, st.keys.last, r.Key[:], r.Fingerprint[:], flag(r.Refused), micros(r.At), result)
	}
	return l.insertRecords.exec(st, values)
}

// seal makes a run of the log. The newer of two records under one key stays.
func (x *keyIndex) seal(st *transaction) error {
	run := int64(1)
	if len(x.runs) > 0 {
		run = x.runs[len(x.runs)-1].run + 1
	}
	f := keyRunFilter{run, newBloom(len(x.log))}
	for k := range x.log {
		f.filter.add(k)
	}
	for _, step := range []struct {
		text string
		args []any
	}{
		{`INSERT OR REPLACE INTO idempotency (run, key, fingerprint, refused, at, result)
SELECT ?, key, fingerprint, refused, at, result FROM idempotency_log ORDER BY key, id`, []any{run}},
		{`INSERT INTO idempotency_runs (run, bloom) VALUES (?, ?)`, []any{run, []byte(f.filter)}},
		{`DELETE FROM idempotency_log`, nil},
	} {
		if _, err := st.sql.ExecContext(st.ctx, step.text, step.args...); err != nil {
			return err
		}
	}
	st.keys.sealed = &f
	return nil
}

func (x *keyIndex) commit(added *keysInTx) {
	if added.sealed != nil {
		x.runs = append(x.runs, *added.sealed)
		x.log = make(map[ledger.Key]int64)
	}
	for k, id := range added.added {
		x.log[k] = id
	}
	x.last = added.last
}

// sortWallets puts wallets in the order of their keys: neighbours share pages.
func sortWallets(ws []*resident) {
	slices.SortFunc(ws, func(a, b *resident) int { return cmp.Compare(a.wallet.ID, b.wallet.ID) })
}

func sortRollups(keys []ledger.RollupKey) {
	slices.SortFunc(keys, func(a, b ledger.RollupKey) int {
		return cmp.Or(cmp.Compare(a.Wallet, b.Wallet), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Meter, b.Meter), cmp.Compare(a.Caller, b.Caller))
	})
}
