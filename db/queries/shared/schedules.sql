-- name: PutSchedule :exec
INSERT INTO schedules (id, customer_id, credit_type, pack_id, quantity, name, credits, price, currency, discount, expires_after_days, every,
  first_day, collection, method, method_brand, method_last4, net_days, recipients, po_number, memo, tax_exempt, on_issue, consent_version,
  consent_user, consent_address, consent_at, state, reason, note, repair_url, done, next_at, created_by, created_at, updated_at,
  amount, bonus, bonus_days, tax_behavior, paused_at, method_type)
VALUES (sqlc.arg(id), sqlc.arg(customer_id), sqlc.arg(credit_type), sqlc.arg(pack_id), sqlc.arg(quantity), sqlc.arg(name), sqlc.arg(credits),
  sqlc.arg(price), sqlc.arg(currency), sqlc.arg(discount), sqlc.arg(expires_after_days), sqlc.arg(every), sqlc.arg(first_day),
  sqlc.arg(collection), sqlc.arg(method), sqlc.arg(method_brand), sqlc.arg(method_last4), sqlc.arg(net_days), sqlc.arg(recipients),
  sqlc.arg(po_number), sqlc.arg(memo), sqlc.arg(tax_exempt), sqlc.arg(on_issue), sqlc.arg(consent_version), sqlc.arg(consent_user),
  sqlc.arg(consent_address), sqlc.arg(consent_at), sqlc.arg(state), sqlc.arg(reason), sqlc.arg(note), sqlc.arg(repair_url), sqlc.arg(done),
  sqlc.arg(next_at), sqlc.arg(created_by), sqlc.arg(created_at), sqlc.arg(updated_at),
  sqlc.arg(amount), sqlc.arg(bonus), sqlc.arg(bonus_days), sqlc.arg(tax_behavior), sqlc.arg(paused_at), sqlc.arg(method_type))
ON CONFLICT (id) DO UPDATE SET
  state = excluded.state, reason = excluded.reason, note = excluded.note, repair_url = excluded.repair_url, done = excluded.done,
  next_at = excluded.next_at, updated_at = excluded.updated_at, name = excluded.name, credits = excluded.credits, bonus = excluded.bonus,
  bonus_days = excluded.bonus_days, price = excluded.price, discount = excluded.discount, expires_after_days = excluded.expires_after_days,
  consent_version = excluded.consent_version, consent_user = excluded.consent_user, consent_address = excluded.consent_address,
  consent_at = excluded.consent_at, tax_behavior = excluded.tax_behavior, paused_at = excluded.paused_at, method = excluded.method,
  method_brand = excluded.method_brand, method_last4 = excluded.method_last4, method_type = excluded.method_type;

-- name: ScheduleByID :one
SELECT * FROM schedules WHERE id = sqlc.arg(id);

-- name: Schedules :many
SELECT * FROM schedules
WHERE (CAST(sqlc.arg(customer_id) AS text) = '' OR customer_id = sqlc.arg(customer_id)) AND id < sqlc.arg(before_id)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: DueSchedules :many
SELECT * FROM schedules WHERE next_at > 0 AND next_at <= sqlc.arg(now) ORDER BY next_at LIMIT sqlc.arg(max_rows);
