package db

import (
	"math"
	"time"

	"purse/billing/inbox"
	"purse/billing/tx"
	"purse/db/gen"
)

// InboxStore implements inbox.Store.
type InboxStore struct{}

var _ inbox.Store = InboxStore{}

func (InboxStore) InsertEvent(t tx.Tx, e *inbox.Event) (bool, error) {
	ctx, q := q(t)
	n, err := q.InsertInbox(ctx, gen.InsertInboxParams{
		ID: e.ID, Type: e.Type, ObjectID: e.ObjectID, Livemode: flag(e.Livemode), State: string(e.State),
		CreatedAt: micros(e.CreatedAt), ReceivedAt: micros(e.ReceivedAt),
	})
	return n > 0, err
}

func (InboxStore) UpdateEvent(t tx.Tx, e *inbox.Event) error {
	ctx, q := q(t)
	return q.UpdateInbox(ctx, gen.UpdateInboxParams{
		State: string(e.State), Attempts: int64(e.Attempts), Error: e.Why, Reason: string(e.Reason), PurchaseID: e.Purchase, ProcessedAt: micros(e.ProcessedAt), ID: e.ID,
	})
}

func (InboxStore) Event(t tx.Tx, id string) (*inbox.Event, error) {
	ctx, q := q(t)
	r, err := q.InboxEvent(ctx, id)
	if err != nil {
		return nil, notFound(err)
	}
	return inboxEvent(r), nil
}

func (s InboxStore) Events(t tx.Tx, state inbox.State, before string, limit int) ([]*inbox.Event, error) {
	ctx, q := q(t)
	at, id := int64(math.MaxInt64), before
	if before != "" {
		e, err := s.Event(t, before)
		if err != nil {
			return nil, err
		}
		at = micros(e.ReceivedAt)
	}
	var rows []gen.Inbox
	var err error
	if state == "" {
		rows, err = q.InboxAll(ctx, gen.InboxAllParams{BeforeAt: at, BeforeID: id, MaxRows: int32(limit)})
	} else {
		rows, err = q.InboxInState(ctx, gen.InboxInStateParams{State: string(state), BeforeAt: at, BeforeID: id, MaxRows: int32(limit)})
	}
	out := make([]*inbox.Event, len(rows))
	for i, r := range rows {
		out[i] = inboxEvent(r)
	}
	return out, err
}

func (InboxStore) Lag(t tx.Tx) (int64, time.Time, error) {
	ctx, q := q(t)
	r, err := q.InboxLag(ctx)
	return r.Waiting, instant(r.Oldest), err
}

func inboxEvent(r gen.Inbox) *inbox.Event {
	return &inbox.Event{
		ID: r.ID, Type: r.Type, ObjectID: r.ObjectID, Livemode: r.Livemode != 0, Attempts: int(r.Attempts),
		Verdict: inbox.Verdict{State: inbox.State(r.State), Reason: inbox.Reason(r.Reason), Why: r.Error}, Purchase: r.PurchaseID, CreatedAt: instant(r.CreatedAt), ReceivedAt: instant(r.ReceivedAt), ProcessedAt: instant(r.ProcessedAt),
	}
}

const reconciledUntil = "reconciled_until"

// ReconciledUntil is until when Stripe's events were read.
func (InboxStore) ReconciledUntil(t tx.Tx) (time.Time, error) {
	text, err := Installation{}.Get(t, reconciledUntil)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339Nano, text)
}

// SetReconciledUntil stores until when Stripe's events were read.
func (InboxStore) SetReconciledUntil(t tx.Tx, until time.Time) error {
	return Installation{}.Put(t, reconciledUntil, until.UTC().Format(time.RFC3339Nano))
}
