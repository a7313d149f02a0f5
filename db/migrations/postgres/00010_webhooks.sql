-- +goose Up
-- position is the place of an event in the order in which events are told: given
-- after the commit by one dispatcher at a time, so that it can be read by
-- "position > last" without missing any. 0 waits for one.
ALTER TABLE events ADD COLUMN position bigint NOT NULL DEFAULT 0;
CREATE INDEX events_waiting ON events (created_at, id) WHERE position = 0;
CREATE UNIQUE INDEX events_position ON events (position) WHERE position > 0;
CREATE INDEX events_type ON events (type, id);

CREATE TABLE event_position (
  name text PRIMARY KEY,
  last bigint NOT NULL
);
INSERT INTO event_position (name, last) VALUES ('events', 0);

CREATE TABLE endpoints (
  id            text PRIMARY KEY,
  customer_id   text NOT NULL,
  kind          text NOT NULL,
  url           text NOT NULL,
  description   text NOT NULL,
  types         text NOT NULL,
  secret        text NOT NULL,
  old_secret    text NOT NULL,
  old_until     bigint NOT NULL,
  state         text NOT NULL,
  reason        text NOT NULL,
  failing_since bigint NOT NULL,
  exhausted_at  bigint NOT NULL,
  warned_at     bigint NOT NULL,
  last_at       bigint NOT NULL,
  last_status   bigint NOT NULL,
  due_at        bigint NOT NULL,
  leased_until  bigint NOT NULL,
  created_by    text NOT NULL,
  created_at    bigint NOT NULL,
  updated_at    bigint NOT NULL,
  disabled_at   bigint NOT NULL
);
CREATE INDEX endpoints_customer ON endpoints (customer_id, id);
CREATE INDEX endpoints_due ON endpoints (due_at) WHERE due_at > 0;

CREATE TABLE deliveries (
  id          text PRIMARY KEY,
  endpoint_id text NOT NULL,
  customer_id text NOT NULL,
  event_id    text NOT NULL,
  type        text NOT NULL,
  state       text NOT NULL,
  attempts    bigint NOT NULL,
  step        bigint NOT NULL,
  next_at     bigint NOT NULL,
  status      bigint NOT NULL,
  error       text NOT NULL,
  created_at  bigint NOT NULL,
  finished_at bigint NOT NULL
);
CREATE UNIQUE INDEX deliveries_once ON deliveries (endpoint_id, event_id);
CREATE INDEX deliveries_endpoint ON deliveries (endpoint_id, id);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at, id) WHERE state = 'pending';
CREATE INDEX deliveries_state ON deliveries (state, id);

CREATE TABLE delivery_attempts (
  id          text PRIMARY KEY,
  delivery_id text NOT NULL,
  endpoint_id text NOT NULL,
  url         text NOT NULL,
  headers     text NOT NULL,
  status      bigint NOT NULL,
  error       text NOT NULL,
  answer      text NOT NULL,
  took        bigint NOT NULL,
  created_at  bigint NOT NULL
);
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
