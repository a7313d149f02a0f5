-- +goose Up
-- What a purchase waits for whose payment takes days.
CREATE TABLE purchase_waits (
  purchase_id      TEXT PRIMARY KEY,
  method           TEXT NOT NULL, -- Stripe's type: us_bank_account, sepa_debit, customer_balance
  due              INTEGER NOT NULL, -- minor units, tax included
  received         INTEGER NOT NULL, -- of it, by bank transfer
  reference        TEXT NOT NULL,
  instructions_url TEXT NOT NULL,
  since            INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL
) STRICT;

-- Invoices for credits that staff makes, and those of scheduled purchases.
CREATE TABLE invoices (
  id                 TEXT PRIMARY KEY,
  begin_key          TEXT NOT NULL,
  customer_id        TEXT NOT NULL,
  schedule_id        TEXT NOT NULL,
  period             TEXT NOT NULL, -- of the schedule
  collection         TEXT NOT NULL CHECK (collection IN ('send', 'charge')),
  name               TEXT NOT NULL,
  pack_id            TEXT NOT NULL,
  credit_type        TEXT NOT NULL,
  credits            INTEGER NOT NULL CHECK (credits > 0),
  price              INTEGER NOT NULL CHECK (price > 0),
  currency           TEXT NOT NULL,
  expires_after_days INTEGER NOT NULL,
  on_issue           INTEGER NOT NULL,
  net_days           INTEGER NOT NULL,
  recipients         TEXT NOT NULL, -- further ones, one a line
  po_number          TEXT NOT NULL,
  memo               TEXT NOT NULL,
  tax_exempt         TEXT NOT NULL,
  state              TEXT NOT NULL CHECK (state IN ('draft', 'issuing', 'open', 'paid', 'void', 'uncollectible', 'failed')),
  reason             TEXT NOT NULL,
  problem            TEXT NOT NULL,
  doing              TEXT NOT NULL, -- the act at Stripe that has no outcome yet
  doing_n            INTEGER NOT NULL,
  want               TEXT NOT NULL, -- the act that follows it
  sent_at            INTEGER NOT NULL, -- first call under the current key
  unknowns           INTEGER NOT NULL,
  tries              INTEGER NOT NULL, -- soft declines
  method             TEXT NOT NULL,
  method_brand       TEXT NOT NULL,
  method_last4       TEXT NOT NULL,
  stripe_invoice     TEXT NOT NULL,
  number             TEXT NOT NULL,
  url                TEXT NOT NULL,
  payment_intent     TEXT NOT NULL,
  processing         INTEGER NOT NULL,
  total              INTEGER NOT NULL,
  tax                INTEGER NOT NULL,
  amount_paid        INTEGER NOT NULL,
  receipt_url        TEXT NOT NULL,
  purchase_id        TEXT NOT NULL,
  grant_id           INTEGER NOT NULL,
  clawed             INTEGER NOT NULL,
  created_by         TEXT NOT NULL,
  next_at            INTEGER NOT NULL,
  due_at             INTEGER NOT NULL,
  overdue_at         INTEGER NOT NULL, -- when it was told
  created_at         INTEGER NOT NULL,
  issued_at          INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  finished_at        INTEGER NOT NULL
) STRICT;
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
