-- name: InsertFactor :exec
INSERT INTO factors (id, user_id, kind, name, credential, record, last_step, created_at, used_at)
VALUES (sqlc.arg(id), sqlc.arg(user_id), sqlc.arg(kind), sqlc.arg(name), sqlc.arg(credential), sqlc.arg(record), sqlc.arg(last_step), sqlc.arg(created_at), sqlc.arg(used_at));

-- name: ListFactors :many
SELECT * FROM factors WHERE user_id = sqlc.arg(user_id) ORDER BY id;

-- name: UseFactor :execrows
UPDATE factors SET record = sqlc.arg(record), last_step = sqlc.arg(last_step), used_at = sqlc.arg(used_at)
WHERE id = sqlc.arg(id) AND (kind <> 'totp' OR last_step < sqlc.arg(last_step));

-- name: DeleteFactor :execrows
DELETE FROM factors WHERE user_id = sqlc.arg(user_id) AND id = sqlc.arg(id);

-- name: DeleteFactors :exec
DELETE FROM factors WHERE user_id = sqlc.arg(user_id);

-- name: InsertRecoveryCode :exec
INSERT INTO recovery_codes (user_id, code_hash, used_at) VALUES (sqlc.arg(user_id), sqlc.arg(code_hash), 0);

-- name: UseRecoveryCode :execrows
UPDATE recovery_codes SET used_at = sqlc.arg(used_at) WHERE user_id = sqlc.arg(user_id) AND code_hash = sqlc.arg(code_hash) AND used_at = 0;

-- name: CountRecoveryCodes :one
SELECT COUNT(*) FROM recovery_codes WHERE user_id = sqlc.arg(user_id) AND used_at = 0;

-- name: DeleteRecoveryCodes :exec
DELETE FROM recovery_codes WHERE user_id = sqlc.arg(user_id);

-- name: InsertFactorReset :exec
INSERT INTO factor_resets (id, user_id, asked_by, customer_id, created_at, effective_at, ended_at, outcome)
VALUES (sqlc.arg(id), sqlc.arg(user_id), sqlc.arg(asked_by), sqlc.arg(customer_id), sqlc.arg(created_at), sqlc.arg(effective_at), 0, '');

-- name: GetOpenFactorReset :one
SELECT * FROM factor_resets WHERE user_id = sqlc.arg(user_id) AND ended_at = 0;

-- name: GetFactorReset :one
SELECT * FROM factor_resets WHERE id = sqlc.arg(id);

-- name: EndFactorReset :execrows
UPDATE factor_resets SET ended_at = sqlc.arg(ended_at), outcome = sqlc.arg(outcome) WHERE id = sqlc.arg(id) AND ended_at = 0;

-- name: GetFactorRule :one
SELECT COUNT(*) FROM factor_rules WHERE customer_id = sqlc.arg(customer_id);

-- name: CountFactorRulesOf :one
SELECT COUNT(*) FROM factor_rules JOIN members ON members.customer_id = factor_rules.customer_id WHERE members.user_id = sqlc.arg(user_id);

-- name: PutFactorRule :exec
INSERT INTO factor_rules (customer_id, set_by, created_at) VALUES (sqlc.arg(customer_id), sqlc.arg(set_by), sqlc.arg(created_at))
ON CONFLICT (customer_id) DO NOTHING;

-- name: DeleteFactorRule :exec
DELETE FROM factor_rules WHERE customer_id = sqlc.arg(customer_id);

-- name: CountFactors :one
SELECT COUNT(*) FROM factors WHERE user_id = sqlc.arg(user_id);

-- name: InsertEmailChange :exec
INSERT INTO email_changes (id, user_id, old_email, new_email, created_at, old_at, new_at, ended_at, done)
VALUES (sqlc.arg(id), sqlc.arg(user_id), sqlc.arg(old_email), sqlc.arg(new_email), sqlc.arg(created_at), 0, 0, 0, 0);

-- name: GetOpenEmailChange :one
SELECT * FROM email_changes WHERE user_id = sqlc.arg(user_id) AND ended_at = 0;

-- name: UpdateEmailChange :exec
UPDATE email_changes SET old_at = sqlc.arg(old_at), new_at = sqlc.arg(new_at), ended_at = sqlc.arg(ended_at), done = sqlc.arg(done) WHERE id = sqlc.arg(id);

-- name: ListPastEmails :many
SELECT DISTINCT old_email FROM email_changes WHERE user_id = sqlc.arg(user_id) AND done = 1 AND ended_at > sqlc.arg(since);
