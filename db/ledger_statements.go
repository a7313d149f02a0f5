package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// The ledger's bulk statements are SQLite's own: lists come in as JSON, rows go
// out as one statement of many VALUES. They are prepared once for each pool.
const (
	loadWalletsByKey = `SELECT w.id, w.customer_id, w.credit_type, w.seq, w.balance, w.debt, w.overdraft, w.last_at, w.created_at, w.reserved
FROM json_each(?) j CROSS JOIN wallets w WHERE w.customer_id = j.value ->> 0 AND w.credit_type = j.value ->> 1`

	loadWalletsByID = `SELECT w.id, w.customer_id, w.credit_type, w.seq, w.balance, w.debt, w.overdraft, w.last_at, w.created_at, w.reserved
FROM json_each(?) j CROSS JOIN wallets w WHERE w.id = j.value`

	grantColumns = `g.id, g.wallet_id, g.kind, g.priority, g.amount, g.remaining, g.held, g.effective_at, g.expires_at,
g.meters, g.paid_amount, g.paid_currency, g.paid_for, g.source, g.origin, g.frozen, g.voided_at, g.created_at,
g.lapsed, g.clawed, g.reclaim, g.reclaim_kind, g.reclaim_ref, g.clawed_with, g.claw_debt, g.gone, g.sent, g.worth`

	loadLiveGrants = `SELECT ` + grantColumns + `
FROM json_each(?) j CROSS JOIN grants g INDEXED BY grants_live WHERE g.wallet_id = j.value AND g.remaining > 0`

	loadGrantsByID = `SELECT ` + grantColumns + `
FROM json_each(?) j CROSS JOIN grants g WHERE g.id = j.value`

	loadGrantsClawed = `SELECT ` + grantColumns + `
FROM json_each(?) j CROSS JOIN grants g INDEXED BY grants_clawed WHERE g.clawed_with = j.value AND g.clawed_with > 0`

	loadLapsed = `SELECT ` + grantColumns + `
FROM json_each(?) j CROSS JOIN grants g INDEXED BY grants_lapsed
WHERE g.wallet_id = j.value ->> 0 AND g.expires_at > j.value ->> 1 AND g.lapsed > 0`

	holdColumns = `h.id, h.wallet_id, h.amount, h.captured, h.state, h.reservations, h.expires_at, h.created_at, h.ended_at`

	loadHoldsByID = `SELECT ` + holdColumns + ` FROM json_each(?) j CROSS JOIN holds h WHERE h.id = j.value`

	loadDueHolds = `SELECT ` + holdColumns + `
FROM json_each(?) j CROSS JOIN holds h INDEXED BY holds_open WHERE h.wallet_id = j.value AND h.state = 'open' AND h.expires_at <= ?`

	loadWatches = `SELECT w.id, w.wallet_id, w.level, w.rearm, w.armed, w.job_kind, w.payload, w.base, w.share, w.of_paid, w.step, w.recovers
FROM json_each(?) j CROSS JOIN watches w WHERE w.wallet_id = j.value`

	loadSources = `SELECT ` + entryColumns + `
FROM entries e WHERE e.wallet_id = ?1 AND e.seq = ?2
UNION ALL
SELECT ` + entryColumns + `
FROM entries e INDEXED BY entries_corrects WHERE e.wallet_id = ?1 AND e.corrects = ?2 AND e.corrects > 0`

	entryColumns = `e.wallet_id, e.seq, e.line, e.kind, e.grant_id, e.amount, e.balance_after, e.at, e.corrects, e.detail`

	loadTails = `SELECT ` + entryColumns + `
FROM json_each(?) j CROSS JOIN entries e INDEXED BY entries_place
WHERE e.wallet_id = j.value ->> 0 AND e.seq > j.value ->> 1 ORDER BY e.wallet_id, e.seq, e.line`

	loadSums = `SELECT s.wallet_id, s.rate, s.sum FROM json_each(?) j CROSS JOIN rate_sums s WHERE s.wallet_id = j.value`

	loadLoggedRecords = `SELECT r.key, r.fingerprint, r.refused, r.at, r.result FROM json_each(?) j CROSS JOIN idempotency_log r WHERE r.id = j.value`

	loadRunRecord = `SELECT key, fingerprint, refused, at, result FROM idempotency WHERE run = ? AND key = ?`

	loadCounters = `SELECT c.wallet_id, c.name, c.period_start, c.spent, c.told
FROM json_each(?) j CROSS JOIN counters c
WHERE c.wallet_id = j.value ->> 0 AND c.name = j.value ->> 1 AND c.period_start = j.value ->> 2`
)

// bulk is a statement with a list of rows, prepared for some numbers of them.
type bulk struct {
	before, row, after string
	columns            int
	prepared           map[int]*sql.Stmt
}

// bulkSizes are the numbers of rows that are prepared: a list of any length is
// written with few of them. All stay far below SQLite's 32,766 parameters.
var bulkSizes = []int{512, 128, 32, 8, 1}

func newBulk(before string, columns int, after string) *bulk {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	return &bulk{before: before, row: row, after: after, columns: columns, prepared: map[int]*sql.Stmt{}}
}

func (b *bulk) prepare(ctx context.Context, db *sql.DB) error {
	for _, n := range bulkSizes {
		text := b.before + strings.TrimSuffix(strings.Repeat(b.row+",", n), ",") + b.after
		stmt, err := db.PrepareContext(ctx, text)
		if err != nil {
			return errors.Join(errors.New(b.before), err)
		}
		b.prepared[n] = stmt
	}
	return nil
}

// exec runs the statement for all rows, whose values stand one after another.
func (b *bulk) exec(t *transaction, values []any) error {
	for len(values) > 0 {
		n := size(len(values) / b.columns)
		if _, err := t.sql.StmtContext(t.ctx, b.prepared[n]).ExecContext(t.ctx, values[:n*b.columns]...); err != nil {
			return err
		}
		values = values[n*b.columns:]
	}
	return nil
}

// size is the largest prepared size that is not above n.
func size(n int) int {
	for _, s := range bulkSizes {
		if s <= n {
			return s
		}
	}
	return 1
}

// ledgerStatements are prepared when the database is opened: with one writer
// connection nothing can be prepared while a transaction is open.
type ledgerStatements struct {
	loads map[string]*sql.Stmt // by text, on the writer
	reads map[string]*sql.Stmt // by text, on the readers

	insertWallets, updateWallets *bulk
	insertGrants, updateGrants   *bulk
	upsertHolds                  *bulk
	insertEntries, insertNotes   *bulk
	insertRecords                *bulk
	upsertCounters               *bulk
	updateWatches                *bulk
	upsertPosted, upsertMoved    *bulk
	upsertSums                   *bulk
}

func (l *ledgerStatements) prepare(ctx context.Context, write, read *sql.DB) error {
	l.loads, l.reads = map[string]*sql.Stmt{}, map[string]*sql.Stmt{}
	for _, text := range []string{loadWalletsByKey, loadWalletsByID, loadLiveGrants, loadGrantsByID, loadGrantsClawed, loadLapsed, loadHoldsByID, loadDueHolds, loadWatches, loadSources, loadTails, loadSums,
		loadLoggedRecords, loadRunRecord, loadCounters} {
		var err error
		if l.loads[text], err = write.PrepareContext(ctx, text); err != nil {
			return errors.Join(errors.New(text), err)
		}
		if l.reads[text], err = read.PrepareContext(ctx, text); err != nil {
			return errors.Join(errors.New(text), err)
		}
	}
	l.insertWallets = newBulk(`INSERT INTO wallets (id, customer_id, credit_type, seq, balance, debt, overdraft, last_at, created_at, reserved) VALUES `, 10, ``)
	l.updateWallets = newBulk(`UPDATE wallets SET seq = v.column2, balance = v.column3, debt = v.column4, overdraft = v.column5, last_at = v.column6,
reserved = v.column7
FROM (VALUES `, 7, `) v WHERE wallets.id = v.column1`)
	l.insertGrants = newBulk(`INSERT INTO grants (id, wallet_id, kind, priority, amount, remaining, held, effective_at, expires_at, meters,
paid_amount, paid_currency, paid_for, source, origin, frozen, voided_at, created_at,
lapsed, clawed, reclaim, reclaim_kind, reclaim_ref, clawed_with, claw_debt, gone, sent, worth) VALUES `, 28, ``)
	l.updateGrants = newBulk(`UPDATE grants SET remaining = v.column2, held = v.column3, frozen = v.column4, voided_at = v.column5,
lapsed = v.column6, clawed = v.column7, reclaim = v.column8, reclaim_kind = v.column9, reclaim_ref = v.column10, clawed_with = v.column11, claw_debt = v.column12, gone = v.column13, sent = v.column14, worth = v.column15
FROM (VALUES `, 15, `) v WHERE grants.id = v.column1`)
	l.upsertHolds = newBulk(`INSERT INTO holds (id, wallet_id, amount, captured, state, reservations, expires_at, created_at, ended_at) VALUES `, 9,
		` ON CONFLICT (id) DO UPDATE SET captured = excluded.captured, state = excluded.state, ended_at = excluded.ended_at`)
	l.insertEntries = newBulk(`INSERT INTO entries (wallet_id, seq, line, kind, grant_id, amount, balance_after, at, corrects, detail) VALUES `, 10, ``)
	l.insertNotes = newBulk(`INSERT INTO posting_notes (wallet_id, seq, actor, reason) VALUES `, 4, ``)
	l.insertRecords = newBulk(`INSERT INTO idempotency_log (id, key, fingerprint, refused, at, result) VALUES `, 6, ``)
	l.upsertCounters = newBulk(`INSERT INTO counters (wallet_id, name, period_start, spent, told) VALUES `, 5,
		` ON CONFLICT (wallet_id, name, period_start) DO UPDATE SET spent = excluded.spent, told = excluded.told`)
	l.updateWatches = newBulk(`UPDATE watches SET armed = v.column2, level = v.column3, rearm = v.column4, of_paid = v.column5
FROM (VALUES `, 5, `) v WHERE watches.id = v.column1`)
	rollup := ` (wallet_id, hour, kind, meter, caller, count, credits, first_seq, last_seq) VALUES `
	add := ` ON CONFLICT (wallet_id, hour, kind, meter, caller) DO UPDATE SET count = count + excluded.count, credits = credits + excluded.credits,
first_seq = min(first_seq, excluded.first_seq), last_seq = max(last_seq, excluded.last_seq)`
	l.upsertPosted = newBulk(`INSERT INTO posted_hours`+rollup, 9, add)
	l.upsertMoved = newBulk(`INSERT INTO moved_hours`+rollup, 9, add)
	l.upsertSums = newBulk(`INSERT INTO rate_sums (wallet_id, rate, sum) VALUES `, 3, ` ON CONFLICT (wallet_id, rate) DO UPDATE SET sum = excluded.sum`)
	for _, b := range []*bulk{l.upsertSums, l.insertWallets, l.updateWallets, l.insertGrants, l.updateGrants, l.upsertHolds, l.insertEntries,
		l.insertNotes, l.insertRecords, l.upsertCounters, l.updateWatches, l.upsertPosted, l.upsertMoved} {
		if err := b.prepare(ctx, write); err != nil {
			return err
		}
	}
	return nil
}

// load is the prepared statement of a text for t's connection.
func (l *ledgerStatements) load(t *transaction, text string) *sql.Stmt {
	if t.write {
		return t.sql.StmtContext(t.ctx, l.loads[text])
	}
	return t.sql.StmtContext(t.ctx, l.reads[text])
}
