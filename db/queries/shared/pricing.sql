-- name: PutPackOffer :exec
INSERT INTO pack_offers (pack_id, offer) VALUES (sqlc.arg(pack_id), sqlc.arg(offer))
ON CONFLICT (pack_id) DO UPDATE SET offer = excluded.offer;

-- name: ListPackOffers :many
SELECT * FROM pack_offers;

-- name: SetPurchaseBonus :exec
UPDATE purchases SET bonus = sqlc.arg(bonus), bonus_days = sqlc.arg(bonus_days), bonus_grant = sqlc.arg(bonus_grant) WHERE id = sqlc.arg(id);

-- name: PutPurchaseQuote :exec
INSERT INTO purchase_quotes (purchase_id, customer_id, lines, tax_behavior, tax_code, po_number, invoice_number, invoice_url)
VALUES (sqlc.arg(purchase_id), sqlc.arg(customer_id), sqlc.arg(lines), sqlc.arg(tax_behavior), sqlc.arg(tax_code), sqlc.arg(po_number), sqlc.arg(invoice_number), sqlc.arg(invoice_url))
ON CONFLICT (purchase_id) DO UPDATE SET po_number = excluded.po_number, invoice_number = excluded.invoice_number, invoice_url = excluded.invoice_url;

-- name: PurchaseQuote :one
SELECT * FROM purchase_quotes WHERE purchase_id = sqlc.arg(purchase_id);

-- name: PutBillingDetails :exec
INSERT INTO billing_details (customer_id, company, email, line1, line2, city, state, postal_code, country, tax_ids, po_number, problem, version, synced, updated_at)
VALUES (sqlc.arg(customer_id), sqlc.arg(company), sqlc.arg(email), sqlc.arg(line1), sqlc.arg(line2), sqlc.arg(city), sqlc.arg(state), sqlc.arg(postal_code),
  sqlc.arg(country), sqlc.arg(tax_ids), sqlc.arg(po_number), sqlc.arg(problem), sqlc.arg(version), sqlc.arg(synced), sqlc.arg(updated_at))
ON CONFLICT (customer_id) DO UPDATE SET company = excluded.company, email = excluded.email, line1 = excluded.line1, line2 = excluded.line2, city = excluded.city,
  state = excluded.state, postal_code = excluded.postal_code, country = excluded.country, tax_ids = excluded.tax_ids, po_number = excluded.po_number,
  problem = excluded.problem, version = excluded.version, synced = excluded.synced, updated_at = excluded.updated_at;

-- name: BillingDetails :one
SELECT * FROM billing_details WHERE customer_id = sqlc.arg(customer_id);

-- name: PutBillingCurrency :exec
INSERT INTO billing_currencies (customer_id, currency, fixed, updated_at)
VALUES (sqlc.arg(customer_id), sqlc.arg(currency), sqlc.arg(fixed), sqlc.arg(updated_at))
ON CONFLICT (customer_id) DO UPDATE SET currency = excluded.currency, fixed = excluded.fixed, updated_at = excluded.updated_at;

-- name: BillingCurrency :one
SELECT * FROM billing_currencies WHERE customer_id = sqlc.arg(customer_id);

-- name: SetRechargeTarget :exec
UPDATE recharge_policies SET target = sqlc.arg(target), agreed = sqlc.arg(agreed), tax_behavior = sqlc.arg(tax_behavior), bonus = sqlc.arg(bonus)
WHERE customer_id = sqlc.arg(customer_id) AND credit_type = sqlc.arg(credit_type);

