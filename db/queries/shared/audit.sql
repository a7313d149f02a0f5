-- name: InsertAudit :exec
INSERT INTO audit_log (id, actor, customer_id, action, object, times, created_at)
VALUES (sqlc.arg(id), sqlc.arg(actor), sqlc.arg(customer_id), sqlc.arg(action), sqlc.arg(object), sqlc.arg(times), sqlc.arg(created_at));

-- name: InsertAuditDetails :exec
INSERT INTO audit_details (audit_id, address, device, email, before_state, after_state, reason, created_at)
VALUES (sqlc.arg(audit_id), sqlc.arg(address), sqlc.arg(device), sqlc.arg(email), sqlc.arg(before_state), sqlc.arg(after_state), sqlc.arg(reason), sqlc.arg(created_at));

-- name: DeleteAuditDetails :execrows
DELETE FROM audit_details WHERE created_at < sqlc.arg(before_time);

-- name: ListAudit :many
SELECT a.id, a.actor, a.customer_id, a.action, a.object, a.times, a.created_at,
  COALESCE(d.address, '') AS address, COALESCE(d.device, '') AS device, COALESCE(d.email, '') AS email,
  COALESCE(d.before_state, '') AS before_state, COALESCE(d.after_state, '') AS after_state, COALESCE(d.reason, '') AS reason
FROM audit_log AS a LEFT JOIN audit_details AS d ON d.audit_id = a.id
WHERE a.id < sqlc.arg(before_id) AND (CAST(sqlc.arg(actions) AS text) = '' OR REPLACE(CAST(sqlc.arg(actions) AS text), ',' || a.action || ',', '') <> sqlc.arg(actions))
ORDER BY a.id DESC LIMIT sqlc.arg(max_rows);

-- name: ListAuditOfCustomer :many
SELECT a.id, a.actor, a.customer_id, a.action, a.object, a.times, a.created_at,
  COALESCE(d.address, '') AS address, COALESCE(d.device, '') AS device, COALESCE(d.email, '') AS email,
  COALESCE(d.before_state, '') AS before_state, COALESCE(d.after_state, '') AS after_state, COALESCE(d.reason, '') AS reason
FROM audit_log AS a LEFT JOIN audit_details AS d ON d.audit_id = a.id
WHERE a.customer_id = sqlc.arg(customer_id) AND a.id < sqlc.arg(before_id) AND (CAST(sqlc.arg(person) AS text) = '' OR a.actor = sqlc.arg(person) OR a.object = sqlc.arg(person)) AND (CAST(sqlc.arg(actions) AS text) = '' OR REPLACE(CAST(sqlc.arg(actions) AS text), ',' || a.action || ',', '') <> sqlc.arg(actions))
ORDER BY a.id DESC LIMIT sqlc.arg(max_rows);

-- name: ListAuditOfPerson :many
SELECT a.id, a.actor, a.customer_id, a.action, a.object, a.times, a.created_at,
  COALESCE(d.address, '') AS address, COALESCE(d.device, '') AS device, COALESCE(d.email, '') AS email,
  COALESCE(d.before_state, '') AS before_state, COALESCE(d.after_state, '') AS after_state, COALESCE(d.reason, '') AS reason
FROM audit_log AS a LEFT JOIN audit_details AS d ON d.audit_id = a.id
WHERE (a.actor = sqlc.arg(person) OR a.object = sqlc.arg(person)) AND a.id < sqlc.arg(before_id) AND (CAST(sqlc.arg(actions) AS text) = '' OR REPLACE(CAST(sqlc.arg(actions) AS text), ',' || a.action || ',', '') <> sqlc.arg(actions))
ORDER BY a.id DESC LIMIT sqlc.arg(max_rows);

-- name: ListAuditOfOwner :many
SELECT a.id, a.actor, a.customer_id, a.action, a.object, a.times, a.created_at,
  COALESCE(d.address, '') AS address, COALESCE(d.device, '') AS device, COALESCE(d.email, '') AS email,
  COALESCE(d.before_state, '') AS before_state, COALESCE(d.after_state, '') AS after_state, COALESCE(d.reason, '') AS reason
FROM audit_log AS a LEFT JOIN audit_details AS d ON d.audit_id = a.id
WHERE (a.customer_id = sqlc.arg(customer_id) OR (a.customer_id = '' AND a.object IN (SELECT members.user_id FROM members WHERE members.customer_id = sqlc.arg(customer_id))
    AND a.created_at >= (SELECT members.created_at FROM members WHERE members.customer_id = sqlc.arg(customer_id) AND members.user_id = a.object)))
  AND a.id < sqlc.arg(before_id) AND (CAST(sqlc.arg(person) AS text) = '' OR a.actor = sqlc.arg(person) OR a.object = sqlc.arg(person)) AND (CAST(sqlc.arg(actions) AS text) = '' OR REPLACE(CAST(sqlc.arg(actions) AS text), ',' || a.action || ',', '') <> sqlc.arg(actions))
ORDER BY a.id DESC LIMIT sqlc.arg(max_rows);
