-- +goose Up
CREATE TABLE installation (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE jobs (
  id           TEXT PRIMARY KEY,
  kind         TEXT NOT NULL,
  dedup        TEXT NOT NULL DEFAULT '',
  payload      TEXT NOT NULL,
  run_at       INTEGER NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL,
  leased_until INTEGER NOT NULL DEFAULT 0,
  parked_at    INTEGER NOT NULL DEFAULT 0,
  error        TEXT NOT NULL DEFAULT '',
  created_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX jobs_dedup ON jobs (kind, dedup) WHERE dedup <> '';
CREATE INDEX jobs_due ON jobs (run_at) WHERE parked_at = 0;

CREATE TABLE events (
  id          TEXT PRIMARY KEY,
  type        TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  wallet_id   INTEGER NOT NULL DEFAULT 0,
  seq         INTEGER NOT NULL DEFAULT 0,
  data        TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX events_customer ON events (customer_id, id);

CREATE TABLE audit_log (
  id          TEXT PRIMARY KEY,
  actor       TEXT NOT NULL,
  customer_id TEXT NOT NULL DEFAULT '',
  action      TEXT NOT NULL,
  object      TEXT NOT NULL DEFAULT '',
  before_state TEXT NOT NULL DEFAULT '',
  after_state TEXT NOT NULL DEFAULT '',
  reason      TEXT NOT NULL DEFAULT '',
  address     TEXT NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_log_customer ON audit_log (customer_id, id);

-- +goose Down
DROP TABLE audit_log;
DROP TABLE events;
DROP TABLE jobs;
DROP TABLE installation;
