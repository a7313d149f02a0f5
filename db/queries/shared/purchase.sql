-- name: InsertPurchase :exec
INSERT INTO purchases (id, begin_key, customer_id, pack_id, pack_name, credit_type, credits, price, currency, expires_after_days,
  state, problem, checkout_session, checkout_url, checkout_expires_at, payment_intent, total, tax, discount, receipt_url, card_brand,
  card_last4, success_url, cancel_url, terms_version, address, created_by, grant_id, debt_repaid, check_at, checks, created_at, paid_at, updated_at)
VALUES (sqlc.arg(id), sqlc.arg(begin_key), sqlc.arg(customer_id), sqlc.arg(pack_id), sqlc.arg(pack_name), sqlc.arg(credit_type),
  sqlc.arg(credits), sqlc.arg(price), sqlc.arg(currency), sqlc.arg(expires_after_days), sqlc.arg(state), sqlc.arg(problem),
  sqlc.arg(checkout_session), sqlc.arg(checkout_url), sqlc.arg(checkout_expires_at), sqlc.arg(payment_intent), sqlc.arg(total),
  sqlc.arg(tax), sqlc.arg(discount), sqlc.arg(receipt_url), sqlc.arg(card_brand), sqlc.arg(card_last4), sqlc.arg(success_url),
  sqlc.arg(cancel_url), sqlc.arg(terms_version), sqlc.arg(address), sqlc.arg(created_by), sqlc.arg(grant_id), sqlc.arg(debt_repaid),
  sqlc.arg(check_at), sqlc.arg(checks), sqlc.arg(created_at), sqlc.arg(paid_at), sqlc.arg(updated_at));

-- name: UpdatePurchase :exec
UPDATE purchases SET state = sqlc.arg(state), problem = sqlc.arg(problem), checkout_session = sqlc.arg(checkout_session),
  checkout_url = sqlc.arg(checkout_url), checkout_expires_at = sqlc.arg(checkout_expires_at), payment_intent = sqlc.arg(payment_intent),
  total = sqlc.arg(total), tax = sqlc.arg(tax), discount = sqlc.arg(discount), receipt_url = sqlc.arg(receipt_url),
  card_brand = sqlc.arg(card_brand), card_last4 = sqlc.arg(card_last4), grant_id = sqlc.arg(grant_id), debt_repaid = sqlc.arg(debt_repaid),
  check_at = sqlc.arg(check_at), checks = sqlc.arg(checks), paid_at = sqlc.arg(paid_at), updated_at = sqlc.arg(updated_at),
  refunded = sqlc.arg(refunded), clawed = sqlc.arg(clawed), money_back = sqlc.arg(money_back), dispute_id = sqlc.arg(dispute_id), dispute_status = sqlc.arg(dispute_status),
  dispute_reason = sqlc.arg(dispute_reason), dispute_amount = sqlc.arg(dispute_amount), dispute_due = sqlc.arg(dispute_due), frozen = sqlc.arg(frozen)
WHERE id = sqlc.arg(id);

-- name: PurchaseByID :one
SELECT * FROM purchases WHERE id = sqlc.arg(id);

-- name: PurchaseByKey :one
SELECT * FROM purchases WHERE begin_key = sqlc.arg(begin_key);

-- name: PurchaseBySession :one
SELECT * FROM purchases WHERE checkout_session = sqlc.arg(checkout_session) AND checkout_session <> '';

-- name: OpenPurchases :many
SELECT * FROM purchases
WHERE customer_id = sqlc.arg(customer_id) AND state IN ('created', 'processing')
  AND (CAST(sqlc.arg(pack_id) AS text) = '' OR pack_id = sqlc.arg(pack_id))
ORDER BY id DESC LIMIT 100;

-- name: PurchasesOf :many
SELECT * FROM purchases
WHERE customer_id = sqlc.arg(customer_id) AND id < sqlc.arg(before_id)
  AND (CAST(sqlc.arg(search) AS text) = '' OR id = sqlc.arg(search) OR checkout_session = sqlc.arg(search)
    OR payment_intent = sqlc.arg(search) OR card_last4 = sqlc.arg(search))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: AllPurchases :many
SELECT * FROM purchases
WHERE id < sqlc.arg(before_id)
  AND (CAST(sqlc.arg(search) AS text) = '' OR id = sqlc.arg(search) OR checkout_session = sqlc.arg(search)
    OR payment_intent = sqlc.arg(search) OR card_last4 = sqlc.arg(search))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: DuePurchases :many
SELECT * FROM purchases WHERE check_at > 0 AND check_at <= sqlc.arg(now) ORDER BY check_at LIMIT sqlc.arg(max_rows);
