-- name: MethodChoice :one
SELECT * FROM method_choices WHERE customer_id = sqlc.arg(customer_id);

-- name: PutMethodChoice :exec
INSERT INTO method_choices (customer_id, default_method, backup_method, updated_at)
VALUES (sqlc.arg(customer_id), sqlc.arg(default_method), sqlc.arg(backup_method), sqlc.arg(updated_at))
ON CONFLICT (customer_id) DO UPDATE SET default_method = excluded.default_method, backup_method = excluded.backup_method,
  updated_at = excluded.updated_at;

-- name: PutMandateEnded :exec
INSERT INTO mandates_ended (method, customer_id, ended_at) VALUES (sqlc.arg(method), sqlc.arg(customer_id), sqlc.arg(ended_at))
ON CONFLICT (method) DO NOTHING;

-- name: DeleteMandateEnded :exec
DELETE FROM mandates_ended WHERE method = sqlc.arg(method);

-- name: MandatesEnded :many
SELECT method FROM mandates_ended WHERE customer_id = sqlc.arg(customer_id) ORDER BY method;

-- name: ChargingMethod :one
-- One that a policy or a schedule charges.
SELECT customer_id FROM recharge_policies WHERE recharge_policies.method = sqlc.arg(method) OR recharge_policies.backup = sqlc.arg(method)
UNION ALL
SELECT customer_id FROM schedules WHERE schedules.method = sqlc.arg(method) AND schedules.method <> '' AND schedules.state <> 'ended'
LIMIT 1;
