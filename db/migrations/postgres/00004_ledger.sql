-- +goose Up
-- A wallet's row, its grants' and its hourly figures go as far as seq says: what
-- comes after is told by the entries above it.
CREATE TABLE wallets (
  id          bigint PRIMARY KEY,
  customer_id text NOT NULL,
  credit_type text NOT NULL,
  seq         bigint NOT NULL,
  balance     bigint NOT NULL,
  debt        bigint NOT NULL CHECK (debt >= 0),
  overdraft   bigint NOT NULL CHECK (overdraft >= 0),
  last_at     bigint NOT NULL,
  created_at  bigint NOT NULL
);
CREATE UNIQUE INDEX wallets_key ON wallets (customer_id, credit_type);

CREATE TABLE grants (
  id            bigint PRIMARY KEY,
  wallet_id     bigint NOT NULL REFERENCES wallets (id),
  kind          text NOT NULL,
  priority      bigint NOT NULL,
  amount        bigint NOT NULL,
  remaining     bigint NOT NULL,
  held          bigint NOT NULL,
  effective_at  bigint NOT NULL,
  expires_at    bigint NOT NULL,
  meters        text NOT NULL,
  paid_amount   bigint NOT NULL,
  paid_currency text NOT NULL,
  paid_for      bigint NOT NULL,
  source        text NOT NULL,
  origin        bigint NOT NULL,
  frozen        bigint NOT NULL,
  voided_at     bigint NOT NULL,
  created_at    bigint NOT NULL,
  CHECK (0 <= held AND held <= remaining AND remaining <= amount)
);
CREATE INDEX grants_wallet ON grants (wallet_id, id);
CREATE INDEX grants_live ON grants (wallet_id) WHERE remaining > 0;
CREATE INDEX grants_expiry ON grants (expires_at) WHERE remaining > held AND expires_at > 0;
CREATE UNIQUE INDEX grants_source ON grants (source) WHERE source <> '';

CREATE TABLE holds (
  id           bigint PRIMARY KEY,
  wallet_id    bigint NOT NULL REFERENCES wallets (id),
  amount       bigint NOT NULL,
  captured     bigint NOT NULL,
  state        text NOT NULL,
  reservations text NOT NULL,
  expires_at   bigint NOT NULL,
  created_at   bigint NOT NULL,
  ended_at     bigint NOT NULL
);
CREATE INDEX holds_wallet ON holds (wallet_id, id);
CREATE INDEX holds_due ON holds (expires_at) WHERE state = 'open';
CREATE INDEX holds_open ON holds (wallet_id, expires_at) WHERE state = 'open';

-- Entries in commit order. One row for each grant that a posting touched.
CREATE TABLE entries (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  wallet_id     bigint NOT NULL REFERENCES wallets (id),
  seq           bigint NOT NULL,
  line          bigint NOT NULL,
  kind          text NOT NULL,
  grant_id      bigint NOT NULL,
  amount        bigint NOT NULL,
  balance_after bigint NOT NULL,
  at            bigint NOT NULL,
  corrects      bigint NOT NULL,
  detail        text NOT NULL
);
CREATE UNIQUE INDEX entries_place ON entries (wallet_id, seq, line);
CREATE INDEX entries_other ON entries (wallet_id, kind, seq) WHERE kind <> 'debit' AND line = 0;
CREATE INDEX entries_corrects ON entries (wallet_id, corrects) WHERE corrects > 0;
-- +goose StatementBegin
CREATE FUNCTION entries_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'entries are append-only'; END $$;
-- +goose StatementEnd
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE ON entries
FOR EACH ROW EXECUTE FUNCTION entries_append_only();

-- What a person said about a posting: can be blanked, the posting cannot.
CREATE TABLE posting_notes (
  wallet_id bigint NOT NULL,
  seq       bigint NOT NULL,
  actor     text NOT NULL,
  reason    text NOT NULL,
  PRIMARY KEY (wallet_id, seq)
);

-- Idempotency records: the newest in a log, the older in runs that are sorted by
-- key, each with a filter that says which keys it may hold.
CREATE TABLE idempotency_log (
  id          bigint PRIMARY KEY,
  key         bytea NOT NULL,
  fingerprint bytea NOT NULL,
  refused     bigint NOT NULL,
  at          bigint NOT NULL,
  result      text NOT NULL
);

CREATE TABLE idempotency (
  run         bigint NOT NULL,
  key         bytea NOT NULL,
  fingerprint bytea NOT NULL,
  refused     bigint NOT NULL,
  at          bigint NOT NULL,
  result      text NOT NULL,
  PRIMARY KEY (run, key)
);

CREATE TABLE idempotency_runs (
  run   bigint PRIMARY KEY,
  bloom bytea NOT NULL
);

CREATE TABLE counters (
  wallet_id    bigint NOT NULL,
  name         text NOT NULL,
  period_start bigint NOT NULL,
  spent        bigint NOT NULL,
  PRIMARY KEY (wallet_id, name, period_start)
);

CREATE TABLE watches (
  id        text PRIMARY KEY,
  wallet_id bigint NOT NULL REFERENCES wallets (id),
  level     bigint NOT NULL,
  rearm     bigint NOT NULL,
  armed     bigint NOT NULL,
  job_kind  text NOT NULL,
  payload   text NOT NULL
);
CREATE INDEX watches_wallet ON watches (wallet_id);

CREATE TABLE callers (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id text NOT NULL,
  name        text NOT NULL
);
CREATE UNIQUE INDEX callers_name ON callers (customer_id, name);

-- Hourly figures by hour of posting; and, for usage that was posted in another
-- hour than its own, what to move from the one to the other.
CREATE TABLE posted_hours (
  wallet_id bigint NOT NULL,
  hour      bigint NOT NULL,
  kind      text NOT NULL,
  meter     text NOT NULL,
  caller    bigint NOT NULL,
  count     bigint NOT NULL,
  credits   bigint NOT NULL,
  first_seq bigint NOT NULL,
  last_seq  bigint NOT NULL,
  PRIMARY KEY (wallet_id, hour, kind, meter, caller)
);

-- Only a new hour of a meter or caller touches this index, not every posting.
CREATE INDEX posted_hours_slice ON posted_hours (wallet_id, kind, meter, caller, hour);

CREATE TABLE moved_hours (
  wallet_id bigint NOT NULL,
  hour      bigint NOT NULL,
  kind      text NOT NULL,
  meter     text NOT NULL,
  caller    bigint NOT NULL,
  count     bigint NOT NULL,
  credits   bigint NOT NULL,
  first_seq bigint NOT NULL,
  last_seq  bigint NOT NULL,
  PRIMARY KEY (wallet_id, hour, kind, meter, caller)
);

-- +goose Down
DROP TABLE moved_hours;
DROP TABLE posted_hours;
DROP TABLE callers;
DROP TABLE watches;
DROP TABLE counters;
DROP TABLE idempotency_runs;
DROP TABLE idempotency;
DROP TABLE idempotency_log;
DROP TABLE posting_notes;
DROP TABLE entries;
DROP FUNCTION entries_append_only();
DROP TABLE holds;
DROP TABLE grants;
DROP TABLE wallets;
