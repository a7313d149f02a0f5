-- name: PutPayment :exec
-- What a purchase says of a payment that something else asked for is which it became.
INSERT INTO payments (id, owner, owner_id, customer_id, purchase_id, invoice, created_at)
VALUES (sqlc.arg(id), sqlc.arg(owner), sqlc.arg(owner_id), sqlc.arg(customer_id), sqlc.arg(purchase_id), sqlc.arg(invoice), sqlc.arg(created_at))
ON CONFLICT (id) DO UPDATE SET
  owner = CASE WHEN excluded.owner = 'purchase' THEN payments.owner ELSE excluded.owner END,
  owner_id = CASE WHEN excluded.owner = 'purchase' THEN payments.owner_id ELSE excluded.owner_id END,
  purchase_id = CASE WHEN excluded.purchase_id = '' THEN payments.purchase_id ELSE excluded.purchase_id END,
  invoice = CASE WHEN excluded.invoice = '' THEN payments.invoice ELSE excluded.invoice END;

-- name: PaymentByID :one
SELECT * FROM payments WHERE id = sqlc.arg(id);

-- name: PaymentOfPurchase :one
SELECT * FROM payments WHERE purchase_id = sqlc.arg(purchase_id) AND purchase_id <> '' ORDER BY created_at, id LIMIT 1;
