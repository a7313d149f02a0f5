package catalog

import (
	"context"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
	"purse/billing/tx"
)

// Rate is what a unit of a meter costs: Credits per Per units, for events whose
// properties match (numbers by value, texts exactly), from EffectiveAt on until a newer version of the same match
// or ArchivedAt. Only its archiving ever changes.
type Rate struct {
	Number     int64 // the key of its row; ID is its text
	Meter      string
	CreditType string
	// Credits is a decimal of at most 12 places, without trailing zeros.
	Credits string
	Per     int64
	Match   map[string]string
	// EffectiveAt is zero for a rate that applies from the beginning.
	EffectiveAt time.Time
	ArchivedAt  time.Time
	CreatedAt   time.Time

	scaled *big.Int // Credits × 10^12
	text   string   // the id, once a Snapshot holds the rate
}

// ID is "rate_…".
func (r *Rate) ID() string {
	if r.text != "" {
		return r.text
	}
	return id.Text("rate", r.Number)
}

// Scale is the number of decimals that a rate may have.
const Scale = 12

// Scaled is Credits × 10^Scale. Do not change it.
func (r *Rate) Scaled() *big.Int { return r.scaled }

// NewRate says what a rate is to be. Per is 1 when 0. Without EffectiveAt the
// first rate of a meter and match applies from the beginning, later ones from
// now. One that was withdrawn, or applies only later, is not the first.
type NewRate struct {
	Meter, CreditType, Credits string
	Per                        int64
	Match                      map[string]string
	EffectiveAt                time.Time
}

// CreateRate makes a rate, or a new version of the rate with the same match.
func (s *Service) CreateRate(ctx context.Context, by audit.Actor, n NewRate) (Rate, error) {
	return update(ctx, s, func(t tx.Tx) (Rate, error) { return s.CreateRateIn(t, by, n) })
}

// CreateRateIn makes a rate in t.
func (s *Service) CreateRateIn(t tx.Tx, by audit.Actor, n NewRate) (Rate, error) {
	r := Rate{Number: id.Number(t.Now()), Per: n.Per, Match: n.Match, EffectiveAt: n.EffectiveAt.UTC().Truncate(time.Microsecond), CreatedAt: t.Now()}
	if n.EffectiveAt.IsZero() {
		r.EffectiveAt = time.Time{}
	}
	now, err := s.read(t)
	if err != nil {
		return r, err
	}
	m := now.Meter(n.Meter)
	if m == nil || m.Archived() {
		return r, fault.New(fault.Invalid, "unknown_meter", "meter", "There is no meter %q. Create it first.", n.Meter)
	}
	c := now.CreditType(n.CreditType)
	if c == nil || c.Archived() {
		return r, fault.New(fault.Invalid, "unknown_credit_type", "credit_type", "There is no credit type %q. Create it first.", n.CreditType)
	}
	r.Meter, r.CreditType = m.Key, c.Key
	if r.Credits, r.scaled, err = ParseRate(n.Credits); err != nil {
		return r, err
	}
	if r.Per == 0 {
		r.Per = 1
	}
	if r.Per < 1 || r.Per > 1_000_000_000_000 {
		return r, fault.Bad("per", "A rate is per 1 to 1,000,000,000,000 units.")
	}
	if err := checkMatch(r.Match); err != nil {
		return r, err
	}
	if !r.EffectiveAt.IsZero() && (r.EffectiveAt.Year() < 2000 || r.EffectiveAt.Year() > 2200) {
		return r, fault.Bad("effective_at", "Give a date between 2000 and 2200.")
	}
	if err := now.place(&r, t.Now()); err != nil {
		return r, err
	}
	if err := s.Store.PutRate(t, r); err != nil {
		return r, err
	}
	return r, s.changed(t, audit.Record{Actor: by, Action: "rate.created", Object: r.ID(), After: r})
}

// place finds out from when a rate applies, and refuses it when an event could
// match it and another equally well.
func (s *Snapshot) place(r *Rate, now time.Time) error {
	var same []*Rate
	for _, line := range s.lines[r.Meter] {
		if equal(line.Match, r.Match) {
			same = line.versions
		}
	}
	applied := func(v *Rate) bool { return !v.cancelled() && !v.EffectiveAt.After(now) }
	if r.EffectiveAt.IsZero() && slices.ContainsFunc(same, applied) {
		r.EffectiveAt = now.UTC().Truncate(time.Microsecond)
	}
	for _, v := range same {
		if v.EffectiveAt.Equal(r.EffectiveAt) && !v.cancelled() {
			return fault.New(fault.Conflict, "rate_exists", "effective_at", "There is a version of this rate with the same effective date (%s).", v.ID())
		}
	}
	for _, line := range s.lines[r.Meter] {
		if len(line.Match) != len(r.Match) || equal(line.Match, r.Match) || exclusive(line.Match, r.Match) {
			continue
		}
		for _, v := range line.versions {
			if !v.ArchivedAt.IsZero() && (v.cancelled() || !v.ArchivedAt.After(r.EffectiveAt)) {
				continue // it ended before this one starts
			}
			return fault.New(fault.Conflict, "rate_ambiguous", "match",
				"An event could match this rate and %s equally well. Name more properties, or the same ones with other values.", v.ID())
		}
	}
	return nil
}

// cancelled says whether the rate was archived before it ever applied.
func (r *Rate) cancelled() bool {
	return !r.ArchivedAt.IsZero() && !r.ArchivedAt.After(r.EffectiveAt)
}

// exclusive says whether no event can match both: they want different values
// of one property. The number 3.5 is one of "3.5" and of "3.50".
func exclusive(a, b map[string]string) bool {
	for k, v := range a {
		if w, ok := b[k]; ok && money.Number(v) != money.Number(w) {
			return true
		}
	}
	return false
}

func equal(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// ArchiveRate ends a rate and every version of its match now: events from now
// on no longer match it. RestoreRate takes it back.
func (s *Service) ArchiveRate(ctx context.Context, by audit.Actor, rateID string) (Rate, error) {
	return update(ctx, s, func(t tx.Tx) (Rate, error) { return s.ArchiveRateIn(t, by, rateID) })
}

// WithdrawRate takes back a version of a rate that applies later.
func (s *Service) WithdrawRate(ctx context.Context, by audit.Actor, rateID string) (Rate, error) {
	return update(ctx, s, func(t tx.Tx) (Rate, error) { return s.WithdrawRateIn(t, by, rateID) })
}

// ArchiveRateIn archives a rate in t.
func (s *Service) ArchiveRateIn(t tx.Tx, by audit.Actor, rateID string) (Rate, error) {
	now, err := s.read(t)
	if err != nil {
		return Rate{}, err
	}
	before := now.Rate(rateID)
	if before == nil {
		return Rate{}, fault.Missing("rate")
	}
	out := *before
	for _, v := range now.Versions(before) {
		if !v.ArchivedAt.IsZero() {
			continue
		}
		r := *v
		r.ArchivedAt = t.Now()
		if r.Number == out.Number {
			out = r
		}
		if err := s.Store.PutRate(t, r); err != nil {
			return r, err
		}
	}
	if out.ArchivedAt.Equal(before.ArchivedAt) {
		return out, nil
	}
	return out, s.changed(t, audit.Record{Actor: by, Action: "rate.archived", Object: out.ID(), Before: before, After: out})
}

// WithdrawRateIn takes back a version that applies later, as if it had never been
// made: what applies today stays. One that applied already is archived instead.
func (s *Service) WithdrawRateIn(t tx.Tx, by audit.Actor, rateID string) (Rate, error) {
	now, err := s.read(t)
	if err != nil {
		return Rate{}, err
	}
	before := now.Rate(rateID)
	switch {
	case before == nil:
		return Rate{}, fault.Missing("rate")
	case !before.ArchivedAt.IsZero():
		return *before, nil
	case !before.EffectiveAt.After(t.Now()):
		since := "from the beginning"
		if !before.EffectiveAt.IsZero() {
			since = "since " + before.EffectiveAt.Format(time.RFC3339)
		}
		return Rate{}, fault.New(fault.Conflict, "rate_applies", "", "This rate applies %s: events may be priced by it. Archive it, or create a new version.", since)
	}
	r := *before
	r.ArchivedAt = t.Now()
	if err := s.Store.PutRate(t, r); err != nil {
		return r, err
	}
	return r, s.changed(t, audit.Record{Actor: by, Action: "rate.withdrawn", Object: r.ID(), Before: before, After: r})
}

var rateShape = regexp.MustCompile(`^\d{1,12}(\.\d{1,30})?$`)

// ParseRate reads a rate's credits: a decimal, zero or more, of at most 12
// decimals. It answers it without superfluous zeros, and × 10^Scale.
func ParseRate(s string) (string, *big.Int, error) {
	if !rateShape.MatchString(s) {
		return "", nil, fault.Bad("credits", "Give a decimal number like 0.000003, zero or more, with at most 12 decimals.")
	}
	whole, fraction, _ := strings.Cut(s, ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > Scale {
		return "", nil, fault.Bad("credits", "A rate has at most 12 decimals. Use a larger per.")
	}
	n, _ := new(big.Int).SetString(whole+fraction+strings.Repeat("0", Scale-len(fraction)), 10)
	if n.Cmp(maxRate) > 0 {
		return "", nil, fault.Bad("credits", "A rate is at most 100,000,000,000 credits.")
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return whole, n, nil
}

var maxRate = new(big.Int).Exp(big.NewInt(10), big.NewInt(11+Scale), nil)

func checkMatch(match map[string]string) error {
	if len(match) > 10 {
		return fault.Bad("match", "A rate matches on at most 10 properties.")
	}
	for k, v := range match {
		if checkName("match", k) != nil || v == "" || utf8.RuneCountInString(v) > 200 || !utf8.ValidString(v) {
			return fault.Bad("match", "Each property has a name of 1 to 100 characters and a value of 1 to 200.")
		}
	}
	return nil
}
