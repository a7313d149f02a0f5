-- +goose Up
-- One table for what Purse collects by itself, whatever it is for: recharges and invoices
-- had the same columns, and an engine each.
CREATE TABLE charges (
  owner              TEXT    NOT NULL,
  owner_id           TEXT    PRIMARY KEY,
  customer_id        TEXT    NOT NULL,
  slot               TEXT    NOT NULL,  -- what has room for one that is under way, '' for none
  collection         TEXT    NOT NULL CHECK (collection IN ('send', 'charge')),
  price              INTEGER NOT NULL,  -- before tax
  currency           TEXT    NOT NULL,
  state              TEXT    NOT NULL CHECK (state IN ('draft', 'issuing', 'charging', 'retrying', 'open', 'paid', 'void', 'uncollectible', 'failed')),
  doing              TEXT    NOT NULL,  -- at Stripe, with no outcome yet
  calls              INTEGER NOT NULL,  -- counts what was done there
  sent_at            INTEGER NOT NULL,  -- first call under the current key
  unknowns           INTEGER NOT NULL,  -- calls in a row without an answer
  want               TEXT    NOT NULL,  -- what follows
  give_up            TEXT    NOT NULL,  -- it is to be voided, and why
  tries              INTEGER NOT NULL,  -- soft declines
  pays               INTEGER NOT NULL,  -- how often a payment was sent
  cause              TEXT    NOT NULL,
  problem            TEXT    NOT NULL,
  method             TEXT    NOT NULL,
  method_type        TEXT    NOT NULL,
  method_brand       TEXT    NOT NULL,
  method_last4       TEXT    NOT NULL,
  method_fingerprint TEXT    NOT NULL,
  method_types       TEXT    NOT NULL,  -- that the invoice can be paid with beside a card
  stripe_customer    TEXT    NOT NULL,  -- whose it is at Stripe
  invoice            TEXT    NOT NULL,
  number             TEXT    NOT NULL,
  url                TEXT    NOT NULL,
  payment_intent     TEXT    NOT NULL,
  processing         INTEGER NOT NULL,  -- 1 while a bank is asked for the money
  total              INTEGER NOT NULL,
  tax                INTEGER NOT NULL,
  amount_paid        INTEGER NOT NULL,
  receipt_url        TEXT    NOT NULL,
  purchase_id        TEXT    NOT NULL,
  grant_id           INTEGER NOT NULL,
  clawed             INTEGER NOT NULL,  -- taken back because it was not paid
  remake             TEXT    NOT NULL,  -- voiding, making, refused; '' for nothing of the kind
  remakes            INTEGER NOT NULL,  -- how often it was begun anew
  replaces           TEXT    NOT NULL,  -- Stripe's invoice that it was before
  replaces_number    TEXT    NOT NULL,
  remade_at          INTEGER NOT NULL,
  leased_by          TEXT    NOT NULL,  -- who is at it
  leased_until       INTEGER NOT NULL,
  again              INTEGER NOT NULL,  -- 1: it was wanted once more meanwhile
  next_at            INTEGER NOT NULL,
  retry_at           INTEGER NOT NULL,  -- when it is charged again
  due_at             INTEGER NOT NULL,
  overdue_at         INTEGER NOT NULL,  -- when it was told
  created_at         INTEGER NOT NULL,
  issued_at          INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  finished_at        INTEGER NOT NULL
) STRICT;
-- At most one charge of a slot is under way, whatever the program does.
CREATE UNIQUE INDEX charges_slot ON charges (slot) WHERE slot <> '' AND state IN ('issuing', 'charging', 'retrying', 'open');
CREATE UNIQUE INDEX charges_invoice ON charges (invoice) WHERE invoice <> '';
CREATE INDEX charges_customer ON charges (customer_id, owner, state);
CREATE INDEX charges_due ON charges (next_at) WHERE next_at > 0;
CREATE INDEX charges_remake ON charges (remake) WHERE remake <> '';

INSERT INTO charges (
  owner, owner_id, customer_id, slot, collection, price, currency, state, doing, calls,
  sent_at, unknowns, want, give_up, tries, pays, cause, problem, method, method_type,
  method_brand, method_last4, method_fingerprint, method_types, stripe_customer, invoice, number, url, payment_intent, processing,
  total, tax, amount_paid, receipt_url, purchase_id, grant_id, clawed, remake, remakes, replaces,
  replaces_number, remade_at, leased_by, leased_until, again, next_at, retry_at, due_at, overdue_at, created_at,
  issued_at, updated_at, finished_at)
SELECT
  'recharge', id, customer_id, 'recharge/' || customer_id || '/' || credit_type, 'charge',
  price, currency, CASE WHEN state = 'pending' AND invoice_id = '' THEN 'issuing' WHEN state = 'pending' THEN 'charging' WHEN state = 'retrying' THEN 'retrying'
    WHEN state = 'waiting' THEN 'open' WHEN state = 'succeeded' THEN 'paid' WHEN state = 'failed' THEN 'failed' ELSE 'void' END, CASE WHEN paying = 1 THEN 'pay' WHEN state = 'pending' AND invoice_id = '' AND sent_at > 0 THEN 'issue' ELSE '' END, pays,
  sent_at, unknowns, '', CASE WHEN state = 'voided' THEN reason ELSE give_up END, tries,
  pays, CASE WHEN state IN ('succeeded', 'voided') THEN '' WHEN reason = 'card_declined' THEN 'declined' WHEN reason IN ('authentication_required', 'no_card', 'refused') THEN reason
    WHEN reason = 'mismatch' OR give_up = 'mismatch' THEN 'differs' WHEN reason = 'unknown' THEN 'not_made' WHEN message LIKE 'Paid, and not granted%' THEN 'differs' ELSE '' END, message, method, method_type,
  method_brand, method_last4, method_fingerprint, method_types, '',
  invoice_id, invoice_number, invoice_url, payment_intent, processing,
  CASE WHEN invoice_id <> '' THEN amount ELSE 0 END, tax, CASE WHEN state = 'succeeded' THEN amount ELSE 0 END, receipt_url, purchase_id,
  grant_id, 0, '', 0, '',
  '', 0, '', 0, 0,
  next_at, CASE WHEN state = 'retrying' THEN next_at ELSE 0 END, 0, 0, created_at,
  CASE WHEN invoice_id <> '' THEN created_at ELSE 0 END, updated_at, finished_at
FROM recharges;
INSERT INTO charges (
  owner, owner_id, customer_id, slot, collection, price, currency, state, doing, calls,
  sent_at, unknowns, want, give_up, tries, pays, cause, problem, method, method_type,
  method_brand, method_last4, method_fingerprint, method_types, stripe_customer, invoice, number, url, payment_intent, processing,
  total, tax, amount_paid, receipt_url, purchase_id, grant_id, clawed, remake, remakes, replaces,
  replaces_number, remade_at, leased_by, leased_until, again, next_at, retry_at, due_at, overdue_at, created_at,
  issued_at, updated_at, finished_at)
SELECT
  'invoice', id, customer_id, '', collection,
  price, currency, CASE WHEN state <> 'open' OR collection = 'send' THEN state WHEN doing = 'pay' OR processing = 1 THEN 'charging'
    WHEN doing = '' AND tries BETWEEN 1 AND 3 THEN 'retrying' ELSE 'open' END, doing, doing_n,
  sent_at, unknowns, want, '', tries,
  tries, cause, problem, method, method_type,
  method_brand, method_last4, '', method_type, stripe_customer,
  stripe_invoice, number, url, payment_intent, processing,
  total, tax, amount_paid, receipt_url, purchase_id,
  grant_id, clawed, remake, remakes, replaces,
  replaces_number, remade_at, '', 0, 0,
  next_at, CASE WHEN state = 'open' AND collection = 'charge' AND doing = '' AND processing = 0 AND tries BETWEEN 1 AND 3 THEN next_at ELSE 0 END, due_at, overdue_at, created_at,
  issued_at, updated_at, finished_at
FROM invoices;

-- Their next look finds what these jobs were for.
DELETE FROM jobs WHERE kind IN ('recharge.run', 'invoice.run', 'invoice.tick');

DROP INDEX recharges_open;
DROP INDEX recharges_invoice;
DROP INDEX recharges_payment;
DROP INDEX recharges_due;
DROP INDEX invoices_stripe;
DROP INDEX invoices_payment;
DROP INDEX invoices_purchase;
DROP INDEX invoices_due;
DROP INDEX invoices_remake;
ALTER TABLE recharges DROP COLUMN state;
ALTER TABLE recharges DROP COLUMN price;
ALTER TABLE recharges DROP COLUMN currency;
ALTER TABLE recharges DROP COLUMN created_at;
ALTER TABLE recharges DROP COLUMN reason;
ALTER TABLE recharges DROP COLUMN message;
ALTER TABLE recharges DROP COLUMN give_up;
ALTER TABLE recharges DROP COLUMN amount;
ALTER TABLE recharges DROP COLUMN tax;
ALTER TABLE recharges DROP COLUMN method;
ALTER TABLE recharges DROP COLUMN method_brand;
ALTER TABLE recharges DROP COLUMN method_last4;
ALTER TABLE recharges DROP COLUMN method_fingerprint;
ALTER TABLE recharges DROP COLUMN method_type;
ALTER TABLE recharges DROP COLUMN method_types;
ALTER TABLE recharges DROP COLUMN tries;
ALTER TABLE recharges DROP COLUMN pays;
ALTER TABLE recharges DROP COLUMN paying;
ALTER TABLE recharges DROP COLUMN processing;
ALTER TABLE recharges DROP COLUMN unknowns;
ALTER TABLE recharges DROP COLUMN sent_at;
ALTER TABLE recharges DROP COLUMN invoice_id;
ALTER TABLE recharges DROP COLUMN invoice_number;
ALTER TABLE recharges DROP COLUMN invoice_url;
ALTER TABLE recharges DROP COLUMN payment_intent;
ALTER TABLE recharges DROP COLUMN receipt_url;
ALTER TABLE recharges DROP COLUMN purchase_id;
ALTER TABLE recharges DROP COLUMN grant_id;
ALTER TABLE recharges DROP COLUMN next_at;
ALTER TABLE recharges DROP COLUMN updated_at;
ALTER TABLE recharges DROP COLUMN finished_at;
ALTER TABLE invoices DROP COLUMN state;
ALTER TABLE invoices DROP COLUMN collection;
ALTER TABLE invoices DROP COLUMN price;
ALTER TABLE invoices DROP COLUMN currency;
ALTER TABLE invoices DROP COLUMN created_at;
ALTER TABLE invoices DROP COLUMN problem;
ALTER TABLE invoices DROP COLUMN cause;
ALTER TABLE invoices DROP COLUMN doing;
ALTER TABLE invoices DROP COLUMN doing_n;
ALTER TABLE invoices DROP COLUMN want;
ALTER TABLE invoices DROP COLUMN sent_at;
ALTER TABLE invoices DROP COLUMN unknowns;
ALTER TABLE invoices DROP COLUMN tries;
ALTER TABLE invoices DROP COLUMN method;
ALTER TABLE invoices DROP COLUMN method_brand;
ALTER TABLE invoices DROP COLUMN method_last4;
ALTER TABLE invoices DROP COLUMN method_type;
ALTER TABLE invoices DROP COLUMN stripe_invoice;
ALTER TABLE invoices DROP COLUMN number;
ALTER TABLE invoices DROP COLUMN url;
ALTER TABLE invoices DROP COLUMN payment_intent;
ALTER TABLE invoices DROP COLUMN processing;
ALTER TABLE invoices DROP COLUMN total;
ALTER TABLE invoices DROP COLUMN tax;
ALTER TABLE invoices DROP COLUMN amount_paid;
ALTER TABLE invoices DROP COLUMN receipt_url;
ALTER TABLE invoices DROP COLUMN purchase_id;
ALTER TABLE invoices DROP COLUMN grant_id;
ALTER TABLE invoices DROP COLUMN clawed;
ALTER TABLE invoices DROP COLUMN next_at;
ALTER TABLE invoices DROP COLUMN due_at;
ALTER TABLE invoices DROP COLUMN overdue_at;
ALTER TABLE invoices DROP COLUMN issued_at;
ALTER TABLE invoices DROP COLUMN updated_at;
ALTER TABLE invoices DROP COLUMN finished_at;
ALTER TABLE invoices DROP COLUMN stripe_customer;
ALTER TABLE invoices DROP COLUMN remake;
ALTER TABLE invoices DROP COLUMN remakes;
ALTER TABLE invoices DROP COLUMN replaces;
ALTER TABLE invoices DROP COLUMN replaces_number;
ALTER TABLE invoices DROP COLUMN remade_at;

-- What is charged is the program's to know.
CREATE TABLE payments_now (
  id          TEXT PRIMARY KEY,
  owner       TEXT NOT NULL,
  owner_id    TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  purchase_id TEXT NOT NULL,
  invoice     TEXT NOT NULL, -- Stripe's, '' for none
  created_at  INTEGER NOT NULL
) STRICT;
INSERT INTO payments_now SELECT id, owner, owner_id, customer_id, purchase_id, invoice, created_at FROM payments;
DROP TABLE payments;
ALTER TABLE payments_now RENAME TO payments;
CREATE INDEX payments_purchase ON payments (purchase_id) WHERE purchase_id <> '';

-- +goose Down
ALTER TABLE recharges ADD COLUMN state TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN price INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN currency TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN message TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN give_up TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN amount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN tax INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN method TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN method_brand TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN method_last4 TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN method_fingerprint TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN method_type TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN method_types TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN pays INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN paying INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN processing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN unknowns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN sent_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN invoice_id TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN invoice_number TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN invoice_url TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN payment_intent TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN receipt_url TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN purchase_id TEXT NOT NULL DEFAULT '';
ALTER TABLE recharges ADD COLUMN grant_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recharges ADD COLUMN finished_at INTEGER NOT NULL DEFAULT 0;
UPDATE recharges SET
  state = CASE c.state WHEN 'issuing' THEN 'pending' WHEN 'charging' THEN 'pending' WHEN 'retrying' THEN 'retrying' WHEN 'open' THEN 'waiting' WHEN 'paid' THEN 'succeeded' WHEN 'failed' THEN 'failed' ELSE 'voided' END,
  price = c.price,
  currency = c.currency,
  created_at = c.created_at,
  reason = CASE WHEN c.state = 'void' THEN c.give_up WHEN c.cause = 'declined' THEN 'card_declined' WHEN c.cause = 'differs' THEN 'mismatch' WHEN c.cause = 'not_made' THEN 'unknown' ELSE c.cause END,
  message = c.problem,
  give_up = CASE WHEN c.state = 'void' THEN '' ELSE c.give_up END,
  amount = CASE WHEN c.total > 0 THEN c.total ELSE c.price END,
  tax = c.tax,
  method = c.method,
  method_brand = c.method_brand,
  method_last4 = c.method_last4,
  method_fingerprint = c.method_fingerprint,
  method_type = c.method_type,
  method_types = c.method_types,
  tries = c.tries,
  pays = c.calls,
  paying = CASE WHEN c.doing = 'pay' THEN 1 ELSE 0 END,
  processing = c.processing,
  unknowns = c.unknowns,
  sent_at = c.sent_at,
  invoice_id = c.invoice,
  invoice_number = c.number,
  invoice_url = c.url,
  payment_intent = c.payment_intent,
  receipt_url = c.receipt_url,
  purchase_id = c.purchase_id,
  grant_id = c.grant_id,
  next_at = CASE WHEN c.state = 'retrying' THEN c.retry_at ELSE c.next_at END,
  updated_at = c.updated_at,
  finished_at = c.finished_at
FROM charges c WHERE c.owner_id = recharges.id;
ALTER TABLE invoices ADD COLUMN state TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN collection TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN price INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN currency TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN problem TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN doing TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN doing_n INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN want TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN sent_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN unknowns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN method TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN method_brand TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN method_last4 TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN method_type TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN stripe_invoice TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN number TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN url TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN payment_intent TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN processing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN total INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN tax INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN amount_paid INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN receipt_url TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN purchase_id TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN grant_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN clawed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN overdue_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN issued_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN finished_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN stripe_customer TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN remake TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN remakes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN replaces_number TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN remade_at INTEGER NOT NULL DEFAULT 0;
UPDATE invoices SET
  state = CASE WHEN c.state IN ('charging', 'retrying') THEN 'open' ELSE c.state END,
  collection = c.collection,
  price = c.price,
  currency = c.currency,
  created_at = c.created_at,
  problem = c.problem,
  cause = CASE WHEN c.cause = 'authentication_required' THEN 'declined' ELSE c.cause END,
  doing = c.doing,
  doing_n = c.calls,
  want = CASE WHEN c.give_up <> '' AND c.state NOT IN ('paid', 'void', 'failed') THEN 'void' ELSE c.want END,
  sent_at = c.sent_at,
  unknowns = c.unknowns,
  tries = CASE WHEN c.state = 'open' AND c.collection = 'charge' THEN 4 ELSE c.tries END,
  method = c.method,
  method_brand = c.method_brand,
  method_last4 = c.method_last4,
  method_type = c.method_type,
  stripe_invoice = c.invoice,
  number = c.number,
  url = c.url,
  payment_intent = c.payment_intent,
  processing = c.processing,
  total = c.total,
  tax = c.tax,
  amount_paid = c.amount_paid,
  receipt_url = c.receipt_url,
  purchase_id = c.purchase_id,
  grant_id = c.grant_id,
  clawed = c.clawed,
  next_at = CASE WHEN c.state = 'retrying' THEN c.retry_at ELSE c.next_at END,
  due_at = c.due_at,
  overdue_at = c.overdue_at,
  issued_at = c.issued_at,
  updated_at = c.updated_at,
  finished_at = c.finished_at,
  stripe_customer = c.stripe_customer,
  remake = c.remake,
  remakes = c.remakes,
  replaces = c.replaces,
  replaces_number = c.replaces_number,
  remade_at = c.remade_at
FROM charges c WHERE c.owner_id = invoices.id;
CREATE UNIQUE INDEX recharges_open ON recharges (customer_id, credit_type) WHERE state IN ('pending', 'retrying', 'waiting');
CREATE UNIQUE INDEX recharges_invoice ON recharges (invoice_id) WHERE invoice_id <> '';
CREATE INDEX recharges_payment ON recharges (payment_intent) WHERE payment_intent <> '';
CREATE INDEX recharges_due ON recharges (next_at) WHERE next_at > 0;
CREATE UNIQUE INDEX invoices_stripe ON invoices (stripe_invoice) WHERE stripe_invoice <> '';
CREATE INDEX invoices_payment ON invoices (payment_intent) WHERE payment_intent <> '';
CREATE INDEX invoices_purchase ON invoices (purchase_id) WHERE purchase_id <> '';
CREATE INDEX invoices_due ON invoices (next_at) WHERE next_at > 0;
CREATE INDEX invoices_remake ON invoices (remake) WHERE remake <> '';
DROP TABLE charges;
