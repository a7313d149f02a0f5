-- name: PutRefund :exec
INSERT INTO refunds (id, refund_key, stripe_id, purchase_id, amount, state, reason, problem, created_by, created_at)
VALUES (sqlc.arg(id), sqlc.arg(refund_key), sqlc.arg(stripe_id), sqlc.arg(purchase_id), sqlc.arg(amount), sqlc.arg(state), sqlc.arg(reason),
  sqlc.arg(problem), sqlc.arg(created_by), sqlc.arg(created_at))
ON CONFLICT (id) DO UPDATE SET stripe_id = excluded.stripe_id, amount = excluded.amount, state = excluded.state, problem = excluded.problem;

-- name: RefundByID :one
SELECT * FROM refunds WHERE id = sqlc.arg(id);

-- name: RefundByKey :one
SELECT * FROM refunds WHERE refund_key = sqlc.arg(refund_key);

-- name: RefundByStripeID :one
SELECT * FROM refunds WHERE stripe_id = sqlc.arg(stripe_id) AND stripe_id <> '';

-- name: RefundsOf :many
SELECT * FROM refunds WHERE purchase_id = sqlc.arg(purchase_id) ORDER BY id;
