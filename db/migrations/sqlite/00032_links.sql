-- +goose Up
-- A link is kept apart from its secret, which is made only when its mail is sent
-- or its page is shown. The links of earlier releases stood in the jobs of their
-- mails: they end here, and so do the passwords that somebody chose for an
-- address that was never verified.
DROP TABLE links;
CREATE TABLE links (
  id          TEXT PRIMARY KEY,
  kind        TEXT NOT NULL,
  email       TEXT NOT NULL, -- whose link it is, '' for whoever has it
  user_id     TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  role        TEXT NOT NULL,
  created_by  TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  used_at     INTEGER NOT NULL -- when it was used or made void
) STRICT;
CREATE INDEX links_email ON links (email, kind);
CREATE INDEX links_user ON links (user_id, kind);
CREATE INDEX links_customer ON links (customer_id, kind);

-- A mail that is sent again has a secret of its own; both are good.
CREATE TABLE link_secrets (
  secret_hash TEXT PRIMARY KEY,
  link_id     TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX link_secrets_link ON link_secrets (link_id);

UPDATE users SET password_hash = '' WHERE verified_at = 0;
DELETE FROM jobs WHERE kind = 'mail' AND (payload LIKE '%"template":"verify"%' OR payload LIKE '%"template":"reset"%' OR payload LIKE '%"template":"invitation"%');

-- +goose Down
DROP TABLE link_secrets;
DROP TABLE links;
CREATE TABLE links (
  secret_hash   TEXT PRIMARY KEY,
  kind          TEXT NOT NULL,
  user_id       TEXT NOT NULL,
  customer_id   TEXT NOT NULL,
  role          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  reusable      INTEGER NOT NULL,
  created_by    TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  used_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX links_user ON links (user_id, kind);
