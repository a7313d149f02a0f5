-- +goose Up
-- What automatic purchases were consented to beside their price: how it stands to
-- tax (inclusive, exclusive, or none where no tax was added; '' before this was
-- kept), and the bonus that comes with it.
ALTER TABLE recharge_policies ADD COLUMN tax_behavior text NOT NULL DEFAULT '';
ALTER TABLE recharge_policies ADD COLUMN bonus bigint NOT NULL DEFAULT 0;
ALTER TABLE schedules ADD COLUMN tax_behavior text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE schedules DROP COLUMN tax_behavior;
ALTER TABLE recharge_policies DROP COLUMN bonus;
ALTER TABLE recharge_policies DROP COLUMN tax_behavior;
