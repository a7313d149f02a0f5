-- +goose Up
-- What the note of a policy is about, as a value: its sentence decided whether it was
-- looked at again.
ALTER TABLE recharge_policies ADD COLUMN waits text NOT NULL DEFAULT '';
UPDATE recharge_policies SET waits = 'usage'
WHERE note = 'The balance fell without usage, by a correction, expiry or refund. The next usage starts a recharge.';
UPDATE recharge_policies SET waits = 'payment' WHERE note LIKE '%Its credits will do: nothing is bought automatically meanwhile.';

-- +goose Down
ALTER TABLE recharge_policies DROP COLUMN waits;
