-- +goose Up
ALTER TABLE purchases ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN clawed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN dispute_id TEXT NOT NULL DEFAULT '';
ALTER TABLE purchases ADD COLUMN dispute_status TEXT NOT NULL DEFAULT '';
ALTER TABLE purchases ADD COLUMN dispute_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE purchases ADD COLUMN dispute_amount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN dispute_due INTEGER NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0;
CREATE INDEX purchases_disputed ON purchases (dispute_due) WHERE dispute_id <> '';

CREATE TABLE refunds (
  id          TEXT PRIMARY KEY,
  refund_key  TEXT NOT NULL,
  stripe_id   TEXT NOT NULL,
  purchase_id TEXT NOT NULL REFERENCES purchases (id),
  amount      INTEGER NOT NULL,
  state       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  problem     TEXT NOT NULL,
  created_by  TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX refunds_key ON refunds (refund_key);
CREATE UNIQUE INDEX refunds_stripe ON refunds (stripe_id) WHERE stripe_id <> '';
CREATE INDEX refunds_purchase ON refunds (purchase_id, id);

-- +goose Down
DROP TABLE refunds;
DROP INDEX purchases_disputed;
ALTER TABLE purchases DROP COLUMN frozen;
ALTER TABLE purchases DROP COLUMN dispute_due;
ALTER TABLE purchases DROP COLUMN dispute_amount;
ALTER TABLE purchases DROP COLUMN dispute_reason;
ALTER TABLE purchases DROP COLUMN dispute_status;
ALTER TABLE purchases DROP COLUMN dispute_id;
ALTER TABLE purchases DROP COLUMN clawed;
ALTER TABLE purchases DROP COLUMN refunded;
