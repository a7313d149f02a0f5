package catalog

import (
	"context"
	"strings"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// Aggregation is how a meter makes a quantity of an event.
type Aggregation string

const (
	Sum   Aggregation = "sum"   // the value of a property
	Count Aggregation = "count" // 1 for each event
)

// Meter is what is counted of the events of one name. Only its archiving ever
// changes.
type Meter struct {
	ID          string
	Key         string
	Event       string // the name of the events that it reads
	Aggregation Aggregation
	Property    string // for Sum; "" for Count
	ArchivedAt  time.Time
	CreatedAt   time.Time
}

// Archived says whether the meter no longer counts.
func (m *Meter) Archived() bool { return !m.ArchivedAt.IsZero() }

// NewMeter says what a meter is to be. Aggregation defaults to sum.
type NewMeter struct {
	Key, Event, Property string
	Aggregation          Aggregation
}

// CreateMeter makes a meter.
func (s *Service) CreateMeter(ctx context.Context, by audit.Actor, n NewMeter) (Meter, error) {
	return update(ctx, s, func(t tx.Tx) (Meter, error) { return s.CreateMeterIn(t, by, n) })
}

// CreateMeterIn makes a meter in t.
func (s *Service) CreateMeterIn(t tx.Tx, by audit.Actor, n NewMeter) (Meter, error) {
	m := Meter{ID: id.New("mtr", t.Now()), Key: n.Key, Event: n.Event, Aggregation: n.Aggregation, Property: n.Property, CreatedAt: t.Now()}
	if m.Aggregation == "" {
		m.Aggregation = Sum
	}
	if err := checkKey(m.Key); err != nil {
		return m, err
	}
	if err := checkName("event", m.Event); err != nil {
		return m, err
	}
	switch m.Aggregation {
	case Sum:
		if err := checkName("property", m.Property); err != nil {
			return m, err
		}
	case Count:
		if m.Property != "" {
			return m, fault.Bad("property", "A meter that counts events reads no property.")
		}
	default:
		return m, fault.Bad("aggregation", "Aggregation is sum or count.")
	}
	now, err := s.read(t)
	if err != nil {
		return m, err
	}
	if now.Meter(m.Key) != nil {
		return m, fault.New(fault.Conflict, "key_taken", "key", "There is a meter with this key.")
	}
	if err := s.Store.PutMeter(t, m); err != nil {
		return m, err
	}
	return m, s.changed(t, audit.Record{Actor: by, Action: "meter.created", Object: m.ID, After: m})
}

// ArchiveMeter takes a meter, named by id or key, out of use, or back into it.
func (s *Service) ArchiveMeter(ctx context.Context, by audit.Actor, ref string, archived bool) (Meter, error) {
	return update(ctx, s, func(t tx.Tx) (Meter, error) { return s.ArchiveMeterIn(t, by, ref, archived) })
}

// ArchiveMeterIn archives a meter in t.
func (s *Service) ArchiveMeterIn(t tx.Tx, by audit.Actor, ref string, archived bool) (Meter, error) {
	now, err := s.read(t)
	if err != nil {
		return Meter{}, err
	}
	before := now.Meter(ref)
	if before == nil {
		return Meter{}, fault.Missing("meter")
	}
	m := *before
	if !archive(&m.ArchivedAt, archived, t.Now()) {
		return m, nil
	}
	if err := s.Store.PutMeter(t, m); err != nil {
		return m, err
	}
	return m, s.changed(t, audit.Record{Actor: by, Action: "meter.updated", Object: m.ID, Before: before, After: m})
}

// checkName checks what the vendor calls an event or a property.
func checkName(param, name string) error {
	if t, err := text(param, name, 1, 100); err != nil || t != name || strings.Contains(name, "\n") {
		return fault.Bad(param, "Give 1 to 100 characters, without spaces around them.")
	}
	return nil
}
