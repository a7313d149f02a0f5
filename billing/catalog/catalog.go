// Package catalog is what the vendor sells and counts: credit types, packs,
// meters and rates.
//
// It promises that a rate never changes once it was made (a new version takes
// its place from a date on), that no event can match two rates of a meter
// equally well, and that Snapshot answers from memory what rating and pages
// need, up to date as soon as a change is committed.
package catalog

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// Deps is what a Service needs.
type Deps struct {
	Runner tx.Runner
	Store  Store
	Audit  *audit.Log
}

// Service changes the catalog and answers what is in it.
type Service struct {
	Deps
	mu       sync.Mutex
	snapshot atomic.Pointer[Snapshot]
}

// New makes a service. Call Load before anything else.
func New(d Deps) *Service {
	s := &Service{Deps: d}
	s.snapshot.Store(NewSnapshot(nil, nil, nil, nil))
	return s
}

// Store keeps the catalog. Rows that are not there are tx.ErrNotFound.
type Store interface {
	CreditTypes(t tx.Tx) ([]CreditType, error)
	PutCreditType(t tx.Tx, c CreditType) error // by id: new or changed
	Meters(t tx.Tx) ([]Meter, error)
	PutMeter(t tx.Tx, m Meter) error
	Rates(t tx.Tx) ([]Rate, error)
	PutRate(t tx.Tx, r Rate) error
	Packs(t tx.Tx) ([]Pack, error)
	PutPack(t tx.Tx, p Pack) error
	UseStore
}

// Load reads the catalog. Services do so after each change of their own; a
// start, and a change by another process, needs it called.
func (s *Service) Load(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Runner.View(ctx, func(t tx.Tx) error {
		fresh, err := s.read(t)
		if err == nil {
			s.snapshot.Store(fresh)
		}
		return err
	})
}

func (s *Service) read(t tx.Tx) (*Snapshot, error) {
	types, err := s.Store.CreditTypes(t)
	if err != nil {
		return nil, err
	}
	meters, err := s.Store.Meters(t)
	if err != nil {
		return nil, err
	}
	rates, err := s.Store.Rates(t)
	if err != nil {
		return nil, err
	}
	packs, err := s.Store.Packs(t)
	if err != nil {
		return nil, err
	}
	return NewSnapshot(types, meters, rates, packs), nil
}

// Snapshot is the catalog as it was last committed. It never changes.
func (s *Service) Snapshot() *Snapshot { return s.snapshot.Load() }

// update runs one change of the catalog in a transaction of its own.
func update[T any](ctx context.Context, s *Service, f func(t tx.Tx) (T, error)) (out T, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		out, err = f(t)
		return err
	})
	return out, err
}

// changed publishes the catalog as t will leave it, after the commit, and
// records the act.
func (s *Service) changed(t tx.Tx, r audit.Record) error {
	fresh, err := s.read(t)
	if err != nil {
		return err
	}
	t.OnCommit(func() { s.snapshot.Store(fresh) })
	return s.Audit.Record(t, r)
}

var keyShape = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,62}$`)

func checkKey(key string) error {
	if !keyShape.MatchString(key) {
		return fault.Bad("key", "A key starts with a lower-case letter and goes on with up to 62 of a–z, 0–9, _, - and dots.")
	}
	return nil
}

func text(param, value string, least, most int) (string, error) {
	value = strings.TrimSpace(value)
	n := utf8.RuneCountInString(value)
	if !utf8.ValidString(value) || n < least || n > most || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		if least == 0 {
			return "", fault.Bad(param, "At most %d characters.", most)
		}
		return "", fault.Bad(param, "Give %d to %d characters.", least, most)
	}
	return value, nil
}

// archive sets or clears an instant of archiving.
func archive(at *time.Time, archived bool, now time.Time) bool {
	if at.IsZero() != archived {
		return false
	}
	*at = time.Time{}
	if archived {
		*at = now
	}
	return true
}
