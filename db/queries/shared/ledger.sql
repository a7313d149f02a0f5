-- name: WalletsOf :many
SELECT * FROM wallets WHERE customer_id = sqlc.arg(customer_id) ORDER BY id;

-- name: WalletByID :one
SELECT * FROM wallets WHERE id = sqlc.arg(id);

-- name: WalletsAfter :many
SELECT * FROM wallets WHERE id > sqlc.arg(id) ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: GrantsOf :many
SELECT * FROM grants
WHERE wallet_id = sqlc.arg(wallet_id) AND id < sqlc.arg(before_id) AND remaining >= sqlc.arg(least_remaining)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: HoldByID :one
SELECT h.*, w.customer_id, w.credit_type FROM holds h JOIN wallets w ON w.id = h.wallet_id WHERE h.id = sqlc.arg(id);

-- name: HoldsOf :many
SELECT h.*, w.customer_id, w.credit_type FROM holds h JOIN wallets w ON w.id = h.wallet_id
WHERE h.wallet_id = sqlc.arg(wallet_id) AND h.id < sqlc.arg(before_id) AND (h.state = 'open' OR CAST(sqlc.arg(ended_too) AS bigint) = 1)
ORDER BY h.id DESC LIMIT sqlc.arg(max_rows);

-- name: EntriesBetween :many
SELECT * FROM entries
WHERE wallet_id = sqlc.arg(wallet_id) AND seq BETWEEN sqlc.arg(first_seq) AND sqlc.arg(last_seq)
ORDER BY seq, line;

-- name: OthersDescending :many
SELECT seq FROM entries
WHERE wallet_id = sqlc.arg(wallet_id) AND kind = sqlc.arg(kind) AND kind <> 'debit' AND line = 0
  AND seq BETWEEN sqlc.arg(first_seq) AND sqlc.arg(last_seq)
ORDER BY seq DESC LIMIT sqlc.arg(max_rows);

-- name: OthersAscending :many
SELECT seq FROM entries
WHERE wallet_id = sqlc.arg(wallet_id) AND kind = sqlc.arg(kind) AND kind <> 'debit' AND line = 0
  AND seq BETWEEN sqlc.arg(first_seq) AND sqlc.arg(last_seq)
ORDER BY seq LIMIT sqlc.arg(max_rows);

-- name: DebitsDescending :many
SELECT seq FROM entries
WHERE wallet_id = sqlc.arg(wallet_id) AND seq BETWEEN sqlc.arg(first_seq) AND sqlc.arg(last_seq) AND line = 0 AND kind = 'debit'
  AND detail LIKE sqlc.arg(meter) AND detail LIKE sqlc.arg(caller)
ORDER BY seq DESC LIMIT sqlc.arg(max_rows);

-- name: DebitsAscending :many
SELECT seq FROM entries
WHERE wallet_id = sqlc.arg(wallet_id) AND seq BETWEEN sqlc.arg(first_seq) AND sqlc.arg(last_seq) AND line = 0 AND kind = 'debit'
  AND detail LIKE sqlc.arg(meter) AND detail LIKE sqlc.arg(caller)
ORDER BY seq LIMIT sqlc.arg(max_rows);

-- name: HoursDescending :many
SELECT hour, first_seq, last_seq FROM posted_hours
WHERE wallet_id = sqlc.arg(wallet_id) AND kind = sqlc.arg(kind) AND meter = sqlc.arg(meter) AND caller = sqlc.arg(caller)
  AND hour BETWEEN sqlc.arg(first_hour) AND sqlc.arg(last_hour)
ORDER BY hour DESC LIMIT sqlc.arg(max_rows);

-- name: HoursAscending :many
SELECT hour, first_seq, last_seq FROM posted_hours
WHERE wallet_id = sqlc.arg(wallet_id) AND kind = sqlc.arg(kind) AND meter = sqlc.arg(meter) AND caller = sqlc.arg(caller)
  AND hour BETWEEN sqlc.arg(first_hour) AND sqlc.arg(last_hour)
ORDER BY hour LIMIT sqlc.arg(max_rows);

-- name: TimeOfPosting :one
SELECT at FROM entries WHERE wallet_id = sqlc.arg(wallet_id) AND seq = sqlc.arg(seq) AND line = 0;

-- name: NotesBetween :many
SELECT * FROM posting_notes
WHERE wallet_id = sqlc.arg(wallet_id) AND seq BETWEEN sqlc.arg(first_seq) AND sqlc.arg(last_seq);

-- name: CallersOf :many
SELECT * FROM callers WHERE customer_id = sqlc.arg(customer_id) ORDER BY name LIMIT sqlc.arg(max_rows);

-- name: CallerByID :one
SELECT name FROM callers WHERE id = sqlc.arg(id);

-- name: InsertCaller :exec
INSERT INTO callers (customer_id, name) VALUES (sqlc.arg(customer_id), sqlc.arg(name)) ON CONFLICT DO NOTHING;

-- name: CallerByName :one
SELECT id FROM callers WHERE customer_id = sqlc.arg(customer_id) AND name = sqlc.arg(name);

-- name: PostedBetween :many
SELECT * FROM posted_hours
WHERE wallet_id = sqlc.arg(wallet_id) AND kind = sqlc.arg(kind) AND meter = sqlc.arg(meter) AND caller = sqlc.arg(caller)
  AND hour >= sqlc.arg(first_hour) AND hour < sqlc.arg(last_hour)
ORDER BY hour;

-- name: PostedByMeter :many
SELECT * FROM posted_hours
WHERE wallet_id = sqlc.arg(wallet_id) AND hour >= sqlc.arg(first_hour) AND hour < sqlc.arg(last_hour)
  AND kind = 'debit' AND caller = 0 AND meter <> ''
ORDER BY hour, meter;

-- name: UsedBetween :many
SELECT u.hour, u.meter, CAST(SUM(u.count) AS bigint) AS count, CAST(SUM(u.credits) AS bigint) AS credits
FROM (
  SELECT p.hour, p.meter, p.count, p.credits FROM posted_hours p
  WHERE p.wallet_id = sqlc.arg(wallet_id) AND p.hour >= sqlc.arg(first_hour) AND p.hour < sqlc.arg(last_hour)
    AND p.kind = 'debit' AND p.caller = 0 AND p.meter <> ''
  UNION ALL
  SELECT m.hour, m.meter, m.count, m.credits FROM moved_hours m
  WHERE m.wallet_id = sqlc.arg(wallet_id) AND m.hour >= sqlc.arg(first_hour) AND m.hour < sqlc.arg(last_hour)
    AND m.caller = 0 AND m.meter <> ''
) u
GROUP BY u.hour, u.meter HAVING SUM(u.count) <> 0 ORDER BY u.hour, u.meter;

-- name: UsedBy :many
SELECT u.hour, CAST(SUM(u.count) AS bigint) AS count, CAST(SUM(u.credits) AS bigint) AS credits
FROM (
  SELECT p.hour, p.count, p.credits FROM posted_hours p
  WHERE p.wallet_id = sqlc.arg(wallet_id) AND p.kind = 'debit' AND p.meter = sqlc.arg(meter) AND p.caller = sqlc.arg(caller)
    AND p.hour >= sqlc.arg(first_hour) AND p.hour < sqlc.arg(last_hour)
  UNION ALL
  SELECT m.hour, m.count, m.credits FROM moved_hours m
  WHERE m.wallet_id = sqlc.arg(wallet_id) AND m.hour >= sqlc.arg(first_hour) AND m.hour < sqlc.arg(last_hour)
    AND m.kind = 'debit' AND m.meter = sqlc.arg(meter) AND m.caller = sqlc.arg(caller)
) u
GROUP BY u.hour HAVING SUM(u.count) <> 0 ORDER BY u.hour;

-- name: DueWallets :many
SELECT DISTINCT w.customer_id, w.credit_type FROM wallets w
WHERE w.id IN (
  SELECT g.wallet_id FROM grants g WHERE g.remaining > g.held AND g.expires_at > 0 AND g.expires_at <= sqlc.arg(now) AND g.frozen = 0)
OR w.id IN (
  SELECT h.wallet_id FROM holds h WHERE h.state = 'open' AND h.expires_at <= sqlc.arg(now))
LIMIT sqlc.arg(max_rows);

-- name: EffectiveWallets :many
SELECT DISTINCT w.id, w.customer_id, w.credit_type FROM grants g JOIN wallets w ON w.id = g.wallet_id
WHERE g.effective_at > g.created_at AND g.effective_at > sqlc.arg(since) AND g.effective_at <= sqlc.arg(until) AND w.id > sqlc.arg(after)
ORDER BY w.id LIMIT sqlc.arg(max_rows);

-- name: PutWatch :exec
INSERT INTO watches (id, wallet_id, level, rearm, armed, job_kind, payload, base, share, of_paid, step, recovers)
VALUES (sqlc.arg(id), sqlc.arg(wallet_id), sqlc.arg(level), sqlc.arg(rearm), sqlc.arg(armed), sqlc.arg(job_kind), sqlc.arg(payload),
  sqlc.arg(base), sqlc.arg(share), sqlc.arg(of_paid), sqlc.arg(step), sqlc.arg(recovers))
ON CONFLICT (id) DO UPDATE SET level = excluded.level, rearm = excluded.rearm, armed = excluded.armed,
  job_kind = excluded.job_kind, payload = excluded.payload, base = excluded.base, share = excluded.share,
  of_paid = excluded.of_paid, step = excluded.step, recovers = excluded.recovers;

-- name: WalletOfWatch :one
SELECT wallet_id FROM watches WHERE id = sqlc.arg(id);

-- name: DeleteWatch :exec
DELETE FROM watches WHERE id = sqlc.arg(id);

-- name: WatchesOf :many
SELECT * FROM watches WHERE wallet_id = sqlc.arg(wallet_id) ORDER BY id;

-- name: PutCounter :exec
INSERT INTO counters (wallet_id, name, period_start, spent, told)
VALUES (sqlc.arg(wallet_id), sqlc.arg(name), sqlc.arg(period_start), sqlc.arg(spent), sqlc.arg(told))
ON CONFLICT (wallet_id, name, period_start) DO UPDATE SET spent = excluded.spent, told = excluded.told;

-- name: ForgetCounters :exec
DELETE FROM counters WHERE period_start < sqlc.arg(before);
