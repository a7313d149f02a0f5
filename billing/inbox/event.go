// Package inbox takes Stripe's events in. Each is kept once, before anything is made
// of it, never with its payload: its object is fetched from Stripe, once, and given to
// the one owner of its kind, so that order and number of events do not matter. What
// became of an event is committed together with its effect. What never arrived is
// read from Stripe's own list.
package inbox

import (
	"time"

	"purse/billing/tx"
)

// State is what became of an event.
type State string

const (
	Received State = "received" // stored, not processed yet
	Done     State = "done"     // its effect is committed with this state
	NotOurs  State = "not_ours" // about an object of another product
	Ignored  State = "ignored"  // of a type that changes nothing here
	Alarm    State = "alarm"    // ours, and a person must look: Why says why
	Retrying State = "retrying" // processing failed, and is tried again
)

// Reason tells alarms apart for which something can be done.
type Reason string

// UnknownHere says that the object names something of ours that is not here: a
// backup was restored, perhaps. What was sold can be adopted.
const UnknownHere Reason = "unknown_here"

// Verdict is what became of an event, and why, for people.
type Verdict struct {
	State  State
	Reason Reason
	Why    string
}

// Orphan is the verdict on an object that names something of ours that is not here.
func Orphan() Verdict {
	return Verdict{Alarm, UnknownHere, "ours, but unknown here: was a backup restored?"}
}

// Gone is the verdict on an object that Stripe does not know.
func Gone() Verdict { return Verdict{State: NotOurs, Why: "Stripe does not know the object"} }

// Event is an event of Stripe's, as far as it is kept.
type Event struct {
	ID, Type, ObjectID string
	Livemode           bool
	Verdict
	Attempts                int
	Purchase                string // that it was about
	CreatedAt               time.Time
	ReceivedAt, ProcessedAt time.Time

	of        *Service
	concluded bool // what became of it is committed with its effect
}

// Orphan says whether an event is about something of ours that is unknown here.
func (e *Event) Orphan() bool { return e.State == Alarm && e.Reason == UnknownHere }

// ConcludeIn writes what became of an event in the transaction of its effect. What
// its owner answers then changes nothing any more.
func (e *Event) ConcludeIn(t tx.Tx, v Verdict) error {
	now, err := e.of.Store.Event(t, e.ID)
	if err != nil {
		return err
	}
	now.Verdict, now.Purchase = v, e.Purchase
	t.OnCommit(func() { e.concluded = true })
	return e.of.finish(t, now)
}
