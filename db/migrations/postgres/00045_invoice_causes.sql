-- +goose Up
-- Of which kind the problem of an invoice is, as a value: a sentence decided it.
ALTER TABLE invoices ADD COLUMN cause text NOT NULL DEFAULT '';
UPDATE invoices SET cause = CASE
  WHEN problem = 'The card is not saved any more.' THEN 'no_card'
  WHEN state = 'paid' THEN 'differs'
  WHEN state = 'failed' AND problem LIKE 'Stripe refused%' THEN 'refused'
  WHEN state = 'failed' THEN 'not_made'
  WHEN problem LIKE 'Stripe refused: %' THEN 'refused'
  WHEN tries > 0 OR payment_intent <> '' THEN 'declined'
  ELSE 'differs' END
WHERE problem <> '';

-- +goose Down
ALTER TABLE invoices DROP COLUMN cause;
