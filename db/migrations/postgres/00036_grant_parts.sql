-- +goose Up
-- What became of a grant beside its use: what expired, what refunds and disputes
-- took back or take when holds end, and the debt that they made of its purchase.
ALTER TABLE grants ADD COLUMN lapsed bigint NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN clawed bigint NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN reclaim bigint NOT NULL DEFAULT 0 CHECK (0 <= reclaim AND reclaim <= held);
ALTER TABLE grants ADD COLUMN reclaim_kind text NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN reclaim_ref text NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN clawed_with bigint NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN claw_debt bigint NOT NULL DEFAULT 0;
-- What was voided, transferred or adjusted away, what of it was transferred, and what
-- was paid for the lot without that.
ALTER TABLE grants ADD COLUMN gone bigint NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN sent bigint NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN worth bigint NOT NULL DEFAULT 0;
CREATE INDEX grants_clawed ON grants (clawed_with) WHERE clawed_with > 0;

-- What open holds may take of the overdraft.
ALTER TABLE wallets ADD COLUMN reserved bigint NOT NULL DEFAULT 0;

CREATE TABLE grant_parts (grant_id bigint PRIMARY KEY, lapsed bigint NOT NULL, clawed bigint NOT NULL, gone bigint NOT NULL, sent bigint NOT NULL);
INSERT INTO grant_parts (grant_id, lapsed, clawed, gone, sent)
SELECT grant_id, -SUM(CASE WHEN kind = 'expire' THEN amount ELSE 0 END), -SUM(CASE WHEN kind IN ('refund', 'dispute') THEN amount ELSE 0 END),
  -SUM(CASE WHEN kind IN ('void', 'transfer', 'adjust') AND amount < 0 THEN amount ELSE 0 END),
  -SUM(CASE WHEN kind = 'transfer' AND amount < 0 THEN amount ELSE 0 END)
FROM entries WHERE kind IN ('expire', 'refund', 'dispute', 'void', 'transfer', 'adjust') AND grant_id > 0 GROUP BY grant_id;
UPDATE grants SET
  lapsed = (SELECT m.lapsed FROM grant_parts m WHERE m.grant_id = grants.id),
  clawed = (SELECT CASE WHEN m.clawed > 0 THEN m.clawed ELSE 0 END FROM grant_parts m WHERE m.grant_id = grants.id),
  gone = (SELECT m.gone FROM grant_parts m WHERE m.grant_id = grants.id),
  sent = (SELECT m.sent FROM grant_parts m WHERE m.grant_id = grants.id)
WHERE id IN (SELECT grant_id FROM grant_parts);
UPDATE grants SET worth = paid_amount;
UPDATE grants SET worth = CAST(ROUND(1.0 * paid_amount * (amount - sent) / paid_for) AS bigint) WHERE (sent > 0 OR origin > 0) AND paid_for > 0;
DROP TABLE grant_parts;

CREATE TABLE clawed_purchases (grant_id bigint PRIMARY KEY, bonus_grant bigint NOT NULL, clawed bigint NOT NULL);
INSERT INTO clawed_purchases (grant_id, bonus_grant, clawed) SELECT grant_id, bonus_grant, clawed FROM purchases WHERE clawed > 0 AND grant_id > 0;
INSERT INTO clawed_purchases (grant_id, bonus_grant, clawed)
SELECT grant_id, 0, clawed FROM invoices WHERE clawed > 0 AND grant_id > 0 AND grant_id NOT IN (SELECT c.grant_id FROM clawed_purchases c);
UPDATE clawed_purchases SET clawed = clawed - COALESCE((SELECT SUM(g.clawed) FROM grants g WHERE g.id IN (clawed_purchases.grant_id, clawed_purchases.bonus_grant)), 0);
UPDATE grants SET
  clawed_with = id,
  claw_debt = (SELECT CASE WHEN c.clawed > 0 THEN c.clawed ELSE 0 END FROM clawed_purchases c WHERE c.grant_id = grants.id)
WHERE id IN (SELECT grant_id FROM clawed_purchases);
UPDATE grants SET clawed_with = (SELECT MIN(c.grant_id) FROM clawed_purchases c WHERE c.bonus_grant = grants.id)
WHERE id IN (SELECT bonus_grant FROM clawed_purchases WHERE bonus_grant > 0);
DROP TABLE clawed_purchases;

-- The money that Clawed answers to: refunds and lost disputes.
ALTER TABLE purchases ADD COLUMN money_back bigint NOT NULL DEFAULT 0;
UPDATE purchases SET money_back = refunded + COALESCE((SELECT SUM(d.amount) FROM disputes d WHERE d.purchase_id = purchases.id AND d.status = 'lost'), 0);
UPDATE purchases SET money_back = total WHERE money_back > total;

-- Shares are of paid grants alone.
UPDATE watches SET level = 0, rearm = 0, armed = 0 WHERE base = 'grant' AND of_paid = 0;

-- Use far above the usual is told of by default.
INSERT INTO alerts (id, customer_id, credit_type, kind, credits, share, days, scanned_until, crossed, created_by, created_at, ended_at)
SELECT 'alr_use_far_above_the_usual', '', '', 'surge', 0, 300, 0, 0, 0, 'system', a.created_at, 0
FROM alerts a WHERE a.id = (SELECT MIN(b.id) FROM alerts b WHERE b.customer_id = '' AND b.ended_at = 0);

-- +goose Down
ALTER TABLE purchases DROP COLUMN money_back;
DROP INDEX grants_clawed;
ALTER TABLE wallets DROP COLUMN reserved;
ALTER TABLE grants DROP COLUMN worth;
ALTER TABLE grants DROP COLUMN sent;
ALTER TABLE grants DROP COLUMN gone;
ALTER TABLE grants DROP COLUMN claw_debt;
ALTER TABLE grants DROP COLUMN clawed_with;
ALTER TABLE grants DROP COLUMN reclaim_ref;
ALTER TABLE grants DROP COLUMN reclaim_kind;
ALTER TABLE grants DROP COLUMN reclaim;
ALTER TABLE grants DROP COLUMN clawed;
ALTER TABLE grants DROP COLUMN lapsed;
