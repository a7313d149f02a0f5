-- +goose Up
-- A wallet's row, its grants' and its hourly figures go as far as seq says: what
-- comes after is told by the entries above it.
CREATE TABLE wallets (
  id          INTEGER PRIMARY KEY,
  customer_id TEXT NOT NULL,
  credit_type TEXT NOT NULL,
  seq         INTEGER NOT NULL,
  balance     INTEGER NOT NULL,
  debt        INTEGER NOT NULL CHECK (debt >= 0),
  overdraft   INTEGER NOT NULL CHECK (overdraft >= 0),
  last_at     INTEGER NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX wallets_key ON wallets (customer_id, credit_type);

CREATE TABLE grants (
  id            INTEGER PRIMARY KEY,
  wallet_id     INTEGER NOT NULL REFERENCES wallets (id),
  kind          TEXT NOT NULL,
  priority      INTEGER NOT NULL,
  amount        INTEGER NOT NULL,
  remaining     INTEGER NOT NULL,
  held          INTEGER NOT NULL,
  effective_at  INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  meters        TEXT NOT NULL,
  paid_amount   INTEGER NOT NULL,
  paid_currency TEXT NOT NULL,
  paid_for      INTEGER NOT NULL,
  source        TEXT NOT NULL,
  origin        INTEGER NOT NULL,
  frozen        INTEGER NOT NULL,
  voided_at     INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  CHECK (0 <= held AND held <= remaining AND remaining <= amount)
) STRICT;
CREATE INDEX grants_wallet ON grants (wallet_id, id);
CREATE INDEX grants_live ON grants (wallet_id) WHERE remaining > 0;
CREATE INDEX grants_expiry ON grants (expires_at) WHERE remaining > held AND expires_at > 0;
CREATE UNIQUE INDEX grants_source ON grants (source) WHERE source <> '';

CREATE TABLE holds (
  id           INTEGER PRIMARY KEY,
  wallet_id    INTEGER NOT NULL REFERENCES wallets (id),
  amount       INTEGER NOT NULL,
  captured     INTEGER NOT NULL,
  state        TEXT NOT NULL,
  reservations TEXT NOT NULL,
  expires_at   INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  ended_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX holds_wallet ON holds (wallet_id, id);
CREATE INDEX holds_due ON holds (expires_at) WHERE state = 'open';
CREATE INDEX holds_open ON holds (wallet_id, expires_at) WHERE state = 'open';

-- Entries in commit order. One row for each grant that a posting touched.
CREATE TABLE entries (
  id            INTEGER PRIMARY KEY,
  wallet_id     INTEGER NOT NULL REFERENCES wallets (id),
  seq           INTEGER NOT NULL,
  line          INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  grant_id      INTEGER NOT NULL,
  amount        INTEGER NOT NULL,
  balance_after INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  corrects      INTEGER NOT NULL,
  detail        TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX entries_place ON entries (wallet_id, seq, line);
CREATE INDEX entries_other ON entries (wallet_id, kind, seq) WHERE kind <> 'debit' AND line = 0;
CREATE INDEX entries_corrects ON entries (wallet_id, corrects) WHERE corrects > 0;
-- +goose StatementBegin
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
-- +goose StatementEnd

-- What a person said about a posting: can be blanked, the posting cannot.
CREATE TABLE posting_notes (
  wallet_id INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  actor     TEXT NOT NULL,
  reason    TEXT NOT NULL,
  PRIMARY KEY (wallet_id, seq)
) STRICT, WITHOUT ROWID;

-- Idempotency records: the newest in a log, the older in runs that are sorted by
-- key, each with a filter that says which keys it may hold.
CREATE TABLE idempotency_log (
  id          INTEGER PRIMARY KEY,
  key         BLOB NOT NULL,
  fingerprint BLOB NOT NULL,
  refused     INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  result      TEXT NOT NULL
) STRICT;

CREATE TABLE idempotency (
  run         INTEGER NOT NULL,
  key         BLOB NOT NULL,
  fingerprint BLOB NOT NULL,
  refused     INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  result      TEXT NOT NULL,
  PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_runs (
  run   INTEGER PRIMARY KEY,
  bloom BLOB NOT NULL
) STRICT;

CREATE TABLE counters (
  wallet_id    INTEGER NOT NULL,
  name         TEXT NOT NULL,
  period_start INTEGER NOT NULL,
  spent        INTEGER NOT NULL,
  PRIMARY KEY (wallet_id, name, period_start)
) STRICT, WITHOUT ROWID;

CREATE TABLE watches (
  id        TEXT PRIMARY KEY,
  wallet_id INTEGER NOT NULL REFERENCES wallets (id),
  level     INTEGER NOT NULL,
  rearm     INTEGER NOT NULL,
  armed     INTEGER NOT NULL,
  job_kind  TEXT NOT NULL,
  payload   TEXT NOT NULL
) STRICT;
CREATE INDEX watches_wallet ON watches (wallet_id);

CREATE TABLE callers (
  id          INTEGER PRIMARY KEY,
  customer_id TEXT NOT NULL,
  name        TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX callers_name ON callers (customer_id, name);

-- Hourly figures by hour of posting; and, for usage that was posted in another
-- hour than its own, what to move from the one to the other.
CREATE TABLE posted_hours (
  wallet_id INTEGER NOT NULL,
  hour      INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  meter     TEXT NOT NULL,
  caller    INTEGER NOT NULL,
  count     INTEGER NOT NULL,
  credits   INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq  INTEGER NOT NULL,
  PRIMARY KEY (wallet_id, hour, kind, meter, caller)
) STRICT, WITHOUT ROWID;

-- Only a new hour of a meter or caller touches this index, not every posting.
CREATE INDEX posted_hours_slice ON posted_hours (wallet_id, kind, meter, caller, hour);

CREATE TABLE moved_hours (
  wallet_id INTEGER NOT NULL,
  hour      INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  meter     TEXT NOT NULL,
  caller    INTEGER NOT NULL,
  count     INTEGER NOT NULL,
  credits   INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq  INTEGER NOT NULL,
  PRIMARY KEY (wallet_id, hour, kind, meter, caller)
) STRICT, WITHOUT ROWID;

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
DROP TABLE holds;
DROP TABLE grants;
DROP TABLE wallets;
