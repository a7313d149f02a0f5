-- +goose Up
CREATE TABLE purchases (
  id                  TEXT PRIMARY KEY,
  begin_key           TEXT NOT NULL,
  customer_id         TEXT NOT NULL,
  pack_id             TEXT NOT NULL,
  pack_name           TEXT NOT NULL,
  credit_type         TEXT NOT NULL,
  credits             INTEGER NOT NULL,
  price               INTEGER NOT NULL,
  currency            TEXT NOT NULL,
  expires_after_days  INTEGER NOT NULL,
  state               TEXT NOT NULL,
  problem             TEXT NOT NULL,
  checkout_session    TEXT NOT NULL,
  checkout_url        TEXT NOT NULL,
  checkout_expires_at INTEGER NOT NULL,
  payment_intent      TEXT NOT NULL,
  total               INTEGER NOT NULL,
  tax                 INTEGER NOT NULL,
  discount            INTEGER NOT NULL,
  receipt_url         TEXT NOT NULL,
  card_brand          TEXT NOT NULL,
  card_last4          TEXT NOT NULL,
  success_url         TEXT NOT NULL,
  cancel_url          TEXT NOT NULL,
  terms_version       TEXT NOT NULL,
  address             TEXT NOT NULL,
  created_by          TEXT NOT NULL,
  grant_id            INTEGER NOT NULL,
  debt_repaid         INTEGER NOT NULL,
  check_at            INTEGER NOT NULL,
  checks              INTEGER NOT NULL,
  created_at          INTEGER NOT NULL,
  paid_at             INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX purchases_key ON purchases (begin_key);
CREATE UNIQUE INDEX purchases_session ON purchases (checkout_session) WHERE checkout_session <> '';
CREATE UNIQUE INDEX purchases_payment ON purchases (payment_intent) WHERE payment_intent <> '';
CREATE INDEX purchases_customer ON purchases (customer_id, id);
CREATE INDEX purchases_open ON purchases (customer_id, pack_id) WHERE state IN ('created', 'processing');
CREATE INDEX purchases_due ON purchases (check_at) WHERE check_at > 0;

-- Events of Stripe's: what they are about, never their payload.
CREATE TABLE inbox (
  id           TEXT PRIMARY KEY,
  type         TEXT NOT NULL,
  object_id    TEXT NOT NULL,
  livemode     INTEGER NOT NULL,
  state        TEXT NOT NULL,
  attempts     INTEGER NOT NULL,
  error        TEXT NOT NULL,
  purchase_id  TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  received_at  INTEGER NOT NULL,
  processed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_received ON inbox (received_at, id);
CREATE INDEX inbox_state ON inbox (state, received_at, id);

-- +goose Down
DROP TABLE inbox;
DROP TABLE purchases;
