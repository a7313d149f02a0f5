-- +goose Up
-- What expired of a lot may be drawn by work that is recorded late.
CREATE INDEX grants_lapsed ON grants (wallet_id, expires_at) WHERE lapsed > 0;

-- +goose Down
DROP INDEX grants_lapsed;
