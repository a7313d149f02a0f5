-- +goose Up
-- Credits that are bought on set days.
CREATE TABLE schedules (
  id                 text PRIMARY KEY,
  customer_id        text NOT NULL,
  credit_type        text NOT NULL,
  pack_id            text NOT NULL,
  quantity           bigint NOT NULL CHECK (quantity > 0),
  name               text NOT NULL,
  credits            bigint NOT NULL CHECK (credits > 0),
  price              bigint NOT NULL CHECK (price > 0),
  currency           text NOT NULL,
  discount           bigint NOT NULL, -- percent
  expires_after_days bigint NOT NULL,
  every              text NOT NULL CHECK (every IN ('month', 'quarter', 'year')),
  first_day          text NOT NULL, -- a date in the customer's time zone
  collection         text NOT NULL CHECK (collection IN ('send', 'charge')),
  method             text NOT NULL,
  method_brand       text NOT NULL,
  method_last4       text NOT NULL,
  net_days           bigint NOT NULL,
  recipients         text NOT NULL,
  po_number          text NOT NULL,
  memo               text NOT NULL,
  tax_exempt         text NOT NULL,
  on_issue           bigint NOT NULL,
  consent_version    text NOT NULL,
  consent_user       text NOT NULL,
  consent_address    text NOT NULL,
  consent_at         bigint NOT NULL,
  state              text NOT NULL CHECK (state IN ('active', 'paused', 'ended')),
  reason             text NOT NULL,
  note               text NOT NULL,
  repair_url         text NOT NULL,
  done               bigint NOT NULL,
  next_at            bigint NOT NULL,
  created_by         text NOT NULL,
  created_at         bigint NOT NULL,
  updated_at         bigint NOT NULL
);
CREATE INDEX schedules_customer ON schedules (customer_id, id);
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at > 0;

-- +goose Down
DROP TABLE schedules;
