-- name: PutRefund :exec
INSERT INTO refunds (id, refund_key, stripe_id, purchase_id, amount, state, reason, problem, created_by, created_at,
  charge_amount, charge_currency)
VALUES (sqlc.arg(id), sqlc.arg(refund_key), sqlc.arg(stripe_id), sqlc.arg(purchase_id), sqlc.arg(amount), sqlc.arg(state), sqlc.arg(reason),
  sqlc.arg(problem), sqlc.arg(created_by), sqlc.arg(created_at), sqlc.arg(charge_amount), sqlc.arg(charge_currency))
ON CONFLICT (id) DO UPDATE SET stripe_id = excluded.stripe_id, amount = excluded.amount, state = excluded.state, problem = excluded.problem,
  charge_amount = excluded.charge_amount, charge_currency = excluded.charge_currency;

-- name: RefundByID :one
SELECT * FROM refunds WHERE id = sqlc.arg(id);

-- name: RefundByKey :one
SELECT * FROM refunds WHERE refund_key = sqlc.arg(refund_key);

-- name: RefundByStripeID :one
SELECT * FROM refunds WHERE stripe_id = sqlc.arg(stripe_id) AND stripe_id <> '';

-- name: RefundsOf :many
SELECT * FROM refunds WHERE purchase_id = sqlc.arg(purchase_id) ORDER BY id;

-- name: PurchasesWithPendingRefunds :many
SELECT DISTINCT purchase_id FROM refunds
WHERE state = 'pending' AND stripe_id <> '' AND purchase_id > sqlc.arg(after) ORDER BY purchase_id LIMIT sqlc.arg(max_rows);

-- name: CountBegun :one
SELECT
  CAST(COALESCE(SUM(CASE WHEN grant_id = 0 AND created_at >= sqlc.arg(since) THEN 1 ELSE 0 END), 0) AS bigint) AS unpaid,
  CAST(COALESCE(SUM(CASE WHEN grant_id <> 0 THEN 1 ELSE 0 END), 0) AS bigint) AS paid
FROM purchases WHERE customer_id = sqlc.arg(customer_id);

-- name: CountSelfRefunds :one
SELECT COUNT(*) FROM refunds r JOIN purchases p ON p.id = r.purchase_id
WHERE p.customer_id = sqlc.arg(customer_id) AND r.reason = sqlc.arg(reason);

-- name: PutDispute :exec
INSERT INTO disputes (id, purchase_id, status, reason, amount, due, created_at)
VALUES (sqlc.arg(id), sqlc.arg(purchase_id), sqlc.arg(status), sqlc.arg(reason), sqlc.arg(amount), sqlc.arg(due), sqlc.arg(created_at))
ON CONFLICT (id) DO UPDATE SET status = excluded.status, reason = excluded.reason, amount = excluded.amount, due = excluded.due,
  created_at = excluded.created_at;

-- name: DisputesOf :many
SELECT * FROM disputes WHERE purchase_id = sqlc.arg(purchase_id) ORDER BY created_at, id;

-- name: PutOtherCurrency :exec
INSERT INTO other_currency_payments (payment_intent, purchase_id, amount, currency, in_charge, seen_at)
VALUES (sqlc.arg(payment_intent), sqlc.arg(purchase_id), sqlc.arg(amount), sqlc.arg(currency), sqlc.arg(in_charge), sqlc.arg(seen_at))
ON CONFLICT DO NOTHING;

-- name: OtherCurrencies :one
SELECT COUNT(*) AS count, CAST(COALESCE(MAX(seen_at), 0) AS bigint) AS last_seen FROM other_currency_payments;
