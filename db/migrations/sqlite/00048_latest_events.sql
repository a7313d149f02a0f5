-- +goose Up
-- The latest event of a type and wallet: each entitlement.changed is compared with it.
CREATE INDEX events_latest ON events (customer_id, type, wallet_id, seq);

-- +goose Down
DROP INDEX events_latest;
