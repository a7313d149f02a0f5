package importer

import (
	"strings"
	"testing"
)

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
