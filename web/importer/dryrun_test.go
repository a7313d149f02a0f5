package importer

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"
	"time"
)

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
