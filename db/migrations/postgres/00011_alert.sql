-- +goose Up
-- What the level of a watch follows, and whether its end is told too.
ALTER TABLE watches ADD COLUMN base text NOT NULL DEFAULT '';
ALTER TABLE watches ADD COLUMN share bigint NOT NULL DEFAULT 0;
ALTER TABLE watches ADD COLUMN of_paid bigint NOT NULL DEFAULT 0;
ALTER TABLE watches ADD COLUMN step bigint NOT NULL DEFAULT 0;
ALTER TABLE watches ADD COLUMN recovers bigint NOT NULL DEFAULT 0;
ALTER TABLE counters ADD COLUMN told bigint NOT NULL DEFAULT 0;

-- When a job is due is asked often, however many wait.
CREATE INDEX jobs_leased ON jobs (leased_until) WHERE leased_until > 0;
CREATE INDEX jobs_waiting ON jobs (run_at) WHERE parked_at = 0 AND leased_until = 0;

-- Levels that are watched. customer_id '' is the vendor's default for everybody.
CREATE TABLE alerts (
  id            text PRIMARY KEY,
  customer_id   text NOT NULL,
  credit_type   text NOT NULL,
  kind          text NOT NULL,
  credits       bigint NOT NULL,
  share         bigint NOT NULL,
  days          bigint NOT NULL,
  scanned_until bigint NOT NULL,
  crossed       bigint NOT NULL,
  created_by    text NOT NULL,
  created_at    bigint NOT NULL,
  ended_at      bigint NOT NULL
);
CREATE INDEX alerts_customer ON alerts (customer_id, id) WHERE ended_at = 0;

-- Defaults that a customer does not want to be told of.
CREATE TABLE alert_mutes (
  customer_id text NOT NULL,
  alert_id    text NOT NULL,
  PRIMARY KEY (customer_id, alert_id)
);

-- Spend limits: hard ones stop requests, the others tell.
CREATE TABLE limits (
  id          text PRIMARY KEY,
  customer_id text NOT NULL,
  credit_type text NOT NULL,
  scope       text NOT NULL,
  meter       text NOT NULL,
  caller      text NOT NULL,
  period      text NOT NULL,
  credits     bigint NOT NULL,
  hard        bigint NOT NULL,
  zone        text NOT NULL,
  created_by  text NOT NULL,
  created_at  bigint NOT NULL,
  updated_at  bigint NOT NULL,
  ended_at    bigint NOT NULL
);
CREATE INDEX limits_customer ON limits (customer_id, id) WHERE ended_at = 0;

-- What happens at zero, where it is not to refuse.
CREATE TABLE zero_policies (
  customer_id text NOT NULL,
  credit_type text NOT NULL,
  mode        text NOT NULL,
  overdraft   bigint NOT NULL,
  rate        bigint NOT NULL,
  updated_by  text NOT NULL,
  updated_at  bigint NOT NULL,
  PRIMARY KEY (customer_id, credit_type)
);

-- One crossing of a level until recovery, one period in which a limit was
-- reached, one notice of an expiry. place makes it count once.
CREATE TABLE episodes (
  id          text PRIMARY KEY,
  customer_id text NOT NULL,
  credit_type text NOT NULL,
  source      text NOT NULL,
  place       text NOT NULL,
  kind        text NOT NULL,
  level       bigint NOT NULL,
  value       bigint NOT NULL,
  event       text NOT NULL,
  told        text NOT NULL,
  detail      text NOT NULL,
  opened_at   bigint NOT NULL,
  closed_at   bigint NOT NULL
);
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
