package usage

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/rating"
)

// Mode says whether an event may be refused.
type Mode string

const (
	// Decide allows or refuses, before the work.
	Decide Mode = "decide"
	// Record books work that is already done, always; what is missing becomes debt.
	Record Mode = "record"
)

// Event is one thing that a customer consumed.
type Event struct {
	ID         string // counts once per customer, 1–255 characters
	FormerID   string // by which it may have been sent before, "" for none
	Customer   string // an id, or "ext:" and the vendor's own
	Name       string
	Timestamp  time.Time // zero: now
	Mode       Mode      // "": Decide
	Backdated  bool      // lifts the floor of Timestamp
	Caller     string    // a key, seat or agent of the customer, "" for none
	Properties rating.Properties

	// Err is what is wrong with the event as it was sent, nil for nothing.
	Err error

	// sent are the fingerprints of the event as it was sent, with backdated and
	// without; of an event that was not read from JSON they are made of the fields.
	sent [2]ledger.Fingerprint
}

// MaxBatch is how many events one request may hold.
const MaxBatch = 1000

// ParseEvents reads one event, or {"events":[…]} of 1 to 1,000; batch says
// which. A *SyntaxError concerns the whole body. What is wrong with one event
// is in its Err: in a batch also that it is no JSON, as long as it can be seen
// where it ends.
func ParseEvents(body []byte) (events []Event, batch bool, err error) {
	p := &scanner{s: string(body)}
	if !p.isBatch() {
		events = make([]Event, 1)
		if err := p.event(&events[0]); err != nil {
			return nil, false, p.placed(err)
		}
		return events, false, p.placed(p.end())
	}
	err = p.each(func(name string) error {
		if name != "events" || events != nil {
			return broken("A batch has one field, events.")
		}
		events = []Event{}
		if p.peek() != '[' {
			return broken("events is an array.")
		}
		return p.elements(func() error {
			if len(events) == MaxBatch {
				return broken("A batch has at most 1,000 events.")
			}
			events = append(events, Event{})
			return p.element(&events[len(events)-1])
		})
	})
	if err == nil {
		err = p.end()
	}
	if err == nil && len(events) == 0 {
		err = broken("A batch has at least one event.")
	}
	return events, true, p.placed(err)
}

// isBatch looks at the first name of the object.
func (p *scanner) isBatch() bool {
	q := *p
	if q.peek() != '{' {
		return false
	}
	q.i++
	if q.peek() != '"' {
		return false
	}
	name, err := q.text()
	return err == nil && name == "events"
}

// The fields of an event, in the order of their bits and in the fingerprint.
var fields = [...]string{"id", "customer", "event", "timestamp", "mode", "backdated", "caller", "properties", "former_id"}

// element reads one event of a batch. One that is broken spoils itself alone.
func (p *scanner) element(e *Event) error {
	start := p.i
	err := p.event(e)
	if err == nil {
		return nil
	}
	at := p.i
	e.Err = p.placed(err)
	p.i = start
	if !p.skip() {
		p.i = at
		return err
	}
	*e = Event{ID: e.ID, Err: e.Err}
	return nil
}

// event reads one event. Its error is one of syntax; others are in e.Err.
func (p *scanner) event(e *Event) error {
	var seen uint
	var timestamp string
	if c := p.peek(); c != '{' {
		if _, _, err := p.value(maxDepth); err != nil {
			return err
		}
		e.Err = fault.New(fault.Invalid, "invalid", "", "An event is an object.")
		return nil
	}
	err := p.each(func(name string) error {
		field := -1
		for i, f := range fields {
			if f == name {
				field = i
				break
			}
		}
		if field >= 0 && seen&(1<<field) != 0 {
			return broken("An object has a name twice.")
		}
		if field == 7 && p.peek() == '{' {
			ps, err := p.object(maxDepth)
			e.Properties = ps
			seen |= 1 << field
			return err
		}
		kind, text, err := p.value(maxDepth)
		if err != nil {
			return err
		}
		if field < 0 {
			e.fail(fault.New(fault.Invalid, "unknown_field", name, "An event has no field %q.", name))
			return nil
		}
		seen |= 1 << field
		want := rating.String
		switch field {
		case 5:
			want = rating.Bool
		case 7:
			want = rating.Other
		}
		if kind != want || field == 7 {
			e.fail(fault.Bad(name, "The field %s is %s.", name, map[bool]string{true: "a string", false: "true or false"}[want == rating.String]))
			if field == 7 {
				e.Err = fault.Bad(name, "The field properties is an object.")
			}
			return nil
		}
		switch field {
		case 0:
			e.ID = text
		case 1:
			e.Customer = text
		case 2:
			e.Name = text
		case 3:
			timestamp = text
		case 4:
			e.Mode = Mode(text)
		case 5:
			e.Backdated = text == "true"
		case 6:
			e.Caller = text
		case 8:
			e.FormerID = text
		}
		return nil
	})
	if err != nil || e.Err != nil {
		return err
	}
	e.mark(seen, timestamp)
	e.fill(seen, timestamp)
	return nil
}

// fill reads the time of an event, and refuses fields that were sent and say nothing.
func (e *Event) fill(seen uint, timestamp string) {
	if seen&(1<<3) != 0 {
		at, err := time.Parse(time.RFC3339Nano, timestamp)
		if err != nil {
			e.fail(fault.Bad("timestamp", "%s is no time: give one such as 2026-01-31T12:00:00Z.", fault.Quote(timestamp)))
		}
		e.Timestamp = at.UTC().Truncate(time.Microsecond)
		if err == nil && e.Timestamp.UnixMicro() <= 0 { // the zero of a clock is not "now"
			e.fail(errTooOld)
		}
	}
	if seen&(1<<4) != 0 && e.Mode == "" {
		e.fail(fault.Bad("mode", "The mode is decide or record. Leave it out for decide."))
	}
	if seen&(1<<6) != 0 && e.Caller == "" {
		e.fail(fault.Bad("caller", "A caller has 1 to 255 characters. Leave it out if there is none."))
	}
	if seen&(1<<8) != 0 && e.FormerID == "" {
		e.fail(fault.Bad("former_id", "A former id has 1 to 255 characters. Leave it out if there is none."))
	}
}

func (e *Event) fail(err error) {
	if e.Err == nil {
		e.Err = err
	}
}

// check says what is wrong with the event itself.
func (e *Event) check() error {
	if e.Err != nil {
		return e.Err
	}
	if e.sent == ([2]ledger.Fingerprint{}) {
		e.markFields()
	}
	if e.Mode == "" {
		e.Mode = Decide
	}
	switch {
	case !sized(e.ID, 1, 255):
		return fault.Bad("id", "An event has an id of 1 to 255 characters, which counts once.")
	case e.Customer == "":
		return fault.Bad("customer", "Name the customer by its id, or by ext: and your own.")
	case !sized(e.Name, 1, 100):
		return fault.Bad("event", "Name what happened, in 1 to 100 characters.")
	case e.Mode != Decide && e.Mode != Record:
		return fault.Bad("mode", "The mode is decide or record, not %s.", fault.Quote(string(e.Mode)))
	case !sized(e.Caller, 0, 255):
		return fault.Bad("caller", "A caller has 1 to 255 characters.")
	case !sized(e.FormerID, 0, 255):
		return fault.Bad("former_id", "A former id has 1 to 255 characters.")
	}
	return nil
}

func sized(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return n >= least && n <= most && !strings.ContainsFunc(s, unicode.IsControl)
}
