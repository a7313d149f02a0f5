-- +goose Up
-- Payment methods that are not cards: of which of Stripe's types each is that charges
-- something. What was there before is a card.
ALTER TABLE recharge_policies ADD COLUMN method_type TEXT NOT NULL DEFAULT 'card';
ALTER TABLE recharge_policies ADD COLUMN backup_type TEXT NOT NULL DEFAULT 'card';
ALTER TABLE recharges ADD COLUMN method_type TEXT NOT NULL DEFAULT 'card';
ALTER TABLE recharges ADD COLUMN method_types TEXT NOT NULL DEFAULT ''; -- that its invoice can be paid with beside a card
ALTER TABLE recharges ADD COLUMN processing INTEGER NOT NULL DEFAULT 0; -- 1 while a bank is asked for the money
ALTER TABLE invoices ADD COLUMN method_type TEXT NOT NULL DEFAULT 'card';
ALTER TABLE schedules ADD COLUMN method_type TEXT NOT NULL DEFAULT 'card';

-- Accounts whose permission to be debited was withdrawn.
CREATE TABLE mandates_ended (
  method      TEXT PRIMARY KEY, -- Stripe's id of the payment method
  customer_id TEXT NOT NULL REFERENCES customers (id),
  ended_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX mandates_ended_customer ON mandates_ended (customer_id);

-- +goose Down
DROP TABLE mandates_ended;
ALTER TABLE schedules DROP COLUMN method_type;
ALTER TABLE invoices DROP COLUMN method_type;
ALTER TABLE recharges DROP COLUMN processing;
ALTER TABLE recharges DROP COLUMN method_types;
ALTER TABLE recharges DROP COLUMN method_type;
ALTER TABLE recharge_policies DROP COLUMN backup_type;
ALTER TABLE recharge_policies DROP COLUMN method_type;
