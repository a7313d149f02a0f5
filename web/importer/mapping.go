package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"purse/billing/words"
)

// column is one that a flag or a preset names; a preset knows the names that it
// has had.
type column struct {
	flag     string
	names    []string
	hint     string // what helps where there is none
	optional bool
	index    int // -1 where the file has none
	name     string
}

// field is a property and the column that it comes from.
type field struct {
	property string
	*column
	fallback string // where the cell is blank, "" for none
	optional bool   // left out where it is blank
}

// where is a condition on a column.
type where struct {
	*column
	why    string // a row is left out by it
	values []string
	not    bool
}

// mapping makes events of rows.
type mapping struct {
	Options
	moments  moments
	time     *column
	id       *column
	caller   *column
	customer *column
	fields   []*field
	wheres   []*where
	empty    []*column // a row in which all of these are blank says nothing
	names    []string
}

// event is a row as the API takes it.
type event struct {
	ID         string                     `json:"id"`
	FormerID   string                     `json:"former_id,omitempty"`
	Customer   string                     `json:"customer"`
	Event      string                     `json:"event"`
	Timestamp  string                     `json:"timestamp"`
	Mode       string                     `json:"mode"`
	Backdated  bool                       `json:"backdated"`
	Caller     string                     `json:"caller,omitempty"`
	Properties map[string]json.RawMessage `json:"properties"`

	at      time.Time
	names   []string // what may name its customer, the likeliest first
	guesses []guess
}

// guess is what a cell was taken for, where it does not say all itself.
type guess struct{ what, text, as, read string }

func named(flag string, names ...string) *column {
	return &column{flag: flag, names: names, index: -1}
}

// contradiction says which of the options say two things about one.
func (o *Options) contradiction() error {
	switch {
	case o.Customer != "" && o.CustomerColumn != "":
		return fmt.Errorf("--customer %s and --customer-column %s both say whose usage it is: give one of them", o.Customer, o.CustomerColumn)
	case o.ID != "" && o.IDs != "":
		return fmt.Errorf("--id %s and --ids %s both say what the ids are: give one of them", o.ID, o.IDs)
	}
	for _, p := range sorted(o.Property) {
		if v, both := o.Set[p]; both {
			return fmt.Errorf("--property %s=%s and --set %s=%s both say what %s is: give one of them", p, o.Property[p], p, v, p)
		}
	}
	return nil
}

func newMapping(o Options) (*mapping, error) {
	if err := o.contradiction(); err != nil {
		return nil, err
	}
	m := &mapping{Options: o, moments: moments{zone: time.UTC}}
	if o.Preset != "" {
		p, ok := presets[o.Preset]
		if !ok {
			return nil, fmt.Errorf("there is no preset %q: there are %s", o.Preset, strings.Join(sorted(presets), ", "))
		}
		p.fill(m)
	}
	if err := m.flags(); err != nil {
		return nil, err
	}
	switch {
	case o.Event == "":
		return nil, errors.New("--event names the event that each row is")
	case o.Customer == "" && m.customer == nil:
		return nil, errors.New("--customer says whose usage it is, or --customer-column which column does")
	case m.time == nil:
		return nil, errors.New("--time names the column with the time")
	case o.IDs != "" && o.IDs != "content" && o.IDs != "row":
		return nil, fmt.Errorf("--ids is content or row, not %q", o.IDs)
	case o.IDs == "row" && o.File == "-":
		return nil, errors.New("--ids row makes ids of the file's name: name a file")
	case o.Decimal != "" && o.Decimal != "." && o.Decimal != ",":
		return nil, fmt.Errorf("--decimal is a point or a comma, not %q", o.Decimal)
	}
	return m, nil
}

// flags puts what the flags say over what the preset says.
func (m *mapping) flags() error {
	o := m.Options
	if o.Time != "" {
		m.time, m.moments.formats = named("--time", o.Time), nil
	}
	if o.TimeFormat != "" {
		l, err := layout(o.TimeFormat)
		if err != nil {
			return err
		}
		m.moments.formats = []string{l}
	}
	if o.Zone != "" {
		zone, err := time.LoadLocation(o.Zone)
		if err != nil || o.Zone == "Local" {
			return fmt.Errorf("--zone %q is no time zone such as Europe/Berlin or UTC", o.Zone)
		}
		m.moments.zone = zone
	}
	if o.ID != "" {
		m.id = named("--id", o.ID)
	}
	if o.IDs != "" {
		m.id = nil
	}
	if o.Caller != "" {
		m.caller = named("--caller", o.Caller)
	}
	if o.CustomerColumn != "" {
		m.customer = named("--customer-column", o.CustomerColumn)
	}
	for _, p := range sorted(o.Property) {
		m.fields = slices.DeleteFunc(m.fields, func(f *field) bool { return f.property == p })
		m.fields = append(m.fields, &field{property: p, column: named("--property "+p, o.Property[p])})
	}
	m.fields = slices.DeleteFunc(m.fields, func(f *field) bool { _, set := o.Set[f.property]; return set })
	for _, text := range o.Where {
		w, err := newWhere(text)
		if err != nil {
			return err
		}
		m.wheres = append(m.wheres, w)
	}
	return nil
}

// newWhere reads Column=value|value, or Column!=value.
func newWhere(text string) (*where, error) {
	name, values, ok := strings.Cut(text, "=")
	if !ok || strings.TrimSuffix(name, "!") == "" {
		return nil, fmt.Errorf("--where %q: write it as Column=value, Column=value|value or Column!=value", text)
	}
	w := &where{why: "--where " + text, values: strings.Split(values, "|")}
	name, w.not = strings.CutSuffix(name, "!")
	w.column = named("--where "+text, name)
	return w, nil
}

// duplicateError says that a column that is needed is there twice.
type duplicateError struct{ error }

// bind finds the columns in a header.
func (m *mapping) bind(names []string) error {
	all := []*column{m.time, m.id, m.caller, m.customer}
	for _, f := range m.fields {
		all = append(all, f.column)
	}
	for _, w := range m.wheres {
		all = append(all, w.column)
	}
	all = append(all, m.empty...)
	for _, c := range all {
		if c == nil {
			continue
		}
		if err := c.bind(names); err != nil {
			return err
		}
	}
	for _, name := range sorted(m.Default) {
		if !slices.ContainsFunc(all, func(c *column) bool { return c != nil && c.is(name) }) {
			return fmt.Errorf("--default %s: no flag names this column", name)
		}
	}
	m.names = names
	return nil
}

func (c *column) is(name string) bool { return c.name == name || slices.Contains(c.names, name) }

// bind finds one column: by its name, or by its name and #2 where it is there
// twice.
func (c *column) bind(names []string) error {
	c.index = -1
	for _, name := range c.names {
		var at []int
		for i, n := range names {
			if n == name || like(n, name) {
				at = append(at, i)
			}
		}
		if len(at) > 1 {
			return &duplicateError{c.twice(names[at[0]], names[at[1]], len(at))}
		}
		if base, n, ok := strings.Cut(name, "#"); ok && len(at) == 0 {
			nth, err := strconv.Atoi(n)
			for i, other := range names {
				if err == nil && other == base {
					if nth--; nth == 0 {
						at = []int{i}
					}
				}
			}
		}
		if len(at) == 1 {
			if c.index, c.name = at[0], name; like(names[at[0]], name) {
				c.name = names[at[0]]
			}
			return nil
		}
	}
	if c.optional {
		return nil
	}
	return fmt.Errorf("%s: there is no column \"%s\"%s", c.flag, strings.Join(c.names, `" or "`), c.hint)
}

// like says whether a column is one that a preset names with (*).
func like(column, name string) bool {
	before, ok := strings.CutSuffix(name, "(*)")
	return ok && strings.HasPrefix(column, before+"(") && strings.HasSuffix(column, ")")
}

// twice says that a column cannot be told from another.
func (c *column) twice(first, second string, times int) error {
	if first != second {
		return fmt.Errorf("%s: there are the columns %q and %q%s", c.flag, first, second, c.hint)
	}
	return fmt.Errorf("%s: the column %q is there %d times: say which, as %q or %q", c.flag, first, times, first+"#1", first+"#2")
}

// cell is what a row has in a column, or what stands for a blank there.
func (m *mapping) cell(r *row, c *column) string {
	if c.index < 0 {
		return ""
	}
	s := r.cells[c.index]
	if trimmed := strings.TrimSpace(s); trimmed == "" || slices.Contains(m.Null, trimmed) {
		s = ""
		for name, v := range m.Default {
			if c.is(name) {
				s = v
			}
		}
	}
	return s
}

func (r *row) at(c *column, value, text string) error {
	return &rowError{line: r.line, number: r.number, column: c.name, value: value, hasValue: true, text: text}
}

const blank = "a cell is blank"

// event makes an event of a row. why says that the row is left out on purpose.
func (m *mapping) event(r *row) (e event, why string, err error) {
	if len(r.cells) != len(m.names) {
		return e, "", r.wrong(fmt.Sprintf("it has %s and there are %s", words.Count(len(r.cells), "cell"), words.Count(len(m.names), "column")))
	}
	for i, s := range r.cells {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return e, "", r.at(&column{name: m.names[i]}, strings.ToValidUTF8(s, "\ufffd"), "the text is not UTF-8")
		}
	}
	if why := m.leftOut(r); why != "" {
		return e, why, nil
	}
	e = event{names: []string{m.Customer}, Event: m.Event, Mode: "record", Backdated: true, Properties: map[string]json.RawMessage{}}
	timeText := m.cell(r, m.time)
	if timeText == "" && m.SkipBlank {
		return e, blank, nil
	}
	var kinds []string
	if e.at, kinds, err = m.moments.parse(timeText); err != nil {
		return e, "", r.at(m.time, r.cells[m.time.index], err.Error())
	}
	e.at = e.at.Truncate(time.Microsecond)
	e.Timestamp = e.at.Format(time.RFC3339Nano)
	for _, kind := range kinds {
		e.guesses = append(e.guesses, guess{"Times", timeText, kind, e.Timestamp})
	}
	if m.customer != nil {
		whose := m.cell(r, m.customer)
		if whose == "" {
			if m.SkipBlank {
				return e, blank, nil
			}
			return e, "", r.at(m.customer, r.cells[m.customer.index], "the customer is blank: give one with --default, or leave such rows out with --skip-blank")
		}
		e.names = names(whose)
	}
	if m.caller != nil {
		e.Caller = m.cell(r, m.caller)
	}
	for _, f := range m.fields {
		s := m.cell(r, f.column)
		if s == "" {
			s = f.fallback
		}
		switch {
		case s == "" && f.optional:
		case s == "" && m.SkipBlank:
			return e, blank, nil
		case s == "":
			return e, "", r.at(f.column, r.cells[f.index], "the cell for "+f.property+" is blank: give a value with --default, or leave such rows out with --skip-blank")
		default:
			e.Properties[f.property] = value(s, m.Decimal)
			if as := numberGuess(s, m.Decimal); as != "" {
				e.guesses = append(e.guesses, guess{"Numbers", s, as, string(e.Properties[f.property])})
			}
		}
	}
	for p, v := range m.Set {
		e.Properties[p] = value(v, ".")
	}
	return e, "", nil
}

// names are what a cell may name a customer by: its id or ext: and the vendor's own
// id where it looks so, and in any case the vendor's own id as it stands.
func names(cell string) []string {
	own := "ext:" + cell
	if strings.HasPrefix(cell, "ext:") || strings.HasPrefix(cell, "cus_") {
		return []string{cell, own}
	}
	return []string{own}
}

// leftOut says why a row is not wanted, "" when it is.
func (m *mapping) leftOut(r *row) string {
	for _, w := range m.wheres {
		if slices.Contains(w.values, strings.TrimSpace(m.cell(r, w.column))) == w.not {
			return w.why
		}
	}
	if len(m.empty) > 0 && !slices.ContainsFunc(m.empty, func(c *column) bool { return m.cell(r, c) != "" }) {
		return "nothing was used"
	}
	return ""
}
