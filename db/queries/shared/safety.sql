-- name: PutFraudWarning :exec
INSERT INTO fraud_warnings (id, purchase_id, fraud_type, actionable, created_at, dismissed_at, dismissed_by)
VALUES (sqlc.arg(id), sqlc.arg(purchase_id), sqlc.arg(fraud_type), sqlc.arg(actionable), sqlc.arg(created_at), sqlc.arg(dismissed_at), sqlc.arg(dismissed_by))
ON CONFLICT (id) DO UPDATE SET actionable = excluded.actionable, dismissed_at = excluded.dismissed_at, dismissed_by = excluded.dismissed_by;

-- name: FraudWarningsOf :many
SELECT * FROM fraud_warnings WHERE purchase_id = sqlc.arg(purchase_id) ORDER BY id;

-- name: InsertDisputeAnswer :exec
INSERT INTO dispute_answers (id, dispute, purchase_id, evidence, created_by, created_at)
VALUES (sqlc.arg(id), sqlc.arg(dispute), sqlc.arg(purchase_id), sqlc.arg(evidence), sqlc.arg(created_by), sqlc.arg(created_at));

-- name: DisputeAnswersOf :many
SELECT * FROM dispute_answers WHERE purchase_id = sqlc.arg(purchase_id) ORDER BY id;

-- name: PutCardTry :exec
INSERT INTO card_tries (customer_id, fingerprint, address, at)
VALUES (sqlc.arg(customer_id), sqlc.arg(fingerprint), sqlc.arg(address), sqlc.arg(at))
ON CONFLICT (customer_id, fingerprint, address) DO UPDATE SET at = excluded.at;

-- name: CountCardsOfCustomer :one
SELECT COUNT(DISTINCT fingerprint) FROM card_tries WHERE customer_id = sqlc.arg(customer_id) AND at >= sqlc.arg(since);

-- name: CountCardsOfAddress :one
SELECT COUNT(DISTINCT fingerprint) FROM card_tries WHERE address = sqlc.arg(address) AND at >= sqlc.arg(since) AND address <> '';

-- name: DeleteCardTriesBefore :exec
DELETE FROM card_tries WHERE at < sqlc.arg(before);

-- name: PutBuyerPass :exec
INSERT INTO buyer_passes (customer_id, until, created_by) VALUES (sqlc.arg(customer_id), sqlc.arg(until), sqlc.arg(created_by))
ON CONFLICT (customer_id) DO UPDATE SET until = excluded.until, created_by = excluded.created_by;

-- name: BuyerPassOf :one
SELECT until FROM buyer_passes WHERE customer_id = sqlc.arg(customer_id);

-- name: PutCardSetup :exec
INSERT INTO card_setups (id, customer_id, address, at) VALUES (sqlc.arg(id), sqlc.arg(customer_id), sqlc.arg(address), sqlc.arg(at))
ON CONFLICT (id) DO UPDATE SET address = excluded.address, at = excluded.at;

-- name: CardSetupAddress :one
SELECT address FROM card_setups WHERE id = sqlc.arg(id) AND customer_id = sqlc.arg(customer_id);

-- name: DeleteCardSetupsBefore :exec
DELETE FROM card_setups WHERE at < sqlc.arg(before);
