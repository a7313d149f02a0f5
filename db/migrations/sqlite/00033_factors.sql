-- +goose Up
-- Second factors: passkeys, and apps that show codes.
CREATE TABLE factors (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id),
  kind       TEXT NOT NULL CHECK (kind IN ('passkey', 'totp')),
  name       TEXT NOT NULL,
  credential TEXT NOT NULL, -- the id of a passkey, '' of an app
  record     TEXT NOT NULL, -- of a passkey, which holds no secret; of an app its seed, sealed
  last_step  INTEGER NOT NULL, -- of an app: the step of the last code that counted
  created_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX factors_user ON factors (user_id, id);
CREATE UNIQUE INDEX factors_credential ON factors (credential) WHERE credential <> '';

CREATE TABLE recovery_codes (
  user_id   TEXT NOT NULL REFERENCES users (id),
  code_hash TEXT NOT NULL,
  used_at   INTEGER NOT NULL,
  PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- Resets that others asked for: they wait, so that the person can cancel them.
CREATE TABLE factor_resets (
  id           TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL REFERENCES users (id),
  asked_by     TEXT NOT NULL,
  customer_id  TEXT NOT NULL, -- the organisation whose owner asked, '' for staff
  created_at   INTEGER NOT NULL,
  effective_at INTEGER NOT NULL,
  ended_at     INTEGER NOT NULL, -- 0 while it waits
  outcome      TEXT NOT NULL CHECK (outcome IN ('', 'done', 'cancelled'))
) STRICT;
CREATE UNIQUE INDEX factor_resets_open ON factor_resets (user_id) WHERE ended_at = 0;

-- Organisations whose members need a second factor.
CREATE TABLE factor_rules (
  customer_id TEXT PRIMARY KEY REFERENCES customers (id),
  set_by      TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE factor_rules;
DROP TABLE factor_resets;
DROP TABLE recovery_codes;
DROP TABLE factors;
