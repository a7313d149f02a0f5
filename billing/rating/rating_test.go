package rating

import (
	"math/big"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/money"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shop is a catalog with two meters on "llm" and a counter beside them.
func shop(rates ...catalog.Rate) *catalog.Snapshot {
	for i := range rates {
		rates[i].Number = int64(1000 + i)
		if rates[i].Per == 0 {
			rates[i].Per = 1
		}
		if rates[i].CreditType == "" {
			rates[i].CreditType = "credits"
		}
	}
	return catalog.NewSnapshot(nil, []catalog.Meter{
		{ID: "1", Key: "output", Event: "llm", Aggregation: catalog.Sum, Property: "out"},
		{ID: "2", Key: "input", Event: "llm", Aggregation: catalog.Sum, Property: "in"},
		{ID: "3", Key: "calls", Event: "call", Aggregation: catalog.Count},
	}, rates, nil)
}

func event(name string, ps ...Property) Event { return Event{name, noon, ps} }
func num(name, v string) Property             { return Property{name, Number, v} }
func str(name, v string) Property             { return Property{name, String, v} }

func TestALinePerMeter(t *testing.T) {
	s := shop(catalog.Rate{Meter: "input", Credits: "3", Per: 1_000_000}, catalog.Rate{Meter: "output", Credits: "0.15", Per: 1_000_000})
	cs, err := Rate(s, event("llm", num("in", "4808"), num("out", "1")))
	if err != nil {
		t.Fatal(err)
	}
	if len(cs) != 1 || cs[0].CreditType != "credits" || cs[0].Cost().String() != "0.01442415" {
		t.Fatalf("got %+v", cs)
	}
	if l := cs[0].Lines; l[0].Meter != "input" || l[0].Cost.String() != "0.014424" || l[0].Quantity != "4808" || l[1].Meter != "output" || l[1].Cost.String() != "0.00000015" {
		t.Fatalf("lines %+v", l)
	}
}

func TestTheMostMatchedRateWinsWhateverItsCreditType(t *testing.T) {
	s := shop(
		catalog.Rate{Meter: "calls", Credits: "1"},
		catalog.Rate{Meter: "calls", Credits: "2", Match: map[string]string{"model": "big"}},
		catalog.Rate{Meter: "calls", Credits: "3", CreditType: "gold", Match: map[string]string{"model": "big", "fast": "true"}},
		catalog.Rate{Meter: "calls", Credits: "4", Match: map[string]string{"model": "7"}},
	)
	for _, c := range []struct {
		ps   Properties
		want string
	}{
		{nil, "1"},
		{Properties{str("model", "small")}, "1"},
		{Properties{str("model", "big")}, "2"},
		{Properties{str("model", "big"), {"fast", Bool, "true"}}, "3"},
		{Properties{num("model", "7")}, "4"},
		{Properties{{"model", Null, ""}}, "1"},
	} {
		cs, err := Rate(s, Event{"call", noon, c.ps})
		if err != nil || cs[0].Cost().String() != c.want || cs[0].Lines[0].Quantity != "1" {
			t.Errorf("%v: %+v, %v", c.ps, cs, err)
		}
	}
}

func TestTheEventsTimeChoosesTheVersion(t *testing.T) {
	s := shop(
		catalog.Rate{Meter: "calls", Credits: "1"},
		catalog.Rate{Meter: "calls", Credits: "2", EffectiveAt: noon},
		catalog.Rate{Meter: "calls", Credits: "3", EffectiveAt: noon.Add(time.Hour), ArchivedAt: noon.Add(2 * time.Hour)},
	)
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{-time.Hour, "1"}, {-1, "1"}, {0, "2"}, {time.Hour - 1, "2"}, {time.Hour, "3"}, {2*time.Hour - 1, "3"}, {2 * time.Hour, "no_rate"}} {
		cs, err := Rate(s, Event{"call", noon.Add(c.after), nil})
		if c.want == "no_rate" {
			if !fault.HasCode(err, "no_rate") {
				t.Errorf("after %v: %v", c.after, err)
			}
		} else if err != nil || cs[0].Cost().String() != c.want {
			t.Errorf("after %v: %+v, %v", c.after, cs, err)
		}
	}
}

func TestOneEventMayCostTwoCreditTypes(t *testing.T) {
	s := shop(catalog.Rate{Meter: "input", Credits: "1", CreditType: "tokens"}, catalog.Rate{Meter: "output", Credits: "2", CreditType: "gold"})
	cs, err := Rate(s, event("llm", num("in", "3"), num("out", "5")))
	if err != nil || len(cs) != 2 || cs[0].CreditType != "gold" || cs[0].Cost().String() != "10" || cs[1].Cost().String() != "3" {
		t.Fatalf("%+v, %v", cs, err)
	}
}

func TestFaults(t *testing.T) {
	s := shop(catalog.Rate{Meter: "input", Credits: "1"}, catalog.Rate{Meter: "output", Credits: "1"})
	for _, c := range []struct {
		e    Event
		code string
	}{
		{event("nothing"), "unknown_event"},
		{event("llm", num("in", "1")), "missing_property"},
		{event("llm", num("in", "1"), str("out", "1")), "invalid_property"},
		{event("llm", num("in", "1"), Property{"out", Bool, "true"}), "invalid_property"},
		{event("llm", num("in", "1"), num("out", "-1")), "invalid_property"},
		{event("llm", num("in", "1"), num("out", "NaN")), "invalid_property"},
		{event("llm", num("in", "1"), num("out", "1e400")), "invalid_property"},
		{event("llm", num("in", "1"), num("out", "1e17")), "out_of_range"},
		{event("call"), "no_rate"},
	} {
		if _, err := Rate(s, c.e); !fault.HasCode(err, c.code) {
			t.Errorf("%+v: %v, want %s", c.e, err, c.code)
		}
	}
}

// A rate wants a value: the number, however an event writes it, and a text as it
// stands.
func TestARateMatchesNumbersByValue(t *testing.T) {
	for _, x := range []struct {
		want    string
		p       Property
		matches bool
	}{
		{"3.5", num("v", "3.5"), true}, {"3.5", num("v", "3.50"), true}, {"3.5", num("v", "35e-1"), true}, {"3.50", num("v", "3.5"), true}, {"1", num("v", "1.0"), true},
		{"0", num("v", "-0"), true}, {"3.5", num("v", "3.51"), false}, {"3.5", num("v", "-3.5"), false}, {"03.5", num("v", "3.5"), false},
		{"3.5", str("v", "3.5"), true}, {"3.5", str("v", "3.50"), false}, {"3.50", str("v", "3.5"), false}, {"3.50", str("v", "3.50"), true},
		{"true", Property{Name: "v", Kind: Bool, Text: "true"}, true}, {"large", str("v", "large"), true}, {"large", num("v", "1"), false},
	} {
		s := shop(catalog.Rate{Meter: "calls", Credits: "1", Per: 1, Match: map[string]string{"v": x.want}})
		if _, err := Rate(s, event("call", x.p)); (err == nil) != x.matches {
			t.Errorf("%q and %+v: %v", x.want, x.p, err)
		}
	}
}

// Any line costs what big numbers say, and the fast way and the exact way agree.
func TestCostsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		per := rapid.SampledFrom([]int64{1, 3, 7, 1000, 1_000_000}).Draw(t, "per")
		credits := rapid.StringMatching(`[0-9]{1,4}(\.[0-9]{1,12})?`).Draw(t, "credits")
		quantity := rapid.StringMatching(`([1-9][0-9]{0,8}|0)(\.[0-9]{1,10})?(e-?[0-3])?`).Draw(t, "quantity")
		q, err := ParseQuantity(quantity)
		if err != nil {
			t.Skip(err)
		}
		l := line{shop(catalog.Rate{Meter: "calls", Credits: credits, Per: per}).Lines("calls")[0].At(noon), q}
		a, _ := new(big.Rat).SetString(credits)
		b, _ := new(big.Rat).SetString(quantity)
		a.Mul(a, b).Mul(a, big.NewRat(money.Micro, per))
		want := money.ExactRat(a)
		if got := l.costExact(); got.String() != want.String() {
			t.Fatalf("%s, want %s", got, want)
		}
		if fast, ok := l.costFast(); ok && fast != want {
			t.Fatalf("fast %s, exact %s", fast, want)
		}
	})
}

func TestNearlyAllLinesGoTheFastWay(t *testing.T) {
	s := shop(catalog.Rate{Meter: "calls", Credits: "0.000000125", Per: 1_000_000})
	for _, q := range []string{"0", "1", "4808", "999999999999999999", "0.123"} {
		quantity, err := ParseQuantity(q)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := (line{s.Lines("calls")[0].At(noon), quantity}).costFast(); !ok {
			t.Errorf("%s went the slow way", q)
		}
	}
}

func TestQuantities(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "0.0": "0", "0e99": "0", "12": "12", "1e3": "1000", "1.50": "1.5", "12e-1": "1.2", "0.5": "0.5",
		"1E+2": "100", "123456789012345678": "123456789012345678", "1234567890.123456789012": "1234567890.123456789012",
		"0.000000000000000001": "0.000000000000000001", "100e-2": "1",
	} {
		if q, err := ParseQuantity(in); err != nil || q.String() != want {
			t.Errorf("%s: %q, %v, want %s", in, q.String(), err, want)
		}
	}
	for _, in := range []string{
		"", "-", "-1", "-0.1", "+1", "01", ".5", "1.", "1e", "1e+", "NaN", "Infinity", "1e18", "1e999999999999", "0x10", "1_000", "1 ",
		"1e-19", "1e-999999999999", "1234567890123456789", "٣", "1.0e1.0",
	} {
		if q, err := ParseQuantity(in); err == nil {
			t.Errorf("%q was read as %q", in, q.String())
		}
	}
}

func FuzzParseQuantity(f *testing.F) {
	for _, s := range []string{"0", "12.5", "1e3", "-0", "1e-18", "999999999999999999", "0.000000000000000001", "1e999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := ParseQuantity(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || want.Sign() < 0 {
			t.Fatalf("%q was accepted", s)
		}
		got := new(big.Rat).SetFrac(q.int(), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(q.scale)), nil))
		text, _ := new(big.Rat).SetString(q.String())
		if got.Cmp(want) != 0 || text.Cmp(want) != 0 {
			t.Fatalf("%q became %s", s, q)
		}
		again, err := ParseQuantity(q.String())
		if err != nil || again.String() != q.String() {
			t.Fatalf("%q is not stable: %q, %v", s, q.String(), err)
		}
	})
}

func BenchmarkRate(b *testing.B) {
	s := shop(catalog.Rate{Meter: "input", Credits: "3", Per: 1_000_000}, catalog.Rate{Meter: "output", Credits: "15", Per: 1_000_000})
	e := event("llm", num("in", strconv.Itoa(4808)), num("out", "10"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Rate(s, e); err != nil {
			b.Fatal(err)
		}
	}
}
