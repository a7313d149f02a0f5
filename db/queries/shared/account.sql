-- name: InsertCustomer :exec
INSERT INTO customers (id, name, email, external_id, stripe_customer_id, timezone, metadata, status, suspended_reason, search, created_at, updated_at)
VALUES (sqlc.arg(id), sqlc.arg(name), sqlc.arg(email), sqlc.arg(external_id), sqlc.arg(stripe_customer_id), sqlc.arg(timezone), sqlc.arg(metadata), sqlc.arg(status), sqlc.arg(suspended_reason), sqlc.arg(search), sqlc.arg(created_at), sqlc.arg(updated_at));

-- name: UpdateCustomer :execrows
UPDATE customers SET name = sqlc.arg(name), email = sqlc.arg(email), external_id = sqlc.arg(external_id),
  stripe_customer_id = sqlc.arg(stripe_customer_id), timezone = sqlc.arg(timezone), metadata = sqlc.arg(metadata),
  status = sqlc.arg(status), suspended_reason = sqlc.arg(suspended_reason), search = sqlc.arg(search), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id);

-- name: GetCustomer :one
SELECT * FROM customers WHERE id = sqlc.arg(id);

-- name: GetCustomerByExternalID :one
SELECT * FROM customers WHERE external_id = sqlc.arg(external_id) AND external_id <> '';

-- name: GetCustomerByStripeID :one
SELECT * FROM customers WHERE stripe_customer_id = sqlc.arg(stripe_customer_id) AND stripe_customer_id <> '';

-- name: ListCustomersAfter :many
SELECT * FROM customers WHERE id < sqlc.arg(before_id) AND (CAST(sqlc.arg(part) AS text) = '' OR REPLACE(search, sqlc.arg(part), '') <> search)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: ListCustomersBefore :many
SELECT * FROM customers WHERE id > sqlc.arg(after_id) AND (CAST(sqlc.arg(part) AS text) = '' OR REPLACE(search, sqlc.arg(part), '') <> search)
ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: InsertUser :exec
INSERT INTO users (id, email, name, password_hash, password_changed_at, verified_at, staff_role, created_at)
VALUES (sqlc.arg(id), sqlc.arg(email), sqlc.arg(name), sqlc.arg(password_hash), sqlc.arg(password_changed_at), sqlc.arg(verified_at), sqlc.arg(staff_role), sqlc.arg(created_at));

-- name: UpdateUser :exec
UPDATE users SET email = sqlc.arg(email), name = sqlc.arg(name), password_hash = sqlc.arg(password_hash),
  password_changed_at = sqlc.arg(password_changed_at), verified_at = sqlc.arg(verified_at), staff_role = sqlc.arg(staff_role)
WHERE id = sqlc.arg(id);

-- name: GetUser :one
SELECT * FROM users WHERE id = sqlc.arg(id);

-- name: GetUserByEmail :one
SELECT * FROM users WHERE email = sqlc.arg(email);

-- name: ListStaffUsers :many
SELECT * FROM users WHERE staff_role <> '' ORDER BY email;

-- name: PutMember :exec
INSERT INTO members (customer_id, user_id, role, created_at)
VALUES (sqlc.arg(customer_id), sqlc.arg(user_id), sqlc.arg(role), sqlc.arg(created_at))
ON CONFLICT (customer_id, user_id) DO UPDATE SET role = excluded.role;

-- name: DeleteMember :exec
DELETE FROM members WHERE customer_id = sqlc.arg(customer_id) AND user_id = sqlc.arg(user_id);

-- name: GetMember :one
SELECT * FROM members WHERE customer_id = sqlc.arg(customer_id) AND user_id = sqlc.arg(user_id);

-- name: ListMembers :many
SELECT members.*, users.email, users.name FROM members JOIN users ON users.id = members.user_id
WHERE members.customer_id = sqlc.arg(customer_id) ORDER BY members.created_at, members.user_id;

-- name: ListMemberships :many
SELECT * FROM members WHERE user_id = sqlc.arg(user_id) ORDER BY created_at, customer_id;

-- name: InsertSession :exec
INSERT INTO sessions (id, secret_hash, user_id, data, address, user_agent, created_at, seen_at, confirmed_at)
VALUES (sqlc.arg(id), sqlc.arg(secret_hash), sqlc.arg(user_id), sqlc.arg(data), sqlc.arg(address), sqlc.arg(user_agent), sqlc.arg(created_at), sqlc.arg(seen_at), sqlc.arg(confirmed_at));

-- name: GetSessionByHash :one
SELECT * FROM sessions WHERE secret_hash = sqlc.arg(secret_hash);

-- name: ListSessions :many
SELECT * FROM sessions WHERE user_id = sqlc.arg(user_id) ORDER BY seen_at DESC, id;

-- name: UpdateSession :exec
UPDATE sessions SET data = sqlc.arg(data), confirmed_at = sqlc.arg(confirmed_at),
  secret_hash = CASE WHEN CAST(sqlc.arg(new_hash) AS text) = '' THEN secret_hash ELSE sqlc.arg(new_hash) END
WHERE id = sqlc.arg(id);

-- name: TouchSession :exec
UPDATE sessions SET seen_at = sqlc.arg(seen_at) WHERE id = sqlc.arg(id) AND seen_at < sqlc.arg(seen_at);

-- name: DeleteSession :exec
DELETE FROM sessions WHERE user_id = sqlc.arg(user_id) AND id = sqlc.arg(id);

-- name: DeleteSessions :exec
DELETE FROM sessions WHERE user_id = sqlc.arg(user_id) AND id <> sqlc.arg(keep);

-- name: DeleteStaleSessions :exec
DELETE FROM sessions WHERE seen_at < sqlc.arg(idle) OR created_at < sqlc.arg(absolute);

-- name: CarrySessions :exec
UPDATE sessions SET created_at = created_at + CAST(sqlc.arg(moved) AS bigint), seen_at = seen_at + CAST(sqlc.arg(moved) AS bigint),
  confirmed_at = confirmed_at + CAST(sqlc.arg(moved) AS bigint);

-- name: CarryLinks :exec
UPDATE links SET expires_at = expires_at + CAST(sqlc.arg(moved) AS bigint);

-- name: DeleteStaleLinks :exec
DELETE FROM links WHERE expires_at < sqlc.arg(expired);

-- name: InsertLink :exec
INSERT INTO links (id, kind, email, user_id, customer_id, role, created_by, created_at, expires_at, used_at)
VALUES (sqlc.arg(id), sqlc.arg(kind), sqlc.arg(email), sqlc.arg(user_id), sqlc.arg(customer_id), sqlc.arg(role), sqlc.arg(created_by), sqlc.arg(created_at), sqlc.arg(expires_at), sqlc.arg(used_at));

-- name: InsertLinkSecret :exec
INSERT INTO link_secrets (secret_hash, link_id) VALUES (sqlc.arg(secret_hash), sqlc.arg(link_id));

-- name: GetLink :one
SELECT * FROM links WHERE id = sqlc.arg(id);

-- name: GetLinkByHash :one
SELECT links.* FROM links JOIN link_secrets ON link_secrets.link_id = links.id WHERE link_secrets.secret_hash = sqlc.arg(secret_hash);

-- name: UseLink :execrows
UPDATE links SET used_at = sqlc.arg(used_at) WHERE id = sqlc.arg(id) AND used_at = 0;

-- name: VoidLinks :exec
UPDATE links SET used_at = sqlc.arg(used_at) WHERE kind = sqlc.arg(kind) AND used_at = 0
  AND (CAST(sqlc.arg(email) AS text) = '' OR email = sqlc.arg(email))
  AND (CAST(sqlc.arg(user_id) AS text) = '' OR user_id = sqlc.arg(user_id))
  AND (CAST(sqlc.arg(customer_id) AS text) = '' OR customer_id = sqlc.arg(customer_id))
  AND (CAST(sqlc.arg(created_by) AS text) = '' OR created_by = sqlc.arg(created_by));

-- name: ListLinks :many
SELECT * FROM links WHERE kind = sqlc.arg(kind) AND used_at = 0 AND expires_at > sqlc.arg(now) AND customer_id = sqlc.arg(customer_id)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: InsertKey :exec
INSERT INTO api_keys (id, secret_hash, prefix, name, scopes, customer_id, created_by, created_at, last_used_at, revoked_at)
VALUES (sqlc.arg(id), sqlc.arg(secret_hash), sqlc.arg(prefix), sqlc.arg(name), sqlc.arg(scopes), sqlc.arg(customer_id), sqlc.arg(created_by), sqlc.arg(created_at), sqlc.arg(last_used_at), sqlc.arg(revoked_at));

-- name: GetKey :one
SELECT * FROM api_keys WHERE id = sqlc.arg(id);

-- name: GetKeyByHash :one
SELECT * FROM api_keys WHERE secret_hash = sqlc.arg(secret_hash);

-- name: ListKeysAfter :many
SELECT * FROM api_keys WHERE customer_id = sqlc.arg(customer_id) AND id < sqlc.arg(before_id)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: ListKeysBefore :many
SELECT * FROM api_keys WHERE customer_id = sqlc.arg(customer_id) AND id > sqlc.arg(after_id)
ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: RevokeKey :exec
UPDATE api_keys SET revoked_at = sqlc.arg(revoked_at) WHERE id = sqlc.arg(id) AND revoked_at = 0;

-- name: TouchKey :exec
UPDATE api_keys SET last_used_at = sqlc.arg(last_used_at) WHERE id = sqlc.arg(id) AND last_used_at < sqlc.arg(last_used_at);

-- name: ListThrottles :many
SELECT * FROM throttles WHERE free_at > sqlc.arg(now);

-- name: PutThrottle :exec
INSERT INTO throttles (name, free_at) VALUES (sqlc.arg(name), sqlc.arg(free_at))
ON CONFLICT (name) DO UPDATE SET free_at = excluded.free_at;

-- name: DeleteThrottles :exec
DELETE FROM throttles WHERE free_at < sqlc.arg(now);

-- name: InsertConsent :exec
INSERT INTO consents (id, user_id, customer_id, document, version, address, user_agent, created_at)
VALUES (sqlc.arg(id), sqlc.arg(user_id), sqlc.arg(customer_id), sqlc.arg(document), sqlc.arg(version), sqlc.arg(address), sqlc.arg(user_agent), sqlc.arg(created_at));

-- name: GetLatestConsent :one
SELECT * FROM consents WHERE user_id = sqlc.arg(user_id) AND document = sqlc.arg(document) ORDER BY id DESC LIMIT 1;

-- name: GetRequest :one
SELECT * FROM api_requests WHERE key_hash = sqlc.arg(key_hash);

-- name: InsertRequest :exec
INSERT INTO api_requests (key_hash, fingerprint, object, created_at)
VALUES (sqlc.arg(key_hash), sqlc.arg(fingerprint), sqlc.arg(object), sqlc.arg(created_at));

-- name: PutDevice :exec
INSERT INTO devices (secret_hash, user_id, seen_at) VALUES (sqlc.arg(secret_hash), sqlc.arg(user_id), sqlc.arg(seen_at))
ON CONFLICT (secret_hash, user_id) DO UPDATE SET seen_at = excluded.seen_at;

-- name: CountDevices :one
SELECT COUNT(*) FROM devices WHERE secret_hash = sqlc.arg(secret_hash) AND (CAST(sqlc.arg(user_id) AS text) = '' OR user_id = sqlc.arg(user_id));

-- name: DeleteDevices :exec
DELETE FROM devices WHERE user_id = sqlc.arg(user_id);

-- name: DeleteStaleDevices :exec
DELETE FROM devices WHERE seen_at < sqlc.arg(unseen);

-- name: PutFormerStripeCustomer :exec
INSERT INTO former_stripe_customers (stripe_customer_id, customer_id, replaced_at)
VALUES (sqlc.arg(stripe_customer_id), sqlc.arg(customer_id), sqlc.arg(replaced_at))
ON CONFLICT (stripe_customer_id) DO UPDATE SET customer_id = excluded.customer_id, replaced_at = excluded.replaced_at;

-- name: FormerStripeCustomer :one
SELECT customer_id FROM former_stripe_customers WHERE stripe_customer_id = sqlc.arg(stripe_customer_id);
