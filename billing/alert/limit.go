package alert

import (
	"time"

	"purse/billing/fault"
	"purse/billing/money"
)

// Scope is whose spending a limit counts.
type Scope string

const (
	Whole  Scope = "customer"
	Meter  Scope = "meter"
	Caller Scope = "caller"
)

// Period is how long a limit counts before it starts anew, by the calendar of
// the customer's time zone. Weeks start on Monday.
type Period string

const (
	Day   Period = "day"
	Week  Period = "week"
	Month Period = "month"
)

// Limit is a spend limit on a wallet. A hard one stops requests: a debit that
// would go over it is refused with spend_limit_reached. The others tell.
type Limit struct {
	ID         string
	Customer   string
	CreditType string
	Scope      Scope
	// Meter is the key of the meter that it counts, for the scope meter.
	Meter string
	// Caller is whose usage it counts, for the scope caller; "" counts every
	// caller on its own.
	Caller  string
	Period  Period
	Credits money.Credits
	Hard    bool
	// Zone is the time zone that its periods were last counted in.
	Zone                 string
	CreatedBy            string
	CreatedAt, UpdatedAt time.Time
	EndedAt              time.Time
}

// NewLimit says what a limit is to be.
type NewLimit struct {
	CreditType string
	Scope      Scope
	Meter      string
	Caller     string
	Period     Period
	Credits    money.Credits
	Hard       bool
}

// check refuses also a meter or a caller that the scope does not count: without it
// the limit would stop more than was meant.
func (n *NewLimit) check() error {
	if n.Scope == "" {
		n.Scope = Whole
	}
	switch {
	case n.Scope != Whole && n.Scope != Meter && n.Scope != Caller:
		return fault.Bad("scope", "A limit counts customer, meter or caller.")
	case n.Scope != Meter && n.Meter != "":
		return fault.Bad("meter", "A limit with the scope %s counts every meter: leave the meter out, or say scope meter.", n.Scope)
	case n.Scope != Caller && n.Caller != "":
		return fault.Bad("caller", "A limit with the scope %s counts every caller: leave the caller out, or say scope caller.", n.Scope)
	case n.Scope == Meter && n.Meter == "":
		return fault.Bad("meter", "Name the meter.")
	case len(n.Caller) > 255:
		return fault.Bad("caller", "A caller has at most 255 characters.")
	}
	if n.Period != Day && n.Period != Week && n.Period != Month {
		return fault.Bad("period", "A period is day, week or month.")
	}
	if n.Credits <= 0 || n.Credits > money.MaxAmount {
		return fault.Bad("credits", "Give more than zero credits.")
	}
	return nil
}

// Bounds are the start and the end of the period that an instant lies in.
func (p Period) Bounds(at time.Time, zone *time.Location) (from, to time.Time) {
	y, m, d := at.In(zone).Date()
	switch p {
	case Month:
		return midnight(y, m, 1, zone), midnight(y, m+1, 1, zone)
	case Week:
		d -= (int(at.In(zone).Weekday()) + 6) % 7
		return midnight(y, m, d, zone), midnight(y, m, d+7, zone)
	default:
		return midnight(y, m, d, zone), midnight(y, m, d+1, zone)
	}
}

// midnight is the first instant of a day. Where clocks are put forward at
// midnight a day begins later, and where they are put back to it, with the first
// of the two.
func midnight(y int, m time.Month, d int, zone *time.Location) time.Time {
	noon := time.Date(y, m, d, 12, 0, 0, 0, zone)
	y, m, d = noon.Date()
	same := func(t time.Time) bool { ty, tm, td := t.Date(); return ty == y && tm == m && td == d }
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if _, changed := t.ZoneBounds(); !same(t) && !changed.IsZero() {
		t = changed // there is no such midnight
	}
	if changed, _ := t.ZoneBounds(); !changed.IsZero() && same(changed.Add(-time.Nanosecond)) {
		// The clock was put back on this day: before that was its first midnight.
		_, now := t.Zone()
		_, before := changed.Add(-time.Nanosecond).Zone()
		if first := t.Add(time.Duration(now-before) * time.Second); same(first) {
			t = first
		}
	}
	return t.UTC()
}

// key names what is counted: a limit on every caller counts each on its own.
func (l *Limit) key(caller string) string {
	if l.Scope == Caller && l.Caller == "" {
		return l.ID + "/" + caller
	}
	return l.ID
}

// counts says whether usage by a caller counts towards the limit.
func (l *Limit) counts(caller string) bool {
	return l.Scope != Caller || (caller != "" && (l.Caller == "" || l.Caller == caller))
}

// stopsAll says whether nobody of the customer may go on once it is reached.
func (l *Limit) stopsAll() bool { return l.Hard && l.Scope == Whole }
