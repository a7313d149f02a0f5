-- +goose Up
-- Recorded work that no rate prices waits here, whole, until one does. What was
-- priced is in the ledger under the same key, and its row is gone.
CREATE TABLE unpriced_events (
  id          bigint PRIMARY KEY,
  key         text NOT NULL UNIQUE, -- the ledger's, in hex
  fingerprint text NOT NULL,
  customer_id text NOT NULL REFERENCES customers (id),
  event_id    text NOT NULL,
  name        text NOT NULL,
  caller      text NOT NULL,
  event_at    bigint NOT NULL,
  backdated   bigint NOT NULL,
  properties  text NOT NULL,
  created_at  bigint NOT NULL
);
CREATE INDEX unpriced_events_customer ON unpriced_events (customer_id, name, event_at);

-- A version that was withdrawn before it applied leaves its date to another.
DROP INDEX rates_version;
CREATE UNIQUE INDEX rates_version ON rates (meter, matching, effective_at) WHERE archived_at = 0;

-- +goose Down
DROP INDEX rates_version;
CREATE UNIQUE INDEX rates_version ON rates (meter, matching, effective_at);
DROP TABLE unpriced_events;
