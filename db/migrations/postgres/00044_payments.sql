-- +goose Up
-- Every payment of ours, by Stripe's payment intent, or by its invoice where it was paid
-- outside Stripe: what asked for it, and which purchase it became.
CREATE TABLE payments (
  id          text PRIMARY KEY,
  owner       text NOT NULL CHECK (owner IN ('purchase', 'recharge', 'invoice')),
  owner_id    text NOT NULL,
  customer_id text NOT NULL,
  purchase_id text NOT NULL,
  invoice     text NOT NULL, -- Stripe's, '' for none
  created_at  bigint NOT NULL
);
CREATE INDEX payments_purchase ON payments (purchase_id) WHERE purchase_id <> '';
INSERT INTO payments (id, owner, owner_id, customer_id, purchase_id, invoice, created_at)
SELECT payment_intent, 'recharge', id, customer_id, purchase_id, invoice_id, created_at FROM recharges WHERE payment_intent <> '' ON CONFLICT DO NOTHING;
INSERT INTO payments (id, owner, owner_id, customer_id, purchase_id, invoice, created_at)
SELECT payment_intent, 'invoice', id, customer_id, purchase_id, stripe_invoice, created_at FROM invoices WHERE payment_intent <> '' ON CONFLICT DO NOTHING;
INSERT INTO payments (id, owner, owner_id, customer_id, purchase_id, invoice, created_at)
SELECT stripe_invoice, 'invoice', id, customer_id, purchase_id, stripe_invoice, created_at FROM invoices
WHERE payment_intent = '' AND purchase_id <> '' AND stripe_invoice <> '' ON CONFLICT DO NOTHING;
INSERT INTO payments (id, owner, owner_id, customer_id, purchase_id, invoice, created_at)
SELECT payment_intent, 'purchase', id, customer_id, id, CASE WHEN checkout_session LIKE 'in\_%' ESCAPE '\' THEN checkout_session ELSE '' END, created_at
FROM purchases WHERE payment_intent <> '' ON CONFLICT DO NOTHING;

-- Alarms tell apart for which something can be done: by a value, not by a sentence.
ALTER TABLE inbox ADD COLUMN reason text NOT NULL DEFAULT '';
UPDATE inbox SET reason = 'unknown_here' WHERE state = 'alarm' AND error = 'ours, but unknown here: was a backup restored?';

-- +goose Down
ALTER TABLE inbox DROP COLUMN reason;
DROP TABLE payments;
