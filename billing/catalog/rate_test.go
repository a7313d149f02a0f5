package catalog

import (
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purse/billing/fault"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Whatever rates are accepted, no event at any time matches two of them with
// the most properties.
func TestNoEventEverTies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		match := rapid.MapOfN(rapid.SampledFrom([]string{"model", "tier", "region"}), rapid.SampledFrom([]string{"a", "b"}), 0, 3)
		var rates []Rate
		for i := range rapid.IntRange(1, 25).Draw(t, "rates") {
			s := NewSnapshot(nil, nil, append([]Rate(nil), rates...), nil)
			now := noon.Add(time.Duration(i) * time.Hour)
			if len(rates) > 0 && rapid.IntRange(0, 4).Draw(t, "archive") == 0 {
				victim := rapid.SampledFrom(rates).Draw(t, "victim")
				for j := range rates {
					if equal(rates[j].Match, victim.Match) && rates[j].ArchivedAt.IsZero() {
						rates[j].ArchivedAt = now
					}
				}
				continue
			}
			r := Rate{Number: int64(i + 1), Meter: "m", Credits: "1", Per: 1, Match: match.Draw(t, "match")}
			if rapid.Bool().Draw(t, "dated") {
				r.EffectiveAt = noon.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, "at")) * time.Hour)
			}
			if s.place(&r, now) == nil {
				rates = append(rates, r)
			}
		}
		s := NewSnapshot(nil, nil, rates, nil)
		event := rapid.MapOfN(rapid.SampledFrom([]string{"model", "tier", "region"}), rapid.SampledFrom([]string{"a", "b"}), 0, 3).Draw(t, "event")
		at := noon.Add(time.Duration(rapid.IntRange(-60, 60).Draw(t, "when"))*time.Hour + time.Duration(rapid.IntRange(-1, 1).Draw(t, "µs"))*time.Microsecond)
		best, winners := -1, 0
		for _, l := range s.Lines("m") {
			if l.At(at) == nil || !contains(event, l.Match) {
				continue
			}
			switch n := len(l.Match); {
			case n > best:
				best, winners = n, 1
			case n == best:
				winners++
			}
		}
		if winners > 1 {
			t.Fatalf("%d rates match %v at %v: %+v", winners, event, at, rates)
		}
	})
}

func contains(event, match map[string]string) bool {
	for k, v := range match {
		if event[k] != v {
			return false
		}
	}
	return true
}

// One number that is written in two ways cannot have two rates: an event would match
// both. Texts can, and so can numbers that differ.
func TestANumberHasOneRate(t *testing.T) {
	for value, want := range map[string]string{"3.50": "rate_ambiguous", "35e-1": "rate_ambiguous", "3.51": "", "large": "", "03.5": ""} {
		s := NewSnapshot(nil, nil, []Rate{{Number: 1, Meter: "m", Credits: "1", Per: 1, Match: map[string]string{"v": "3.5"}}}, nil)
		err := s.place(&Rate{Number: 2, Meter: "m", Credits: "1", Per: 1, Match: map[string]string{"v": value}}, noon)
		if (err == nil) != (want == "") || (err != nil && !fault.HasCode(err, want)) {
			t.Errorf("beside 3.5, %s: %v", value, err)
		}
	}
}

func TestParseRate(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "3": "3", "003.1400": "3.14", "0.000000000001": "0.000000000001", "0.0000000000010": "0.000000000001", "100000000000": "100000000000",
	} {
		text, scaled, err := ParseRate(in)
		if err != nil || text != want {
			t.Errorf("%s: %q, %v", in, text, err)
			continue
		}
		exact, _ := new(big.Rat).SetString(in)
		if new(big.Rat).SetFrac(scaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(Scale), nil)).Cmp(exact) != 0 {
			t.Errorf("%s: scaled to %s", in, scaled)
		}
	}
	for _, in := range []string{"", "-1", "+1", "1.", ".1", "1e3", "NaN", "0.0000000000001", "100000000000.000000000001", "1 ", "0x1", "1,5"} {
		if text, _, err := ParseRate(in); err == nil {
			t.Errorf("%q was read as %s", in, text)
		}
	}
}

func TestMatchTextIsInAFixedOrder(t *testing.T) {
	m := map[string]string{"b": "2", "a": "1", "c": "3"}
	for range 20 {
		if got := MatchText(maps.Clone(m)); got != "a=1, b=2, c=3" {
			t.Fatal(got)
		}
	}
	if MatchText(nil) != "" {
		t.Error(fmt.Sprint(MatchText(nil)))
	}
}

// What ends with a rate is told exactly: the events that no other rate prices.
func TestWhatEndsWithARate(t *testing.T) {
	rate := func(n int64, match map[string]string) Rate {
		return Rate{Number: n, Meter: "tokens", Credits: "1", Per: 1, Match: match}
	}
	every, large := rate(1, nil), rate(2, map[string]string{"model": "large"})
	europe := rate(3, map[string]string{"model": "large", "region": "eu"})
	gone := rate(4, map[string]string{"model": "old"})
	gone.EffectiveAt, gone.ArchivedAt = noon, noon.Add(time.Hour)
	later := rate(5, map[string]string{"model": "new"})
	later.EffectiveAt = noon.Add(48 * time.Hour)
	for _, x := range []struct {
		rates []Rate
		ends  int
		want  string
	}{
		{[]Rate{every}, 0, "From now on no rate prices any event named e: decisions"},
		{[]Rate{every, gone, later}, 0, "From now on no rate prices any event named e: decisions"},
		{[]Rate{every, large}, 0, "From now on no rate prices any event named e, but those with model=large: decisions are refused, and recorded work waits under Unpriced usage. The others go on"},
		{[]Rate{every, large, europe}, 0, "any event named e, but those with model=large, region=eu and those with model=large: decisions"},
		{[]Rate{every, large}, 1, "From now on events with model=large named e cost what the rate for every event says."},
		{[]Rate{every, large, europe}, 1, "From now on events with model=large named e, but those with region=eu, cost what the rate for every event says."},
		{[]Rate{every, large, europe}, 2, "From now on events with model=large, region=eu named e cost what the rate for model=large says."},
		{[]Rate{large, europe}, 0, "no rate prices events with model=large named e, but those with region=eu: decisions"},
	} {
		s := NewSnapshot(nil, []Meter{{Key: "tokens", Event: "e"}}, append([]Rate(nil), x.rates...), nil)
		if got := s.afterRate(&x.rates[x.ends], noon.Add(24*time.Hour)); !strings.Contains(got, x.want) {
			t.Errorf("it says %q, not %q", got, x.want)
		}
	}
}

// The first rate that ever applies does so from the beginning: one that was
// withdrawn, or that applies only later, is none before it.
func TestTheFirstRateThatApplies(t *testing.T) {
	withdrawn := Rate{Number: 1, Meter: "m", Credits: "1", Per: 1, EffectiveAt: noon.Add(48 * time.Hour), ArchivedAt: noon}
	later, before := withdrawn, withdrawn
	later.ArchivedAt = time.Time{}
	before.EffectiveAt, before.ArchivedAt = noon.Add(-time.Hour), time.Time{}
	ended := before
	ended.ArchivedAt = noon
	for _, x := range []struct {
		there []Rate
		from  time.Time
	}{
		{nil, time.Time{}}, {[]Rate{withdrawn}, time.Time{}}, {[]Rate{later}, time.Time{}}, {[]Rate{withdrawn, later}, time.Time{}},
		{[]Rate{before}, noon.Add(time.Hour)}, {[]Rate{ended}, noon.Add(time.Hour)}, {[]Rate{withdrawn, before}, noon.Add(time.Hour)},
	} {
		for i := range x.there {
			x.there[i].Number = int64(i + 1)
		}
		r := Rate{Number: 9, Meter: "m", Credits: "2", Per: 1}
		if err := NewSnapshot(nil, nil, append([]Rate(nil), x.there...), nil).place(&r, noon.Add(time.Hour)); err != nil || !r.EffectiveAt.Equal(x.from) {
			t.Errorf("after %+v it applies from %s: %v", x.there, r.EffectiveAt, err)
		}
	}
}
