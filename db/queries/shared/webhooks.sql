-- name: InsertEndpoint :exec
INSERT INTO endpoints (id, customer_id, kind, url, description, types, secret, old_secret, old_until, state, reason,
  failing_since, exhausted_at, warned_at, last_at, last_status, due_at, leased_until, created_by, created_at, updated_at, disabled_at)
VALUES (sqlc.arg(id), sqlc.arg(customer_id), sqlc.arg(kind), sqlc.arg(url), sqlc.arg(description), sqlc.arg(types), sqlc.arg(secret), '', 0,
  'enabled', '', 0, 0, 0, 0, 0, 0, 0, sqlc.arg(created_by), sqlc.arg(created_at), sqlc.arg(updated_at), 0);

-- name: GetEndpoint :one
SELECT * FROM endpoints WHERE id = sqlc.arg(id);

-- name: CountEndpoints :one
SELECT COUNT(*) FROM endpoints WHERE customer_id = sqlc.arg(customer_id);

-- name: ListEndpointsAfter :many
SELECT * FROM endpoints WHERE customer_id = sqlc.arg(customer_id) AND id < sqlc.arg(before_id) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: ListEndpointsBefore :many
SELECT * FROM endpoints WHERE customer_id = sqlc.arg(customer_id) AND id > sqlc.arg(after_id) ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: ListEnabledEndpoints :many
SELECT * FROM endpoints WHERE customer_id = sqlc.arg(customer_id) AND state = 'enabled' ORDER BY id;

-- name: ListFailingEndpoints :many
SELECT * FROM endpoints WHERE failing_since > 0 OR (state = 'disabled' AND reason <> 'owner') ORDER BY failing_since, id LIMIT sqlc.arg(max_rows);

-- name: UpdateEndpoint :exec
UPDATE endpoints SET url = sqlc.arg(url), description = sqlc.arg(description), types = sqlc.arg(types), secret = sqlc.arg(secret),
  old_secret = sqlc.arg(old_secret), old_until = sqlc.arg(old_until), state = sqlc.arg(state), reason = sqlc.arg(reason),
  failing_since = sqlc.arg(failing_since), exhausted_at = sqlc.arg(exhausted_at), warned_at = sqlc.arg(warned_at),
  updated_at = sqlc.arg(updated_at), disabled_at = sqlc.arg(disabled_at)
WHERE id = sqlc.arg(id);

-- name: SetEndpointHealth :exec
UPDATE endpoints SET failing_since = sqlc.arg(failing_since), exhausted_at = sqlc.arg(exhausted_at), warned_at = sqlc.arg(warned_at),
  last_at = sqlc.arg(last_at), last_status = sqlc.arg(last_status), leased_until = sqlc.arg(leased_until)
WHERE id = sqlc.arg(id);

-- name: DeleteEndpoint :exec
DELETE FROM endpoints WHERE id = sqlc.arg(id);

-- name: WakeEndpoint :exec
UPDATE endpoints SET due_at = sqlc.arg(due_at) WHERE id = sqlc.arg(id) AND (due_at = 0 OR due_at > sqlc.arg(due_at));

-- name: ClaimEndpoints :many
UPDATE endpoints SET leased_until = sqlc.arg(leased_until)
WHERE id IN (
  SELECT e.id FROM endpoints e WHERE e.due_at > 0 AND e.due_at <= sqlc.arg(now) AND e.leased_until <= sqlc.arg(now)
  ORDER BY e.due_at LIMIT sqlc.arg(max_rows))
RETURNING *;

-- name: ReleaseEndpoint :exec
UPDATE endpoints SET leased_until = 0, due_at = (
  SELECT COALESCE(MIN(d.next_at), 0) FROM deliveries d WHERE d.endpoint_id = endpoints.id AND d.state = 'pending')
WHERE endpoints.id = sqlc.arg(id);

-- name: ReleaseEndpoints :exec
UPDATE endpoints SET leased_until = 0 WHERE leased_until > 0;

-- name: NextEndpoint :one
SELECT CAST(COALESCE(MIN(CASE WHEN leased_until > due_at THEN leased_until ELSE due_at END), 0) AS bigint) AS due
FROM endpoints WHERE due_at > 0;

-- name: InsertDelivery :execrows
INSERT INTO deliveries (id, endpoint_id, customer_id, event_id, type, state, attempts, step, next_at, status, error, created_at, finished_at)
VALUES (sqlc.arg(id), sqlc.arg(endpoint_id), sqlc.arg(customer_id), sqlc.arg(event_id), sqlc.arg(type), 'pending', 0, 0, sqlc.arg(next_at), 0, '', sqlc.arg(created_at), 0)
ON CONFLICT DO NOTHING;

-- name: GetDelivery :one
SELECT * FROM deliveries WHERE id = sqlc.arg(id);

-- name: ListDueDeliveries :many
SELECT * FROM deliveries WHERE endpoint_id = sqlc.arg(endpoint_id) AND state = 'pending' AND next_at <= sqlc.arg(now)
ORDER BY next_at, id LIMIT sqlc.arg(max_rows);

-- name: SetDelivery :exec
UPDATE deliveries SET state = sqlc.arg(state), attempts = sqlc.arg(attempts), step = sqlc.arg(step), next_at = sqlc.arg(next_at),
  status = sqlc.arg(status), error = sqlc.arg(error), finished_at = sqlc.arg(finished_at)
WHERE id = sqlc.arg(id);

-- name: ListDeliveriesOfAfter :many
SELECT * FROM deliveries WHERE endpoint_id = sqlc.arg(endpoint_id) AND id < sqlc.arg(before_id) AND (CAST(sqlc.arg(state) AS text) = '' OR state = sqlc.arg(state))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: ListDeliveriesOfBefore :many
SELECT * FROM deliveries WHERE endpoint_id = sqlc.arg(endpoint_id) AND id > sqlc.arg(after_id) AND (CAST(sqlc.arg(state) AS text) = '' OR state = sqlc.arg(state))
ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: ListDeliveries :many
SELECT * FROM deliveries WHERE id < sqlc.arg(before_id) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: ListDeliveriesInState :many
SELECT * FROM deliveries WHERE state = sqlc.arg(state) AND id < sqlc.arg(before_id) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: RedeliverFailed :execrows
UPDATE deliveries SET state = 'pending', step = 0, next_at = sqlc.arg(next_at), finished_at = 0
WHERE endpoint_id = sqlc.arg(endpoint_id) AND (state = 'failed' OR (state = 'pending' AND step > 0)) AND created_at >= sqlc.arg(since);

-- name: FailPending :execrows
UPDATE deliveries SET state = 'failed', next_at = 0, error = sqlc.arg(error), finished_at = sqlc.arg(finished_at)
WHERE endpoint_id = sqlc.arg(endpoint_id) AND state = 'pending';

-- name: CountDeliveries :one
SELECT COUNT(*) AS pending, CAST(COALESCE(MIN(CASE WHEN attempts = 0 THEN created_at END), 0) AS bigint) AS oldest
FROM deliveries WHERE state = 'pending';

-- name: InsertAttempt :exec
INSERT INTO delivery_attempts (id, delivery_id, endpoint_id, url, headers, status, error, answer, took, created_at)
VALUES (sqlc.arg(id), sqlc.arg(delivery_id), sqlc.arg(endpoint_id), sqlc.arg(url), sqlc.arg(headers), sqlc.arg(status), sqlc.arg(error), sqlc.arg(answer), sqlc.arg(took), sqlc.arg(created_at));

-- name: ListAttempts :many
SELECT * FROM delivery_attempts WHERE delivery_id = sqlc.arg(delivery_id) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: DeleteAttemptsOf :exec
DELETE FROM delivery_attempts WHERE endpoint_id = sqlc.arg(endpoint_id);

-- name: DeleteDeliveriesOf :exec
DELETE FROM deliveries WHERE endpoint_id = sqlc.arg(endpoint_id);

-- name: DeleteOldAttempts :execrows
DELETE FROM delivery_attempts WHERE id IN (SELECT a.id FROM delivery_attempts a WHERE a.id < sqlc.arg(before_id) ORDER BY a.id LIMIT sqlc.arg(max_rows));

-- name: DeleteOldDeliveries :execrows
DELETE FROM deliveries WHERE id IN (SELECT d.id FROM deliveries d WHERE d.id < sqlc.arg(before_id) AND d.state <> 'pending' ORDER BY d.id LIMIT sqlc.arg(max_rows));

-- name: ListStaff :many
SELECT * FROM users WHERE staff_role = sqlc.arg(staff_role) ORDER BY id;
