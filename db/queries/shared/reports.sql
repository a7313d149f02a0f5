-- name: EntriesOfPaidLots :many
SELECT e.id, e.wallet_id, e.seq, e.kind, e.grant_id, e.amount, e.at, g.amount AS lot_amount, g.paid_amount, g.paid_currency, g.paid_for,
  CAST(CASE WHEN e.line = 0 AND e.kind IN ('refund', 'dispute') THEN e.detail ELSE '' END AS text) AS clawback
FROM entries e LEFT JOIN grants g ON g.id = e.grant_id
WHERE e.id > sqlc.arg(after_id)
ORDER BY e.id LIMIT sqlc.arg(max_rows);

-- name: DeferredLot :one
SELECT * FROM deferred_lots WHERE grant_id = sqlc.arg(grant_id);

-- name: PutDeferredLot :exec
INSERT INTO deferred_lots (grant_id, currency, worth, amount, remaining)
VALUES (sqlc.arg(grant_id), sqlc.arg(currency), sqlc.arg(worth), sqlc.arg(amount), sqlc.arg(remaining))
ON CONFLICT (grant_id) DO UPDATE SET remaining = excluded.remaining;

-- name: LiveDeferredLots :many
SELECT * FROM deferred_lots WHERE remaining > 0 AND grant_id > sqlc.arg(after_id) ORDER BY grant_id LIMIT sqlc.arg(max_rows);

-- name: DeferredLotsThatDiffer :many
-- Wallets whose newest entry is not in their row, or was not read yet, are left for
-- another day.
SELECT d.grant_id, d.currency, d.worth, d.amount, d.remaining, g.remaining AS is_remaining
FROM deferred_lots d JOIN grants g ON g.id = d.grant_id JOIN wallets w ON w.id = g.wallet_id
WHERE d.remaining <> g.remaining
  AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.wallet_id = w.id AND e.seq > w.seq)
  AND EXISTS (SELECT 1 FROM entries e WHERE e.wallet_id = w.id AND e.seq = w.seq AND e.id <= sqlc.arg(until_entry))
ORDER BY d.grant_id LIMIT 500;

-- name: AddDeferred :exec
INSERT INTO deferred_days (day, currency, movement, amount)
VALUES (sqlc.arg(day), sqlc.arg(currency), sqlc.arg(movement), sqlc.arg(amount))
ON CONFLICT (day, currency, movement) DO UPDATE SET amount = deferred_days.amount + excluded.amount;

-- name: DeferredBefore :many
SELECT currency, CAST(SUM(amount) AS bigint) AS amount FROM deferred_days
WHERE day < sqlc.arg(day) GROUP BY currency ORDER BY currency;

-- name: DeferredBetween :many
SELECT currency, movement, CAST(SUM(amount) AS bigint) AS amount FROM deferred_days
WHERE day >= sqlc.arg(first_day) AND day < sqlc.arg(next_day) GROUP BY currency, movement ORDER BY currency, movement;

-- name: PutBalanceTransaction :execrows
INSERT INTO balance_transactions (id, class, type, amount, fee, net, currency, source, source_amount, source_currency, payment_intent, ours, created_at, available_at)
VALUES (sqlc.arg(id), sqlc.arg(class), sqlc.arg(type), sqlc.arg(amount), sqlc.arg(fee), sqlc.arg(net), sqlc.arg(currency), sqlc.arg(source),
  sqlc.arg(source_amount), sqlc.arg(source_currency), sqlc.arg(payment_intent), sqlc.arg(ours), sqlc.arg(created_at), sqlc.arg(available_at))
ON CONFLICT DO NOTHING;

-- name: PutPayout :execrows
INSERT INTO payouts (id, amount, currency, status, created_at, arrival_at)
VALUES (sqlc.arg(id), sqlc.arg(amount), sqlc.arg(currency), sqlc.arg(status), sqlc.arg(created_at), sqlc.arg(arrival_at))
ON CONFLICT (id) DO UPDATE SET status = excluded.status, arrival_at = excluded.arrival_at
WHERE payouts.status <> excluded.status OR payouts.arrival_at <> excluded.arrival_at;

-- name: PayoutsBetween :many
SELECT * FROM payouts WHERE created_at >= sqlc.arg(from_at) AND created_at < sqlc.arg(to_at) ORDER BY created_at, id LIMIT 1000;

-- name: BalanceBetween :many
SELECT b.currency, b.class, CASE WHEN b.ours = 1 OR p.id IS NOT NULL THEN 1 ELSE 0 END AS ours,
  COUNT(*) AS count, CAST(SUM(b.amount) AS bigint) AS amount, CAST(SUM(b.fee) AS bigint) AS fee, CAST(SUM(b.net) AS bigint) AS net
FROM balance_transactions b LEFT JOIN purchases p ON p.payment_intent = b.payment_intent AND p.payment_intent <> ''
WHERE b.created_at >= sqlc.arg(from_at) AND b.created_at < sqlc.arg(to_at)
GROUP BY b.currency, b.class, CASE WHEN b.ours = 1 OR p.id IS NOT NULL THEN 1 ELSE 0 END
ORDER BY b.currency, b.class;

-- name: SoldBetween :many
SELECT currency, COUNT(*) AS count, CAST(SUM(price) AS bigint) AS price, CAST(SUM(discount) AS bigint) AS discount,
  CAST(SUM(tax) AS bigint) AS tax, CAST(SUM(total) AS bigint) AS total,
  CAST(SUM(CASE WHEN payment_intent = '' THEN total ELSE 0 END) AS bigint) AS elsewhere
FROM purchases WHERE paid_at >= sqlc.arg(from_at) AND paid_at < sqlc.arg(to_at) AND paid_at > 0
GROUP BY currency ORDER BY currency;

-- name: PurchasesWithoutPayment :many
SELECT p.id, p.total, p.currency, p.payment_intent, p.paid_at FROM purchases p
WHERE p.paid_at >= sqlc.arg(from_at) AND p.paid_at < sqlc.arg(to_at) AND p.paid_at > 0 AND p.payment_intent <> '' AND p.total > 0
  AND NOT EXISTS (SELECT 1 FROM balance_transactions b WHERE b.payment_intent = p.payment_intent AND b.payment_intent <> '' AND b.class = 'charge')
ORDER BY p.paid_at, p.id LIMIT 500;

-- name: PaymentsWithoutPurchase :many
SELECT b.id, b.source_amount, b.source_currency, b.payment_intent, b.source, b.created_at, CAST(COALESCE(p.id, '') AS text) AS purchase_id
FROM balance_transactions b LEFT JOIN purchases p ON p.payment_intent = b.payment_intent AND p.payment_intent <> ''
WHERE b.created_at >= sqlc.arg(from_at) AND b.created_at < sqlc.arg(to_at) AND b.class = 'charge'
  AND ((b.ours = 1 AND p.id IS NULL) OR p.grant_id = 0)
ORDER BY b.created_at, b.id LIMIT 500;

-- name: PaymentsThatDiffer :many
SELECT b.id, b.source_amount, b.source_currency, b.payment_intent, b.source, p.id AS purchase_id, p.total, p.currency
FROM balance_transactions b JOIN purchases p ON p.payment_intent = b.payment_intent AND p.payment_intent <> ''
WHERE b.created_at >= sqlc.arg(from_at) AND b.created_at < sqlc.arg(to_at) AND b.class = 'charge' AND p.grant_id <> 0
  AND (b.source_amount <> p.total OR b.source_currency <> p.currency)
  AND NOT EXISTS (SELECT 1 FROM other_currency_payments o
    WHERE o.payment_intent = b.payment_intent AND o.amount = b.source_amount AND o.currency = b.source_currency)
ORDER BY b.created_at, b.id LIMIT 500;

-- name: PaymentsInOtherCurrency :many
SELECT b.id, b.payment_intent, b.source, p.id AS purchase_id, p.total, p.currency, o.amount AS paid_amount, o.currency AS paid_currency
FROM balance_transactions b JOIN purchases p ON p.payment_intent = b.payment_intent AND p.payment_intent <> ''
  JOIN other_currency_payments o ON o.payment_intent = b.payment_intent
WHERE b.created_at >= sqlc.arg(from_at) AND b.created_at < sqlc.arg(to_at) AND b.class = 'charge' AND p.grant_id <> 0
ORDER BY b.created_at, b.id LIMIT 500;

-- name: RefundsUnknown :many
SELECT b.id, b.source_amount, b.source_currency, b.payment_intent, b.source, p.id AS purchase_id
FROM balance_transactions b JOIN purchases p ON p.payment_intent = b.payment_intent AND p.payment_intent <> ''
WHERE b.created_at >= sqlc.arg(from_at) AND b.created_at < sqlc.arg(to_at) AND b.class = 'refund' AND b.amount < 0
  AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.stripe_id = b.source AND r.stripe_id <> '')
ORDER BY b.created_at, b.id LIMIT 500;

-- name: RefundsWithoutMoney :many
SELECT r.id, r.amount, r.stripe_id, p.id AS purchase_id, p.currency, p.payment_intent
FROM refunds r JOIN purchases p ON p.id = r.purchase_id
WHERE r.created_at >= sqlc.arg(from_at) AND r.created_at < sqlc.arg(to_at) AND r.state = 'succeeded' AND p.payment_intent <> ''
  AND NOT EXISTS (SELECT 1 FROM balance_transactions b WHERE b.source = r.stripe_id AND b.source <> '')
ORDER BY r.created_at, r.id LIMIT 500;

-- name: DisputesUnknown :many
SELECT b.id, b.source_amount, b.source_currency, b.payment_intent, b.source, p.id AS purchase_id
FROM balance_transactions b JOIN purchases p ON p.payment_intent = b.payment_intent AND p.payment_intent <> ''
WHERE b.created_at >= sqlc.arg(from_at) AND b.created_at < sqlc.arg(to_at) AND b.class = 'dispute' AND p.dispute_id = ''
ORDER BY b.created_at, b.id LIMIT 500;

-- name: FirstPaid :one
SELECT CAST(COALESCE(MIN(paid_at), 0) AS bigint) AS at FROM purchases WHERE paid_at > 0;

-- name: PutReport :exec
INSERT INTO reports (day, made_at, stale, differences, alarms, body)
VALUES (sqlc.arg(day), sqlc.arg(made_at), sqlc.arg(stale), sqlc.arg(differences), sqlc.arg(alarms), sqlc.arg(body))
ON CONFLICT (day) DO UPDATE SET made_at = excluded.made_at, stale = excluded.stale, differences = excluded.differences,
  alarms = excluded.alarms, body = excluded.body;

-- name: ReportOf :one
SELECT * FROM reports WHERE day = sqlc.arg(day);

-- name: ReportsBefore :many
SELECT * FROM reports WHERE day < sqlc.arg(day) ORDER BY day DESC LIMIT sqlc.arg(max_rows);

-- name: StaleReports :many
SELECT day FROM reports WHERE stale = 1 OR (differences > 0 AND day >= sqlc.arg(since)) ORDER BY day LIMIT sqlc.arg(max_rows);

-- name: MarkReport :exec
UPDATE reports SET stale = 1 WHERE day = sqlc.arg(day);

-- name: AlarmsOfReports :one
SELECT CAST(COALESCE(SUM(alarms), 0) AS bigint) AS alarms FROM reports WHERE day >= sqlc.arg(day);
