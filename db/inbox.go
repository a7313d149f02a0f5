package db

import (
	"math"
	"time"

	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db/gen"
)

func (PurchaseStore) InsertEvent(t tx.Tx, e *purchase.InboxEvent) (bool, error) {
	ctx, q := q(t)
	n, err := q.InsertInbox(ctx, gen.InsertInboxParams{
		ID: e.ID, Type: e.Type, ObjectID: e.ObjectID, Livemode: flag(e.Livemode), State: string(e.State),
		CreatedAt: micros(e.CreatedAt), ReceivedAt: micros(e.ReceivedAt),
	})
	return n > 0, err
}

func (PurchaseStore) UpdateEvent(t tx.Tx, e *purchase.InboxEvent) error {
	ctx, q := q(t)
	return q.UpdateInbox(ctx, gen.UpdateInboxParams{
		State: string(e.State), Attempts: int64(e.Attempts), Error: e.Error, PurchaseID: e.Purchase, ProcessedAt: micros(e.ProcessedAt), ID: e.ID,
	})
}

func (PurchaseStore) Event(t tx.Tx, id string) (*purchase.InboxEvent, error) {
	ctx, q := q(t)
	r, err := q.InboxEvent(ctx, id)
	if err != nil {
		return nil, notFound(err)
	}
	return inboxEvent(r), nil
}

func (s PurchaseStore) Events(t tx.Tx, state purchase.InboxState, before string, limit int) ([]*purchase.InboxEvent, error) {
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
	out := make([]*purchase.InboxEvent, len(rows))
	for i, r := range rows {
		out[i] = inboxEvent(r)
	}
	return out, err
}

func (PurchaseStore) Lag(t tx.Tx) (int64, time.Time, error) {
	ctx, q := q(t)
	r, err := q.InboxLag(ctx)
	return r.Waiting, instant(r.Oldest), err
}

func inboxEvent(r gen.Inbox) *purchase.InboxEvent {
	return &purchase.InboxEvent{
		ID: r.ID, Type: r.Type, ObjectID: r.ObjectID, Livemode: r.Livemode != 0, State: purchase.InboxState(r.State), Attempts: int(r.Attempts),
		Error: r.Error, Purchase: r.PurchaseID, CreatedAt: instant(r.CreatedAt), ReceivedAt: instant(r.ReceivedAt), ProcessedAt: instant(r.ProcessedAt),
	}
}

const reconciledUntil = "reconciled_until"

// ReconciledUntil is until when Stripe's events were read.
func (PurchaseStore) ReconciledUntil(t tx.Tx) (time.Time, error) {
	text, err := Installation{}.Get(t, reconciledUntil)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339Nano, text)
}

// SetReconciledUntil stores until when Stripe's events were read.
func (PurchaseStore) SetReconciledUntil(t tx.Tx, until time.Time) error {
	return Installation{}.Put(t, reconciledUntil, until.UTC().Format(time.RFC3339Nano))
}
