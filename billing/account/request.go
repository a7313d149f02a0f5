package account

import (
	"errors"
	"slices"
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
// answers its object with replayed true. The same key with none of the
// fingerprints is a Conflict; the first of them is kept. f answers the id of
// what it made.
func (s *Service) OnceIn(t tx.Tx, key string, fingerprints []string, f func() (object string, err error)) (object string, replayed bool, err error) {
	object, replayed, err = s.before(t, key, fingerprints)
	if err != nil || replayed {
		return object, replayed, err
	}
	object, err = f()
	if err != nil {
		return "", false, err
	}
	return object, false, s.Store.InsertRequest(t, Request{key, fingerprints[0], object, t.Now()})
}

// SameIn is a Conflict when another request was done under this key.
func (s *Service) SameIn(t tx.Tx, key string, fingerprints []string) error {
	_, _, err := s.before(t, key, fingerprints)
	return err
}

func (s *Service) before(t tx.Tx, key string, fingerprints []string) (object string, found bool, err error) {
	r, err := s.Store.Request(t, key)
	switch {
	case errors.Is(err, tx.ErrNotFound):
		return "", false, nil
	case err != nil:
		return "", false, err
	case !slices.Contains(fingerprints, r.Fingerprint):
		return "", false, fault.New(fault.Conflict, "idempotency_mismatch", "Idempotency-Key",
			"This Idempotency-Key was used for another request. Use a new key for a new request.")
	}
	return r.Object, true, nil
}
