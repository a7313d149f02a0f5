-- +goose Up
-- A scheduled purchase of a pack for any amount: how much was chosen. Bonus
-- credits are a grant of their own, as with every purchase.
ALTER TABLE schedules ADD COLUMN amount INTEGER NOT NULL DEFAULT 0; -- 0: packs of fixed size
ALTER TABLE schedules ADD COLUMN bonus INTEGER NOT NULL DEFAULT 0; -- beside credits
ALTER TABLE schedules ADD COLUMN bonus_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN bonus INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN bonus_days INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE invoices DROP COLUMN bonus_days;
ALTER TABLE invoices DROP COLUMN bonus;
ALTER TABLE schedules DROP COLUMN bonus_days;
ALTER TABLE schedules DROP COLUMN bonus;
ALTER TABLE schedules DROP COLUMN amount;
