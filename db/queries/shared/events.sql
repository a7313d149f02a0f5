-- name: GetEvent :one
SELECT * FROM events WHERE id = sqlc.arg(id);

-- name: LockEventPosition :one
-- One dispatcher at a time: the others wait for its commit.
UPDATE event_position SET last = last WHERE name = 'events' RETURNING last;

-- name: SetEventPosition :exec
UPDATE event_position SET last = sqlc.arg(last) WHERE name = 'events';

-- name: ListWaitingEvents :many
SELECT * FROM events WHERE position = 0 ORDER BY created_at, id LIMIT sqlc.arg(max_rows);

-- name: CountWaitingEvents :one
SELECT COUNT(*) AS waiting, CAST(COALESCE(MIN(created_at), 0) AS bigint) AS oldest FROM events WHERE position = 0;

-- name: AnyWaitingEvent :one
SELECT CAST(COALESCE(MAX(found), 0) AS bigint) AS found FROM (SELECT 1 AS found FROM events WHERE position = 0 LIMIT 1) AS w;

-- name: PlaceEvent :exec
UPDATE events SET position = sqlc.arg(position) WHERE id = sqlc.arg(id);

-- name: EventsAfter :many
SELECT * FROM events WHERE position > sqlc.arg(position) AND position > 0 ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: NewestEvent :one
SELECT * FROM events WHERE position > 0 ORDER BY position DESC LIMIT 1;

-- name: LatestEvent :one
SELECT * FROM events WHERE customer_id = sqlc.arg(customer_id) AND type = sqlc.arg(type) AND wallet_id = sqlc.arg(wallet_id)
ORDER BY seq DESC, id DESC LIMIT 1;

-- name: ListEventsAfter :many
SELECT * FROM events WHERE id < sqlc.arg(before_id)
  AND (CAST(sqlc.arg(types) AS text) = '' OR REPLACE(CAST(sqlc.arg(types) AS text), ',' || type || ',', '') <> sqlc.arg(types))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: ListEventsBefore :many
SELECT * FROM events WHERE id > sqlc.arg(after_id)
  AND (CAST(sqlc.arg(types) AS text) = '' OR REPLACE(CAST(sqlc.arg(types) AS text), ',' || type || ',', '') <> sqlc.arg(types))
ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: ListEventsOfTypeAfter :many
SELECT * FROM events WHERE type = sqlc.arg(type) AND id < sqlc.arg(before_id) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: ListEventsOfTypeBefore :many
SELECT * FROM events WHERE type = sqlc.arg(type) AND id > sqlc.arg(after_id) ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: ListEventsOfAfter :many
SELECT * FROM events WHERE customer_id = sqlc.arg(customer_id) AND id < sqlc.arg(before_id)
  AND (CAST(sqlc.arg(types) AS text) = '' OR REPLACE(CAST(sqlc.arg(types) AS text), ',' || type || ',', '') <> sqlc.arg(types))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: ListEventsOfBefore :many
SELECT * FROM events WHERE customer_id = sqlc.arg(customer_id) AND id > sqlc.arg(after_id)
  AND (CAST(sqlc.arg(types) AS text) = '' OR REPLACE(CAST(sqlc.arg(types) AS text), ',' || type || ',', '') <> sqlc.arg(types))
ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: DeleteEvents :execrows
-- Those that wait for their place are kept, however old.
DELETE FROM events WHERE id IN (
  SELECT e.id FROM events e WHERE e.id < sqlc.arg(before_id) AND e.position > 0 ORDER BY e.id LIMIT sqlc.arg(max_rows));
