-- +goose Up
-- What paid lots are worth: folded from the entries, in their order.
CREATE TABLE deferred_lots (
  grant_id  INTEGER PRIMARY KEY,
  currency  TEXT NOT NULL,
  worth     INTEGER NOT NULL, -- of the whole lot, in minor units
  amount    INTEGER NOT NULL,
  remaining INTEGER NOT NULL
) STRICT;
CREATE INDEX deferred_lots_live ON deferred_lots (currency) WHERE remaining > 0;

CREATE TABLE deferred_days (
  day      INTEGER NOT NULL, -- its start, µs UTC
  currency TEXT NOT NULL,
  movement TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  PRIMARY KEY (day, currency, movement)
) STRICT, WITHOUT ROWID;

-- What moved the balance at Stripe.
CREATE TABLE balance_transactions (
  id              TEXT PRIMARY KEY,
  class           TEXT NOT NULL,
  type            TEXT NOT NULL,
  amount          INTEGER NOT NULL,
  fee             INTEGER NOT NULL,
  net             INTEGER NOT NULL,
  currency        TEXT NOT NULL,
  source          TEXT NOT NULL,
  source_amount   INTEGER NOT NULL,
  source_currency TEXT NOT NULL,
  payment_intent  TEXT NOT NULL,
  ours            INTEGER NOT NULL,
  created_at      INTEGER NOT NULL,
  available_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX balance_transactions_created ON balance_transactions (created_at, id);
CREATE INDEX balance_transactions_payment ON balance_transactions (payment_intent) WHERE payment_intent <> '';
CREATE INDEX balance_transactions_source ON balance_transactions (source) WHERE source <> '';

CREATE TABLE payouts (
  id         TEXT PRIMARY KEY,
  amount     INTEGER NOT NULL,
  currency   TEXT NOT NULL,
  status     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  arrival_at INTEGER NOT NULL
) STRICT;
CREATE INDEX payouts_created ON payouts (created_at, id);

-- Exports that were made. Stale ones are made again.
CREATE TABLE reports (
  day         INTEGER PRIMARY KEY,
  made_at     INTEGER NOT NULL,
  stale       INTEGER NOT NULL,
  differences INTEGER NOT NULL,
  alarms      INTEGER NOT NULL,
  body        TEXT NOT NULL
) STRICT;
CREATE INDEX reports_stale ON reports (day) WHERE stale = 1;

CREATE INDEX purchases_paid ON purchases (paid_at) WHERE paid_at > 0;
CREATE INDEX refunds_created ON refunds (created_at);

-- +goose Down
DROP INDEX refunds_created;
DROP INDEX purchases_paid;
DROP TABLE reports;
DROP TABLE payouts;
DROP TABLE balance_transactions;
DROP TABLE deferred_days;
DROP TABLE deferred_lots;
