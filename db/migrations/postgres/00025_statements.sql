-- +goose Up
-- The months of which customers have statements. Their figures are the ledger's.
CREATE TABLE statements (
  customer_id text NOT NULL REFERENCES customers (id),
  period      text NOT NULL, -- 2026-10
  from_at     bigint NOT NULL,
  to_at       bigint NOT NULL,
  timezone    text NOT NULL,
  made_at     bigint NOT NULL,
  PRIMARY KEY (customer_id, period)
);

-- +goose Down
DROP TABLE statements;
