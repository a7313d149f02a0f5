-- +goose Up
-- What a rate version has cost a wallet, exactly: lines round by what this grows by.
CREATE TABLE rate_sums (
  wallet_id bigint NOT NULL,
  rate      text NOT NULL,
  sum       text NOT NULL,
  PRIMARY KEY (wallet_id, rate)
);

-- +goose Down
DROP TABLE rate_sums;
