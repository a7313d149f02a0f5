-- +goose Up
-- What a purchase waits for whose payment takes days.
CREATE TABLE purchase_waits (
  purchase_id      text PRIMARY KEY,
  method           text NOT NULL, -- Stripe's type: us_bank_account, sepa_debit, customer_balance
  due              bigint NOT NULL, -- minor units, tax included
  received         bigint NOT NULL, -- of it, by bank transfer
  reference        text NOT NULL,
  instructions_url text NOT NULL,
  since            bigint NOT NULL,
  updated_at       bigint NOT NULL
);

-- Invoices for credits that staff makes, and those of scheduled purchases.
CREATE TABLE invoices (
  id                 text PRIMARY KEY,
  begin_key          text NOT NULL,
  customer_id        text NOT NULL,
  schedule_id        text NOT NULL,
  period             text NOT NULL, -- of the schedule
  collection         text NOT NULL CHECK (collection IN ('send', 'charge')),
  name               text NOT NULL,
  pack_id            text NOT NULL,
  credit_type        text NOT NULL,
  credits            bigint NOT NULL CHECK (credits > 0),
  price              bigint NOT NULL CHECK (price > 0),
  currency           text NOT NULL,
  expires_after_days bigint NOT NULL,
  on_issue           bigint NOT NULL,
  net_days           bigint NOT NULL,
  recipients         text NOT NULL, -- further ones, one a line
  po_number          text NOT NULL,
  memo               text NOT NULL,
  tax_exempt         text NOT NULL,
  state              text NOT NULL CHECK (state IN ('draft', 'issuing', 'open', 'paid', 'void', 'uncollectible', 'failed')),
  reason             text NOT NULL,
  problem            text NOT NULL,
  doing              text NOT NULL, -- the act at Stripe that has no outcome yet
  doing_n            bigint NOT NULL,
  want               text NOT NULL, -- the act that follows it
  sent_at            bigint NOT NULL, -- first call under the current key
  unknowns           bigint NOT NULL,
  tries              bigint NOT NULL, -- soft declines
  method             text NOT NULL,
  method_brand       text NOT NULL,
  method_last4       text NOT NULL,
  stripe_invoice     text NOT NULL,
  number             text NOT NULL,
  url                text NOT NULL,
  payment_intent     text NOT NULL,
  processing         bigint NOT NULL,
  total              bigint NOT NULL,
  tax                bigint NOT NULL,
  amount_paid        bigint NOT NULL,
  receipt_url        text NOT NULL,
  purchase_id        text NOT NULL,
  grant_id           bigint NOT NULL,
  clawed             bigint NOT NULL,
  created_by         text NOT NULL,
  next_at            bigint NOT NULL,
  due_at             bigint NOT NULL,
  overdue_at         bigint NOT NULL, -- when it was told
  created_at         bigint NOT NULL,
  issued_at          bigint NOT NULL,
  updated_at         bigint NOT NULL,
  finished_at        bigint NOT NULL
);
CREATE UNIQUE INDEX invoices_key ON invoices (begin_key);
CREATE UNIQUE INDEX invoices_period ON invoices (schedule_id, period) WHERE schedule_id <> '';
CREATE UNIQUE INDEX invoices_stripe ON invoices (stripe_invoice) WHERE stripe_invoice <> '';
CREATE INDEX invoices_payment ON invoices (payment_intent) WHERE payment_intent <> '';
CREATE INDEX invoices_purchase ON invoices (purchase_id) WHERE purchase_id <> '';
CREATE INDEX invoices_customer ON invoices (customer_id, id);
CREATE INDEX invoices_due ON invoices (next_at) WHERE next_at > 0;

-- +goose Down
DROP TABLE invoices;
DROP TABLE purchase_waits;
