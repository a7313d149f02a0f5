-- name: InsertUnpricedEvent :exec
INSERT INTO unpriced_events (id, key, fingerprint, customer_id, event_id, name, caller, event_at, backdated, properties, created_at)
VALUES (sqlc.arg(id), sqlc.arg(key), sqlc.arg(fingerprint), sqlc.arg(customer_id), sqlc.arg(event_id), sqlc.arg(name), sqlc.arg(caller),
  sqlc.arg(event_at), sqlc.arg(backdated), sqlc.arg(properties), sqlc.arg(created_at));

-- name: UnpricedEvent :one
SELECT * FROM unpriced_events WHERE key = sqlc.arg(key);

-- name: UnpricedEventsAfter :many
SELECT * FROM unpriced_events WHERE id > sqlc.arg(after_id) ORDER BY id LIMIT sqlc.arg(most);

-- name: UnpricedEventsOf :many
SELECT * FROM unpriced_events WHERE customer_id = sqlc.arg(customer_id) AND id > sqlc.arg(after_id) ORDER BY id LIMIT sqlc.arg(most);

-- name: DeleteUnpricedEvent :exec
DELETE FROM unpriced_events WHERE id = sqlc.arg(id);

-- name: CountUnpricedEvents :many
SELECT customer_id, name, COUNT(*) AS events, CAST(MIN(event_at) AS BIGINT) AS first_at, CAST(MAX(event_at) AS BIGINT) AS last_at
FROM unpriced_events GROUP BY customer_id, name ORDER BY customer_id, name;

-- name: UnpricedEventKeys :many
SELECT key FROM unpriced_events;

-- name: UnpricedEventsBefore :many
SELECT * FROM unpriced_events
WHERE id < sqlc.arg(before_id) AND (customer_id = sqlc.arg(customer_id) OR sqlc.arg(every) = 1) ORDER BY id DESC LIMIT sqlc.arg(most);
