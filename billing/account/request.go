package account

import (
	"errors"
	"slices"
	"strings"
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

// Once is a request that counts once: under its key, or that of earlier releases.
type Once struct {
	Key string
	// FormerKey is the key under which earlier releases kept the same request, for
	// whichever customer; "" for none.
	FormerKey string
	// Customer is the id of whom it is about, "" for nobody.
	Customer string
	// Fingerprints are those that a record of it may have. The first is kept.
	Fingerprints []string
}

// OnceIn runs f in t unless the request was done before, then answers its object
// with replayed true. The same key with none of the fingerprints is a Conflict. f
// answers the id of what it made.
func (s *Service) OnceIn(t tx.Tx, o Once, f func() (object string, err error)) (object string, replayed bool, err error) {
	object, replayed, err = s.before(t, o)
	if err != nil || replayed {
		return object, replayed, err
	}
	object, err = f()
	if err != nil {
		return "", false, err
	}
	return object, false, s.Store.InsertRequest(t, Request{o.Key, o.Fingerprints[0], object, t.Now()})
}

// SameIn is a Conflict when another request was done under this key.
func (s *Service) SameIn(t tx.Tx, o Once) error {
	_, _, err := s.before(t, o)
	return err
}

func (s *Service) before(t tx.Tx, o Once) (object string, found bool, err error) {
	r, err := s.Store.Request(t, o.Key)
	if errors.Is(err, tx.ErrNotFound) && o.FormerKey != "" {
		r, err = s.Store.Request(t, o.FormerKey)
		if err == nil && !slices.Contains(o.Fingerprints, r.Fingerprint) && !about(r.Object, o.Customer) {
			return "", false, nil // another customer's
		}
	}
	switch {
	case errors.Is(err, tx.ErrNotFound):
		return "", false, nil
	case err != nil:
		return "", false, err
	case !slices.Contains(o.Fingerprints, r.Fingerprint):
		return "", false, fault.New(fault.Conflict, "idempotency_mismatch", "Idempotency-Key",
			"This Idempotency-Key was used for another request. Use a new key for a new request.")
	}
	return r.Object, true, nil
}

// about says whether what a request of an earlier release made is, or may be, a
// customer's: it names that one, or none at all.
func about(object, customer string) bool {
	return strings.Contains(object, customer) || !strings.Contains(object, "cus_")
}
