package sandbox

import (
	"database/sql"
	"errors"
	"slices"
)

// begin writes what has changed so far. From there on rollback can take changes
// back, until the next flush.
func (s *store) begin() error {
	if err := s.flush(); err != nil {
		return err
	}
	s.seen = map[rowKey]bool{}
	return nil
}

// rollback makes every row that was looked at, changed, added or removed since
// begin what it was then.
func (s *store) rollback() error {
	var failed error
	for k := range s.seen {
		failed = errors.Join(failed, s.restore(k))
	}
	for k := range s.dirty {
		if !s.seen[k] {
			failed = errors.Join(failed, s.restore(k))
		}
	}
	if failed == nil {
		clear(s.dirty)
	}
	clear(s.told)
	return failed
}

// restore reads a row as it was written last.
func (s *store) restore(k rowKey) error {
	body, seq, err := s.written(k)
	r := s.rows[k]
	switch {
	case err != nil:
		return err
	case body == nil:
		s.remove(k.kind, k.id)
	case r != nil:
		r.body = body
	default:
		r = &record{kind: k.kind, seq: seq, body: body}
		s.rows[k] = r
		all := s.byKind[k.kind]
		i, _ := slices.BinarySearchFunc(all, seq, func(o *record, seq int64) int { return int(o.seq - seq) })
		s.byKind[k.kind] = slices.Insert(all, i, r)
	}
	return nil
}

// written is a row as it was written last, nil when it was not.
func (s *store) written(k rowKey) (body obj, seq int64, err error) {
	var text string
	err = s.db.QueryRow(`SELECT seq, json FROM objects WHERE kind = ? AND id = ?`, k.kind, k.id).Scan(&seq, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	if err == nil {
		body, err = parseObj([]byte(text))
	}
	return body, seq, err
}

// perform runs what a request asks for. A request that is refused (400, 404) has
// changed nothing; one that was tried and failed, such as a declined charge, has.
func (s *Server) perform(c *call, do operation) (out obj, err *apiError) {
	if failed := s.store.begin(); failed != nil {
		s.log.Error("sandbox: state was not written, it will be tried again", "error", failed)
		return nil, errInternal
	}
	faults := s.faults.clone()
	out, err = do(c)
	if err == nil {
		out, err = s.render(out, c.p.list("expand"))
	}
	if err == nil || !err.refuses() {
		c.p.note("expand")
		if left := unread(c.p, ""); len(left) > 0 {
			out, err = nil, notDone(left)
		}
	}
	forgetReads(c.p)
	if err != nil && err.refuses() {
		s.undo(faults)
	} else if c.then != nil {
		c.then()
	}
	s.store.seen = nil
	return out, err
}

func (s *Server) undo(faults Faults) {
	if failed := s.store.rollback(); failed != nil {
		s.log.Error("sandbox: what a refused request changed was not taken back", "error", failed)
	}
	s.faults = faults
	for id := range s.pending {
		if s.store.get(kindDelivery, id) == nil {
			delete(s.pending, id)
		}
	}
}

func (f Faults) clone() Faults {
	return Faults{slices.Clone(f.Deliveries), slices.Clone(f.API), slices.Clone(f.Charges)}
}
