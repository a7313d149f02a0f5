-- name: PutPurchaseWait :exec
INSERT INTO purchase_waits (purchase_id, method, due, received, reference, instructions_url, since, updated_at)
VALUES (sqlc.arg(purchase_id), sqlc.arg(method), sqlc.arg(due), sqlc.arg(received), sqlc.arg(reference), sqlc.arg(instructions_url),
  sqlc.arg(since), sqlc.arg(updated_at))
ON CONFLICT (purchase_id) DO UPDATE SET
  method = excluded.method, due = excluded.due, received = excluded.received, reference = excluded.reference,
  instructions_url = excluded.instructions_url, updated_at = excluded.updated_at;

-- name: PurchaseWait :one
SELECT * FROM purchase_waits WHERE purchase_id = sqlc.arg(purchase_id);
