-- +goose Up
-- A bank's early warnings of fraud. While one is actionable and staff has not
-- dismissed it, the credits of its purchase are frozen.
CREATE TABLE fraud_warnings (
  id           TEXT PRIMARY KEY,
  purchase_id  TEXT NOT NULL,
  fraud_type   TEXT NOT NULL,
  actionable   INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  dismissed_at INTEGER NOT NULL,
  dismissed_by TEXT NOT NULL
) STRICT;
CREATE INDEX fraud_warnings_purchase ON fraud_warnings (purchase_id);

-- Evidence that staff submitted about a dispute: what was said, by whom.
CREATE TABLE dispute_answers (
  id          TEXT PRIMARY KEY,
  dispute     TEXT NOT NULL,
  purchase_id TEXT NOT NULL,
  evidence    TEXT NOT NULL,
  created_by  TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX dispute_answers_purchase ON dispute_answers (purchase_id, id);

-- Cards that were tried: by fingerprint, whose, and from where.
CREATE TABLE card_tries (
  customer_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  address     TEXT NOT NULL,
  at          INTEGER NOT NULL,
  PRIMARY KEY (customer_id, fingerprint, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_tries_address ON card_tries (address, at) WHERE address <> '';

-- Buyers whom staff lets through the limits on purchases until a time.
CREATE TABLE buyer_passes (
  customer_id TEXT PRIMARY KEY,
  until       INTEGER NOT NULL,
  created_by  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE buyer_passes;
DROP TABLE card_tries;
DROP TABLE dispute_answers;
DROP TABLE fraud_warnings;
