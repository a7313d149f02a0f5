-- +goose Up
-- Which of the cards that Stripe keeps a customer chose.
CREATE TABLE method_choices (
  customer_id    TEXT PRIMARY KEY,
  default_method TEXT NOT NULL,
  backup_method  TEXT NOT NULL,
  updated_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE recharge_policies (
  id                 TEXT PRIMARY KEY,
  customer_id        TEXT NOT NULL,
  credit_type        TEXT NOT NULL,
  state              TEXT NOT NULL CHECK (state IN ('off', 'armed', 'charging', 'backoff', 'paused', 'capped')),
  reason             TEXT NOT NULL,
  note               TEXT NOT NULL,
  repair_url         TEXT NOT NULL,
  threshold          INTEGER NOT NULL,
  pack_id            TEXT NOT NULL,
  quantity           INTEGER NOT NULL CHECK (quantity > 0),
  credits            INTEGER NOT NULL CHECK (credits > 0),
  price              INTEGER NOT NULL CHECK (price > 0),
  currency           TEXT NOT NULL,
  cap                INTEGER NOT NULL CHECK (cap >= price),
  per_day            INTEGER NOT NULL CHECK (per_day > 0),
  cooldown           INTEGER NOT NULL,
  method             TEXT NOT NULL,
  method_brand       TEXT NOT NULL,
  method_last4       TEXT NOT NULL,
  method_fingerprint TEXT NOT NULL,
  backup             TEXT NOT NULL,
  backup_brand       TEXT NOT NULL,
  backup_last4       TEXT NOT NULL,
  backup_fingerprint TEXT NOT NULL,
  consent_version    TEXT NOT NULL,
  consent_user       TEXT NOT NULL,
  consent_address    TEXT NOT NULL,
  consent_at         INTEGER NOT NULL,
  next_at            INTEGER NOT NULL,
  paused_at          INTEGER NOT NULL,
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX recharge_policies_wallet ON recharge_policies (customer_id, credit_type);
CREATE INDEX recharge_policies_method ON recharge_policies (method);
CREATE INDEX recharge_policies_backup ON recharge_policies (backup);
CREATE INDEX recharge_policies_due ON recharge_policies (next_at) WHERE next_at > 0;

CREATE TABLE recharges (
  id                 TEXT PRIMARY KEY,
  policy_id          TEXT NOT NULL REFERENCES recharge_policies (id),
  customer_id        TEXT NOT NULL,
  credit_type        TEXT NOT NULL,
  pack_id            TEXT NOT NULL,
  pack_name          TEXT NOT NULL,
  quantity           INTEGER NOT NULL,
  credits            INTEGER NOT NULL CHECK (credits > 0),
  price              INTEGER NOT NULL CHECK (price > 0),
  currency           TEXT NOT NULL,
  expires_after_days INTEGER NOT NULL,
  state              TEXT NOT NULL CHECK (state IN ('pending', 'retrying', 'waiting', 'succeeded', 'failed', 'voided')),
  reason             TEXT NOT NULL,
  message            TEXT NOT NULL,
  give_up            TEXT NOT NULL,
  amount             INTEGER NOT NULL, -- gross: what counts towards the cap
  tax                INTEGER NOT NULL,
  method             TEXT NOT NULL,
  method_brand       TEXT NOT NULL,
  method_last4       TEXT NOT NULL,
  method_fingerprint TEXT NOT NULL,
  backup_used        INTEGER NOT NULL,
  tries              INTEGER NOT NULL, -- soft declines
  pays               INTEGER NOT NULL, -- keys under which a payment was sent
  paying             INTEGER NOT NULL, -- the last of them has no outcome yet
  unknowns           INTEGER NOT NULL, -- calls in a row without an answer
  sent_at            INTEGER NOT NULL, -- first call under the current key
  invoice_id         TEXT NOT NULL,
  invoice_number     TEXT NOT NULL,
  invoice_url        TEXT NOT NULL,
  payment_intent     TEXT NOT NULL,
  receipt_url        TEXT NOT NULL,
  purchase_id        TEXT NOT NULL,
  grant_id           INTEGER NOT NULL,
  next_at            INTEGER NOT NULL,
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  finished_at        INTEGER NOT NULL
) STRICT;
-- At most one recharge of a wallet is open, whatever the program does.
CREATE UNIQUE INDEX recharges_open ON recharges (customer_id, credit_type) WHERE state IN ('pending', 'retrying', 'waiting');
CREATE UNIQUE INDEX recharges_invoice ON recharges (invoice_id) WHERE invoice_id <> '';
CREATE INDEX recharges_payment ON recharges (payment_intent) WHERE payment_intent <> '';
CREATE INDEX recharges_customer ON recharges (customer_id, credit_type, id);
CREATE INDEX recharges_due ON recharges (next_at) WHERE next_at > 0;

-- +goose Down
DROP TABLE recharges;
DROP TABLE recharge_policies;
DROP TABLE method_choices;
