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

-- name: InsertRecharge :execrows
INSERT INTO recharges (id, policy_id, customer_id, credit_type, pack_id, pack_name, quantity, credits, price, currency,
  expires_after_days, state, reason, message, give_up, amount, tax, method, method_brand, method_last4, method_fingerprint,
  backup_used, tries, pays, paying, unknowns, sent_at, invoice_id, invoice_number, invoice_url, payment_intent, receipt_url,
  purchase_id, grant_id, next_at, created_at, updated_at, finished_at, method_type, method_types, processing)
VALUES (sqlc.arg(id), sqlc.arg(policy_id), sqlc.arg(customer_id), sqlc.arg(credit_type), sqlc.arg(pack_id), sqlc.arg(pack_name),
  sqlc.arg(quantity), sqlc.arg(credits), sqlc.arg(price), sqlc.arg(currency), sqlc.arg(expires_after_days), sqlc.arg(state),
  sqlc.arg(reason), sqlc.arg(message), sqlc.arg(give_up), sqlc.arg(amount), sqlc.arg(tax), sqlc.arg(method),
  sqlc.arg(method_brand), sqlc.arg(method_last4), sqlc.arg(method_fingerprint), sqlc.arg(backup_used), sqlc.arg(tries),
  sqlc.arg(pays), sqlc.arg(paying), sqlc.arg(unknowns), sqlc.arg(sent_at), sqlc.arg(invoice_id), sqlc.arg(invoice_number),
  sqlc.arg(invoice_url), sqlc.arg(payment_intent), sqlc.arg(receipt_url), sqlc.arg(purchase_id), sqlc.arg(grant_id),
  sqlc.arg(next_at), sqlc.arg(created_at), sqlc.arg(updated_at), sqlc.arg(finished_at), sqlc.arg(method_type),
  sqlc.arg(method_types), sqlc.arg(processing))
ON CONFLICT DO NOTHING;

-- name: UpdateRecharge :exec
UPDATE recharges SET state = sqlc.arg(state), reason = sqlc.arg(reason), message = sqlc.arg(message),
  give_up = sqlc.arg(give_up), amount = sqlc.arg(amount), tax = sqlc.arg(tax), method = sqlc.arg(method),
  method_brand = sqlc.arg(method_brand), method_last4 = sqlc.arg(method_last4),
  method_fingerprint = sqlc.arg(method_fingerprint), backup_used = sqlc.arg(backup_used), tries = sqlc.arg(tries),
  pays = sqlc.arg(pays), paying = sqlc.arg(paying), unknowns = sqlc.arg(unknowns), sent_at = sqlc.arg(sent_at),
  invoice_id = sqlc.arg(invoice_id), invoice_number = sqlc.arg(invoice_number), invoice_url = sqlc.arg(invoice_url),
  payment_intent = sqlc.arg(payment_intent), receipt_url = sqlc.arg(receipt_url), purchase_id = sqlc.arg(purchase_id),
  grant_id = sqlc.arg(grant_id), next_at = sqlc.arg(next_at), updated_at = sqlc.arg(updated_at),
  finished_at = sqlc.arg(finished_at), method_type = sqlc.arg(method_type), processing = sqlc.arg(processing)
WHERE id = sqlc.arg(id);

-- name: RechargeByID :one
SELECT * FROM recharges WHERE id = sqlc.arg(id);

-- name: OpenRecharge :one
SELECT * FROM recharges
WHERE customer_id = sqlc.arg(customer_id) AND credit_type = sqlc.arg(credit_type) AND state IN ('pending', 'retrying', 'waiting');

-- name: RechargesOf :many
SELECT * FROM recharges
WHERE customer_id = sqlc.arg(customer_id) AND (CAST(sqlc.arg(credit_type) AS text) = '' OR credit_type = sqlc.arg(credit_type))
  AND id < sqlc.arg(before_id)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: DueRecharges :many
SELECT * FROM recharges WHERE next_at > 0 AND next_at <= sqlc.arg(now) ORDER BY next_at LIMIT sqlc.arg(max_rows);

-- name: RechargeSpent :one
SELECT CAST(COALESCE(SUM(amount), 0) AS bigint) AS amount, COUNT(*) AS runs FROM recharges
WHERE customer_id = sqlc.arg(customer_id) AND credit_type = sqlc.arg(credit_type) AND currency = sqlc.arg(currency)
  AND id <> sqlc.arg(except_id)
  AND (state IN ('pending', 'retrying', 'waiting') OR (state = 'succeeded' AND finished_at >= sqlc.arg(since)));

-- name: LastRecharge :one
SELECT CAST(COALESCE(MAX(finished_at), 0) AS bigint) AS at FROM recharges
WHERE customer_id = sqlc.arg(customer_id) AND credit_type = sqlc.arg(credit_type) AND state = 'succeeded';
