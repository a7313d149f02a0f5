-- +goose Up
-- Payments that buyers made in another currency than that of what they paid
-- (Stripe's Adaptive Pricing on hosted invoices).
CREATE TABLE other_currency_payments (
  payment_intent text PRIMARY KEY,
  purchase_id    text NOT NULL,
  amount         bigint NOT NULL, -- what the buyer paid, in minor units of currency
  currency       text NOT NULL,
  in_charge      bigint NOT NULL, -- 1: Stripe's charge is in that currency; 0: it only says so
  seen_at        bigint NOT NULL
);
-- What a refund is of such a charge; amount is in the purchase's currency.
ALTER TABLE refunds ADD COLUMN charge_amount bigint NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD COLUMN charge_currency text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE refunds DROP COLUMN charge_currency;
ALTER TABLE refunds DROP COLUMN charge_amount;
DROP TABLE other_currency_payments;
