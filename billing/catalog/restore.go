package catalog

import (
	"context"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// RestoreRate takes the archiving of a rate back, with the versions that ended
// with it, as if it had never been: recorded work of the time between can be
// priced by it.
func (s *Service) RestoreRate(ctx context.Context, by audit.Actor, rateID string) (Rate, error) {
	return update(ctx, s, func(t tx.Tx) (Rate, error) { return s.RestoreRateIn(t, by, rateID) })
}

// RestoreRateIn is RestoreRate in t.
func (s *Service) RestoreRateIn(t tx.Tx, by audit.Actor, rateID string) (Rate, error) {
	now, err := s.read(t)
	if err != nil {
		return Rate{}, err
	}
	before := now.Rate(rateID)
	switch m := now.Meter(rateMeter(before)); {
	case before == nil:
		return Rate{}, fault.Missing("rate")
	case before.ArchivedAt.IsZero():
		return *before, nil
	case m == nil || m.Archived():
		return Rate{}, fault.New(fault.Conflict, "meter_archived", "", "Its meter %q is archived. Bring that back first.", before.Meter)
	}
	out := *before
	for _, v := range now.Versions(before) {
		if !v.ArchivedAt.Equal(before.ArchivedAt) {
			continue
		}
		r := *v
		if err := now.back(&r); err != nil {
			return r, err
		}
		if err := s.Store.PutRate(t, r); err != nil {
			return r, err
		}
		if r.Number == out.Number {
			out = r
		}
	}
	return out, s.changed(t, audit.Record{Actor: by, Action: "rate.restored", Object: out.ID(), Before: before, After: out})
}

func rateMeter(r *Rate) string {
	if r == nil {
		return ""
	}
	return r.Meter
}

// back clears the archiving of a version, unless another took its place.
func (s *Snapshot) back(r *Rate) error {
	for _, v := range s.Versions(r) {
		if v.Number != r.Number && v.EffectiveAt.Equal(r.EffectiveAt) && !v.cancelled() {
			return fault.New(fault.Conflict, "rate_exists", "effective_at", "Another version (%s) has taken its place since.", v.ID())
		}
	}
	for _, line := range s.lines[r.Meter] {
		if len(line.Match) != len(r.Match) || equal(line.Match, r.Match) || exclusive(line.Match, r.Match) {
			continue
		}
		for _, v := range line.versions {
			if v.ArchivedAt.IsZero() || (!v.cancelled() && v.ArchivedAt.After(r.EffectiveAt)) {
				return fault.New(fault.Conflict, "rate_ambiguous", "match", "An event could match this rate and %s equally well.", v.ID())
			}
		}
	}
	r.ArchivedAt = time.Time{}
	return nil
}
