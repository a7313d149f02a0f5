-- +goose Up
-- What a rate version has cost a wallet, exactly: lines round by what this grows by.
CREATE TABLE rate_sums (
  wallet_id INTEGER NOT NULL,
  rate      TEXT NOT NULL,
  sum       TEXT NOT NULL,
  PRIMARY KEY (wallet_id, rate)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE rate_sums;
