-- +goose Up
-- A payment can be disputed more than once, in parts: each dispute is kept, and
-- the purchase bears the one that matters now.
CREATE TABLE disputes (
  id          TEXT PRIMARY KEY, -- Stripe's
  purchase_id TEXT NOT NULL REFERENCES purchases (id),
  status      TEXT NOT NULL,
  reason      TEXT NOT NULL,
  amount      INTEGER NOT NULL,
  due         INTEGER NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX disputes_purchase ON disputes (purchase_id, created_at);
INSERT INTO disputes (id, purchase_id, status, reason, amount, due, created_at)
SELECT dispute_id, id, dispute_status, dispute_reason, dispute_amount, dispute_due, updated_at FROM purchases WHERE dispute_id <> '';

-- +goose Down
DROP TABLE disputes;
