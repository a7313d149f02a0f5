-- +goose Up
-- Recorded work that no rate prices waits here, whole, until one does. What was
-- priced is in the ledger under the same key, and its row is gone.
CREATE TABLE unpriced_events (
  id          INTEGER PRIMARY KEY,
  key         TEXT NOT NULL UNIQUE, -- the ledger's, in hex
  fingerprint TEXT NOT NULL,
  customer_id TEXT NOT NULL REFERENCES customers (id),
  event_id    TEXT NOT NULL,
  name        TEXT NOT NULL,
  caller      TEXT NOT NULL,
  event_at    INTEGER NOT NULL,
  backdated   INTEGER NOT NULL,
  properties  TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX unpriced_events_customer ON unpriced_events (customer_id, name, event_at);

-- A version that was withdrawn before it applied leaves its date to another.
DROP INDEX rates_version;
CREATE UNIQUE INDEX rates_version ON rates (meter, matching, effective_at) WHERE archived_at = 0;

-- +goose Down
DROP INDEX rates_version;
CREATE UNIQUE INDEX rates_version ON rates (meter, matching, effective_at);
DROP TABLE unpriced_events;
