-- +goose Up
-- What people are told of, each message for one person. choice says when.
CREATE TABLE messages (
  id          TEXT PRIMARY KEY,
  recipient   TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  address     TEXT NOT NULL,
  category    TEXT NOT NULL,
  event       TEXT NOT NULL,
  data        TEXT NOT NULL,
  choice      TEXT NOT NULL,
  state       TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  sent_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_waiting ON messages (recipient, choice, id) WHERE state = 'waiting';
CREATE INDEX messages_sent ON messages (recipient, sent_at) WHERE sent_at > 0;
CREATE INDEX messages_customer ON messages (customer_id, id);

-- Where there is no row, people are told at once.
CREATE TABLE preferences (
  user_id     TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  category    TEXT NOT NULL,
  choice      TEXT NOT NULL,
  PRIMARY KEY (user_id, customer_id, category)
) STRICT, WITHOUT ROWID;

-- Every mail that was handed on, or not.
CREATE TABLE mails (
  id         TEXT PRIMARY KEY,
  address    TEXT NOT NULL,
  template   TEXT NOT NULL,
  subject    TEXT NOT NULL,
  state      TEXT NOT NULL,
  error      TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Addresses that refused mail for good.
CREATE TABLE bounces (
  address TEXT PRIMARY KEY,
  reason  TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE bounces;
DROP TABLE mails;
DROP TABLE preferences;
DROP TABLE messages;
