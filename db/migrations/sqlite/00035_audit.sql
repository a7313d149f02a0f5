-- +goose Up
-- The audit log holds ids, numbers and enumerations, and is append-only. What
-- people wrote or came from stands beside it, and can be blanked.
CREATE TABLE audit_details (
  audit_id     TEXT PRIMARY KEY,
  address      TEXT NOT NULL,
  device       TEXT NOT NULL,
  email        TEXT NOT NULL, -- that was tried and may be nobody's
  before_state TEXT NOT NULL,
  after_state  TEXT NOT NULL,
  reason       TEXT NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_details_age ON audit_details (created_at);
INSERT INTO audit_details (audit_id, address, device, email, before_state, after_state, reason, created_at)
SELECT id, address, '', '', before_state, after_state, reason, created_at FROM audit_log
WHERE address <> '' OR before_state <> '' OR after_state <> '' OR reason <> '';
ALTER TABLE audit_log DROP COLUMN before_state;
ALTER TABLE audit_log DROP COLUMN after_state;
ALTER TABLE audit_log DROP COLUMN reason;
ALTER TABLE audit_log DROP COLUMN address;
ALTER TABLE audit_log ADD COLUMN times INTEGER NOT NULL DEFAULT 1; -- of what was gathered for a minute
CREATE INDEX audit_log_actor ON audit_log (actor, id);
CREATE INDEX audit_log_object ON audit_log (object, id);
-- +goose StatementBegin
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_log_no_delete;
DROP TRIGGER audit_log_no_update;
DROP INDEX audit_log_object;
DROP INDEX audit_log_actor;
ALTER TABLE audit_log DROP COLUMN times;
ALTER TABLE audit_log ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_log ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_log ADD COLUMN after_state TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_log ADD COLUMN before_state TEXT NOT NULL DEFAULT '';
UPDATE audit_log SET address = d.address, reason = d.reason, after_state = d.after_state, before_state = d.before_state
FROM audit_details AS d WHERE d.audit_id = audit_log.id;
DROP TABLE audit_details;
