-- +goose Up
CREATE TABLE customers (
  id                 text PRIMARY KEY,
  name               text NOT NULL,
  email              text NOT NULL,
  external_id        text NOT NULL,
  stripe_customer_id text NOT NULL,
  timezone           text NOT NULL,
  metadata           text NOT NULL,
  status             text NOT NULL CHECK (status IN ('active', 'suspended')),
  suspended_reason   text NOT NULL,
  search             text NOT NULL, -- lower case: what an admin may type to find it
  created_at         bigint NOT NULL,
  updated_at         bigint NOT NULL
);
CREATE UNIQUE INDEX customers_external_id ON customers (external_id) WHERE external_id <> '';
CREATE UNIQUE INDEX customers_stripe_customer_id ON customers (stripe_customer_id) WHERE stripe_customer_id <> '';

CREATE TABLE users (
  id                  text PRIMARY KEY,
  email               text NOT NULL UNIQUE, -- normalised: lower case
  name                text NOT NULL,
  password_hash       text NOT NULL,
  password_changed_at bigint NOT NULL,
  verified_at         bigint NOT NULL,
  staff_role          text NOT NULL CHECK (staff_role IN ('', 'admin', 'support')),
  created_at          bigint NOT NULL
);

CREATE TABLE members (
  customer_id text NOT NULL REFERENCES customers (id),
  user_id     text NOT NULL REFERENCES users (id),
  role        text NOT NULL CHECK (role IN ('owner', 'billing', 'developer', 'viewer')),
  created_at  bigint NOT NULL,
  PRIMARY KEY (customer_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE sessions (
  id           text PRIMARY KEY,
  secret_hash  text NOT NULL UNIQUE,
  user_id      text NOT NULL REFERENCES users (id),
  data         text NOT NULL,
  address      text NOT NULL,
  user_agent   text NOT NULL,
  created_at   bigint NOT NULL,
  seen_at      bigint NOT NULL,
  confirmed_at bigint NOT NULL -- when the password was last given
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE links (
  secret_hash   text PRIMARY KEY,
  kind          text NOT NULL,
  user_id       text NOT NULL,
  customer_id   text NOT NULL,
  role          text NOT NULL,
  password_hash text NOT NULL, -- of the sign-up that asked for this link
  reusable      bigint NOT NULL,
  created_by    text NOT NULL,
  created_at    bigint NOT NULL,
  expires_at    bigint NOT NULL,
  used_at       bigint NOT NULL
);
CREATE INDEX links_user ON links (user_id, kind);

CREATE TABLE api_keys (
  id           text PRIMARY KEY,
  secret_hash  text NOT NULL UNIQUE,
  prefix       text NOT NULL, -- the first characters, to recognise it by
  name         text NOT NULL,
  scopes       text NOT NULL,
  customer_id  text NOT NULL, -- '' for all customers
  created_by   text NOT NULL,
  created_at   bigint NOT NULL,
  last_used_at bigint NOT NULL,
  revoked_at   bigint NOT NULL
);
CREATE INDEX api_keys_customer ON api_keys (customer_id);

CREATE TABLE throttles (
  name text PRIMARY KEY,
  free_at bigint NOT NULL -- when nothing of past failures is left
);

CREATE TABLE consents (
  id          text PRIMARY KEY,
  user_id     text NOT NULL,
  customer_id text NOT NULL,
  document    text NOT NULL,
  version     text NOT NULL,
  address     text NOT NULL,
  user_agent  text NOT NULL,
  created_at  bigint NOT NULL
);
CREATE INDEX consents_user ON consents (user_id, document);

-- Requests of the API that count once and are no command of the ledger.
CREATE TABLE api_requests (
  key_hash    text PRIMARY KEY,
  fingerprint text NOT NULL,
  object      text NOT NULL, -- the id of what was made or changed
  created_at  bigint NOT NULL
);

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
