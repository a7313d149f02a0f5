package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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
