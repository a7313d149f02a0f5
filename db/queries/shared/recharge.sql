-- name: PutRechargePolicy :exec
INSERT INTO recharge_policies (id, customer_id, credit_type, state, reason, note, repair_url, threshold, pack_id, quantity,
  credits, price, currency, cap, per_day, cooldown, method, method_brand, method_last4, method_fingerprint, backup, backup_brand,
  backup_last4, backup_fingerprint, consent_version, consent_user, consent_address, consent_at, next_at, paused_at, created_at,
  updated_at, method_type, backup_type, waits)
VALUES (sqlc.arg(id), sqlc.arg(customer_id), sqlc.arg(credit_type), sqlc.arg(state), sqlc.arg(reason), sqlc.arg(note),
  sqlc.arg(repair_url), sqlc.arg(threshold), sqlc.arg(pack_id), sqlc.arg(quantity), sqlc.arg(credits), sqlc.arg(price),
  sqlc.arg(currency), sqlc.arg(cap), sqlc.arg(per_day), sqlc.arg(cooldown), sqlc.arg(method), sqlc.arg(method_brand),
  sqlc.arg(method_last4), sqlc.arg(method_fingerprint), sqlc.arg(backup), sqlc.arg(backup_brand), sqlc.arg(backup_last4),
  sqlc.arg(backup_fingerprint), sqlc.arg(consent_version), sqlc.arg(consent_user), sqlc.arg(consent_address),
  sqlc.arg(consent_at), sqlc.arg(next_at), sqlc.arg(paused_at), sqlc.arg(created_at), sqlc.arg(updated_at),
  sqlc.arg(method_type), sqlc.arg(backup_type), sqlc.arg(waits))
ON CONFLICT (customer_id, credit_type) DO UPDATE SET
  state = excluded.state, reason = excluded.reason, note = excluded.note, repair_url = excluded.repair_url,
  threshold = excluded.threshold, pack_id = excluded.pack_id, quantity = excluded.quantity, credits = excluded.credits,
  price = excluded.price, currency = excluded.currency, cap = excluded.cap, per_day = excluded.per_day,
  cooldown = excluded.cooldown, method = excluded.method, method_brand = excluded.method_brand,
  method_last4 = excluded.method_last4, method_fingerprint = excluded.method_fingerprint, backup = excluded.backup,
  backup_brand = excluded.backup_brand, backup_last4 = excluded.backup_last4, backup_fingerprint = excluded.backup_fingerprint,
  consent_version = excluded.consent_version, consent_user = excluded.consent_user, consent_address = excluded.consent_address,
  consent_at = excluded.consent_at, next_at = excluded.next_at, paused_at = excluded.paused_at, updated_at = excluded.updated_at,
  method_type = excluded.method_type, backup_type = excluded.backup_type, waits = excluded.waits;

-- name: RechargePolicy :one
SELECT * FROM recharge_policies WHERE customer_id = sqlc.arg(customer_id) AND credit_type = sqlc.arg(credit_type);

-- name: RechargePolicyByID :one
SELECT * FROM recharge_policies WHERE id = sqlc.arg(id);

-- name: RechargePoliciesOf :many
SELECT * FROM recharge_policies WHERE customer_id = sqlc.arg(customer_id) ORDER BY credit_type;

-- name: RechargePolicies :many
SELECT * FROM recharge_policies
WHERE id < sqlc.arg(before_id) AND (CAST(sqlc.arg(state) AS text) = '' OR state = sqlc.arg(state))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: DueRechargePolicies :many
SELECT * FROM recharge_policies WHERE next_at > 0 AND next_at <= sqlc.arg(now) ORDER BY next_at LIMIT sqlc.arg(max_rows);

-- name: InsertRecharge :exec
INSERT INTO recharges (id, policy_id, customer_id, credit_type, pack_id, pack_name, quantity, credits, expires_after_days, bonus,
  bonus_days, backup_used)
VALUES (sqlc.arg(id), sqlc.arg(policy_id), sqlc.arg(customer_id), sqlc.arg(credit_type), sqlc.arg(pack_id), sqlc.arg(pack_name),
  sqlc.arg(quantity), sqlc.arg(credits), sqlc.arg(expires_after_days), sqlc.arg(bonus), sqlc.arg(bonus_days), sqlc.arg(backup_used));

-- name: UpdateRecharge :exec
UPDATE recharges SET backup_used = sqlc.arg(backup_used) WHERE id = sqlc.arg(id);

-- name: RechargeByID :one
SELECT sqlc.embed(recharges), sqlc.embed(charges) FROM recharges JOIN charges ON charges.owner_id = recharges.id
WHERE recharges.id = sqlc.arg(id);

-- name: OpenRecharge :one
SELECT sqlc.embed(recharges), sqlc.embed(charges) FROM recharges JOIN charges ON charges.owner_id = recharges.id
WHERE charges.slot = sqlc.arg(slot) AND charges.slot <> '' AND charges.state IN ('issuing', 'charging', 'retrying', 'open');

-- name: RechargesOf :many
SELECT sqlc.embed(recharges), sqlc.embed(charges) FROM recharges JOIN charges ON charges.owner_id = recharges.id
WHERE recharges.customer_id = sqlc.arg(customer_id)
  AND (CAST(sqlc.arg(credit_type) AS text) = '' OR recharges.credit_type = sqlc.arg(credit_type))
  AND recharges.id < sqlc.arg(before_id)
ORDER BY recharges.id DESC LIMIT sqlc.arg(max_rows);

-- name: RechargeSpent :one
SELECT CAST(COALESCE(SUM(CASE WHEN charges.total > 0 THEN charges.total ELSE charges.price END), 0) AS bigint) AS amount, COUNT(*) AS runs
FROM recharges JOIN charges ON charges.owner_id = recharges.id
WHERE recharges.customer_id = sqlc.arg(customer_id) AND recharges.credit_type = sqlc.arg(credit_type) AND charges.currency = sqlc.arg(currency)
  AND recharges.id <> sqlc.arg(except_id)
  AND (charges.state IN ('issuing', 'charging', 'retrying', 'open') OR (charges.state = 'paid' AND charges.finished_at >= sqlc.arg(since)));

-- name: LastRecharge :one
SELECT CAST(COALESCE(MAX(charges.finished_at), 0) AS bigint) AS at FROM recharges JOIN charges ON charges.owner_id = recharges.id
WHERE recharges.customer_id = sqlc.arg(customer_id) AND recharges.credit_type = sqlc.arg(credit_type) AND charges.state = 'paid';
