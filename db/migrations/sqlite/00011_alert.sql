-- +goose Up
-- What the level of a watch follows, and whether its end is told too.
ALTER TABLE watches ADD COLUMN base TEXT NOT NULL DEFAULT '';
ALTER TABLE watches ADD COLUMN share INTEGER NOT NULL DEFAULT 0;
ALTER TABLE watches ADD COLUMN of_paid INTEGER NOT NULL DEFAULT 0;
ALTER TABLE watches ADD COLUMN step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE watches ADD COLUMN recovers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE counters ADD COLUMN told INTEGER NOT NULL DEFAULT 0;

-- When a job is due is asked often, however many wait.
CREATE INDEX jobs_leased ON jobs (leased_until) WHERE leased_until > 0;
CREATE INDEX jobs_waiting ON jobs (run_at) WHERE parked_at = 0 AND leased_until = 0;

-- Levels that are watched. customer_id '' is the vendor's default for everybody.
CREATE TABLE alerts (
  id            TEXT PRIMARY KEY,
  customer_id   TEXT NOT NULL,
  credit_type   TEXT NOT NULL,
  kind          TEXT NOT NULL,
  credits       INTEGER NOT NULL,
  share         INTEGER NOT NULL,
  days          INTEGER NOT NULL,
  scanned_until INTEGER NOT NULL,
  crossed       INTEGER NOT NULL,
  created_by    TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  ended_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX alerts_customer ON alerts (customer_id, id) WHERE ended_at = 0;

-- Defaults that a customer does not want to be told of.
CREATE TABLE alert_mutes (
  customer_id TEXT NOT NULL,
  alert_id    TEXT NOT NULL,
  PRIMARY KEY (customer_id, alert_id)
) STRICT, WITHOUT ROWID;

-- Spend limits: hard ones stop requests, the others tell.
CREATE TABLE limits (
  id          TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL,
  credit_type TEXT NOT NULL,
  scope       TEXT NOT NULL,
  meter       TEXT NOT NULL,
  caller      TEXT NOT NULL,
  period      TEXT NOT NULL,
  credits     INTEGER NOT NULL,
  hard        INTEGER NOT NULL,
  zone        TEXT NOT NULL,
  created_by  TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  ended_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX limits_customer ON limits (customer_id, id) WHERE ended_at = 0;

-- What happens at zero, where it is not to refuse.
CREATE TABLE zero_policies (
  customer_id TEXT NOT NULL,
  credit_type TEXT NOT NULL,
  mode        TEXT NOT NULL,
  overdraft   INTEGER NOT NULL,
  rate        INTEGER NOT NULL,
  updated_by  TEXT NOT NULL,
  updated_at  INTEGER NOT NULL,
  PRIMARY KEY (customer_id, credit_type)
) STRICT, WITHOUT ROWID;

-- One crossing of a level until recovery, one period in which a limit was
-- reached, one notice of an expiry. place makes it count once.
CREATE TABLE episodes (
  id          TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL,
  credit_type TEXT NOT NULL,
  source      TEXT NOT NULL,
  place       TEXT NOT NULL,
  kind        TEXT NOT NULL,
  level       INTEGER NOT NULL,
  value       INTEGER NOT NULL,
  event       TEXT NOT NULL,
  told        TEXT NOT NULL,
  detail      TEXT NOT NULL,
  opened_at   INTEGER NOT NULL,
  closed_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX episodes_place ON episodes (customer_id, source, place);
CREATE INDEX episodes_customer ON episodes (customer_id, id);
CREATE INDEX episodes_open ON episodes (customer_id, source) WHERE closed_at = 0;
CREATE INDEX episodes_recent ON episodes (customer_id, source, opened_at);
-- Expiries to come, of everybody.
CREATE INDEX grants_ending ON grants (expires_at) WHERE remaining > 0 AND expires_at > 0;

-- +goose Down
DROP INDEX grants_ending;
DROP TABLE episodes;
DROP TABLE zero_policies;
DROP TABLE limits;
DROP TABLE alert_mutes;
DROP TABLE alerts;
DROP INDEX jobs_waiting;
DROP INDEX jobs_leased;
ALTER TABLE counters DROP COLUMN told;
ALTER TABLE watches DROP COLUMN recovers;
ALTER TABLE watches DROP COLUMN step;
ALTER TABLE watches DROP COLUMN of_paid;
ALTER TABLE watches DROP COLUMN share;
ALTER TABLE watches DROP COLUMN base;
