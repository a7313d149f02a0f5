-- name: InsertInvoice :execrows
INSERT INTO invoices (id, begin_key, customer_id, schedule_id, period, name, pack_id, credit_type, credits,
  expires_after_days, on_issue, net_days, recipients, po_number, memo, tax_exempt, reason, created_by, bonus, bonus_days)
VALUES (sqlc.arg(id), sqlc.arg(begin_key), sqlc.arg(customer_id), sqlc.arg(schedule_id), sqlc.arg(period), sqlc.arg(name),
  sqlc.arg(pack_id), sqlc.arg(credit_type), sqlc.arg(credits), sqlc.arg(expires_after_days),
  sqlc.arg(on_issue), sqlc.arg(net_days), sqlc.arg(recipients), sqlc.arg(po_number), sqlc.arg(memo), sqlc.arg(tax_exempt),
  sqlc.arg(reason), sqlc.arg(created_by), sqlc.arg(bonus), sqlc.arg(bonus_days))
ON CONFLICT DO NOTHING;

-- name: UpdateInvoice :exec
UPDATE invoices SET name = sqlc.arg(name), credit_type = sqlc.arg(credit_type), credits = sqlc.arg(credits),
  expires_after_days = sqlc.arg(expires_after_days), on_issue = sqlc.arg(on_issue),
  net_days = sqlc.arg(net_days), recipients = sqlc.arg(recipients), po_number = sqlc.arg(po_number), memo = sqlc.arg(memo),
  tax_exempt = sqlc.arg(tax_exempt), reason = sqlc.arg(reason)
WHERE id = sqlc.arg(id);

-- name: InvoiceByID :one
SELECT sqlc.embed(invoices), sqlc.embed(charges) FROM invoices JOIN charges ON charges.owner_id = invoices.id
WHERE invoices.id = sqlc.arg(id);

-- name: InvoiceByKey :one
SELECT sqlc.embed(invoices), sqlc.embed(charges) FROM invoices JOIN charges ON charges.owner_id = invoices.id
WHERE invoices.begin_key = sqlc.arg(begin_key);

-- name: Invoices :many
-- One that is to be paid is open, however it is paid.
SELECT sqlc.embed(invoices), sqlc.embed(charges) FROM invoices JOIN charges ON charges.owner_id = invoices.id
WHERE (CAST(sqlc.arg(customer_id) AS text) = '' OR invoices.customer_id = sqlc.arg(customer_id))
  AND (CAST(sqlc.arg(schedule_id) AS text) = '' OR invoices.schedule_id = sqlc.arg(schedule_id))
  AND (CAST(sqlc.arg(state) AS text) = '' OR charges.state = sqlc.arg(state)
    OR (sqlc.arg(state) = 'open' AND charges.state IN ('charging', 'retrying')))
  AND invoices.id < sqlc.arg(before_id)
ORDER BY invoices.id DESC LIMIT sqlc.arg(max_rows);
