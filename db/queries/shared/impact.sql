-- name: UsersOfMeter :many
SELECT DISTINCT w.customer_id FROM wallets w
WHERE EXISTS (
  SELECT 1 FROM posted_hours p
  WHERE p.wallet_id = w.id AND p.kind = sqlc.arg(kind) AND p.meter = sqlc.arg(meter) AND p.hour >= sqlc.arg(since)
)
ORDER BY w.customer_id LIMIT sqlc.arg(most);

-- name: RechargersOfPack :many
SELECT customer_id FROM recharge_policies WHERE pack_id = sqlc.arg(pack_id) AND state <> 'off' ORDER BY customer_id LIMIT sqlc.arg(most);

-- name: SchedulersOfPack :many
SELECT DISTINCT customer_id FROM schedules WHERE pack_id = sqlc.arg(pack_id) AND state <> 'ended' ORDER BY customer_id LIMIT sqlc.arg(most);
