-- name: InsertInvoice :execrows
INSERT INTO invoices (id, begin_key, customer_id, schedule_id, period, collection, name, pack_id, credit_type, credits, price, currency,
  expires_after_days, on_issue, net_days, recipients, po_number, memo, tax_exempt, state, reason, problem, doing, doing_n, want, sent_at,
  unknowns, tries, method, method_brand, method_last4, stripe_invoice, number, url, payment_intent, processing, total, tax, amount_paid,
  receipt_url, purchase_id, grant_id, clawed, created_by, next_at, due_at, overdue_at, created_at, issued_at, updated_at, finished_at,
  bonus, bonus_days, method_type, cause)
VALUES (sqlc.arg(id), sqlc.arg(begin_key), sqlc.arg(customer_id), sqlc.arg(schedule_id), sqlc.arg(period), sqlc.arg(collection), sqlc.arg(name),
  sqlc.arg(pack_id), sqlc.arg(credit_type), sqlc.arg(credits), sqlc.arg(price), sqlc.arg(currency), sqlc.arg(expires_after_days),
  sqlc.arg(on_issue), sqlc.arg(net_days), sqlc.arg(recipients), sqlc.arg(po_number), sqlc.arg(memo), sqlc.arg(tax_exempt), sqlc.arg(state),
  sqlc.arg(reason), sqlc.arg(problem), sqlc.arg(doing), sqlc.arg(doing_n), sqlc.arg(want), sqlc.arg(sent_at), sqlc.arg(unknowns),
  sqlc.arg(tries), sqlc.arg(method), sqlc.arg(method_brand), sqlc.arg(method_last4), sqlc.arg(stripe_invoice), sqlc.arg(number), sqlc.arg(url),
  sqlc.arg(payment_intent), sqlc.arg(processing), sqlc.arg(total), sqlc.arg(tax), sqlc.arg(amount_paid), sqlc.arg(receipt_url),
  sqlc.arg(purchase_id), sqlc.arg(grant_id), sqlc.arg(clawed), sqlc.arg(created_by), sqlc.arg(next_at), sqlc.arg(due_at), sqlc.arg(overdue_at),
  sqlc.arg(created_at), sqlc.arg(issued_at), sqlc.arg(updated_at), sqlc.arg(finished_at), sqlc.arg(bonus),
  sqlc.arg(bonus_days), sqlc.arg(method_type), sqlc.arg(cause))
ON CONFLICT DO NOTHING;

-- name: UpdateInvoice :exec
UPDATE invoices SET collection = sqlc.arg(collection), name = sqlc.arg(name), credit_type = sqlc.arg(credit_type), credits = sqlc.arg(credits),
  price = sqlc.arg(price), currency = sqlc.arg(currency), expires_after_days = sqlc.arg(expires_after_days), on_issue = sqlc.arg(on_issue),
  net_days = sqlc.arg(net_days), recipients = sqlc.arg(recipients), po_number = sqlc.arg(po_number), memo = sqlc.arg(memo),
  tax_exempt = sqlc.arg(tax_exempt), state = sqlc.arg(state), reason = sqlc.arg(reason), problem = sqlc.arg(problem), cause = sqlc.arg(cause), doing = sqlc.arg(doing),
  doing_n = sqlc.arg(doing_n), want = sqlc.arg(want), sent_at = sqlc.arg(sent_at), unknowns = sqlc.arg(unknowns), tries = sqlc.arg(tries),
  method = sqlc.arg(method), method_brand = sqlc.arg(method_brand), method_last4 = sqlc.arg(method_last4),
  stripe_invoice = sqlc.arg(stripe_invoice), number = sqlc.arg(number), url = sqlc.arg(url), payment_intent = sqlc.arg(payment_intent),
  processing = sqlc.arg(processing), total = sqlc.arg(total), tax = sqlc.arg(tax), amount_paid = sqlc.arg(amount_paid),
  receipt_url = sqlc.arg(receipt_url), purchase_id = sqlc.arg(purchase_id), grant_id = sqlc.arg(grant_id), clawed = sqlc.arg(clawed),
  next_at = sqlc.arg(next_at), due_at = sqlc.arg(due_at), overdue_at = sqlc.arg(overdue_at), issued_at = sqlc.arg(issued_at),
  updated_at = sqlc.arg(updated_at), finished_at = sqlc.arg(finished_at), stripe_customer = sqlc.arg(stripe_customer),
  remake = sqlc.arg(remake), remakes = sqlc.arg(remakes), replaces = sqlc.arg(replaces), replaces_number = sqlc.arg(replaces_number),
  remade_at = sqlc.arg(remade_at)
WHERE id = sqlc.arg(id);

-- name: InvoiceByID :one
SELECT * FROM invoices WHERE id = sqlc.arg(id);

-- name: InvoiceByKey :one
SELECT * FROM invoices WHERE begin_key = sqlc.arg(begin_key);

-- name: Invoices :many
SELECT * FROM invoices
WHERE (CAST(sqlc.arg(customer_id) AS text) = '' OR customer_id = sqlc.arg(customer_id))
  AND (CAST(sqlc.arg(schedule_id) AS text) = '' OR schedule_id = sqlc.arg(schedule_id))
  AND (CAST(sqlc.arg(state) AS text) = '' OR state = sqlc.arg(state))
  AND id < sqlc.arg(before_id)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: DueInvoices :many
SELECT * FROM invoices WHERE next_at > 0 AND next_at <= sqlc.arg(now) ORDER BY next_at LIMIT sqlc.arg(max_rows);

-- name: CountRemakes :one
SELECT COUNT(*) AS count FROM invoices WHERE remake = sqlc.arg(remake) AND remake <> '';
