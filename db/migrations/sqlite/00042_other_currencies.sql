-- +goose Up
-- Payments that buyers made in another currency than that of what they paid
-- (Stripe's Adaptive Pricing on hosted invoices).
CREATE TABLE other_currency_payments (
  payment_intent TEXT PRIMARY KEY,
  purchase_id    TEXT NOT NULL,
  amount         INTEGER NOT NULL, -- what the buyer paid, in minor units of currency
  currency       TEXT NOT NULL,
  in_charge      INTEGER NOT NULL, -- 1: Stripe's charge is in that currency; 0: it only says so
  seen_at        INTEGER NOT NULL
) STRICT;
-- What a refund is of such a charge; amount is in the purchase's currency.
ALTER TABLE refunds ADD COLUMN charge_amount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD COLUMN charge_currency TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE refunds DROP COLUMN charge_currency;
ALTER TABLE refunds DROP COLUMN charge_amount;
DROP TABLE other_currency_payments;
