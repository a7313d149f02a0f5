-- +goose Up
CREATE TABLE credit_types (
  id          text PRIMARY KEY,
  key         text NOT NULL UNIQUE,
  name        text NOT NULL,
  description text NOT NULL,
  unit        text NOT NULL,
  units       text NOT NULL,
  decimals    bigint NOT NULL CHECK (decimals BETWEEN 0 AND 6),
  archived_at bigint NOT NULL,
  created_at  bigint NOT NULL
);

CREATE TABLE meters (
  id          text PRIMARY KEY,
  key         text NOT NULL UNIQUE,
  event       text NOT NULL,
  aggregation text NOT NULL CHECK (aggregation IN ('sum', 'count')),
  property    text NOT NULL,
  archived_at bigint NOT NULL,
  created_at  bigint NOT NULL
);

CREATE TABLE rates (
  id           bigint PRIMARY KEY,
  meter        text NOT NULL REFERENCES meters (key),
  credit_type  text NOT NULL REFERENCES credit_types (key),
  credits      text NOT NULL, -- a decimal of up to 12 places: finer than a micro-credit
  per          bigint NOT NULL CHECK (per >= 1),
  matching     text NOT NULL, -- JSON with sorted keys
  effective_at bigint NOT NULL, -- 0: from the beginning
  archived_at  bigint NOT NULL,
  created_at   bigint NOT NULL
);
CREATE UNIQUE INDEX rates_version ON rates (meter, matching, effective_at);

CREATE TABLE packs (
  id                 text PRIMARY KEY,
  name               text NOT NULL,
  credit_type        text NOT NULL REFERENCES credit_types (key),
  credits            bigint NOT NULL CHECK (credits > 0),
  price_amount       bigint NOT NULL CHECK (price_amount >= 0),
  price_currency     text NOT NULL,
  expires_after_days bigint NOT NULL CHECK (expires_after_days >= 0), -- 0: never
  archived_at        bigint NOT NULL,
  created_at         bigint NOT NULL
);

-- +goose Down
DROP TABLE packs;
DROP TABLE rates;
DROP TABLE meters;
DROP TABLE credit_types;
