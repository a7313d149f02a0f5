-- name: InsertMessage :exec
INSERT INTO messages (id, recipient, customer_id, address, category, event, data, choice, state, created_at, sent_at)
VALUES (sqlc.arg(id), sqlc.arg(recipient), sqlc.arg(customer_id), sqlc.arg(address), sqlc.arg(category), sqlc.arg(event), sqlc.arg(data),
  sqlc.arg(choice), sqlc.arg(state), sqlc.arg(created_at), 0);

-- name: WaitingMessages :many
SELECT * FROM messages WHERE recipient = sqlc.arg(recipient) AND choice = sqlc.arg(choice) AND state = 'waiting' ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: SetMessage :exec
UPDATE messages SET state = sqlc.arg(state), sent_at = sqlc.arg(sent_at) WHERE id = sqlc.arg(id);

-- name: CountMailsSince :one
SELECT COUNT(DISTINCT sent_at) FROM messages WHERE recipient = sqlc.arg(recipient) AND sent_at >= sqlc.arg(since);

-- name: DeleteMessagesBefore :exec
DELETE FROM messages WHERE id < sqlc.arg(before_id) AND state <> 'waiting';

-- name: PreferencesOf :many
SELECT * FROM preferences WHERE customer_id = sqlc.arg(customer_id);

-- name: PutPreference :exec
INSERT INTO preferences (user_id, customer_id, category, choice)
VALUES (sqlc.arg(user_id), sqlc.arg(customer_id), sqlc.arg(category), sqlc.arg(choice))
ON CONFLICT (user_id, customer_id, category) DO UPDATE SET choice = excluded.choice;

-- name: InsertMail :exec
INSERT INTO mails (id, address, template, subject, state, error, created_at)
VALUES (sqlc.arg(id), sqlc.arg(address), sqlc.arg(template), sqlc.arg(subject), sqlc.arg(state), sqlc.arg(error), sqlc.arg(created_at));

-- name: MailsBefore :many
SELECT * FROM mails WHERE id < sqlc.arg(before_id) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: DeleteMailsBefore :exec
DELETE FROM mails WHERE id < sqlc.arg(before_id);

-- name: PutBounce :exec
INSERT INTO bounces (address, reason, at) VALUES (sqlc.arg(address), sqlc.arg(reason), sqlc.arg(at))
ON CONFLICT (address) DO UPDATE SET reason = excluded.reason, at = excluded.at;

-- name: BounceOf :one
SELECT * FROM bounces WHERE address = sqlc.arg(address);

-- name: DeleteBounce :exec
DELETE FROM bounces WHERE address = sqlc.arg(address);
