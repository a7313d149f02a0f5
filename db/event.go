package db

import (
	"encoding/json"
	"slices"
	"strings"

	"purse/billing/event"
	"purse/billing/tx"
	"purse/db/gen"
)

// EventStore implements event.Store.
type EventStore struct{}

var _ event.Store = EventStore{}

// Insert implements event.Store.
func (EventStore) Insert(t tx.Tx, e event.Event) error {
	ctx, q := q(t)
	return q.InsertEvent(ctx, gen.InsertEventParams{
		ID: e.ID, Type: e.Type, CustomerID: e.Customer, WalletID: e.Wallet, Seq: e.Seq,
		Data: string(e.Data), CreatedAt: micros(e.CreatedAt),
	})
}

func eventOf(r gen.Event) event.Event {
	return event.Event{
		ID: r.ID, Type: r.Type, Customer: r.CustomerID, Wallet: r.WalletID, Seq: r.Seq,
		Data: json.RawMessage(r.Data), Position: r.Position, CreatedAt: instant(r.CreatedAt),
	}
}

// Get implements event.Store.
func (EventStore) Get(t tx.Tx, id string) (event.Event, error) {
	ctx, q := q(t)
	r, err := q.GetEvent(ctx, id)
	return one(r, err, eventOf)
}

// Latest implements event.Store.
func (EventStore) Latest(t tx.Tx, typ, customer string, wallet int64) (event.Event, error) {
	ctx, q := q(t)
	r, err := q.LatestEvent(ctx, gen.LatestEventParams{CustomerID: customer, Type: typ, WalletID: wallet})
	return one(r, err, eventOf)
}

// List implements event.Store. One type of all customers walks its own index;
// several are looked for among all.
func (EventStore) List(t tx.Tx, l event.Query) ([]event.Event, error) {
	ctx, q := q(t)
	types, rows := "", int32(l.Limit)
	if len(l.Types) > 0 {
		types = "," + strings.Join(l.Types, ",") + ","
	}
	from, back := l.After, l.Before != ""
	if from == "" {
		from = last
	}
	var found []gen.Event
	var err error
	switch {
	case l.Customer != "" && back:
		found, err = q.ListEventsOfBefore(ctx, gen.ListEventsOfBeforeParams{CustomerID: l.Customer, AfterID: l.Before, Types: types, MaxRows: rows})
	case l.Customer != "":
		found, err = q.ListEventsOfAfter(ctx, gen.ListEventsOfAfterParams{CustomerID: l.Customer, BeforeID: from, Types: types, MaxRows: rows})
	case len(l.Types) == 1 && back:
		found, err = q.ListEventsOfTypeBefore(ctx, gen.ListEventsOfTypeBeforeParams{Type: l.Types[0], AfterID: l.Before, MaxRows: rows})
	case len(l.Types) == 1:
		found, err = q.ListEventsOfTypeAfter(ctx, gen.ListEventsOfTypeAfterParams{Type: l.Types[0], BeforeID: from, MaxRows: rows})
	case back:
		found, err = q.ListEventsBefore(ctx, gen.ListEventsBeforeParams{AfterID: l.Before, Types: types, MaxRows: rows})
	default:
		found, err = q.ListEventsAfter(ctx, gen.ListEventsAfterParams{BeforeID: from, Types: types, MaxRows: rows})
	}
	if back {
		slices.Reverse(found)
	}
	return many(found, err, eventOf)
}

// AnyWaiting implements event.Store.
func (EventStore) AnyWaiting(t tx.Tx) (bool, error) {
	ctx, q := q(t)
	n, err := q.AnyWaitingEvent(ctx)
	return n > 0, err
}

// Waiting implements event.Store.
func (EventStore) Waiting(t tx.Tx) (event.Waiting, error) {
	ctx, q := q(t)
	r, err := q.CountWaitingEvents(ctx)
	return event.Waiting{Count: r.Waiting, Oldest: instant(r.Oldest)}, err
}

// Place implements event.Store. Its first statement makes others wait until
// this transaction has committed, so that positions become visible in order.
func (EventStore) Place(t tx.Tx, limit int) ([]event.Event, error) {
	ctx, q := q(t)
	at, err := q.LockEventPosition(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := q.ListWaitingEvents(ctx, int32(limit))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	for i := range rows {
		at++
		rows[i].Position = at
		if err := q.PlaceEvent(ctx, gen.PlaceEventParams{Position: at, ID: rows[i].ID}); err != nil {
			return nil, err
		}
	}
	return many(rows, q.SetEventPosition(ctx, at), eventOf)
}

// After implements event.Store.
func (EventStore) After(t tx.Tx, position int64, limit int) ([]event.Event, error) {
	ctx, q := q(t)
	rows, err := q.EventsAfter(ctx, gen.EventsAfterParams{Position: position, MaxRows: int32(limit)})
	return many(rows, err, eventOf)
}

// Newest implements event.Store.
func (EventStore) Newest(t tx.Tx) (event.Event, error) {
	ctx, q := q(t)
	r, err := q.NewestEvent(ctx)
	return one(r, err, eventOf)
}

// DeleteBefore implements event.Store.
func (EventStore) DeleteBefore(t tx.Tx, id string, limit int) (int64, error) {
	ctx, q := q(t)
	return q.DeleteEvents(ctx, gen.DeleteEventsParams{BeforeID: id, MaxRows: int32(limit)})
}
