-- +goose Up
ALTER TABLE purchases ADD COLUMN refunded bigint NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN clawed bigint NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN dispute_id text NOT NULL DEFAULT '';
ALTER TABLE purchases ADD COLUMN dispute_status text NOT NULL DEFAULT '';
ALTER TABLE purchases ADD COLUMN dispute_reason text NOT NULL DEFAULT '';
ALTER TABLE purchases ADD COLUMN dispute_amount bigint NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN dispute_due bigint NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN frozen bigint NOT NULL DEFAULT 0;
CREATE INDEX purchases_disputed ON purchases (dispute_due) WHERE dispute_id <> '';

CREATE TABLE refunds (
  id          text PRIMARY KEY,
  refund_key  text NOT NULL,
  stripe_id   text NOT NULL,
  purchase_id text NOT NULL REFERENCES purchases (id),
  amount      bigint NOT NULL,
  state       text NOT NULL,
  reason      text NOT NULL,
  problem     text NOT NULL,
  created_by  text NOT NULL,
  created_at  bigint NOT NULL
);
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
