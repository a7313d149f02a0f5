package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Snapshot is the whole catalog at one moment. Nothing in it ever changes, and
// nobody who has it may change it.
type Snapshot struct {
	CreditTypes []*CreditType // oldest first
	Meters      []*Meter      // by key
	Rates       []*Rate       // newest first
	Packs       []*Pack       // oldest first

	types   map[string]*CreditType // by key and by id
	meters  map[string]*Meter      // likewise
	rates   map[string]*Rate
	packs   map[string]*Pack
	byEvent map[string][]*Meter // not archived, by key
	lines   map[string][]*Line  // by meter key
}

// Line is all versions of a meter's rate for one match.
type Line struct {
	Match    map[string]string
	versions []*Rate // newest effective date first
}

// At is the version of the line that applied at a time, nil when none did.
func (l *Line) At(at time.Time) *Rate {
	for _, v := range l.versions {
		if v.EffectiveAt.After(at) || v.cancelled() {
			continue
		}
		if !v.ArchivedAt.IsZero() && !at.Before(v.ArchivedAt) {
			return nil
		}
		return v
	}
	return nil
}

// Ended is the version with which the line was archived, nil while one applies or
// will.
func (l *Line) Ended() *Rate {
	for _, v := range l.versions {
		if v.ArchivedAt.IsZero() {
			return nil
		}
		if !v.cancelled() {
			return v
		}
	}
	return nil
}

// NewSnapshot makes a snapshot of rows as a Store keeps them.
func NewSnapshot(types []CreditType, meters []Meter, rates []Rate, packs []Pack) *Snapshot {
	s := &Snapshot{
		types: map[string]*CreditType{}, meters: map[string]*Meter{}, rates: map[string]*Rate{}, packs: map[string]*Pack{},
		byEvent: map[string][]*Meter{}, lines: map[string][]*Line{},
	}
	for i := range types {
		c := &types[i]
		s.CreditTypes = append(s.CreditTypes, c)
		s.types[c.Key], s.types[c.ID] = c, c
	}
	slices.SortFunc(s.CreditTypes, func(a, b *CreditType) int { return cmp.Compare(a.ID, b.ID) })
	for i := range meters {
		m := &meters[i]
		s.Meters = append(s.Meters, m)
		s.meters[m.Key], s.meters[m.ID] = m, m
	}
	slices.SortFunc(s.Meters, func(a, b *Meter) int { return cmp.Compare(a.Key, b.Key) })
	for _, m := range s.Meters {
		if !m.Archived() {
			s.byEvent[m.Event] = append(s.byEvent[m.Event], m)
		}
	}
	for i := range rates {
		r := &rates[i]
		if r.scaled == nil {
			var err error
			if _, r.scaled, err = ParseRate(r.Credits); err != nil {
				continue // the database holds what CreateRate checked
			}
		}
		r.text = r.ID()
		s.Rates = append(s.Rates, r)
		s.rates[r.text] = r
	}
	slices.SortFunc(s.Rates, func(a, b *Rate) int { return cmp.Compare(b.Number, a.Number) })
	for _, r := range s.Rates {
		s.addVersion(r)
	}
	for _, lines := range s.lines {
		for _, l := range lines {
			slices.SortFunc(l.versions, func(a, b *Rate) int { return b.EffectiveAt.Compare(a.EffectiveAt) })
		}
		// Most properties first; the rest of the order is only for pages.
		slices.SortFunc(lines, func(a, b *Line) int {
			if c := cmp.Compare(len(b.Match), len(a.Match)); c != 0 {
				return c
			}
			return strings.Compare(MatchText(a.Match), MatchText(b.Match))
		})
	}
	for i := range packs {
		p := &packs[i]
		s.Packs = append(s.Packs, p)
		s.packs[p.ID] = p
	}
	slices.SortFunc(s.Packs, func(a, b *Pack) int { return cmp.Compare(a.ID, b.ID) })
	return s
}

func (s *Snapshot) addVersion(r *Rate) {
	for _, l := range s.lines[r.Meter] {
		if equal(l.Match, r.Match) {
			l.versions = append(l.versions, r)
			return
		}
	}
	s.lines[r.Meter] = append(s.lines[r.Meter], &Line{r.Match, []*Rate{r}})
}

// CreditType finds a credit type by key or id, nil when there is none.
func (s *Snapshot) CreditType(ref string) *CreditType { return s.types[ref] }

// OnlyCreditType is the one that is not archived, nil where there is another
// number of them; an archived one where there is nothing else.
func (s *Snapshot) OnlyCreditType() *CreditType {
	if len(s.CreditTypes) == 1 {
		return s.CreditTypes[0]
	}
	var only *CreditType
	for _, c := range s.CreditTypes {
		if c.Archived() {
			continue
		}
		if only != nil {
			return nil
		}
		only = c
	}
	return only
}

// Meter finds a meter by key or id, nil when there is none.
func (s *Snapshot) Meter(ref string) *Meter { return s.meters[ref] }

// Rate finds a rate by id, nil when there is none.
func (s *Snapshot) Rate(id string) *Rate { return s.rates[id] }

// Pack finds a pack by id, nil when there is none.
func (s *Snapshot) Pack(id string) *Pack { return s.packs[id] }

// MetersOf are the meters in use that read events of a name, by key.
func (s *Snapshot) MetersOf(event string) []*Meter { return s.byEvent[event] }

// Lines are the rates of a meter by match, those with most properties first.
func (s *Snapshot) Lines(meterKey string) []*Line { return s.lines[meterKey] }

// Versions are all rates with the meter and match of r, newest effective date
// first.
func (s *Snapshot) Versions(r *Rate) []*Rate {
	for _, l := range s.lines[r.Meter] {
		if equal(l.Match, r.Match) {
			return l.versions
		}
	}
	return nil
}

// OnSale are the packs that can be bought, oldest first.
func (s *Snapshot) OnSale() []*Pack {
	var out []*Pack
	for _, p := range s.Packs {
		if !p.Archived() {
			out = append(out, p)
		}
	}
	return out
}

// MatchText writes a match for people and in a fixed order: "model=a, tier=b",
// "" for none.
func MatchText(match map[string]string) string {
	keys := make([]string, 0, len(match))
	for k := range match {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(k + "=" + match[k])
	}
	return b.String()
}
