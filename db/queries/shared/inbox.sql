-- name: InsertInbox :execrows
INSERT INTO inbox (id, type, object_id, livemode, state, attempts, error, purchase_id, created_at, received_at, processed_at)
VALUES (sqlc.arg(id), sqlc.arg(type), sqlc.arg(object_id), sqlc.arg(livemode), sqlc.arg(state), 0, '', '', sqlc.arg(created_at), sqlc.arg(received_at), 0)
ON CONFLICT DO NOTHING;

-- name: UpdateInbox :exec
UPDATE inbox SET state = sqlc.arg(state), attempts = sqlc.arg(attempts), error = sqlc.arg(error), reason = sqlc.arg(reason),
  purchase_id = sqlc.arg(purchase_id), processed_at = sqlc.arg(processed_at)
WHERE id = sqlc.arg(id);

-- name: InboxEvent :one
SELECT * FROM inbox WHERE id = sqlc.arg(id);

-- name: InboxAll :many
SELECT * FROM inbox WHERE received_at <= sqlc.arg(before_at) AND (received_at < sqlc.arg(before_at) OR id < sqlc.arg(before_id))
ORDER BY received_at DESC, id DESC LIMIT sqlc.arg(max_rows);

-- name: InboxInState :many
SELECT * FROM inbox WHERE state = sqlc.arg(state)
  AND received_at <= sqlc.arg(before_at) AND (received_at < sqlc.arg(before_at) OR id < sqlc.arg(before_id))
ORDER BY received_at DESC, id DESC LIMIT sqlc.arg(max_rows);

-- name: InboxLag :one
SELECT COUNT(*) AS waiting, CAST(COALESCE(MIN(received_at), 0) AS bigint) AS oldest FROM inbox WHERE state IN ('received', 'retrying');
