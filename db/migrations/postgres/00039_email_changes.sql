-- +goose Up
-- Changes of a person's e-mail address. Each address is proved by a link of its own.
CREATE TABLE email_changes (
  id         text PRIMARY KEY,
  user_id    text NOT NULL REFERENCES users (id),
  old_email  text NOT NULL,
  new_email  text NOT NULL,
  created_at bigint NOT NULL,
  old_at     bigint NOT NULL, -- when the old address was proved, 0 before
  new_at     bigint NOT NULL,
  ended_at   bigint NOT NULL, -- 0 while it waits
  done       bigint NOT NULL -- 1 when the address was changed, 0 while it waits or when another came after it
);
CREATE UNIQUE INDEX email_changes_open ON email_changes (user_id) WHERE ended_at = 0;
CREATE INDEX email_changes_user ON email_changes (user_id, id);

-- +goose Down
DROP TABLE email_changes;
