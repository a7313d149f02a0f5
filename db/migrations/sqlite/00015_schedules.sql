-- +goose Up
-- Credits that are bought on set days.
CREATE TABLE schedules (
  id                 TEXT PRIMARY KEY,
  customer_id        TEXT NOT NULL,
  credit_type        TEXT NOT NULL,
  pack_id            TEXT NOT NULL,
  quantity           INTEGER NOT NULL CHECK (quantity > 0),
  name               TEXT NOT NULL,
  credits            INTEGER NOT NULL CHECK (credits > 0),
  price              INTEGER NOT NULL CHECK (price > 0),
  currency           TEXT NOT NULL,
  discount           INTEGER NOT NULL, -- percent
  expires_after_days INTEGER NOT NULL,
  every              TEXT NOT NULL CHECK (every IN ('month', 'quarter', 'year')),
  first_day          TEXT NOT NULL, -- a date in the customer's time zone
  collection         TEXT NOT NULL CHECK (collection IN ('send', 'charge')),
  method             TEXT NOT NULL,
  method_brand       TEXT NOT NULL,
  method_last4       TEXT NOT NULL,
  net_days           INTEGER NOT NULL,
  recipients         TEXT NOT NULL,
  po_number          TEXT NOT NULL,
  memo               TEXT NOT NULL,
  tax_exempt         TEXT NOT NULL,
  on_issue           INTEGER NOT NULL,
  consent_version    TEXT NOT NULL,
  consent_user       TEXT NOT NULL,
  consent_address    TEXT NOT NULL,
  consent_at         INTEGER NOT NULL,
  state              TEXT NOT NULL CHECK (state IN ('active', 'paused', 'ended')),
  reason             TEXT NOT NULL,
  note               TEXT NOT NULL,
  repair_url         TEXT NOT NULL,
  done               INTEGER NOT NULL,
  next_at            INTEGER NOT NULL,
  created_by         TEXT NOT NULL,
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX schedules_customer ON schedules (customer_id, id);
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at > 0;

-- +goose Down
DROP TABLE schedules;
