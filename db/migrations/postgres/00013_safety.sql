-- +goose Up
-- A bank's early warnings of fraud. While one is actionable and staff has not
-- dismissed it, the credits of its purchase are frozen.
CREATE TABLE fraud_warnings (
  id           text PRIMARY KEY,
  purchase_id  text NOT NULL,
  fraud_type   text NOT NULL,
  actionable   bigint NOT NULL,
  created_at   bigint NOT NULL,
  dismissed_at bigint NOT NULL,
  dismissed_by text NOT NULL
);
CREATE INDEX fraud_warnings_purchase ON fraud_warnings (purchase_id);

-- Evidence that staff submitted about a dispute: what was said, by whom.
CREATE TABLE dispute_answers (
  id          text PRIMARY KEY,
  dispute     text NOT NULL,
  purchase_id text NOT NULL,
  evidence    text NOT NULL,
  created_by  text NOT NULL,
  created_at  bigint NOT NULL
);
CREATE INDEX dispute_answers_purchase ON dispute_answers (purchase_id, id);

-- Cards that were tried: by fingerprint, whose, and from where.
CREATE TABLE card_tries (
  customer_id text NOT NULL,
  fingerprint text NOT NULL,
  address     text NOT NULL,
  at          bigint NOT NULL,
  PRIMARY KEY (customer_id, fingerprint, address)
);
CREATE INDEX card_tries_address ON card_tries (address, at) WHERE address <> '';

-- Buyers whom staff lets through the limits on purchases until a time.
CREATE TABLE buyer_passes (
  customer_id text PRIMARY KEY,
  until       bigint NOT NULL,
  created_by  text NOT NULL
);

-- +goose Down
DROP TABLE buyer_passes;
DROP TABLE card_tries;
DROP TABLE dispute_answers;
DROP TABLE fraud_warnings;
