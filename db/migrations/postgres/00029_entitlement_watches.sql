-- +goose Up
-- Whoever has nothing may not go on: the first credits are a change to tell of.
-- And where a wallet is slowed down at zero, so is the crossing of it.
UPDATE watches SET armed = 2 WHERE base = 'overdraft' AND armed = 0;
INSERT INTO watches (id, wallet_id, level, rearm, armed, job_kind, payload, base, share, of_paid, step, recovers)
SELECT replace(watches.id, 'entitlement/', 'throttle/'), watches.wallet_id, 0, 1, 1, watches.job_kind, '', '', 0, 0, 1, 1
FROM watches
JOIN wallets ON wallets.id = watches.wallet_id
JOIN zero_policies ON zero_policies.customer_id = wallets.customer_id AND zero_policies.credit_type = wallets.credit_type
WHERE watches.base = 'overdraft' AND zero_policies.mode = 'throttle';

-- +goose Down
DELETE FROM watches WHERE id LIKE 'throttle/%';
