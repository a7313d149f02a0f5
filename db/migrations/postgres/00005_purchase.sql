-- +goose Up
CREATE TABLE purchases (
  id                  text PRIMARY KEY,
  begin_key           text NOT NULL,
  customer_id         text NOT NULL,
  pack_id             text NOT NULL,
  pack_name           text NOT NULL,
  credit_type         text NOT NULL,
  credits             bigint NOT NULL,
  price               bigint NOT NULL,
  currency            text NOT NULL,
  expires_after_days  bigint NOT NULL,
  state               text NOT NULL,
  problem             text NOT NULL,
  checkout_session    text NOT NULL,
  checkout_url        text NOT NULL,
  checkout_expires_at bigint NOT NULL,
  payment_intent      text NOT NULL,
  total               bigint NOT NULL,
  tax                 bigint NOT NULL,
  discount            bigint NOT NULL,
  receipt_url         text NOT NULL,
  card_brand          text NOT NULL,
  card_last4          text NOT NULL,
  success_url         text NOT NULL,
  cancel_url          text NOT NULL,
  terms_version       text NOT NULL,
  address             text NOT NULL,
  created_by          text NOT NULL,
  grant_id            bigint NOT NULL,
  debt_repaid         bigint NOT NULL,
  check_at            bigint NOT NULL,
  checks              bigint NOT NULL,
  created_at          bigint NOT NULL,
  paid_at             bigint NOT NULL,
  updated_at          bigint NOT NULL
);
CREATE UNIQUE INDEX purchases_key ON purchases (begin_key);
CREATE UNIQUE INDEX purchases_session ON purchases (checkout_session) WHERE checkout_session <> '';
CREATE UNIQUE INDEX purchases_payment ON purchases (payment_intent) WHERE payment_intent <> '';
CREATE INDEX purchases_customer ON purchases (customer_id, id);
CREATE INDEX purchases_open ON purchases (customer_id, pack_id) WHERE state IN ('created', 'processing');
CREATE INDEX purchases_due ON purchases (check_at) WHERE check_at > 0;

-- Events of Stripe's: what they are about, never their payload.
CREATE TABLE inbox (
  id           text PRIMARY KEY,
  type         text NOT NULL,
  object_id    text NOT NULL,
  livemode     bigint NOT NULL,
  state        text NOT NULL,
  attempts     bigint NOT NULL,
  error        text NOT NULL,
  purchase_id  text NOT NULL,
  created_at   bigint NOT NULL,
  received_at  bigint NOT NULL,
  processed_at bigint NOT NULL
);
CREATE INDEX inbox_received ON inbox (received_at, id);
CREATE INDEX inbox_state ON inbox (state, received_at, id);

-- +goose Down
DROP TABLE inbox;
DROP TABLE purchases;
