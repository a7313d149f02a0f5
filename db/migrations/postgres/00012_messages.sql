-- +goose Up
-- What people are told of, each message for one person. choice says when.
CREATE TABLE messages (
  id          text PRIMARY KEY,
  recipient   text NOT NULL,
  customer_id text NOT NULL,
  address     text NOT NULL,
  category    text NOT NULL,
  event       text NOT NULL,
  data        text NOT NULL,
  choice      text NOT NULL,
  state       text NOT NULL,
  created_at  bigint NOT NULL,
  sent_at     bigint NOT NULL
);
CREATE INDEX messages_waiting ON messages (recipient, choice, id) WHERE state = 'waiting';
CREATE INDEX messages_sent ON messages (recipient, sent_at) WHERE sent_at > 0;
CREATE INDEX messages_customer ON messages (customer_id, id);

-- Where there is no row, people are told at once.
CREATE TABLE preferences (
  user_id     text NOT NULL,
  customer_id text NOT NULL,
  category    text NOT NULL,
  choice      text NOT NULL,
  PRIMARY KEY (user_id, customer_id, category)
);

-- Every mail that was handed on, or not.
CREATE TABLE mails (
  id         text PRIMARY KEY,
  address    text NOT NULL,
  template   text NOT NULL,
  subject    text NOT NULL,
  state      text NOT NULL,
  error      text NOT NULL,
  created_at bigint NOT NULL
);

-- Addresses that refused mail for good.
CREATE TABLE bounces (
  address text PRIMARY KEY,
  reason  text NOT NULL,
  at      bigint NOT NULL
);

-- +goose Down
DROP TABLE bounces;
DROP TABLE mails;
DROP TABLE preferences;
DROP TABLE messages;
