-- name: InsertCharge :execrows
INSERT INTO charges (
  owner, owner_id, customer_id, slot, collection, price, currency, state, doing, calls,
  sent_at, unknowns, want, give_up, tries, pays, cause, problem, method, method_type,
  method_brand, method_last4, method_fingerprint, method_types, stripe_customer, invoice, number, url, payment_intent, processing,
  total, tax, amount_paid, receipt_url, purchase_id, grant_id, clawed, remake, remakes, replaces,
  replaces_number, remade_at, leased_by, leased_until, again, next_at, retry_at, due_at, overdue_at, created_at,
  issued_at, updated_at, finished_at)
VALUES (
  sqlc.arg(owner), sqlc.arg(owner_id), sqlc.arg(customer_id), sqlc.arg(slot), sqlc.arg(collection), sqlc.arg(price),
  sqlc.arg(currency), sqlc.arg(state), sqlc.arg(doing), sqlc.arg(calls), sqlc.arg(sent_at), sqlc.arg(unknowns),
  sqlc.arg(want), sqlc.arg(give_up), sqlc.arg(tries), sqlc.arg(pays), sqlc.arg(cause), sqlc.arg(problem),
  sqlc.arg(method), sqlc.arg(method_type), sqlc.arg(method_brand), sqlc.arg(method_last4), sqlc.arg(method_fingerprint), sqlc.arg(method_types),
  sqlc.arg(stripe_customer), sqlc.arg(invoice), sqlc.arg(number), sqlc.arg(url), sqlc.arg(payment_intent), sqlc.arg(processing),
  sqlc.arg(total), sqlc.arg(tax), sqlc.arg(amount_paid), sqlc.arg(receipt_url), sqlc.arg(purchase_id), sqlc.arg(grant_id),
  sqlc.arg(clawed), sqlc.arg(remake), sqlc.arg(remakes), sqlc.arg(replaces), sqlc.arg(replaces_number), sqlc.arg(remade_at),
  sqlc.arg(leased_by), sqlc.arg(leased_until), sqlc.arg(again), sqlc.arg(next_at), sqlc.arg(retry_at), sqlc.arg(due_at),
  sqlc.arg(overdue_at), sqlc.arg(created_at), sqlc.arg(issued_at), sqlc.arg(updated_at), sqlc.arg(finished_at))
ON CONFLICT DO NOTHING;

-- name: UpdateCharge :exec
UPDATE charges SET
  price = sqlc.arg(price), currency = sqlc.arg(currency), state = sqlc.arg(state), doing = sqlc.arg(doing),
  calls = sqlc.arg(calls), sent_at = sqlc.arg(sent_at), unknowns = sqlc.arg(unknowns), want = sqlc.arg(want),
  give_up = sqlc.arg(give_up), tries = sqlc.arg(tries), pays = sqlc.arg(pays), cause = sqlc.arg(cause),
  problem = sqlc.arg(problem), method = sqlc.arg(method), method_type = sqlc.arg(method_type), method_brand = sqlc.arg(method_brand),
  method_last4 = sqlc.arg(method_last4), method_fingerprint = sqlc.arg(method_fingerprint), stripe_customer = sqlc.arg(stripe_customer), invoice = sqlc.arg(invoice),
  number = sqlc.arg(number), url = sqlc.arg(url), payment_intent = sqlc.arg(payment_intent), processing = sqlc.arg(processing),
  total = sqlc.arg(total), tax = sqlc.arg(tax), amount_paid = sqlc.arg(amount_paid), receipt_url = sqlc.arg(receipt_url),
  purchase_id = sqlc.arg(purchase_id), grant_id = sqlc.arg(grant_id), clawed = sqlc.arg(clawed), remake = sqlc.arg(remake),
  remakes = sqlc.arg(remakes), replaces = sqlc.arg(replaces), replaces_number = sqlc.arg(replaces_number), remade_at = sqlc.arg(remade_at),
  leased_by = sqlc.arg(leased_by), leased_until = sqlc.arg(leased_until), again = sqlc.arg(again), next_at = sqlc.arg(next_at),
  retry_at = sqlc.arg(retry_at), due_at = sqlc.arg(due_at), overdue_at = sqlc.arg(overdue_at), issued_at = sqlc.arg(issued_at),
  updated_at = sqlc.arg(updated_at), finished_at = sqlc.arg(finished_at)
WHERE owner_id = sqlc.arg(owner_id);

-- name: ChargeByOwner :one
SELECT * FROM charges WHERE owner_id = sqlc.arg(owner_id) AND owner = sqlc.arg(owner);

-- name: DueCharges :many
SELECT owner, owner_id FROM charges WHERE next_at > 0 AND next_at <= sqlc.arg(now) ORDER BY next_at LIMIT sqlc.arg(max_rows);

-- name: PayableCharges :many
SELECT owner, owner_id FROM charges
WHERE customer_id = sqlc.arg(customer_id) AND owner = sqlc.arg(owner) AND state IN ('charging', 'retrying', 'open')
ORDER BY owner_id;

-- name: CountRemakes :one
SELECT COUNT(*) AS count FROM charges WHERE remake = sqlc.arg(remake) AND remake <> '';

-- name: ReleaseCharges :exec
UPDATE charges SET leased_by = '', leased_until = 0 WHERE leased_by <> '';
