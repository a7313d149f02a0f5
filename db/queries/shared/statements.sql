-- name: InsertStatement :execrows
INSERT INTO statements (customer_id, period, from_at, to_at, timezone, made_at)
VALUES (sqlc.arg(customer_id), sqlc.arg(period), sqlc.arg(from_at), sqlc.arg(to_at), sqlc.arg(timezone), sqlc.arg(made_at))
ON CONFLICT DO NOTHING;

-- name: StatementOf :one
SELECT * FROM statements WHERE customer_id = sqlc.arg(customer_id) AND period = sqlc.arg(period);

-- name: StatementsBefore :many
SELECT * FROM statements WHERE customer_id = sqlc.arg(customer_id) AND period < sqlc.arg(before_period)
ORDER BY period DESC LIMIT sqlc.arg(max_rows);

-- name: StatementsDue :many
SELECT DISTINCT w.customer_id FROM wallets w
WHERE w.customer_id > sqlc.arg(after_id) AND w.seq > 0 AND w.created_at < sqlc.arg(made_before)
  AND NOT EXISTS (SELECT 1 FROM statements s WHERE s.customer_id = w.customer_id AND s.period >= sqlc.arg(period))
ORDER BY w.customer_id LIMIT sqlc.arg(max_rows);

-- name: PaidBetween :many
SELECT currency, COUNT(*) AS count, CAST(SUM(total) AS bigint) AS total, CAST(SUM(tax) AS bigint) AS tax
FROM purchases WHERE customer_id = sqlc.arg(customer_id) AND paid_at >= sqlc.arg(from_at) AND paid_at < sqlc.arg(to_at) AND paid_at > 0
GROUP BY currency ORDER BY currency;

-- name: RefundedBetween :many
SELECT p.currency, CAST(SUM(r.amount) AS bigint) AS amount
FROM purchases p JOIN refunds r ON r.purchase_id = p.id
WHERE p.customer_id = sqlc.arg(customer_id) AND r.created_at >= sqlc.arg(from_at) AND r.created_at < sqlc.arg(to_at) AND r.state = 'succeeded'
GROUP BY p.currency ORDER BY p.currency;
