-- +goose Up
-- Grants that were made for later: when they become effective, wallets that nobody touches are looked at.
CREATE INDEX grants_effective ON grants (effective_at) WHERE effective_at > created_at;

-- +goose Down
DROP INDEX grants_effective;
