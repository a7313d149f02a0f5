-- +goose Up
-- Customers of Stripe's that customers had before the present one: what names one of
-- them is still theirs.
CREATE TABLE former_stripe_customers (
  stripe_customer_id TEXT PRIMARY KEY,
  customer_id        TEXT NOT NULL,
  replaced_at        INTEGER NOT NULL
) STRICT;

-- An invoice whose customer was deleted at Stripe is voided there and made again.
ALTER TABLE invoices ADD COLUMN stripe_customer TEXT NOT NULL DEFAULT ''; -- whose it is at Stripe
ALTER TABLE invoices ADD COLUMN remake TEXT NOT NULL DEFAULT ''; -- voiding, making, refused; '' for nothing of the kind
ALTER TABLE invoices ADD COLUMN remakes INTEGER NOT NULL DEFAULT 0; -- how often it was begun anew
ALTER TABLE invoices ADD COLUMN replaces TEXT NOT NULL DEFAULT ''; -- Stripe's invoice that it was before
ALTER TABLE invoices ADD COLUMN replaces_number TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN remade_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX invoices_remake ON invoices (remake) WHERE remake <> '';

ALTER TABLE schedules ADD COLUMN paused_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX schedules_method ON schedules (method) WHERE method <> '';

-- +goose Down
DROP INDEX schedules_method;
ALTER TABLE schedules DROP COLUMN paused_at;
DROP INDEX invoices_remake;
ALTER TABLE invoices DROP COLUMN remade_at;
ALTER TABLE invoices DROP COLUMN replaces_number;
ALTER TABLE invoices DROP COLUMN replaces;
ALTER TABLE invoices DROP COLUMN remakes;
ALTER TABLE invoices DROP COLUMN remake;
ALTER TABLE invoices DROP COLUMN stripe_customer;
DROP TABLE former_stripe_customers;
