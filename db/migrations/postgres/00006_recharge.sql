-- +goose Up
-- Which of the cards that Stripe keeps a customer chose.
CREATE TABLE method_choices (
  customer_id    text PRIMARY KEY,
  default_method text NOT NULL,
  backup_method  text NOT NULL,
  updated_at     bigint NOT NULL
);

CREATE TABLE recharge_policies (
  id                 text PRIMARY KEY,
  customer_id        text NOT NULL,
  credit_type        text NOT NULL,
  state              text NOT NULL CHECK (state IN ('off', 'armed', 'charging', 'backoff', 'paused', 'capped')),
  reason             text NOT NULL,
  note               text NOT NULL,
  repair_url         text NOT NULL,
  threshold          bigint NOT NULL,
  pack_id            text NOT NULL,
  quantity           bigint NOT NULL CHECK (quantity > 0),
  credits            bigint NOT NULL CHECK (credits > 0),
  price              bigint NOT NULL CHECK (price > 0),
  currency           text NOT NULL,
  cap                bigint NOT NULL CHECK (cap >= price),
  per_day            bigint NOT NULL CHECK (per_day > 0),
  cooldown           bigint NOT NULL,
  method             text NOT NULL,
  method_brand       text NOT NULL,
  method_last4       text NOT NULL,
  method_fingerprint text NOT NULL,
  backup             text NOT NULL,
  backup_brand       text NOT NULL,
  backup_last4       text NOT NULL,
  backup_fingerprint text NOT NULL,
  consent_version    text NOT NULL,
  consent_user       text NOT NULL,
  consent_address    text NOT NULL,
  consent_at         bigint NOT NULL,
  next_at            bigint NOT NULL,
  paused_at          bigint NOT NULL,
  created_at         bigint NOT NULL,
  updated_at         bigint NOT NULL
);
CREATE UNIQUE INDEX recharge_policies_wallet ON recharge_policies (customer_id, credit_type);
CREATE INDEX recharge_policies_method ON recharge_policies (method);
CREATE INDEX recharge_policies_backup ON recharge_policies (backup);
CREATE INDEX recharge_policies_due ON recharge_policies (next_at) WHERE next_at > 0;

CREATE TABLE recharges (
  id                 text PRIMARY KEY,
  policy_id          text NOT NULL REFERENCES recharge_policies (id),
  customer_id        text NOT NULL,
  credit_type        text NOT NULL,
  pack_id            text NOT NULL,
  pack_name          text NOT NULL,
  quantity           bigint NOT NULL,
  credits            bigint NOT NULL CHECK (credits > 0),
  price              bigint NOT NULL CHECK (price > 0),
  currency           text NOT NULL,
  expires_after_days bigint NOT NULL,
  state              text NOT NULL CHECK (state IN ('pending', 'retrying', 'waiting', 'succeeded', 'failed', 'voided')),
  reason             text NOT NULL,
  message            text NOT NULL,
  give_up            text NOT NULL,
  amount             bigint NOT NULL, -- gross: what counts towards the cap
  tax                bigint NOT NULL,
  method             text NOT NULL,
  method_brand       text NOT NULL,
  method_last4       text NOT NULL,
  method_fingerprint text NOT NULL,
  backup_used        bigint NOT NULL,
  tries              bigint NOT NULL, -- soft declines
  pays               bigint NOT NULL, -- keys under which a payment was sent
  paying             bigint NOT NULL, -- the last of them has no outcome yet
  unknowns           bigint NOT NULL, -- calls in a row without an answer
  sent_at            bigint NOT NULL, -- first call under the current key
  invoice_id         text NOT NULL,
  invoice_number     text NOT NULL,
  invoice_url        text NOT NULL,
  payment_intent     text NOT NULL,
  receipt_url        text NOT NULL,
  purchase_id        text NOT NULL,
  grant_id           bigint NOT NULL,
  next_at            bigint NOT NULL,
  created_at         bigint NOT NULL,
  updated_at         bigint NOT NULL,
  finished_at        bigint NOT NULL
);
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
