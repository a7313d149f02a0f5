-- +goose Up
-- What a pack's row has no room for: which amounts, prices by currency with
-- their tiers, bonuses, tax. JSON, read and written whole with its pack.
CREATE TABLE pack_offers (
  pack_id TEXT PRIMARY KEY REFERENCES packs (id),
  offer   TEXT NOT NULL
) STRICT;

ALTER TABLE purchases ADD COLUMN bonus INTEGER NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN bonus_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN bonus_grant INTEGER NOT NULL DEFAULT 0;

-- How a purchase's price came about. po_number is the buyer's own text and may be
-- blanked.
CREATE TABLE purchase_quotes (
  purchase_id    TEXT PRIMARY KEY REFERENCES purchases (id),
  customer_id    TEXT NOT NULL,
  lines          TEXT NOT NULL,
  tax_behavior   TEXT NOT NULL,
  tax_code       TEXT NOT NULL,
  po_number      TEXT NOT NULL,
  invoice_number TEXT NOT NULL,
  invoice_url    TEXT NOT NULL
) STRICT;

-- Who a customer's invoices are addressed to. All of it may be blanked.
CREATE TABLE billing_details (
  customer_id TEXT PRIMARY KEY,
  company     TEXT NOT NULL,
  email       TEXT NOT NULL,
  line1       TEXT NOT NULL,
  line2       TEXT NOT NULL,
  city        TEXT NOT NULL,
  state       TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  country     TEXT NOT NULL,
  tax_ids     TEXT NOT NULL,
  po_number   TEXT NOT NULL,
  problem     TEXT NOT NULL,
  version     INTEGER NOT NULL,
  synced      INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;

-- The one currency that a customer pays in. Until it is fixed, by a payment or by
-- staff, the customer may choose another.
CREATE TABLE billing_currencies (
  customer_id TEXT PRIMARY KEY,
  currency    TEXT NOT NULL,
  fixed       INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
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
