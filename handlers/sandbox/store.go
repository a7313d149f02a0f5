package sandbox

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"

	_ "github.com/mattn/go-sqlite3" // the engine of the sandbox's file
)

// Kinds of the sandbox's own rows, beside Stripe's kinds of objects.
const (
	kindDelivery    = "_delivery"
	kindMail        = "_mail"
	kindIdempotency = "_idempotency"
	kindSetting     = "_setting"
)

const schema = `
CREATE TABLE IF NOT EXISTS objects (
	kind TEXT NOT NULL,
	id   TEXT NOT NULL,
	seq  INTEGER NOT NULL,
	json TEXT NOT NULL,
	PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
`

// record is one object with its place in the order of creation.
type record struct {
	kind string
	seq  int64
	body obj
}

type rowKey struct{ kind, id string }

// store keeps every object in memory and writes what changed to a file of its
// own. It is not safe for concurrent use: Server.mu guards it.
type store struct {
	db     *sql.DB
	rows   map[rowKey]*record
	byKind map[string][]*record // in the order of creation
	seq    int64
	dirty  map[rowKey]bool // changed or removed since the last flush
	seen   map[rowKey]bool // looked at since begin, nil outside of an API request
	told   map[rowKey]obj  // what events said of objects since the last flush
}

// openStore opens the file at path, or memory that is forgotten when path is "".
func openStore(path string) (*store, error) {
	db, err := openFile(path)
	if err != nil {
		return nil, err
	}
	s := &store{db: db, rows: map[rowKey]*record{}, byKind: map[string][]*record{}, dirty: map[rowKey]bool{}, told: map[rowKey]obj{}}
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("sandbox: opening %s: %w", path, err), db.Close())
	}
	return s, nil
}

func openFile(path string) (*sql.DB, error) {
	dsn := ":memory:"
	if path != "" {
		dsn = (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String() +
			"?_journal_mode=WAL&_synchronous=NORMAL&_txlock=immediate&_busy_timeout=5000"
	}
	db, err := sql.Open("sqlite3", dsn)
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

func (s *store) load() error {
	if _, err := s.db.Exec(schema); err != nil {
		return err
	}
	rows, err := s.db.Query(`SELECT kind, id, seq, json FROM objects ORDER BY seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, id, text string
		r := &record{}
		if err := rows.Scan(&kind, &id, &r.seq, &text); err != nil {
			return err
		}
		if r.body, err = parseObj([]byte(text)); err != nil {
			return fmt.Errorf("%s %s: %w", kind, id, err)
		}
		r.kind = kind
		s.rows[rowKey{kind, id}] = r
		s.byKind[kind] = append(s.byKind[kind], r)
		s.seq = max(s.seq, r.seq)
	}
	return rows.Err()
}

func (s *store) close() error { return errors.Join(s.flush(), s.db.Close()) }

// put adds or replaces an object.
func (s *store) put(kind string, o obj) {
	k := rowKey{kind, o.id()}
	s.dirty[k] = true
	if r := s.rows[k]; r != nil {
		r.body = o
		return
	}
	s.seq++
	r := &record{kind: kind, seq: s.seq, body: o}
	s.rows[k] = r
	s.byKind[kind] = append(s.byKind[kind], r)
}

// get is the object of that kind and id, nil when there is none. Who changes it
// must put it back.
func (s *store) get(kind, id string) obj {
	k := rowKey{kind, id}
	if r := s.rows[k]; r != nil {
		if s.seen != nil {
			s.seen[k] = true
		}
		return r.body
	}
	return nil
}

func (s *store) remove(kind, id string) {
	k := rowKey{kind, id}
	r := s.rows[k]
	if r == nil {
		return
	}
	delete(s.rows, k)
	s.dirty[k] = true
	s.byKind[kind] = slices.DeleteFunc(s.byKind[kind], func(o *record) bool { return o == r })
}

// all lists the objects of a kind, oldest first.
func (s *store) all(kind string) []*record { return s.byKind[kind] }

// flush writes what changed, in one transaction.
func (s *store) flush() error {
	clear(s.told)
	if len(s.dirty) == 0 {
		return nil
	}
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	for k := range s.dirty {
		if r := s.rows[k]; r != nil {
			_, err = tx.Exec(`INSERT INTO objects (kind, id, seq, json) VALUES (?, ?, ?, ?)
				ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json, seq = excluded.seq`,
				k.kind, k.id, r.seq, string(r.body.json()))
		} else {
			_, err = tx.Exec(`DELETE FROM objects WHERE kind = ? AND id = ?`, k.kind, k.id)
		}
		if err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	clear(s.dirty)
	return nil
}
