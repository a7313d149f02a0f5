package importer

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// moments reads the times of a file.
type moments struct {
	formats []string // layouts of package time, or epoch, epoch-ms …; empty: guessed
	zone    *time.Location
}

var zoned = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999 -0700", "2006-01-02 15:04:05.999999999 -07:00", "2006-01-02 15:04:05.999999999-07", time.RFC1123Z,
}

var local = []string{
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04", "2006-01-02T15:04", "2006/01/02 15:04:05", "2006/01/02 15:04",
}

var days = []string{"2006-01-02", "2006/01/02", "Jan 2, 2006", "2 Jan 2006", "January 2, 2006", "02-Jan-2006"}

type epochUnit struct {
	name   string
	digits int
	unit   time.Duration
}

// epochs are units of time since 1970, by the digits that a number of today has.
var epochs = []epochUnit{{"epoch", 10, time.Second}, {"epoch-ms", 13, time.Millisecond}, {"epoch-us", 16, time.Microsecond}, {"epoch-ns", 19, time.Nanosecond}}

var (
	epochShape = regexp.MustCompile(`^(\d{1,19})(?:\.(\d+))?$`)
	slashed    = regexp.MustCompile(`^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b`)
	// zoneInLayout is a zone in a layout of package time.
	zoneInLayout   = regexp.MustCompile(`MST|[-Z]07`)
	offsetInLayout = regexp.MustCompile(`[-Z]07`)
	tokens         = regexp.MustCompile(`YYYY|YY|MMM|MM|M|DD|D|HH|hh|H|mm|ss|SSS|ZZ|Z`)
)

var layoutOf = map[string]string{
	"YYYY": "2006", "YY": "06", "MMM": "Jan", "MM": "01", "M": "1", "DD": "02", "D": "2", "HH": "15", "hh": "15", "H": "15", "mm": "04", "ss": "05", "SSS": "000",
	"ZZ": "-0700", "Z": "Z07:00",
}

// layout reads --time-format: epoch, epoch-ms …, YYYY-MM-DD HH:mm:ss and the
// like, or a layout of Go.
func layout(s string) (string, error) {
	for _, e := range epochs {
		if s == e.name {
			return s, nil
		}
	}
	if !strings.Contains(s, "2006") && !strings.Contains(s, "06") {
		s = tokens.ReplaceAllStringFunc(s, func(t string) string { return layoutOf[t] })
	}
	if at := time.Date(2031, 11, 22, 13, 14, 15, 0, time.UTC); at.Format(s) == s || !strings.Contains(at.Format(s), "31") {
		return "", fmt.Errorf("--time-format %q names no year: write it as YYYY-MM-DD HH:mm:ss, M/D/YYYY, epoch or epoch-ms", s)
	}
	return s, nil
}

// parse reads a time and says what it was taken for, nothing for one that says it
// all.
func (m *moments) parse(s string) (at time.Time, kinds []string, err error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return at, nil, fmt.Errorf("the time is blank: leave out such rows with --skip-blank or --where, or give one with --default")
	}
	if len(m.formats) > 0 {
		return m.formatted(s)
	}
	bare, utc := strings.CutSuffix(strings.TrimSuffix(s, " GMT"), " UTC")
	if utc || bare != s {
		s = bare + "Z"
	}
	for _, l := range zoned {
		if at, err = time.Parse(l, s); err == nil {
			return at.UTC(), nil, nil
		}
	}
	for _, l := range local {
		if at, err = time.ParseInLocation(l, s, m.zone); err == nil {
			return at.UTC(), append(m.doubt(l, s), "as times in "+m.zone.String()), nil
		}
	}
	for _, l := range days {
		if at, err = time.ParseInLocation(l, s, m.zone); err == nil {
			return at.UTC(), append(m.doubt(l, s), "as days that begin in "+m.zone.String()), nil
		}
	}
	if at, kind, ok := epoch(s); ok {
		return at, []string{"as " + kind}, nil
	}
	if slashed.MatchString(s) {
		return at, nil, fmt.Errorf("this can be read in two ways: say --time-format M/D/YYYY or D/M/YYYY, with HH:mm:ss where there are times")
	}
	return at, nil, fmt.Errorf("this is not a time such as 2023-11-16 18:17:03.97, 2023-11-16T18:17:03Z or 1700158623; say how it is written with --time-format")
}

// formatted reads a time by the formats that were said.
func (m *moments) formatted(s string) (at time.Time, kinds []string, err error) {
	var foreign error
	for _, f := range m.formats {
		if at, err = m.by(f, s); err == nil {
			return at.UTC(), m.doubt(f, s), nil
		}
		if errors.As(err, new(foreignError)) {
			foreign = err
		}
	}
	if foreign != nil {
		return at, nil, foreign
	}
	return at, nil, fmt.Errorf("this is no time like --time-format says")
}

// What a time can be that a zone leaves open, where clocks are changed.
const (
	never  = "as one that clocks skip"
	first  = "as one that comes twice, the first time"
	second = "as one that comes twice, the second time"
)

var doubtful = map[string]bool{never: true, first: true, second: true}

// doubt says of a time without a zone whether the zone's clocks show it twice, or
// never, and then which of its readings was taken.
func (m *moments) doubt(layout, s string) []string {
	if slices.ContainsFunc(epochs, func(e epochUnit) bool { return layout == e.name }) || zoneInLayout.MatchString(layout) {
		return nil
	}
	shown, err := time.Parse(layout, s) // as a clock shows it, as if in UTC
	at, err2 := time.ParseInLocation(layout, s, m.zone)
	if err != nil || err2 != nil {
		return nil
	}
	_, offset := at.Zone()
	if !at.Add(time.Duration(offset) * time.Second).Equal(shown) {
		return []string{never}
	}
	from, to := at.ZoneBounds()
	if !from.IsZero() {
		_, before := from.Add(-1).Zone()
		if shown.Add(-time.Duration(before) * time.Second).Before(from) {
			return []string{second}
		}
	}
	if !to.IsZero() {
		_, after := to.Zone()
		if !shown.Add(-time.Duration(after) * time.Second).Before(to) {
			return []string{first}
		}
	}
	return nil
}

func (m *moments) by(format, s string) (time.Time, error) {
	for _, e := range epochs {
		if format == e.name {
			return since(s, e.unit)
		}
	}
	at, err := time.ParseInLocation(format, s, m.zone)
	if err == nil && m.foreign(format, at) {
		name, _ := at.Zone()
		return at, foreignError{fmt.Errorf("%s has no %q: give the zone that has it with --zone, or times with an offset such as +02:00", m.zone, name)}
	}
	return at, err
}

// foreignError says that a time names a zone that nobody can tell the offset of.
type foreignError struct{ error }

// foreign says whether a time has the abbreviation of a zone that is not the file's.
// The same letters stand for several zones, and package time reads all that it does
// not know as UTC.
func (m *moments) foreign(format string, at time.Time) bool {
	if !strings.Contains(format, "MST") || offsetInLayout.MatchString(format) {
		return false
	}
	name, _ := at.Zone()
	return at.Location() != m.zone && at.Location() != time.UTC && name != "GMT"
}

// epoch guesses the unit of a number by how large it is.
func epoch(s string) (at time.Time, kind string, ok bool) {
	m := epochShape.FindStringSubmatch(s)
	if m == nil {
		return at, "", false
	}
	for _, e := range epochs {
		if len(m[1]) != e.digits {
			continue
		}
		at, err := since(s, e.unit)
		return at, map[string]string{"epoch": "seconds", "epoch-ms": "milliseconds", "epoch-us": "microseconds", "epoch-ns": "nanoseconds"}[e.name] + " since 1970", err == nil
	}
	return at, "", false
}

func since(s string, unit time.Duration) (time.Time, error) {
	m := epochShape.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, fmt.Errorf("no number")
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	perSecond := int64(time.Second / unit)
	at := time.Unix(n/perSecond, n%perSecond*int64(unit))
	if m[2] != "" {
		digits := (m[2] + "000000000")[:9]
		part, _ := strconv.ParseInt(digits, 10, 64) // nine digits
		at = at.Add(time.Duration(part * int64(unit) / int64(time.Second)))
	}
	return at.UTC(), nil
}
