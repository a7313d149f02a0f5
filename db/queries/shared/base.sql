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
