// Package event is the outbox: what happened, written in the transaction that
// made it happen. An event exists if and only if its change was committed, and
// its id stays the same wherever it is delivered.
//
// After the commit a dispatcher gives each event its position, the order in
// which everybody is told. Within a wallet Seq is the order in which things
// happened.
package event

import (
	"encoding/json"
	"errors"
	"time"

	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// Event is one thing that happened. Wallet and Seq are set where it belongs to
// a wallet: events are ordered by Seq within a wallet, and only there. Seq is
// that of the posting; what one posting caused shares it.
type Event struct {
	ID, Type, Customer string
	Wallet, Seq        int64
	Data               json.RawMessage
	Position           int64 // in the order of telling, 0 while it waits for one
	CreatedAt          time.Time
}

// Query asks for a part of the list, newest first. At most one of After and
// Before is set, to the id that the part starts after or ends before.
type Query struct {
	Customer      string   // "" for all
	Types         []string // none for all
	After, Before string
	Limit         int
}

// Waiting is how many events have no position yet, and since when the oldest.
type Waiting struct {
	Count  int64
	Oldest time.Time
}

// Store keeps events.
type Store interface {
	Insert(t tx.Tx, e Event) error
	Get(t tx.Tx, id string) (Event, error)
	// Latest is the event of a type with the highest Seq of a wallet, of these that
	// with the greatest id.
	Latest(t tx.Tx, typ, customer string, wallet int64) (Event, error)
	// List answers events, newest first, also where Before is set.
	List(t tx.Tx, q Query) ([]Event, error)
	// AnyWaiting says whether an event has no position yet.
	AnyWaiting(t tx.Tx) (bool, error)
	Waiting(t tx.Tx) (Waiting, error)
	// Place gives up to limit committed events their positions, in one
	// transaction at a time, and answers them in that order.
	Place(t tx.Tx, limit int) ([]Event, error)
	// After answers events of a position above the given one, in order.
	After(t tx.Tx, position int64, limit int) ([]Event, error)
	// Newest is the event with the highest position.
	Newest(t tx.Tx) (Event, error)
	// DeleteBefore deletes up to limit events with ids below the given one.
	DeleteBefore(t tx.Tx, id string, limit int) (int64, error)
}

// Kept is how long events, and what was delivered of them, are kept.
const Kept = 30 * 24 * time.Hour

// Log appends events.
type Log struct {
	store Store
	wake  func()
}

// NewLog makes a log on a store.
func NewLog(store Store) *Log { return &Log{store: store} }

// Wake names what is called after the commit of each transaction that appended
// something. It must be quick. Call it before the log is used.
func (l *Log) Wake(f func()) { l.wake = f }

// Append writes an event in t. Its data is stored as JSON and has the fields of
// the catalogue's example.
func (l *Log) Append(t tx.Tx, typ, customer string, wallet, seq int64, data any) error {
	_, err := l.Add(t, typ, customer, wallet, seq, data)
	return err
}

// Add is Append, and answers the event.
func (l *Log) Add(t tx.Tx, typ, customer string, wallet, seq int64, data any) (Event, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return Event{}, err
	}
	e := Event{
		ID: id.New("evt", t.Now()), Type: typ, Customer: customer, Wallet: wallet, Seq: seq,
		Data: raw, CreatedAt: t.Now(),
	}
	if l.wake != nil {
		t.OnCommit(l.wake)
	}
	return e, l.store.Insert(t, e)
}

// Get answers an event by its id. For a customer, only those that are its own
// and that customers are told of; "" reaches all.
func (l *Log) Get(t tx.Tx, id, customer string) (Event, error) {
	e, err := l.store.Get(t, id)
	if errors.Is(err, tx.ErrNotFound) || (err == nil && customer != "" && (e.Customer != customer || !ForCustomers(e.Type))) {
		return Event{}, fault.Missing("event")
	}
	return e, err
}

// Latest is the event of a type that whoever keeps the latest of a wallet goes by;
// false when there is none.
func (l *Log) Latest(t tx.Tx, typ, customer string, wallet int64) (Event, bool, error) {
	e, err := l.store.Latest(t, typ, customer, wallet)
	return found(e, err)
}

// List answers events, newest first.
func (l *Log) List(t tx.Tx, q Query) ([]Event, error) { return l.store.List(t, q) }

// AnyWaiting says whether an event waits for its position.
func (l *Log) AnyWaiting(t tx.Tx) (bool, error) { return l.store.AnyWaiting(t) }

// Waiting counts the events that wait for their position.
func (l *Log) Waiting(t tx.Tx) (Waiting, error) { return l.store.Waiting(t) }

// Place gives committed events their positions. Who calls it fans them out in
// the same transaction.
func (l *Log) Place(t tx.Tx, limit int) ([]Event, error) { return l.store.Place(t, limit) }

// After answers events above a position, in the order of telling. None is ever
// added below one that was seen.
func (l *Log) After(t tx.Tx, position int64, limit int) ([]Event, error) {
	return l.store.After(t, position, limit)
}

// Newest is the event that was told last; false when there is none.
func (l *Log) Newest(t tx.Tx) (Event, bool, error) {
	e, err := l.store.Newest(t)
	return found(e, err)
}

func found(e Event, err error) (Event, bool, error) {
	if errors.Is(err, tx.ErrNotFound) {
		return e, false, nil
	}
	return e, err == nil, err
}

// Forget deletes events that are older than Kept, at most limit of them.
func (l *Log) Forget(t tx.Tx, limit int) (int64, error) {
	return l.store.DeleteBefore(t, id.Floor("evt", t.Now().Add(-Kept)), limit)
}
