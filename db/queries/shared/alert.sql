-- name: InsertAlert :exec
INSERT INTO alerts (id, customer_id, credit_type, kind, credits, share, days, scanned_until, crossed, created_by, created_at, ended_at)
VALUES (sqlc.arg(id), sqlc.arg(customer_id), sqlc.arg(credit_type), sqlc.arg(kind), sqlc.arg(credits), sqlc.arg(share), sqlc.arg(days),
  sqlc.arg(scanned_until), 0, sqlc.arg(created_by), sqlc.arg(created_at), sqlc.arg(ended_at));

-- name: UpdateAlert :exec
UPDATE alerts SET scanned_until = sqlc.arg(scanned_until), ended_at = sqlc.arg(ended_at) WHERE id = sqlc.arg(id);

-- name: AlertsOf :many
SELECT * FROM alerts WHERE ended_at = 0 AND customer_id = sqlc.arg(customer_id) ORDER BY id;

-- name: AllAlerts :many
SELECT * FROM alerts WHERE ended_at = 0 ORDER BY customer_id, id;

-- name: CountDefaultAlerts :one
SELECT COUNT(*) FROM alerts WHERE customer_id = '';

-- name: MutesOf :many
SELECT * FROM alert_mutes WHERE customer_id = sqlc.arg(customer_id);

-- name: AllMutes :many
SELECT * FROM alert_mutes;

-- name: PutMute :exec
INSERT INTO alert_mutes (customer_id, alert_id) VALUES (sqlc.arg(customer_id), sqlc.arg(alert_id)) ON CONFLICT DO NOTHING;

-- name: DeleteMute :exec
DELETE FROM alert_mutes WHERE customer_id = sqlc.arg(customer_id) AND alert_id = sqlc.arg(alert_id);

-- name: PutLimit :exec
INSERT INTO limits (id, customer_id, credit_type, scope, meter, caller, period, credits, hard, zone, created_by, created_at, updated_at, ended_at)
VALUES (sqlc.arg(id), sqlc.arg(customer_id), sqlc.arg(credit_type), sqlc.arg(scope), sqlc.arg(meter), sqlc.arg(caller), sqlc.arg(period),
  sqlc.arg(credits), sqlc.arg(hard), sqlc.arg(zone), sqlc.arg(created_by), sqlc.arg(created_at), sqlc.arg(updated_at), sqlc.arg(ended_at))
ON CONFLICT (id) DO UPDATE SET credits = excluded.credits, hard = excluded.hard, zone = excluded.zone, updated_at = excluded.updated_at,
  ended_at = excluded.ended_at;

-- name: LimitsOf :many
SELECT * FROM limits WHERE ended_at = 0 AND customer_id = sqlc.arg(customer_id) ORDER BY id;

-- name: AllLimits :many
SELECT * FROM limits WHERE ended_at = 0 ORDER BY customer_id, id;

-- name: PutZeroPolicy :exec
INSERT INTO zero_policies (customer_id, credit_type, mode, overdraft, rate, updated_by, updated_at)
VALUES (sqlc.arg(customer_id), sqlc.arg(credit_type), sqlc.arg(mode), sqlc.arg(overdraft), sqlc.arg(rate), sqlc.arg(updated_by), sqlc.arg(updated_at))
ON CONFLICT (customer_id, credit_type) DO UPDATE SET mode = excluded.mode, overdraft = excluded.overdraft, rate = excluded.rate,
  updated_by = excluded.updated_by, updated_at = excluded.updated_at;

-- name: ZeroPoliciesOf :many
SELECT * FROM zero_policies WHERE customer_id = sqlc.arg(customer_id);

-- name: AllZeroPolicies :many
SELECT * FROM zero_policies;

-- name: InsertEpisode :execrows
INSERT INTO episodes (id, customer_id, credit_type, source, place, kind, level, value, event, told, detail, opened_at, closed_at)
VALUES (sqlc.arg(id), sqlc.arg(customer_id), sqlc.arg(credit_type), sqlc.arg(source), sqlc.arg(place), sqlc.arg(kind), sqlc.arg(level),
  sqlc.arg(value), sqlc.arg(event), sqlc.arg(told), sqlc.arg(detail), sqlc.arg(opened_at), sqlc.arg(closed_at))
ON CONFLICT DO NOTHING;

-- name: CloseEpisodes :many
UPDATE episodes SET closed_at = sqlc.arg(closed_at)
WHERE customer_id = sqlc.arg(customer_id) AND source = sqlc.arg(source) AND closed_at = 0 AND credit_type = sqlc.arg(credit_type)
RETURNING *;

-- name: CloseEpisode :execrows
UPDATE episodes SET closed_at = sqlc.arg(closed_at)
WHERE customer_id = sqlc.arg(customer_id) AND source = sqlc.arg(source) AND place = sqlc.arg(place) AND closed_at = 0;

-- name: CountToldSince :one
SELECT COUNT(*) FROM episodes
WHERE customer_id = sqlc.arg(customer_id) AND source = sqlc.arg(source) AND opened_at >= sqlc.arg(since)
  AND credit_type = sqlc.arg(credit_type) AND told = 'sent';

-- name: OpenEpisodes :many
SELECT * FROM episodes WHERE customer_id = sqlc.arg(customer_id) AND closed_at = 0 ORDER BY id;

-- name: EpisodesOf :many
SELECT * FROM episodes WHERE customer_id = sqlc.arg(customer_id) AND id < sqlc.arg(before_id) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: ExpiringGrants :many
SELECT g.id, g.expires_at, w.customer_id, w.credit_type FROM grants g JOIN wallets w ON w.id = g.wallet_id
WHERE g.expires_at > 0 AND g.expires_at > sqlc.arg(from_at) AND g.expires_at <= sqlc.arg(to_at) AND g.remaining > 0
ORDER BY g.expires_at, g.id LIMIT sqlc.arg(max_rows);

-- name: ExpiringGrantsOf :many
SELECT g.id, g.expires_at, w.customer_id, w.credit_type FROM wallets w JOIN grants g ON g.wallet_id = w.id
WHERE w.customer_id = sqlc.arg(customer_id) AND w.credit_type = sqlc.arg(credit_type)
  AND g.expires_at > 0 AND g.expires_at > sqlc.arg(from_at) AND g.expires_at <= sqlc.arg(to_at) AND g.remaining > 0
ORDER BY g.expires_at, g.id LIMIT sqlc.arg(max_rows);
