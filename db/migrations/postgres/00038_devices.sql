-- +goose Up
-- Browsers in which a person has signed in: their guesses are counted apart from
-- everybody else's, so that nobody can lock the person out from elsewhere.
CREATE TABLE devices (
  secret_hash text NOT NULL,
  user_id     text NOT NULL REFERENCES users (id),
  seen_at     bigint NOT NULL,
  PRIMARY KEY (secret_hash, user_id)
);
CREATE INDEX devices_user ON devices (user_id);

-- +goose Down
DROP TABLE devices;
