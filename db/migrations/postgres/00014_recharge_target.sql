-- +goose Up
-- "Bring it back up to": the level, and the price by tiers as it was consented to.
ALTER TABLE recharge_policies ADD COLUMN target bigint NOT NULL DEFAULT 0;
ALTER TABLE recharge_policies ADD COLUMN agreed text NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN bonus bigint NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN bonus_days bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE recharges DROP COLUMN bonus_days;
ALTER TABLE recharges DROP COLUMN bonus;
ALTER TABLE recharge_policies DROP COLUMN agreed;
ALTER TABLE recharge_policies DROP COLUMN target;
