package account

import (
	"errors"
	"time"

	"purse/billing/fault"
	"purse/billing/tx"
)

// Request is the record of an API request that counts once: its key (a hash of
// the operation and the caller's Idempotency-Key), its fingerprint, and the
// object that it made. What it answered is rendered again from the object.
type Request struct {
	Key, Fingerprint, Object string
	CreatedAt                time.Time
}

// OnceIn runs f in t unless a request with this key was done before, then
// answers its object with replayed true. The same key with another fingerprint
// is a Conflict. f answers the id of what it made.
func (s *Service) OnceIn(t tx.Tx, key, fingerprint string, f func() (object string, err error)) (object string, replayed bool, err error) {
	r, err := s.Store.Request(t, key)
	switch {
	case err == nil && r.Fingerprint != fingerprint:
		return "", false, fault.New(fault.Conflict, "idempotency_mismatch", "Idempotency-Key",
			"This Idempotency-Key was used for another request. Use a new key for a new request.")
	case err == nil:
		return r.Object, true, nil
	case !errors.Is(err, tx.ErrNotFound):
		return "", false, err
	}
	object, err = f()
	if err != nil {
		return "", false, err
	}
	return object, false, s.Store.InsertRequest(t, Request{key, fingerprint, object, t.Now()})
}
