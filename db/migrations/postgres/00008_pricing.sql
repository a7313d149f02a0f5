-- +goose Up
-- What a pack's row has no room for: which amounts, prices by currency with
-- their tiers, bonuses, tax. JSON, read and written whole with its pack.
CREATE TABLE pack_offers (
  pack_id text PRIMARY KEY REFERENCES packs (id),
  offer   text NOT NULL
);

ALTER TABLE purchases ADD COLUMN bonus bigint NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN bonus_days bigint NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN bonus_grant bigint NOT NULL DEFAULT 0;

-- How a purchase's price came about. po_number is the buyer's own text and may be
-- blanked.
CREATE TABLE purchase_quotes (
  purchase_id    text PRIMARY KEY REFERENCES purchases (id),
  customer_id    text NOT NULL,
  lines          text NOT NULL,
  tax_behavior   text NOT NULL,
  tax_code       text NOT NULL,
  po_number      text NOT NULL,
  invoice_number text NOT NULL,
  invoice_url    text NOT NULL
);

-- Who a customer's invoices are addressed to. All of it may be blanked.
CREATE TABLE billing_details (
  customer_id text PRIMARY KEY,
  company     text NOT NULL,
  email       text NOT NULL,
  line1       text NOT NULL,
  line2       text NOT NULL,
  city        text NOT NULL,
  state       text NOT NULL,
  postal_code text NOT NULL,
  country     text NOT NULL,
  tax_ids     text NOT NULL,
  po_number   text NOT NULL,
  problem     text NOT NULL,
  version     bigint NOT NULL,
  synced      bigint NOT NULL,
  updated_at  bigint NOT NULL
);

-- The one currency that a customer pays in. Until it is fixed, by a payment or by
-- staff, the customer may choose another.
CREATE TABLE billing_currencies (
  customer_id text PRIMARY KEY,
  currency    text NOT NULL,
  fixed       bigint NOT NULL,
  updated_at  bigint NOT NULL
);
INSERT INTO billing_currencies (customer_id, currency, fixed, updated_at)
SELECT p.customer_id, p.currency, 1, p.paid_at FROM purchases p
WHERE p.id = (SELECT MAX(l.id) FROM purchases l WHERE l.customer_id = p.customer_id AND l.grant_id <> 0);

-- +goose Down
DROP TABLE billing_currencies;
DROP TABLE billing_details;
DROP TABLE purchase_quotes;
ALTER TABLE purchases DROP COLUMN bonus_grant;
ALTER TABLE purchases DROP COLUMN bonus_days;
ALTER TABLE purchases DROP COLUMN bonus;
DROP TABLE pack_offers;
