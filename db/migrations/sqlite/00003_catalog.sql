-- +goose Up
CREATE TABLE credit_types (
  id          TEXT PRIMARY KEY,
  key         TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  description TEXT NOT NULL,
  unit        TEXT NOT NULL,
  units       TEXT NOT NULL,
  decimals    INTEGER NOT NULL CHECK (decimals BETWEEN 0 AND 6),
  archived_at INTEGER NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE meters (
  id          TEXT PRIMARY KEY,
  key         TEXT NOT NULL UNIQUE,
  event       TEXT NOT NULL,
  aggregation TEXT NOT NULL CHECK (aggregation IN ('sum', 'count')),
  property    TEXT NOT NULL,
  archived_at INTEGER NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE rates (
  id           INTEGER PRIMARY KEY,
  meter        TEXT NOT NULL REFERENCES meters (key),
  credit_type  TEXT NOT NULL REFERENCES credit_types (key),
  credits      TEXT NOT NULL, -- a decimal of up to 12 places: finer than a micro-credit
  per          INTEGER NOT NULL CHECK (per >= 1),
  matching     TEXT NOT NULL, -- JSON with sorted keys
  effective_at INTEGER NOT NULL, -- 0: from the beginning
  archived_at  INTEGER NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX rates_version ON rates (meter, matching, effective_at);

CREATE TABLE packs (
  id                 TEXT PRIMARY KEY,
  name               TEXT NOT NULL,
  credit_type        TEXT NOT NULL REFERENCES credit_types (key),
  credits            INTEGER NOT NULL CHECK (credits > 0),
  price_amount       INTEGER NOT NULL CHECK (price_amount >= 0),
  price_currency     TEXT NOT NULL,
  expires_after_days INTEGER NOT NULL CHECK (expires_after_days >= 0), -- 0: never
  archived_at        INTEGER NOT NULL,
  created_at         INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE packs;
DROP TABLE rates;
DROP TABLE meters;
DROP TABLE credit_types;
