-- name: PutCreditType :exec
INSERT INTO credit_types (id, key, name, description, unit, units, decimals, archived_at, created_at)
VALUES (sqlc.arg(id), sqlc.arg(key), sqlc.arg(name), sqlc.arg(description), sqlc.arg(unit), sqlc.arg(units), sqlc.arg(decimals), sqlc.arg(archived_at), sqlc.arg(created_at))
ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, unit = excluded.unit, units = excluded.units, decimals = excluded.decimals, archived_at = excluded.archived_at;

-- name: PutMeter :exec
INSERT INTO meters (id, key, event, aggregation, property, archived_at, created_at)
VALUES (sqlc.arg(id), sqlc.arg(key), sqlc.arg(event), sqlc.arg(aggregation), sqlc.arg(property), sqlc.arg(archived_at), sqlc.arg(created_at))
ON CONFLICT (id) DO UPDATE SET archived_at = excluded.archived_at;

-- name: PutRate :exec
INSERT INTO rates (id, meter, credit_type, credits, per, matching, effective_at, archived_at, created_at)
VALUES (sqlc.arg(id), sqlc.arg(meter), sqlc.arg(credit_type), sqlc.arg(credits), sqlc.arg(per), sqlc.arg(matching), sqlc.arg(effective_at), sqlc.arg(archived_at), sqlc.arg(created_at))
ON CONFLICT (id) DO UPDATE SET archived_at = excluded.archived_at;

-- name: PutPack :exec
INSERT INTO packs (id, name, credit_type, credits, price_amount, price_currency, expires_after_days, archived_at, created_at)
VALUES (sqlc.arg(id), sqlc.arg(name), sqlc.arg(credit_type), sqlc.arg(credits), sqlc.arg(price_amount), sqlc.arg(price_currency), sqlc.arg(expires_after_days), sqlc.arg(archived_at), sqlc.arg(created_at))
ON CONFLICT (id) DO UPDATE SET name = excluded.name, credits = excluded.credits, price_amount = excluded.price_amount, price_currency = excluded.price_currency, expires_after_days = excluded.expires_after_days, archived_at = excluded.archived_at;

-- name: ListCreditTypes :many
SELECT * FROM credit_types ORDER BY id;

-- name: ListMeters :many
SELECT * FROM meters ORDER BY id;

-- name: ListRates :many
SELECT * FROM rates ORDER BY id;

-- name: ListPacks :many
SELECT * FROM packs ORDER BY id;
