-- +goose Up
CREATE TABLE customers (
  id                 TEXT PRIMARY KEY,
  name               TEXT NOT NULL,
  email              TEXT NOT NULL,
  external_id        TEXT NOT NULL,
  stripe_customer_id TEXT NOT NULL,
  timezone           TEXT NOT NULL,
  metadata           TEXT NOT NULL,
  status             TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
  suspended_reason   TEXT NOT NULL,
  search             TEXT NOT NULL, -- lower case: what an admin may type to find it
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX customers_external_id ON customers (external_id) WHERE external_id <> '';
CREATE UNIQUE INDEX customers_stripe_customer_id ON customers (stripe_customer_id) WHERE stripe_customer_id <> '';

CREATE TABLE users (
  id                  TEXT PRIMARY KEY,
  email               TEXT NOT NULL UNIQUE, -- normalised: lower case
  name                TEXT NOT NULL,
  password_hash       TEXT NOT NULL,
  password_changed_at INTEGER NOT NULL,
  verified_at         INTEGER NOT NULL,
  staff_role          TEXT NOT NULL CHECK (staff_role IN ('', 'admin', 'support')),
  created_at          INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
  customer_id TEXT NOT NULL REFERENCES customers (id),
  user_id     TEXT NOT NULL REFERENCES users (id),
  role        TEXT NOT NULL CHECK (role IN ('owner', 'billing', 'developer', 'viewer')),
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (customer_id, user_id)
) STRICT;
CREATE INDEX members_user ON members (user_id);

CREATE TABLE sessions (
  id           TEXT PRIMARY KEY,
  secret_hash  TEXT NOT NULL UNIQUE,
  user_id      TEXT NOT NULL REFERENCES users (id),
  data         TEXT NOT NULL,
  address      TEXT NOT NULL,
  user_agent   TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  seen_at      INTEGER NOT NULL,
  confirmed_at INTEGER NOT NULL -- when the password was last given
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE links (
  secret_hash   TEXT PRIMARY KEY,
  kind          TEXT NOT NULL,
  user_id       TEXT NOT NULL,
  customer_id   TEXT NOT NULL,
  role          TEXT NOT NULL,
  password_hash TEXT NOT NULL, -- of the sign-up that asked for this link
  reusable      INTEGER NOT NULL,
  created_by    TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  used_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX links_user ON links (user_id, kind);

CREATE TABLE api_keys (
  id           TEXT PRIMARY KEY,
  secret_hash  TEXT NOT NULL UNIQUE,
  prefix       TEXT NOT NULL, -- the first characters, to recognise it by
  name         TEXT NOT NULL,
  scopes       TEXT NOT NULL,
  customer_id  TEXT NOT NULL, -- '' for all customers
  created_by   TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  revoked_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX api_keys_customer ON api_keys (customer_id);

CREATE TABLE throttles (
  name TEXT PRIMARY KEY,
  free_at INTEGER NOT NULL -- when nothing of past failures is left
) STRICT;

CREATE TABLE consents (
  id          TEXT PRIMARY KEY,
  user_id     TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  document    TEXT NOT NULL,
  version     TEXT NOT NULL,
  address     TEXT NOT NULL,
  user_agent  TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX consents_user ON consents (user_id, document);

-- Requests of the API that count once and are no command of the ledger.
CREATE TABLE api_requests (
  key_hash    TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  object      TEXT NOT NULL, -- the id of what was made or changed
  created_at  INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE api_requests;
DROP TABLE consents;
DROP TABLE throttles;
DROP TABLE api_keys;
DROP TABLE links;
DROP TABLE sessions;
DROP TABLE members;
DROP TABLE users;
DROP TABLE customers;
