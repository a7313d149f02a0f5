-- +goose Up
-- The audit log holds ids, numbers and enumerations, and is append-only. What
-- people wrote or came from stands beside it, and can be blanked.
CREATE TABLE audit_details (
  audit_id     text PRIMARY KEY,
  address      text NOT NULL,
  device       text NOT NULL,
  email        text NOT NULL, -- that was tried and may be nobody's
  before_state text NOT NULL,
  after_state  text NOT NULL,
  reason       text NOT NULL,
  created_at   bigint NOT NULL
);
CREATE INDEX audit_details_age ON audit_details (created_at);
INSERT INTO audit_details (audit_id, address, device, email, before_state, after_state, reason, created_at)
SELECT id, address, '', '', before_state, after_state, reason, created_at FROM audit_log
WHERE address <> '' OR before_state <> '' OR after_state <> '' OR reason <> '';
ALTER TABLE audit_log DROP COLUMN before_state;
ALTER TABLE audit_log DROP COLUMN after_state;
ALTER TABLE audit_log DROP COLUMN reason;
ALTER TABLE audit_log DROP COLUMN address;
ALTER TABLE audit_log ADD COLUMN times bigint NOT NULL DEFAULT 1; -- of what was gathered for a minute
CREATE INDEX audit_log_actor ON audit_log (actor, id);
CREATE INDEX audit_log_object ON audit_log (object, id);
-- +goose StatementBegin
CREATE FUNCTION audit_log_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION audit_log_append_only();

-- +goose Down
DROP TRIGGER audit_log_append_only ON audit_log;
DROP FUNCTION audit_log_append_only();
DROP INDEX audit_log_object;
DROP INDEX audit_log_actor;
ALTER TABLE audit_log DROP COLUMN times;
ALTER TABLE audit_log ADD COLUMN address text NOT NULL DEFAULT '';
ALTER TABLE audit_log ADD COLUMN reason text NOT NULL DEFAULT '';
ALTER TABLE audit_log ADD COLUMN after_state text NOT NULL DEFAULT '';
ALTER TABLE audit_log ADD COLUMN before_state text NOT NULL DEFAULT '';
UPDATE audit_log SET address = d.address, reason = d.reason, after_state = d.after_state, before_state = d.before_state
FROM audit_details AS d WHERE d.audit_id = audit_log.id;
DROP TABLE audit_details;
