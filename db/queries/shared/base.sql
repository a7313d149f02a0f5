-- name: GetInstallation :one
SELECT value FROM installation WHERE name = sqlc.arg(name);

-- name: PutInstallation :exec
INSERT INTO installation (name, value) VALUES (sqlc.arg(name), sqlc.arg(value))
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: InsertInstallation :exec
INSERT INTO installation (name, value) VALUES (sqlc.arg(name), sqlc.arg(value))
ON CONFLICT (name) DO NOTHING;

-- name: InsertEvent :exec
INSERT INTO events (id, type, customer_id, wallet_id, seq, data, created_at)
VALUES (sqlc.arg(id), sqlc.arg(type), sqlc.arg(customer_id), sqlc.arg(wallet_id), sqlc.arg(seq), sqlc.arg(data), sqlc.arg(created_at));

-- name: InsertAudit :exec
INSERT INTO audit_log (id, actor, customer_id, action, object, before_state, after_state, reason, address, created_at)
VALUES (sqlc.arg(id), sqlc.arg(actor), sqlc.arg(customer_id), sqlc.arg(action), sqlc.arg(object), sqlc.arg(before_state), sqlc.arg(after_state), sqlc.arg(reason), sqlc.arg(address), sqlc.arg(created_at));

-- name: ListAudit :many
SELECT * FROM audit_log
WHERE customer_id = sqlc.arg(customer_id) AND id < sqlc.arg(before_id)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);
