-- +goose Up
-- position is the place of an event in the order in which events are told: given
-- after the commit by one dispatcher at a time, so that it can be read by
-- "position > last" without missing any. 0 waits for one.
ALTER TABLE events ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
CREATE INDEX events_waiting ON events (created_at, id) WHERE position = 0;
CREATE UNIQUE INDEX events_position ON events (position) WHERE position > 0;
CREATE INDEX events_type ON events (type, id);

CREATE TABLE event_position (
  name TEXT PRIMARY KEY,
  last INTEGER NOT NULL
) STRICT;
INSERT INTO event_position (name, last) VALUES ('events', 0);

CREATE TABLE endpoints (
  id            TEXT PRIMARY KEY,
  customer_id   TEXT NOT NULL,
  kind          TEXT NOT NULL,
  url           TEXT NOT NULL,
  description   TEXT NOT NULL,
  types         TEXT NOT NULL,
  secret        TEXT NOT NULL,
  old_secret    TEXT NOT NULL,
  old_until     INTEGER NOT NULL,
  state         TEXT NOT NULL,
  reason        TEXT NOT NULL,
  failing_since INTEGER NOT NULL,
  exhausted_at  INTEGER NOT NULL,
  warned_at     INTEGER NOT NULL,
  last_at       INTEGER NOT NULL,
  last_status   INTEGER NOT NULL,
  due_at        INTEGER NOT NULL,
  leased_until  INTEGER NOT NULL,
  created_by    TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  disabled_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX endpoints_customer ON endpoints (customer_id, id);
CREATE INDEX endpoints_due ON endpoints (due_at) WHERE due_at > 0;

CREATE TABLE deliveries (
  id          TEXT PRIMARY KEY,
  endpoint_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  event_id    TEXT NOT NULL,
  type        TEXT NOT NULL,
  state       TEXT NOT NULL,
  attempts    INTEGER NOT NULL,
  step        INTEGER NOT NULL,
  next_at     INTEGER NOT NULL,
  status      INTEGER NOT NULL,
  error       TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  finished_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX deliveries_once ON deliveries (endpoint_id, event_id);
CREATE INDEX deliveries_endpoint ON deliveries (endpoint_id, id);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at, id) WHERE state = 'pending';
CREATE INDEX deliveries_state ON deliveries (state, id);

CREATE TABLE delivery_attempts (
  id          TEXT PRIMARY KEY,
  delivery_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  url         TEXT NOT NULL,
  headers     TEXT NOT NULL,
  status      INTEGER NOT NULL,
  error       TEXT NOT NULL,
  answer      TEXT NOT NULL,
  took        INTEGER NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_attempts_delivery ON delivery_attempts (delivery_id, id);
CREATE INDEX delivery_attempts_endpoint ON delivery_attempts (endpoint_id);

-- +goose Down
DROP TABLE delivery_attempts;
DROP TABLE deliveries;
DROP TABLE endpoints;
DROP TABLE event_position;
DROP INDEX events_type;
DROP INDEX events_position;
DROP INDEX events_waiting;
ALTER TABLE events DROP COLUMN position;
