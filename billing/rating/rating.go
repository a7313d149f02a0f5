// Package rating turns a usage event into credits: which meters count it, which
// rate of each wins, and what that costs exactly; the ledger rounds. It is pure:
// the same event and catalog always give the same charges, and a charge names
// all that is needed to compute it again.
package rating

import (
	"slices"
	"strings"
	"time"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
)

// Event is what happened, as far as rating looks at it.
type Event struct {
	Name       string
	At         time.Time // chooses the versions of rates
	Properties Properties
}

// ValueKind is what a property's value is.
type ValueKind byte

// The kinds of JSON values.
const (
	Null ValueKind = iota
	Bool
	Number
	String
	Other // an object or an array
)

// Property is one property of an event. Text is a string's text, or the literal
// of a number or of true and false.
type Property struct {
	Name string
	Kind ValueKind
	Text string
}

// shown is the value as a message shows it.
func (p Property) shown() string {
	switch p.Kind {
	case Null:
		return "null"
	case String:
		return "the text " + fault.Quote(p.Text)
	case Other:
		return "an object or a list"
	default:
		return fault.Quote(p.Text)
	}
}

// Properties are those of one event, each name once.
type Properties []Property

// Get finds a property.
func (ps Properties) Get(name string) (Property, bool) {
	for _, p := range ps {
		if p.Name == name {
			return p, true
		}
	}
	return Property{}, false
}

// Charge is what an event costs in one credit type.
type Charge struct {
	CreditType string
	Lines      []ledger.Line // in order of meter keys, with their exact costs
}

// Cost is what its lines cost together, exactly.
func (c Charge) Cost() (sum money.Exact) {
	for _, l := range c.Lines {
		sum = sum.Add(l.Cost)
	}
	return sum
}

// line is what a meter counted, and the rate that won.
type line struct {
	rate     *catalog.Rate
	quantity Quantity
}

// Rate answers what an event costs, by credit type in order of their keys, or
// the fault in it.
func Rate(c *catalog.Snapshot, e Event) ([]Charge, error) {
	meters := c.MetersOf(e.Name)
	if len(meters) == 0 {
		return nil, fault.New(fault.Invalid, "unknown_event", "event", "No meter reads events named %q. Create a meter for it, or correct the name.", e.Name)
	}
	var room [8]line
	lines := room[:0]
	for _, m := range meters { // what is wrong with the event comes before what is missing here
		q, err := quantity(m, e.Properties)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line{quantity: q})
	}
	for i, m := range meters {
		r := winner(c.Lines(m.Key), &e)
		if r == nil {
			return nil, fault.New(fault.Invalid, "no_rate", "properties", "No rate of the meter %q matches this event at its time. Create one.", m.Key)
		}
		lines[i].rate = r
	}
	return charges(lines)
}

// quantity is what a meter counts of an event.
func quantity(m *catalog.Meter, ps Properties) (Quantity, error) {
	if m.Aggregation == catalog.Count {
		return One, nil
	}
	p, ok := ps.Get(m.Property)
	if !ok {
		return Quantity{}, fault.New(fault.Invalid, "missing_property", "properties."+m.Property, "The meter %q counts the property %q, which this event lacks.", m.Key, m.Property)
	}
	var q Quantity
	err := errNotNumber
	if p.Kind == Number {
		q, err = ParseQuantity(p.Text)
	}
	if err != nil {
		return Quantity{}, fault.New(fault.Invalid, "invalid_property", "properties."+m.Property, "The property %q %s: it is %s.", m.Property, err, p.shown())
	}
	return q, nil
}

// winner is the rate with most matched properties that applied at the event's
// time. The catalog sees to it that there is only one.
func winner(lines []*catalog.Line, e *Event) *catalog.Rate {
	for _, l := range lines {
		if !matches(l.Match, e.Properties) {
			continue
		}
		if r := l.At(e.At); r != nil {
			return r
		}
	}
	return nil
}

func matches(match map[string]string, ps Properties) bool {
	for name, want := range match {
		if p, ok := ps.Get(name); !ok || !p.is(want) {
			return false
		}
	}
	return true
}

// is says whether a property has the value that a rate wants: numbers by value,
// however they are written, everything else as it stands.
func (p Property) is(want string) bool {
	switch p.Kind {
	case Number:
		return p.Text == want || money.Number(p.Text) == money.Number(want)
	case String, Bool:
		return p.Text == want
	default:
		return false
	}
}

// charges groups lines by credit type.
func charges(lines []line) ([]Charge, error) {
	out := make([]Charge, 0, 1)
	for _, l := range lines {
		cost, err := l.cost()
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(c Charge) bool { return c.CreditType == l.rate.CreditType })
		if i < 0 {
			i = len(out)
			out = append(out, Charge{CreditType: l.rate.CreditType})
		}
		out[i].Lines = append(out[i].Lines, ledger.Line{Meter: l.rate.Meter, Rate: l.rate.ID(), Quantity: l.quantity.String(), Cost: cost})
	}
	slices.SortFunc(out, func(a, b Charge) int { return strings.Compare(a.CreditType, b.CreditType) })
	return out, nil
}
