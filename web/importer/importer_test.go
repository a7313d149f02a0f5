package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"
)

// purse stands for the API: it books each id once and refuses what it is told to.
type purse struct {
	t      *testing.T
	booked map[string]event // by id
	order  []event
	refuse func(event) *answer
	fails  int   // times that it does not answer
	cut    error // what becomes of these answers, though the rows are booked
	lists  map[string]string
	// whose are the customers by how they are named: id, own id. Without it there is
	// everybody.
	whose map[string]string
}

type refusedError struct{ retryable, notFound bool }

func (e refusedError) Error() string   { return "no" }
func (e refusedError) Retryable() bool { return e.retryable }
func (e refusedError) Unknown() bool   { return false }
func (e refusedError) NotFound() bool  { return e.notFound }

func (p *purse) Get(_ context.Context, path string, out any) error {
	name, _, _ := strings.Cut(path, "?")
	if whose, ok := strings.CutPrefix(name, "/v1/customers/"); ok {
		known, ok := p.whose[whose]
		switch {
		case p.whose == nil:
			known = "cus_of_" + whose
		case !ok:
			return refusedError{notFound: true}
		}
		id, own, _ := strings.Cut(known, ", ")
		return json.Unmarshal([]byte(`{"id":"`+id+`","external_id":"`+own+`"}`), out)
	}
	if p.lists[name] == "" {
		return refusedError{notFound: true}
	}
	return json.Unmarshal([]byte(p.lists[name]), out)
}

func (p *purse) Post(_ context.Context, _ string, body, out any) error {
	cut := error(nil)
	if p.fails > 0 {
		p.fails--
		if cut = p.cut; cut == nil {
			return refusedError{retryable: true}
		}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	var sent struct{ Events []event }
	if err := json.Unmarshal(raw, &sent); err != nil {
		p.t.Fatal(err)
	}
	var answers []map[string]any
	for _, e := range sent.Events {
		if !e.Backdated || e.Mode != "record" {
			p.t.Errorf("%+v is not recorded as of before", e)
		}
		if p.refuse != nil {
			if a := p.refuse(e); a != nil {
				answers = append(answers, map[string]any{"code": a.Code, "detail": a.Detail, "param": a.Param})
				continue
			}
		}
		_, again := p.booked[e.ID]
		if _, was := p.booked[e.FormerID]; was {
			again = true
		}
		if !again {
			p.booked[e.ID] = e
			p.order = append(p.order, e)
		}
		answers = append(answers, map[string]any{"object": "usage_receipt", "replayed": again, "charges": []map[string]string{{"credit_type": "credits", "credits": "2"}}})
	}
	if cut != nil {
		return cut
	}
	raw, _ = json.Marshal(map[string]any{"data": answers})
	return json.Unmarshal(raw, out)
}

func newPurse(t *testing.T) *purse { return &purse{t: t, booked: map[string]event{}} }

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var plain = Options{Customer: "ext:a", Event: "e", Time: "at", Property: map[string]string{"n": "n"}, Batch: 2, MaxRefused: 100}

func (p *purse) run(file string, change ...func(*Options)) (out, notes string, err error) {
	p.t.Helper()
	o := plain
	o.File = file
	for _, f := range change {
		f(&o)
	}
	var a, b bytes.Buffer
	err = Run(context.Background(), o, p, &a, &b)
	return a.String(), b.String(), err
}

const head = "at,n\n"

// An id says what a row is: equal rows both count, and the file may be run again,
// sorted, renamed, packed or longer.
func TestAnIDSaysWhatARowIs(t *testing.T) {
	p := newPurse(t)
	rows := []string{"2026-01-01 10:00:00,1", "2026-01-01 10:00:00,1", "2026-01-01 10:00:00,2", "2026-01-01 10:00:01,1"}
	out, _, err := p.run(write(t, "a.csv", []byte(head+strings.Join(rows, "\n")+"\n")))
	if err != nil || len(p.booked) != 4 || !strings.HasPrefix(out, "4 rows, 8 credits charged, 0 of the rows were there already") {
		t.Fatal(len(p.booked), out, err)
	}
	slices.Reverse(rows)
	more := head + strings.Join(rows, "\n") + "\n2026-01-01T10:00:01Z,1.0\n2026-01-01 11:00:00+01:00,3\n"
	out, _, err = p.run(write(t, "b.csv", []byte(more)))
	if err != nil || len(p.booked) != 6 || !strings.HasPrefix(out, "6 rows, 4 credits charged, 4 of the rows were there already, for 8 credits\n") {
		t.Fatal(len(p.booked), out, err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(more))
	_ = z.Close()
	if out, _, err = p.run(write(t, "c.csv.gz", packed.Bytes())); err != nil || len(p.booked) != 6 || !strings.HasPrefix(out, "6 rows, nothing charged: all of them were there already, for 12 credits\n") {
		t.Fatal(len(p.booked), out, err)
	}
	// Another customer or another property is another event.
	if _, _, err = p.run(write(t, "b.csv", []byte(more)), func(o *Options) { o.Customer = "ext:b" }); err != nil || len(p.booked) != 12 {
		t.Fatal(len(p.booked), err)
	}
	// As earlier releases made them.
	q := newPurse(t)
	if _, _, err = q.run(write(t, "old.csv", []byte(more)), func(o *Options) { o.IDs = "row" }); err != nil || q.order[0].ID != "old:1" || q.order[5].ID != "old:6" {
		t.Fatal(q.order, err)
	}
}

// Every row is booked or named, and the sum is exact, wherever a batch ends.
func TestEveryRowIsBookedOrNamed(t *testing.T) {
	for _, batch := range []int{1, 2, 3, 7, 1000} {
		p := newPurse(t)
		p.refuse = func(e event) *answer {
			if string(e.Properties["n"]) == `"bad"` {
				return &answer{Code: "invalid_property", Param: "properties.n", Detail: `The property "n" is not a number.`}
			}
			return nil
		}
		p.fails = 1
		var rows []string
		for i := range 20 {
			rows = append(rows, fmt.Sprintf("2026-01-01 10:00:%02d,%d", i, i))
		}
		rows[3], rows[8], rows[9], rows[14], rows[19] = "yesterday,1", "2026-01-01 10:00:00,bad", "2026-01-01 10:00:00", "2026-01-01 10:00:00,", "2026-01-01 10:00:00,\xff"
		out, notes, err := p.run(write(t, "a.csv", []byte(head+strings.Join(rows, "\n")+"\n")), func(o *Options) { o.Batch = batch })
		if err == nil || len(p.booked) != 15 || !strings.HasPrefix(out, "15 rows, 30 credits charged, 0 of") || !strings.Contains(out, "5 rows were refused") {
			t.Fatalf("%d rows are booked: %s %v", len(p.booked), out, err)
		}
		for _, want := range []string{
			`a.csv line 5 (row 4), column "at", value "yesterday": `, `a.csv line 10 (row 9), column "n", value "bad": The property "n" is not a number (invalid_property, properties.n)`,
			`a.csv line 11 (row 10): it has 1 cell and there are 2 columns`, `a.csv line 16 (row 15), column "n", value "": the cell for n is blank`, `a.csv line 21 (row 20), column "n"`,
		} {
			if strings.Count(notes, want) != 1 {
				t.Errorf("batches of %d: %q is said %d times in:\n%s", batch, want, strings.Count(notes, want), notes)
			}
		}
	}
	// It ends after so many, and says where.
	p := newPurse(t)
	out, _, err := p.run(write(t, "a.csv", []byte(head+"x,1\n2026-01-01 10:00:00,1\nx,1\n2026-01-01 10:00:01,1\n")), func(o *Options) { o.MaxRefused = 2 })
	if err == nil || !strings.Contains(err.Error(), "after line 4") || len(p.booked) != 1 || !strings.HasPrefix(out, "1 row, 2 credits") {
		t.Errorf("%s %v, %d booked", out, err, len(p.booked))
	}
	// What no row can cure ends it, and says from where nothing is booked.
	q := &fails{newPurse(t)}
	var a, b bytes.Buffer
	o := plain
	o.File = write(t, "a.csv", []byte(head+"2026-01-01 10:00:00,1\n"))
	if err := Run(context.Background(), o, q, &a, &b); err == nil || !strings.Contains(err.Error(), "nothing from line 2 on is booked") {
		t.Error(err)
	}
	if err := Run(context.Background(), o, newPurse(t), &a, &b); err != nil {
		t.Error(err)
	}
	// The same id twice in a file counts once, so the second is named.
	p = newPurse(t)
	_, notes, err := p.run(write(t, "a.csv", []byte("id,"+head+"x,2026-01-01 10:00:00,1\nx,2026-01-01 10:00:00,1\n")), func(o *Options) { o.ID = "id" })
	if err == nil || !strings.Contains(notes, `line 3 (row 2), column "id", value "x": line 2 has this id`) {
		t.Error(notes, err)
	}
}

type fails struct{ *purse }

func (fails) Post(context.Context, string, any, any) error { return refusedError{} }

func utf16le(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// However the file is written, the same two events come of it.
func TestWhatIsUnderstood(t *testing.T) {
	want := []string{`{"n":1234.5}`, `{"n":7}`}
	for name, x := range map[string]struct {
		data   []byte
		change func(*Options)
	}{
		"commas":            {[]byte("at,n\n2026-01-01 10:00:00,1234.5\n2026-01-01 10:00:01,7\n"), nil},
		"a byte order mark": {[]byte("\ufeffat,n\r\n2026-01-01 10:00:00,1234.5\r\n2026-01-01 10:00:01,7\r\n"), nil},
		"UTF-16":            {utf16le("\ufeffat,n\n2026-01-01 10:00:00,1234.5\n2026-01-01 10:00:01,7\n"), nil},
		"UTF-16 bare":       {utf16le("at,n\n2026-01-01 10:00:00,1234.5\n2026-01-01 10:00:01,7\n"), nil},
		"semicolons":        {[]byte("at;n\n2026-01-01 10:00:00;1234,5\n2026-01-01 10:00:01;7\n"), func(o *Options) { o.Decimal = "," }},
		"tabs":              {[]byte("at\tn\n2026-01-01 10:00:00\t1234.5\n2026-01-01 10:00:01\t7\n"), nil},
		"pipes":             {[]byte("at|n\n2026-01-01 10:00:00|1234.5\n2026-01-01 10:00:01|7\n"), nil},
		"a delimiter":       {[]byte("at^n\n2026-01-01 10:00:00^1234.5\n2026-01-01 10:00:01^7\n"), func(o *Options) { o.Delimiter = "^" }},
		"a preamble":        {[]byte("Invoice,12,\nTotal due,$5.72,\n\nat,n\n2026-01-01 10:00:00,1234.5\n2026-01-01 10:00:01,7\n"), nil},
		"thousands":         {[]byte("at,n\n2026-01-01 10:00:00,\"1,234.5\"\n2026-01-01 10:00:01,+7\n"), nil},
		"quoted":            {[]byte("\"at\",\"n\"\n\"2026-01-01 10:00:00\",\"1234.5\"\n\"2026-01-01 10:00:01\",\" 7 \"\n"), nil},
		"names again":       {[]byte("at,n\n2026-01-01 10:00:00,1234.5\nat,n\n2026-01-01 10:00:01,7\n"), nil},
		"a column twice":    {[]byte("at,n,n\n2026-01-01 10:00:00,9,1234.5\n2026-01-01 10:00:01,9,7\n"), func(o *Options) { o.Property = map[string]string{"n": "n#2"} }},
		"seconds":           {[]byte("at,n\n1767261600,1234.5\n1767261601,7\n"), nil},
		"milliseconds":      {[]byte("at,n\n1767261600000,1234.5\n1767261601000,7\n"), nil},
		"small seconds":     {[]byte("at,n\n1767261600.0,1234.5\n1767261601,7\n"), func(o *Options) { o.TimeFormat = "epoch" }},
		"another zone":      {[]byte("at,n\n2026-01-01 11:00:00,1234.5\n2026-01-01 11:00:01,7\n"), func(o *Options) { o.Zone = "Europe/Berlin" }},
		"an offset":         {[]byte("at,n\n2026-01-01 11:00:00.000000+01:00,1234.5\n2026-01-01 10:00:01 UTC,7\n"), nil},
		"American":          {[]byte("at,n\n1/1/2026 10:00:00,1234.5\n1/1/2026 10:00:01,7\n"), func(o *Options) { o.TimeFormat = "M/D/YYYY HH:mm:ss" }},
		"totals":            {[]byte("at,n\n2026-01-01 10:00:00,1234.5\n2026-01-01 10:00:01,7\n,1241.5\n"), func(o *Options) { o.SkipBlank = true }},
		"other rows":        {[]byte("at,n,kind\n2026-01-01 10:00:00,1234.5,use\n2026-01-01 10:00:01,7,late\n2026-01-01 10:00:02,9,tax\n"), func(o *Options) { o.Where = []string{"kind=use|late"} }},
		"no other rows":     {[]byte("at,n,kind\n2026-01-01 10:00:00,1234.5,use\n2026-01-01 10:00:01,7,\n2026-01-01 10:00:02,9,tax\n"), func(o *Options) { o.Where = []string{"kind!=tax"} }},
		"a default":         {[]byte("at,n\n2026-01-01 10:00:00,1234.5\n2026-01-01 10:00:01,NULL\n"), func(o *Options) { o.Null, o.Default = []string{"NULL"}, map[string]string{"n": "7"} }},
		"whose it is":       {[]byte("at,n,who\n2026-01-01 10:00:00,1234.5,a\n2026-01-01 10:00:01,7,ext:a\n"), func(o *Options) { o.Customer, o.CustomerColumn = "", "who" }},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPurse(t)
			change := x.change
			if change == nil {
				change = func(*Options) {}
			}
			_, notes, err := p.run(write(t, "a.csv", x.data), change)
			if err != nil || len(p.order) != 2 {
				t.Fatalf("%v, %d events\n%s", err, len(p.order), notes)
			}
			for i, e := range p.order {
				at := fmt.Sprintf("2026-01-01T10:00:0%dZ", i)
				if got, _ := json.Marshal(e.Properties); string(got) != want[i] || e.Timestamp != at || e.Customer != "ext:a" {
					t.Errorf("event %d is %s at %s of %s", i, got, e.Timestamp, e.Customer)
				}
			}
			if !strings.Contains(notes, "Reading ") {
				t.Error("it does not say what it understood")
			}
		})
	}
}

// Of two flags that say the same none is dropped.
func TestFlagsThatContradictEachOther(t *testing.T) {
	file := write(t, "a.csv", []byte("at,n,who,id\n2026-01-01 10:00:00,1,a,x\n"))
	for want, change := range map[string]func(*Options){
		"--customer ext:a and --customer-column who": func(o *Options) { o.CustomerColumn = "who" },
		"--id id and --ids content":                  func(o *Options) { o.ID, o.IDs = "id", "content" },
		"--id id and --ids row":                      func(o *Options) { o.ID, o.IDs = "id", "row" },
		"--property n=n and --set n=5":               func(o *Options) { o.Set = map[string]string{"n": "5"} },
	} {
		p := newPurse(t)
		if _, _, err := p.run(file, change); err == nil || !strings.Contains(err.Error(), want) || len(p.booked) != 0 {
			t.Errorf("%s: %v, %d booked", want, err, len(p.booked))
		}
	}
}

// A pipe is read once, from its beginning, also before it has ended.
func TestAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	go func() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		for i := range 5 {
			if i == 0 {
				_, _ = f.WriteString(head)
			}
			_, _ = fmt.Fprintf(f, "2026-01-01 10:00:0%d,1\n", i)
			time.Sleep(5 * time.Millisecond)
		}
		_ = f.Close()
	}()
	p := newPurse(t)
	if out, _, err := p.run(path); err != nil || len(p.booked) != 5 || !strings.HasPrefix(out, "5 rows") {
		t.Error(out, err)
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"4808": "4808", "59200.0": "59200.0", "1.05e-05": "1.05e-05", "6,282.708": "6282.708", "1,234,567": "1234567", "-2.00": "-2.00", "+5": "5", ".5": "0.5", "5.": "5",
		"12,34": "", "1,2345": "", "007": "", "$5.72": "", "many": "", "NaN": "", "Infinity": "", "": "", "-": "", ".": "", "1.2.3": "", "0x10": "", "1 000": "",
	} {
		if got, ok := number(in, "."); got != want || ok != (want != "") {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"1.234,5": "1234.5", "12,5": "12.5", "7": "7", "12.345": "12345"} {
		if got, _ := number(in, ","); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// Exports of the real shape: rows made up here, and, where they are beside the
// repository, rows of real ones.
func TestPresets(t *testing.T) {
	for name, want := range map[string]string{
		"openai-usage":    `key_x 2026-01-01T00:00:00Z {"batch":"FALSE","input_cached_tokens":200.0,"input_tokens":1200.0,"model":"model-small","output_tokens":300.0,"project":"proj_x","requests":4.0,"service_tier":"default","user":"user-x"}`,
		"openai-cost":     ` 2026-01-01T00:00:00Z {"cost":0.1250000000000000,"currency":"usd","organization":"org-x"}`,
		"anthropic":       `key-x 2026-01-01T00:00:00Z {"cache_read_tokens":500,"cache_write_1h_tokens":0,"cache_write_5m_tokens":10,"context_window":"≤ 200k","input_tokens":1000,"model":"model-medium","output_tokens":50,"usage_type":"standard","web_searches":1,"workspace":"Default"}`,
		"openrouter":      `Team, X 2026-01-01T03:46:57.713Z {"cost":0.0123,"input_tokens":103,"model":"maker/model-small","output_tokens":7,"user":"user_x","variant":"free"}` + "\n" + ` 2026-01-01T03:47:01.002Z {"cost":0.0021,"input_tokens":100,"model":"maker/model-large","output_tokens":0,"user":"user_x"}`,
		"litellm":         `hash1 2026-01-01T22:34:09.123Z {"call_type":"acompletion","cost":1.05e-05,"input_tokens":50,"model":"model-small","output_tokens":10,"user":"u1"}` + "\n" + `hash1 2026-01-01T22:35:09Z {"call_type":"acompletion","cost":0,"input_tokens":0,"output_tokens":0,"user":"u1"}`,
		"cursor":          `x@example.com 2026-01-01T09:30:00Z {"cache_read_tokens":500,"cache_write_tokens":2000,"cost":0.18,"input_tokens":1500,"kind":"Included","max_mode":"Yes","model":"model-large","output_tokens":1200,"requests":1.0}`,
		"github":          ` 2026-01-05T00:00:00Z {"gross":0.96,"organization":"example","product":"actions","quantity":120,"repository":"example/api","sku":"actions_linux","unit":"minutes"}`,
		"github-copilot":  `user_x 2026-01-03T14:22:15Z {"model":"model-thought","requests":2.50}`,
		"aws-cur":         `000000000001 2026-01-01T00:00:00Z {"cost":0.0000010000,"currency":"USD","line_item":"x1","operation":"SendMessage","product":"ExampleQueue","quantity":2.5,"usage_type":"Requests"}`,
		"azure-cost":      `sub-x 2026-01-02T00:00:00Z {"category":"Storage","cost":5.64902E-05,"currency":"EUR","meter":"Class 2 Operations","quantity":0.0129,"region":"CentralUS","resource":"/subscriptions/x","resource_group":"rg-x","subcategory":"Queues v2","unit":"10K"}`,
		"gcp":             `example-prod 2026-01-01T00:00:00Z {"cost":1000.005,"quantity":6282.708,"service":"Compute","sku":"Core","sku_id":"ABC1","unit":"hour"}`,
		"focus":           `0001 2026-01-01T22:00:00Z {"cost":0.00000000000,"currency":"USD","provider":"Cloud","quantity":2.000000000000000,"region":"eu-1","service":"Queue","unit":"Requests"}`,
		"stripe-itemized": ` 2026-01-01T12:00:00Z {"category":"charge","currency":"usd","description":"Example, Inc. \"monthly\" plan","fee":0.59,"gross":10.00,"net":9.41}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, notes, err := events(t, name, filepath.Join("testdata", name+".csv"))
			if err != nil || strings.Join(got, "\n") != want {
				t.Errorf("%v\n%s\nwant\n%s\n%s", err, strings.Join(got, "\n"), want, notes)
			}
		})
	}
	if len(presets) != 13 {
		t.Errorf("%d presets, 13 are tested", len(presets))
	}
}

// events are what a preset makes of a file.
func events(t *testing.T, preset, file string) (out []string, notes string, err error) {
	t.Helper()
	p := newPurse(t)
	o := Options{File: file, Preset: preset, Customer: "ext:a", Event: "e", Batch: 200, MaxRefused: 100}
	var a, b bytes.Buffer
	err = Run(context.Background(), o, p, &a, &b)
	for _, e := range p.order {
		text, _ := json.Marshal(e.Properties)
		text = bytes.ReplaceAll(text, []byte(`\u0026`), []byte("&"))
		out = append(out, e.Caller+" "+e.Timestamp+" "+string(text))
	}
	return out, a.String() + b.String(), err
}

// A quantity that a file has no column for is unknown: it is refused by name, and never
// 0. Other names that an export has for it are known.
func TestAMissingColumnIsNotZero(t *testing.T) {
	for _, x := range []struct{ preset, column, becomes, want string }{
		{"gcp", "Unrounded Cost ($)", "Unrounded Cost (CHF)", `"cost":1000.005`},
		{"gcp", "Unrounded Cost ($)", "Something", `"cost":`}, // Cost ($)
		{"azure-cost", "CostInBillingCurrency", "Cost", `"cost":5.64902E-05`},
		{"azure-cost", "CostInBillingCurrency", "PreTaxCost", `"cost":5.64902E-05`},
		{"azure-cost", "CostInBillingCurrency", "Something", ""},
		{"cursor", "Input (w/o Cache Write)", "Tokens", ""},
		{"cursor", "Requests", "Something", ""},
		{"openai-usage", "input_cached_tokens", "Something", ""},
		{"anthropic", "web_search_count", "Something", ""},
		{"openrouter", "cost_total", "Something", ""},
		{"litellm", "spend", "Something", ""},
		{"github", "gross_amount", "Something", ""},
		{"aws-cur", "lineItem/UnblendedCost", "Something", ""},
		{"stripe-itemized", "fee", "Something", ""},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", x.preset+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Replace(data, []byte(x.column), []byte(x.becomes), 1)
		if bytes.Equal(changed, data) {
			t.Fatalf("%s has no %s", x.preset, x.column)
		}
		got, notes, err := events(t, x.preset, write(t, "a.csv", changed))
		switch {
		case x.want != "":
			if err != nil || len(got) == 0 || !strings.Contains(got[0], x.want) {
				t.Errorf("%s with %s: %v\n%s\n%s", x.preset, x.becomes, err, got, notes)
			}
		case err == nil || len(got) != 0 || !strings.Contains(err.Error(), fmt.Sprintf("%q", x.column)) || !strings.Contains(err.Error(), "--preset "+x.preset) || !strings.Contains(err.Error(), "--set "):
			t.Errorf("%s without %s: %v %v", x.preset, x.column, err, got)
		}
	}
	// Who knows the value says it, as it was before.
	data, _ := os.ReadFile(filepath.Join("testdata", "github.csv"))
	file := write(t, "a.csv", bytes.Replace(data, []byte("gross_amount"), []byte("x"), 1))
	p := newPurse(t)
	if _, _, err := p.run(file, func(o *Options) {
		o.Preset, o.Time, o.Property, o.Set = "github", "", nil, map[string]string{"gross": "0"}
	}); err != nil || string(p.order[0].Properties["gross"]) != "0" {
		t.Error(err, p.order)
	}
	two := write(t, "b.csv", []byte("Usage start date,Project ID,Service description,SKU description,Usage amount,Cost type,Cost ($),Cost (€)\n"))
	if _, _, err := events(t, "gcp", two); err == nil || !strings.Contains(err.Error(), `the columns "Cost ($)" and "Cost (€)"`) {
		t.Error(err)
	}
}

func TestPresetsOnRealExports(t *testing.T) {
	dir, err := filepath.Abs("../../../shared/data/usage-exports") // beside the repository
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("rows of real exports are not beside this repository: %v", err)
	}
	for preset, x := range map[string]struct {
		file string
		n    int
	}{
		"openai-usage": {"openai_completions", 5}, "openai-cost": {"openai_cost", 2}, "anthropic": {"anthropic_tokens", 2}, "openrouter": {"openrouter_activity", 2},
		"litellm": {"litellm_psql", 2}, "cursor": {"cursor_usage", 2}, "github": {"github_usage", 1}, "github-copilot": {"copilot_premium", 3}, "aws-cur": {"aws", 0},
		"azure-cost": {"azure_ea", 3}, "gcp": {"gcp_cost_table", 1}, "focus": {"focus10", 3}, "stripe-itemized": {"stripe_itemized", 1},
	} {
		got, notes, err := events(t, preset, filepath.Join(dir, x.file+".csv"))
		if err != nil || len(got) != x.n {
			t.Errorf("%s: %v, %d events, want %d\n%s\n%s", preset, err, len(got), x.n, strings.Join(got, "\n"), notes)
		}
	}
	p := newPurse(t)
	_, notes, err := p.run(filepath.Join(dir, "burstgpt.csv"), func(o *Options) { o.Time, o.Property = "Timestamp", map[string]string{"n": "Request tokens"} })
	if err == nil || len(p.booked) != 0 || !strings.Contains(notes, `line 2 (row 1), column "Timestamp", value "5"`) {
		t.Errorf("seconds since the start of a trace are no times: %v\n%s", err, notes)
	}
	if _, notes, err = p.run(filepath.Join(dir, "azure_llm_2024.csv"), func(o *Options) { o.Time, o.Property = "TIMESTAMP", map[string]string{"n": "ContextTokens"} }); err != nil || len(p.booked) != 2 {
		t.Errorf("%v\n%s", err, notes)
	}
}

// A dry run books nothing, and shows what would be booked.
func TestADryRun(t *testing.T) {
	p := newPurse(t)
	p.lists = map[string]string{
		"/v1/meters": `{"data":[{"id":"m1","key":"tokens","event":"e","aggregation":"sum","property":"n"},{"id":"m2","key":"calls","event":"e","aggregation":"count","property":null}]}`,
		"/v1/rates": `{"data":[{"id":"rate_0000000000001","meter":"tokens","credit_type":"credits","credits":"2","per":10,"match":{}},
			{"id":"rate_0000000000002","meter":"calls","credit_type":"credits","credits":"1","per":1,"match":{},"effective_at":"2026-01-01T00:00:00Z"}]}`,
	}
	file := write(t, "a.csv", []byte("at,n,who\n2026-01-01 10:00:00,5,a\n2026-01-01 23:30:00,1.5,a\n2026-01-01 11:00:00,20,b\n2025-12-31 11:00:00,20,b\n2026-01-02 11:00:00,-1,b\n"))
	out, notes, err := p.run(file, func(o *Options) { o.DryRun, o.Customer, o.CustomerColumn, o.Zone = true, "", "who", "Europe/Berlin" })
	lines := strings.Split(out, "\n")
	var got [][]string
	for _, l := range lines {
		got = append(got, strings.Fields(l))
	}
	want := [][]string{
		{"CUSTOMER", "METER", "DAY", "ROWS", "QUANTITY", "CREDITS"},
		{"ext:a", "calls", "2026-01-01", "2", "2", "2"},
		{"ext:a", "tokens", "2026-01-01", "2", "6.5", "1.3"},
		{"ext:b", "(no", "rate", "yet)", "2025-12-31", "1", "0", "0"},
		{"ext:b", "calls", "2026-01-01", "1", "1", "1"},
		{"ext:b", "tokens", "2026-01-01", "1", "20", "4"},
	}
	if len(got) < len(want) || !reflect.DeepEqual(got[:len(want)], want) {
		t.Errorf("it shows\n%s", out)
	}
	if !strings.Contains(out, "4 rows would be booked for 8.3 credits, less what is there already: a dry run does not know that") || !strings.Contains(out, "1 of the rows would wait for a price") {
		t.Error(out)
	}
	if err == nil || !strings.Contains(notes, `line 6 (row 5), column "n", value "-1"`) || len(p.booked) != 0 {
		t.Error(notes, err, len(p.booked))
	}
}

// What Purse would refuse a dry run names with Purse's words, and does not count.
func TestADryRunNamesWhatWouldBeRefused(t *testing.T) {
	p := newPurse(t)
	now := time.Now().Add(40 * 24 * time.Hour).UTC() // of a sandbox
	p.lists = map[string]string{
		"/v1/meters":     `{"data":[{"id":"m2","key":"calls","event":"e","aggregation":"count","property":null}]}`,
		"/v1/rates":      `{"data":[{"id":"rate_0000000000002","meter":"calls","credit_type":"credits","credits":"1","per":1,"match":{}}]}`,
		"/v1/test_clock": `{"now":"` + now.Format(time.RFC3339) + `"}`,
	}
	p.whose = map[string]string{"ext:a": "cus_1, a"}
	at := func(ahead time.Duration) string { return now.Add(ahead).Format(time.RFC3339) }
	file := write(t, "a.csv", []byte("at,n,who,id\n"+at(time.Minute)+",1,a,1\n"+at(10*time.Minute)+",1,a,2\n1960-01-01T00:00:00Z,1,a,3\n"+at(-time.Hour)+",1,nobody,4\n"+
		at(-time.Hour)+",1,a,"+strings.Repeat("x", 300)+"\n"))
	out, notes, err := p.run(file, func(o *Options) { o.DryRun, o.Customer, o.CustomerColumn, o.ID = true, "", "who", "id" })
	for _, want := range []string{
		`line 3 (row 2), column "at", value "` + at(10*time.Minute) + `": The event is more than 5 minutes ahead. Check the clock of your server (timestamp_in_future, timestamp)`,
		`line 4 (row 3), column "at", value "1960-01-01T00:00:00Z": The event is older than computers count. Leave the timestamp out for now (timestamp_too_old, timestamp)`,
		`line 5 (row 4), column "who", value "nobody": There is no such customer (unknown_customer, customer)`,
		`line 6 (row 5), column "id", value "xxx`, `An event has an id of 1 to 255 characters, which counts once (invalid, id)`,
	} {
		if strings.Count(notes, want) != 1 {
			t.Errorf("%q is not said in:\n%s", want, notes)
		}
	}
	if err == nil || !strings.Contains(err.Error(), "4 rows would be refused") || !strings.Contains(out, "1 row would be booked for 1 credit, less") {
		t.Error(out, err)
	}
}

// What ends a dry run booked nothing, and it says so; what ends an import says what
// was booked.
func TestNothingIsBookedByADryRun(t *testing.T) {
	p := newPurse(t)
	p.lists = map[string]string{"/v1/meters": `{"data":[{"id":"m2","key":"calls","event":"e","aggregation":"count","property":null}]}`, "/v1/rates": `{"data":[]}`}
	broken := write(t, "a.csv", []byte(head+"2026-01-01 10:00:00,1\n2026-01-01 10:00:01,\"1\n"))
	dry := func(o *Options) { o.DryRun, o.MaxRefused = true, 1 }
	if _, _, err := p.run(broken, dry); err == nil || !strings.Contains(err.Error(), "line 3 is no CSV") || !strings.Contains(err.Error(), "nothing is booked") || strings.Contains(err.Error(), "are booked") {
		t.Error(err)
	}
	if _, _, err := p.run(write(t, "a.csv", []byte(head+"x,1\n")), dry); err == nil || !strings.Contains(err.Error(), "no row after it was looked at") {
		t.Error(err)
	}
	if _, _, err := p.run(broken); err == nil || !strings.Contains(err.Error(), "line 3 is no CSV") || !strings.Contains(err.Error(), "the rows before it are booked or named") || len(p.booked) != 1 {
		t.Error(err, len(p.booked))
	}
	// Where they could not be booked, nobody says that they are.
	var a, b bytes.Buffer
	o := plain
	o.File = broken
	if err := Run(context.Background(), o, &fails{newPurse(t)}, &a, &b); err == nil || strings.Contains(err.Error(), "are booked or named") || !strings.Contains(err.Error(), "nothing from line 2 on is booked") {
		t.Error(err)
	}
}

// What could be read in two ways is shown: once, with where and how it was read.
func TestGuessesAreShown(t *testing.T) {
	for name, x := range map[string]struct {
		rows, want string
		change     func(*Options)
	}{
		"a point":      {"at;n\n2026-01-01 10:00:00;1.500\n2026-01-01 10:00:01;2.500\n", `Numbers such as "1.500" (line 2) are read with a point before decimals`, nil},
		"commas":       {"at,n\n2026-01-01 10:00:00,\"1,234\"\n", `Numbers such as "1,234" (line 2) are read with commas between thousands`, nil},
		"points":       {"at;n\n2026-01-01 10:00:00;1.500\n", `Numbers such as "1.500" (line 2) are read with points between thousands: 1500`, func(o *Options) { o.Decimal = "," }},
		"a zone":       {"at,n\n2026-01-01 10:00:00,1\n", `Times such as "2026-01-01 10:00:00" (line 2) are read as times in UTC`, nil},
		"no guess":     {"at,n\n2026-01-01T10:00:00Z,1.5\n2026-01-01T10:00:01Z,0.125\n", "", nil},
		"it was said":  {"at;n\n2026-01-01T10:00:00Z;1.500\n", "", func(o *Options) { o.Decimal = "." }},
		"one reading":  {"at,n\n2026-01-01T10:00:00Z,1234.500\n", "", nil},
		"milliseconds": {"at,n\n1767261600000,1\n", "milliseconds since 1970", nil},
	} {
		p := newPurse(t)
		if x.change == nil {
			x.change = func(*Options) {}
		}
		_, notes, err := p.run(write(t, "a.csv", []byte(x.rows)), x.change)
		said := strings.Count(notes, "such as")
		if err != nil || (x.want == "" && said > 0) || (x.want != "" && strings.Count(notes, x.want) != 1) {
			t.Errorf("%s: %v\n%s", name, err, notes)
		}
	}
}

// A time that clocks skip or show twice is named, with the reading that was taken,
// and counted. A zone beside the time leaves no doubt.
func TestWhereClocksAreChanged(t *testing.T) {
	berlin := func(o *Options) { o.Zone = "Europe/Berlin" }
	for when, want := range map[string]string{
		"2026-03-29 02:30":          never,
		"2026-03-29 02:00:00":       never,
		"2026-03-29 01:59:59":       "",
		"2026-03-29 03:00:00":       "",
		"2026-10-25 02:30":          "comes twice",
		"2026-10-25 02:00:00":       "comes twice",
		"2026-10-25 02:59:59":       "comes twice",
		"2026-10-25 01:59:59":       "",
		"2026-10-25 03:00:00":       "",
		"2026-10-25 02:30:00+01:00": "",
		"2026-07-01 12:00":          "",
	} {
		p := newPurse(t)
		out, notes, err := p.run(write(t, "a.csv", []byte(head+when+",1\n"+when+",2\n")), berlin)
		if err != nil || len(p.booked) != 2 {
			t.Fatal(when, err)
		}
		counted := strings.Contains(out, "2 of the rows have a time that is read as one that ")
		if counted != (want != "") || (want != "" && (!strings.Contains(out, want) || !strings.Contains(out, "--zone") || !strings.Contains(notes, want) || !strings.Contains(notes, p.order[0].Timestamp))) {
			t.Errorf("%s: %s%s", when, out, notes)
		}
		// The reading that is named is the one that was taken.
		if reading := map[string]string{first: "2026-10-25T00:", second: "2026-10-25T01:"}; want == "comes twice" {
			for as, at := range reading {
				if strings.Contains(out, as) && !strings.HasPrefix(p.order[0].Timestamp, at) {
					t.Errorf("%s is said to be %q and is %s", when, as, p.order[0].Timestamp)
				}
			}
		}
	}
	p := newPurse(t)
	out, _, err := p.run(write(t, "a.csv", []byte(head+"25.10.2026 02:30,1\n")), berlin, func(o *Options) { o.TimeFormat = "DD.MM.YYYY HH:mm" })
	if err != nil || !strings.Contains(out, "1 of the rows has a time that is read as one that comes twice") {
		t.Error(out, err)
	}
}

// The abbreviation of a zone is read where the file's zone has it. Others are refused:
// nobody knows whether IST is of India, Ireland or Israel.
func TestAbbreviationsOfZones(t *testing.T) {
	const layout = "Mon, 02 Jan 2006 15:04:05 MST"
	for _, x := range []struct{ zone, layout, when, want string }{
		{"Europe/Berlin", layout, "Mon, 01 Jun 2026 22:00:00 CEST", "2026-06-01T20:00:00Z"},
		{"Europe/Berlin", layout, "Mon, 01 Jun 2026 22:00:00 GMT", "2026-06-01T22:00:00Z"},
		{"Europe/Berlin", layout, "Mon, 01 Jun 2026 22:00:00 UTC", "2026-06-01T22:00:00Z"},
		{"Europe/Berlin", layout, "Mon, 01 Jun 2026 22:00:00 GMT+3", ""}, // package time takes it for 22:00 UTC
		{"Europe/Berlin", layout, "Mon, 01 Jun 2026 22:00:00 PDT", ""},
		{"Europe/Berlin", layout, "Mon, 01 Jun 2026 22:00:00 JST", ""},
		{"Europe/Berlin", layout, "Mon, 01 Jun 2026 22:00:00 +03", ""},
		{"UTC", layout, "Mon, 01 Jun 2026 22:00:00 CEST", ""},
		{"UTC", layout, "Mon, 01 Jun 2026 22:00:00 UTC", "2026-06-01T22:00:00Z"},
		{"Asia/Tokyo", layout, "Mon, 01 Jun 2026 22:00:00 JST", "2026-06-01T13:00:00Z"},
		{"UTC", "2006-01-02 15:04:05 -0700 MST", "2026-06-01 22:00:00 -0700 PDT", "2026-06-02T05:00:00Z"}, // the offset says it
	} {
		p := newPurse(t)
		_, notes, err := p.run(write(t, "a.csv", []byte("at,n\n\""+x.when+"\",1\n")), func(o *Options) { o.Zone, o.TimeFormat = x.zone, x.layout })
		switch {
		case x.want == "":
			if err == nil || len(p.booked) != 0 || !strings.Contains(notes, `line 2 (row 1), column "at", value "`+x.when+`": `+x.zone+" has no ") {
				t.Errorf("%s in %s: %v %s", x.when, x.zone, err, notes)
			}
		case err != nil || p.order[0].Timestamp != x.want:
			t.Errorf("%s in %s: %v %v %s", x.when, x.zone, p.order, err, notes)
		}
	}
}

// The last line of a file that does not end may be half written: it is left, named,
// and booked when it has ended, as one row.
func TestAGrowingFile(t *testing.T) {
	p := newPurse(t)
	file := write(t, "a.csv", []byte(head+"2026-12-01 10:00:00,1\n2026-12-01 10:00:01,12"))
	out, _, err := p.run(file)
	if err == nil || !strings.Contains(err.Error(), "line 3, the last, does not end") || !strings.Contains(err.Error(), "--last-line take") || len(p.booked) != 1 || !strings.HasPrefix(out, "1 row, 2 credits") {
		t.Errorf("%s %v, %d booked", out, err, len(p.booked))
	}
	if out, _, err = p.run(file, func(o *Options) { o.LastLine = LeaveLast }); err != nil || !strings.Contains(out, "1 row is left for the next run: line 3") {
		t.Error(out, err)
	}
	for _, grown := range []string{"34\n2026-12-01 10:00", ":02,5\n2026-12-01 10:00:03,\"6"} { // also half a row, and half a quote
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString(grown)
		_ = f.Close()
		if out, notes, err := p.run(file, func(o *Options) { o.LastLine = LeaveLast }); err != nil {
			t.Error(out, notes, err)
		}
	}
	var got []string
	for _, e := range p.order {
		got = append(got, string(e.Properties["n"]))
	}
	if strings.Join(got, " ") != "1 1234 5" {
		t.Errorf("booked are %v", got)
	}
	// An export that is whole, a packed one, and a file that is only a header.
	whole := []byte(head + "2026-12-01 10:00:00,1\n2026-12-01 10:00:01,2")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(whole)
	_ = z.Close()
	for name, x := range map[string]struct {
		file string
		last string
		rows int
	}{
		"said so": {write(t, "a.csv", whole), TakeLast, 2}, "packed": {write(t, "a.csv.gz", packed.Bytes()), "", 2}, "ended": {write(t, "a.csv", append(whole, '\n')), "", 2},
		"UTF-16": {write(t, "a.csv", utf16le("\ufeff"+string(whole))), TakeLast, 2}, "a header": {write(t, "a.csv", []byte("at,n")), "", 0}, "left": {write(t, "a.csv", whole), LeaveLast, 1},
	} {
		p := newPurse(t)
		if out, _, err := p.run(x.file, func(o *Options) { o.LastLine = x.last }); err != nil || len(p.booked) != x.rows {
			t.Errorf("%s: %s %v, %d booked", name, out, err, len(p.booked))
		}
	}
	if _, _, err := p.run(file, func(o *Options) { o.LastLine = "maybe" }); err == nil || !strings.Contains(err.Error(), "--last-line") {
		t.Error(err)
	}
}

// What is under way when somebody interrupts is waited for, and the summary is of what
// was booked; what was not sent is not.
func TestAnInterruption(t *testing.T) {
	var rows strings.Builder
	for i := range 7 {
		fmt.Fprintf(&rows, "2026-01-01 10:00:0%d,1\n", i)
	}
	file := write(t, "a.csv", []byte(head+rows.String()))
	run := func(p *interrupted, ctx context.Context) (string, error) {
		o := plain
		o.File = file
		var a, b bytes.Buffer
		err := Run(ctx, o, p, &a, &b)
		return a.String(), err
	}
	again := func(err error) bool {
		return err != nil && strings.Contains(err.Error(), "run the same command again") && !errors.Is(err, context.Canceled)
	}
	ctx, stop := context.WithCancel(context.Background())
	p := &interrupted{purse: newPurse(t), stop: stop, at: 2}
	if out, err := run(p, ctx); !again(err) || len(p.booked) != 4 || !strings.HasPrefix(out, "4 rows, 8 credits charged") || strings.Contains(out, "may be") {
		t.Error(out, err, len(p.booked))
	}
	if out, err := run(p, ctx); !again(err) || len(p.booked) != 4 || !strings.HasPrefix(out, "0 rows, ") { // it was stopped before
		t.Error(out, err)
	}
	// An answer that does not come is not waited for for ever.
	defer func(was time.Duration) { lastWait = was }(lastWait)
	lastWait = 10 * time.Millisecond
	ctx, stop = context.WithCancel(context.Background())
	p = &interrupted{purse: newPurse(t), stop: stop, at: 2, silent: true}
	if out, err := run(p, ctx); !again(err) || !strings.HasPrefix(out, "2 rows, 4 credits charged") || !strings.Contains(out, "2 rows, of lines 4 to 5, may be booked or not") {
		t.Error(out, err)
	}
}

// interrupted is interrupted while it answers a request.
type interrupted struct {
	*purse
	stop   func()
	at     int // the request
	silent bool
}

func (p *interrupted) Post(ctx context.Context, path string, body, out any) error {
	if p.at--; p.at == 0 {
		p.stop()
		if p.silent {
			<-ctx.Done()
			return &url.Error{Op: "Post", URL: path, Err: ctx.Err()}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.purse.Post(ctx, path, body, out)
}

// A request whose answer was lost is made again, as one is that reached nobody. Where
// no answer comes at all, it says which rows may be booked.
func TestALostAnswer(t *testing.T) {
	lost := &url.Error{Op: "Post", URL: "/v1/usage", Err: io.EOF}
	refused := &url.Error{Op: "Post", URL: "/v1/usage", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	file := write(t, "a.csv", []byte(head+"2026-01-01 10:00:00,1\n2026-01-01 10:00:01,1\n2026-01-01 10:00:02,1\n"))
	p := newPurse(t)
	p.fails, p.cut = 1, lost
	out, notes, err := p.run(file)
	if err != nil || len(p.booked) != 3 || !strings.HasPrefix(out, "3 rows, 2 credits charged, 2 of the rows were there already, for 4 credits\n2 of the rows were there already or booked just now") ||
		!strings.Contains(notes, "trying again") {
		t.Errorf("%s %s %v, %d are booked", out, notes, err, len(p.booked))
	}
	q := &unreachable{newPurse(t), 1, refused}
	var a, b bytes.Buffer
	o := plain
	o.File = file
	if err := Run(context.Background(), o, q, &a, &b); err != nil || !strings.HasPrefix(a.String(), "3 rows, 6 credits charged, 0 of the rows were there already\n") || strings.Contains(a.String(), "just now") {
		t.Error(a.String(), err)
	}

	defer func(was time.Duration) { patience = was }(patience)
	patience = 0
	p = newPurse(t)
	p.fails, p.cut = 1, lost
	const unknown = "2 rows, of lines 2 to 3, may be booked or not"
	if out, _, err = p.run(file); err == nil || !strings.Contains(err.Error(), unknown) || !strings.Contains(err.Error(), "Run the same command again") || !strings.Contains(out, unknown) || !strings.HasPrefix(out, "0 rows, ") {
		t.Error(out, err)
	}
	q = &unreachable{newPurse(t), 1, refused}
	a.Reset()
	if err := Run(context.Background(), o, q, &a, &b); err == nil || !strings.Contains(err.Error(), "nothing from line 2 on is booked") || strings.Contains(a.String(), "may be") {
		t.Error(a.String(), err)
	}
}

// unreachable cannot be reached for usage a few times.
type unreachable struct {
	*purse
	times int
	err   error
}

func (p *unreachable) Post(ctx context.Context, path string, body, out any) error {
	if p.times--; p.times >= 0 {
		return p.err
	}
	return p.purse.Post(ctx, path, body, out)
}
