-- +goose Up
-- What paid lots are worth: folded from the entries, in their order.
CREATE TABLE deferred_lots (
  grant_id  bigint PRIMARY KEY,
  currency  text NOT NULL,
  worth     bigint NOT NULL, -- of the whole lot, in minor units
  amount    bigint NOT NULL,
  remaining bigint NOT NULL
);
CREATE INDEX deferred_lots_live ON deferred_lots (currency) WHERE remaining > 0;

CREATE TABLE deferred_days (
  day      bigint NOT NULL, -- its start, µs UTC
  currency text NOT NULL,
  movement text NOT NULL,
  amount   bigint NOT NULL,
  PRIMARY KEY (day, currency, movement)
);

-- What moved the balance at Stripe.
CREATE TABLE balance_transactions (
  id              text PRIMARY KEY,
  class           text NOT NULL,
  type            text NOT NULL,
  amount          bigint NOT NULL,
  fee             bigint NOT NULL,
  net             bigint NOT NULL,
  currency        text NOT NULL,
  source          text NOT NULL,
  source_amount   bigint NOT NULL,
  source_currency text NOT NULL,
  payment_intent  text NOT NULL,
  ours            bigint NOT NULL,
  created_at      bigint NOT NULL,
  available_at    bigint NOT NULL
);
CREATE INDEX balance_transactions_created ON balance_transactions (created_at, id);
CREATE INDEX balance_transactions_payment ON balance_transactions (payment_intent) WHERE payment_intent <> '';
CREATE INDEX balance_transactions_source ON balance_transactions (source) WHERE source <> '';

CREATE TABLE payouts (
  id         text PRIMARY KEY,
  amount     bigint NOT NULL,
  currency   text NOT NULL,
  status     text NOT NULL,
  created_at bigint NOT NULL,
  arrival_at bigint NOT NULL
);
CREATE INDEX payouts_created ON payouts (created_at, id);

-- Exports that were made. Stale ones are made again.
CREATE TABLE reports (
  day         bigint PRIMARY KEY,
  made_at     bigint NOT NULL,
  stale       bigint NOT NULL,
  differences bigint NOT NULL,
  alarms      bigint NOT NULL,
  body        text NOT NULL
);
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
