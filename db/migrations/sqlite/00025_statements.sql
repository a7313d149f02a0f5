-- +goose Up
-- The months of which customers have statements. Their figures are the ledger's.
CREATE TABLE statements (
  customer_id TEXT NOT NULL REFERENCES customers (id),
  period      TEXT NOT NULL, -- 2026-10
  from_at     INTEGER NOT NULL,
  to_at       INTEGER NOT NULL,
  timezone    TEXT NOT NULL,
  made_at     INTEGER NOT NULL,
  PRIMARY KEY (customer_id, period)
) STRICT;

-- +goose Down
DROP TABLE statements;
