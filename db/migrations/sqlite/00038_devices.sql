-- +goose Up
-- Browsers in which a person has signed in: their guesses are counted apart from
-- everybody else's, so that nobody can lock the person out from elsewhere.
CREATE TABLE devices (
  secret_hash TEXT NOT NULL,
  user_id     TEXT NOT NULL REFERENCES users (id),
  seen_at     INTEGER NOT NULL,
  PRIMARY KEY (secret_hash, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_user ON devices (user_id);

-- +goose Down
DROP TABLE devices;
