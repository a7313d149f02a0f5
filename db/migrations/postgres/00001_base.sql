-- +goose Up
CREATE TABLE installation (
  name  text PRIMARY KEY,
  value text NOT NULL
);

CREATE TABLE jobs (
  id           text PRIMARY KEY,
  kind         text NOT NULL,
  dedup        text NOT NULL DEFAULT '',
  payload      text NOT NULL,
  run_at       bigint NOT NULL,
  attempts     bigint NOT NULL DEFAULT 0,
  max_attempts bigint NOT NULL,
  leased_until bigint NOT NULL DEFAULT 0,
  parked_at    bigint NOT NULL DEFAULT 0,
  error        text NOT NULL DEFAULT '',
  created_at   bigint NOT NULL
);
CREATE UNIQUE INDEX jobs_dedup ON jobs (kind, dedup) WHERE dedup <> '';
CREATE INDEX jobs_due ON jobs (run_at) WHERE parked_at = 0;

CREATE TABLE events (
  id          text PRIMARY KEY,
  type        text NOT NULL,
  customer_id text NOT NULL,
  wallet_id   bigint NOT NULL DEFAULT 0,
  seq         bigint NOT NULL DEFAULT 0,
  data        text NOT NULL,
  created_at  bigint NOT NULL
);
CREATE INDEX events_customer ON events (customer_id, id);

CREATE TABLE audit_log (
  id          text PRIMARY KEY,
  actor       text NOT NULL,
  customer_id text NOT NULL DEFAULT '',
  action      text NOT NULL,
  object      text NOT NULL DEFAULT '',
  before_state text NOT NULL DEFAULT '',
  after_state text NOT NULL DEFAULT '',
  reason      text NOT NULL DEFAULT '',
  address     text NOT NULL DEFAULT '',
  created_at  bigint NOT NULL
);
CREATE INDEX audit_log_customer ON audit_log (customer_id, id);

-- +goose Down
DROP TABLE audit_log;
DROP TABLE events;
DROP TABLE jobs;
DROP TABLE installation;
