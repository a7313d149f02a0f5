package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"purse/billing/ledger"
)

// naive is what one writes without an engine: a pool of connections, and for
// each debit a transaction that checks the key, locks, reads the wallet and its
// grants, and writes the same rows as the engine does. synchronous is FULL.
type naive struct{ pool *sql.DB }

func openNaive(b *testing.B, path string) naive {
	pool, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_foreign_keys=1&_busy_timeout=60000")
	if err != nil {
		b.Fatal(err)
	}
	pool.SetMaxOpenConns(8)
	pool.SetMaxIdleConns(8)
	if _, err := pool.Exec("PRAGMA synchronous"); err != nil {
		b.Fatal(err)
	}
	return naive{pool}
}

func (n naive) debit(ctx context.Context, c *ledger.Command) error {
	t, err := n.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback()
	var one int
	if err := t.QueryRow(`SELECT 1 FROM idempotency WHERE run = 0 AND key = ?`, c.Key[:]).Scan(&one); !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("seen before: %w", err)
	}
	d := c.Op.(ledger.Debit)
	ch := d.Charges[0]
	var wallet, seq, balance, grant, remaining int64
	if err := t.QueryRow(`SELECT id, seq, balance FROM wallets WHERE customer_id = ? AND credit_type = ?`, ch.Wallet.Customer, ch.Wallet.CreditType).
		Scan(&wallet, &seq, &balance); err != nil {
		return err
	}
	if err := t.QueryRow(`SELECT id, remaining FROM grants WHERE wallet_id = ? AND remaining > 0 ORDER BY priority, expires_at, id LIMIT 1`, wallet).
		Scan(&grant, &remaining); err != nil {
		return err
	}
	var cost int64
	now := time.Now()
	for _, l := range ch.Lines {
		cost += int64(l.Credits)
		if _, err := t.Exec(`INSERT INTO posted_hours (wallet_id, hour, kind, meter, caller, count, credits, first_seq, last_seq)
VALUES (?, ?, 'debit', ?, 0, 1, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + 1, credits = credits + excluded.credits, last_seq = excluded.last_seq`,
			wallet, now.Truncate(time.Hour).UnixMicro(), l.Meter, -int64(l.Credits), seq+1, seq+1); err != nil {
			return err
		}
	}
	detail := fmt.Sprintf(`{"e":%q,"n":%q,"t":%d,"l":[{"m":%q,"r":%q,"q":%q,"a":%d},{"m":%q,"r":%q,"q":%q,"a":%d}]}`, d.Event, d.EventName, d.EventAt.UnixMicro(),
		ch.Lines[0].Meter, ch.Lines[0].Rate, ch.Lines[0].Quantity, ch.Lines[0].Credits, ch.Lines[1].Meter, ch.Lines[1].Rate, ch.Lines[1].Quantity, ch.Lines[1].Credits)
	if _, err := t.Exec(`INSERT INTO entries (wallet_id, seq, line, kind, grant_id, amount, balance_after, at, corrects, detail) VALUES (?, ?, 0, 'debit', ?, ?, ?, ?, 0, ?)`,
		wallet, seq+1, grant, -cost, balance-cost, now.UnixMicro(), detail); err != nil {
		return err
	}
	if _, err := t.Exec(`UPDATE grants SET remaining = remaining - ? WHERE id = ?`, cost, grant); err != nil {
		return err
	}
	if _, err := t.Exec(`UPDATE wallets SET seq = ?, balance = ?, last_at = ? WHERE id = ?`, seq+1, balance-cost, now.UnixMicro(), wallet); err != nil {
		return err
	}
	result := fmt.Sprintf(`{"p":[{"w":%d,"s":%d,"c":"credits","a":%d}]}`, wallet, seq+1, -cost)
	if _, err := t.Exec(`INSERT INTO idempotency (run, key, fingerprint, refused, at, result) VALUES (0, ?, ?, 0, ?, ?)`, c.Key[:], c.Fingerprint[:], now.UnixMicro(), result); err != nil {
		return err
	}
	return t.Commit()
}
