package usage

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"purse/billing/fault"
	"purse/billing/rating"
)

func TestParseEventReadsEveryField(t *testing.T) {
	events, batch, err := ParseEvents([]byte(` { "id":"a\u00e9\ud83d\ude00\n", "customer":"ext:acme","event":"llm","timestamp":"2026-03-01T13:00:00.1234567+01:00",
		"mode":"record","backdated":true,"caller":"c", "properties":{"z":null,"n":-1.5e3,"s":"x\"y","t":true,"o":{"b":[1,{}],"a":"q"}}} `))
	if err != nil || batch || len(events) != 1 || events[0].Err != nil {
		t.Fatal(events, batch, err)
	}
	e := events[0]
	if e.ID != "aé😀\n" || e.Customer != "ext:acme" || e.Name != "llm" || e.Timestamp.Format("15:04:05.999999999Z07:00") != "12:00:00.123456Z" ||
		e.Mode != Record || !e.Backdated || e.Caller != "c" {
		t.Fatalf("%+v", e)
	}
	for i, want := range []rating.Property{
		{Name: "n", Kind: rating.Number, Text: "-1.5e3"}, {Name: "o", Kind: rating.Other, Text: e.Properties[1].Text},
		{Name: "s", Kind: rating.String, Text: `x"y`}, {Name: "t", Kind: rating.Bool, Text: "true"}, {Name: "z"},
	} {
		if d := cmp.Diff(want, e.Properties[i]); d != "" {
			t.Error(d)
		}
	}
}

// What is meant counts, not how it is written: a retry by another version of a
// client is the same request.
func TestFingerprints(t *testing.T) {
	print := func(s string) any {
		events, _, err := ParseEvents([]byte(s))
		if err == nil {
			err = events[0].check()
		}
		if err != nil {
			t.Fatal(s, err)
		}
		return events[0].meaning()
	}
	base := `{"id":"a","customer":"c","event":"e","properties":{"x":1,"y":{"p":[1,2],"q":"r"}}}`
	same := ` {"properties" :{ "y":{"q":"\u0072","p":[1 ,2]},"x":1},"event":"e","id":"a",
		"customer":"c"}`
	for _, same := range []string{
		same,
		`{"id":"a","customer":"c","event":"e","properties":{"x":1.0,"y":{"p":[10e-1,0.2E1],"q":"r"}}}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":1,"y":{"p":[1,2],"q":"r"}},"backdated":false}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":1,"y":{"p":[1,2],"q":"r"}},"backdated":true}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":1,"y":{"p":[1,2],"q":"r"}},"mode":"decide"}`,
		`{"id":"a","customer":"ext:c","event":"e","properties":{"x":1,"y":{"p":[1,2],"q":"r"}}}`, // the customer is in the key
	} {
		if print(base) != print(same) {
			t.Errorf("%s has another fingerprint", same)
		}
	}
	at := `{"id":"a","customer":"c","event":"e","timestamp":"2026-03-01T12:00:00.5Z"}`
	if print(at) != print(strings.Replace(at, "12:00:00.5Z", "13:00:00.500000+01:00", 1)) {
		t.Error("an instant has two fingerprints")
	}
	if print(at) == print(`{"id":"a","customer":"c","event":"e"}`) || print(at) == print(strings.Replace(at, ".5Z", ".6Z", 1)) {
		t.Error("two instants have one fingerprint")
	}
	for _, other := range []string{
		`{"id":"a","customer":"c","event":"e","properties":{"x":-1,"y":{"p":[1,2],"q":"r"}}}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":10,"y":{"p":[1,2],"q":"r"}}}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":1,"y":{"p":[1,2],"q":"R"}}}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":1,"y":{"p":[1,2],"q":"r "}}}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":1,"z":null,"y":{"p":[1,2],"q":"r"}}}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":"1","y":{"p":[1,2],"q":"r"}}}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":1,"y":{"p":[2,1],"q":"r"}}}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":1,"y":{"p":[1,2],"q":"r"}},"mode":"record"}`,
		`{"id":"a","customer":"c","event":"e","properties":{"x":1,"y":{"p":[1,2],"q":"r"}},"caller":"e"}`,
		`{"id":"a","customer":"c","event":"e","properties":{}}`,
		`{"id":"a","customer":"c","event":"e"}`,
	} {
		if print(base) == print(other) {
			t.Errorf("%s has the fingerprint of another request", other)
		}
	}
	if print(`{"id":"a","customer":"c","event":"e","properties":{}}`) != print(`{"id":"a","customer":"c","event":"e"}`) {
		t.Error("no properties have two fingerprints")
	}
}

func TestADepthLimitHoldsWithoutRecursion(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	for _, body := range []string{deep, strings.Repeat("[", 1_000_000), `{"properties":` + deep + `}`, `{"events":[` + deep + `}`} {
		var syntax *SyntaxError
		if _, _, err := ParseEvents([]byte(body)); !errors.As(err, &syntax) {
			t.Errorf("%.20s…: %v", body, err)
		}
	}
}

// duplicate says whether an object in valid JSON has a name twice.
func duplicate(raw []byte) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	type frame struct {
		names map[string]bool
		key   bool
	}
	var stack []frame
	for {
		token, err := d.Token()
		if err != nil {
			return !errors.Is(err, io.EOF)
		}
		top := len(stack) - 1
		switch v := token.(type) {
		case json.Delim:
			switch v {
			case '{':
				stack = append(stack, frame{map[string]bool{}, true})
				continue
			case '[':
				stack = append(stack, frame{})
				continue
			default:
				stack = stack[:top]
				top--
			}
		case string:
			if top >= 0 && stack[top].names != nil && stack[top].key {
				if stack[top].names[v] {
					return true
				}
				stack[top].names[v], stack[top].key = true, false
				continue
			}
		}
		if top >= 0 && stack[top].names != nil {
			stack[top].key = true
		}
	}
}

// What is accepted is JSON to encoding/json too, and reads the same; what
// encoding/json takes is refused only for being stricter.
func FuzzObject(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":1}`, `{"a":[1,2,{"b":null}],"c":"\u00e9\ud83d\ude00"}`, `{"a":1,"a":2}`, `{"a":"\ud800"}`, `{"a":01}`, `{"a":1e5}`, `{"a":.5}`,
		`{"a":tru}`, ` { "a" : -0 } `, `{"a":"` + "\x01" + `"}`, `{"a":"\x"}`, `{"a"}`, `[]`, `{"a":1,}`, `{"a":"\u00"}`, "{\"a\":\"\xff\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		ps, canonical, err := Object(raw)
		var want map[string]json.RawMessage
		stdErr := json.Unmarshal(raw, &want)
		if err == nil {
			if stdErr != nil || len(want) != len(ps) {
				t.Fatalf("accepted %q: %v, %d names, %d", raw, stdErr, len(ps), len(want))
			}
			for _, p := range ps {
				if p.Kind != rating.String {
					continue
				}
				var s string
				if err := json.Unmarshal(want[p.Name], &s); err != nil || s != p.Text {
					t.Fatalf("%q: %q is read as %q", raw, want[p.Name], p.Text)
				}
			}
			var again bytes.Buffer
			if json.Indent(&again, raw, " ", "  ") == nil {
				if _, c, err := Object([]byte(JSON(ps))); err != nil || !bytes.Equal(c, canonical) {
					t.Fatalf("%q is written as %s: %v", raw, JSON(ps), err)
				}
				if _, c, err := Object(again.Bytes()); err != nil || !bytes.Equal(c, canonical) {
					t.Fatalf("%q: white space counts: %v", raw, err)
				}
			}
			return
		}
		trimmed := bytes.TrimSpace(raw)
		if stdErr != nil || len(trimmed) == 0 || trimmed[0] != '{' || !utf8.Valid(raw) || duplicate(raw) {
			return
		}
		if strings.Contains(err.Error(), "deeply") || strings.Contains(err.Error(), "escape") {
			return // too deep, or half a surrogate pair
		}
		t.Fatalf("refused %q: %v", raw, err)
	})
}

func FuzzParseEvents(f *testing.F) {
	for _, s := range []string{
		`{"id":"a","customer":"c","event":"e","properties":{"x":1}}`, `{"events":[{"id":"a"},7,{"id":"b","mode":"record"}]}`, `{"events":[]}`, `{"events":1}`,
		`{"id":"a","timestamp":"2026-01-01T00:00:00Z","backdated":true,"caller":"x"}`, `{"id":1}`, `{"properties":[]}`, `{"id":"a","id":"b"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		events, batch, err := ParseEvents(raw)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("%q: %T", raw, err)
			}
			return
		}
		if !json.Valid(raw) || len(events) == 0 || len(events) > MaxBatch || (!batch && len(events) != 1) {
			t.Fatalf("%q: %d events", raw, len(events))
		}
		for i := range events {
			e := &events[i]
			if err := e.check(); err != nil {
				if _, ok := fault.As(err); !ok {
					t.Fatalf("%q: %T", raw, err)
				}
			} else if e.ID == "" || e.Customer == "" || (e.Mode != Decide && e.Mode != Record) {
				t.Fatalf("%q passed as %+v", raw, e)
			}
		}
	})
}

func BenchmarkParseEvent(b *testing.B) {
	raw := []byte(`{"id":"req_0001","customer":"ext:acme","event":"llm.completion","properties":{"model":"m","input_tokens":4808,"output_tokens":10}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ParseEvents(raw); err != nil {
			b.Fatal(err)
		}
	}
}
