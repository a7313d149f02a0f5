package db

import (
	"slices"
	"time"

	"purse/billing/notify"
	"purse/billing/tx"
	"purse/db/gen"
)

func deliveryOf(r gen.Delivery) notify.Delivery {
	return notify.Delivery{
		ID: r.ID, Endpoint: r.EndpointID, Customer: r.CustomerID, Event: r.EventID, Type: r.Type, State: notify.DeliveryState(r.State),
		Attempts: int(r.Attempts), Step: int(r.Step), NextAt: instant(r.NextAt), Status: int(r.Status), Error: r.Error,
		CreatedAt: instant(r.CreatedAt), FinishedAt: instant(r.FinishedAt),
	}
}

// InsertDelivery implements notify.EndpointStore.
func (EndpointStore) InsertDelivery(t tx.Tx, d notify.Delivery) (bool, error) {
	ctx, q := q(t)
	n, err := q.InsertDelivery(ctx, gen.InsertDeliveryParams{
		ID: d.ID, EndpointID: d.Endpoint, CustomerID: d.Customer, EventID: d.Event, Type: d.Type, NextAt: micros(d.NextAt), CreatedAt: micros(d.CreatedAt),
	})
	return n > 0, err
}

// Delivery implements notify.EndpointStore.
func (EndpointStore) Delivery(t tx.Tx, id string) (notify.Delivery, error) {
	ctx, q := q(t)
	r, err := q.GetDelivery(ctx, id)
	return one(r, err, deliveryOf)
}

// SetDelivery implements notify.EndpointStore.
func (EndpointStore) SetDelivery(t tx.Tx, d notify.Delivery) error {
	ctx, q := q(t)
	return q.SetDelivery(ctx, gen.SetDeliveryParams{
		State: string(d.State), Attempts: int64(d.Attempts), Step: int64(d.Step), NextAt: micros(d.NextAt), Status: int64(d.Status), Error: d.Error,
		FinishedAt: micros(d.FinishedAt), ID: d.ID,
	})
}

// Due implements notify.EndpointStore.
func (EndpointStore) Due(t tx.Tx, endpoint string, limit int) ([]notify.Delivery, error) {
	ctx, q := q(t)
	rows, err := q.ListDueDeliveries(ctx, gen.ListDueDeliveriesParams{EndpointID: endpoint, Now: micros(t.Now()), MaxRows: int32(limit)})
	return many(rows, err, deliveryOf)
}

// Deliveries implements notify.EndpointStore.
func (EndpointStore) Deliveries(t tx.Tx, endpoint string, state notify.DeliveryState, p notify.Page) ([]notify.Delivery, error) {
	ctx, q := q(t)
	if p.Before != "" {
		rows, err := q.ListDeliveriesOfBefore(ctx, gen.ListDeliveriesOfBeforeParams{EndpointID: endpoint, AfterID: p.Before, State: string(state), MaxRows: int32(p.Limit)})
		slices.Reverse(rows)
		return many(rows, err, deliveryOf)
	}
	rows, err := q.ListDeliveriesOfAfter(ctx, gen.ListDeliveriesOfAfterParams{EndpointID: endpoint, BeforeID: from(p.After), State: string(state), MaxRows: int32(p.Limit)})
	return many(rows, err, deliveryOf)
}

// AllDeliveries implements notify.EndpointStore.
func (EndpointStore) AllDeliveries(t tx.Tx, state notify.DeliveryState, after string, limit int) ([]notify.Delivery, error) {
	ctx, q := q(t)
	if state == "" {
		rows, err := q.ListDeliveries(ctx, gen.ListDeliveriesParams{BeforeID: from(after), MaxRows: int32(limit)})
		return many(rows, err, deliveryOf)
	}
	rows, err := q.ListDeliveriesInState(ctx, gen.ListDeliveriesInStateParams{State: string(state), BeforeID: from(after), MaxRows: int32(limit)})
	return many(rows, err, deliveryOf)
}

// RedeliverFailed implements notify.EndpointStore.
func (EndpointStore) RedeliverFailed(t tx.Tx, endpoint string, since time.Time) (int64, error) {
	ctx, q := q(t)
	return q.RedeliverFailed(ctx, gen.RedeliverFailedParams{NextAt: micros(t.Now()), EndpointID: endpoint, Since: micros(since)})
}

// FailPending implements notify.EndpointStore.
func (EndpointStore) FailPending(t tx.Tx, endpoint, why string) (int64, error) {
	ctx, q := q(t)
	return q.FailPending(ctx, gen.FailPendingParams{Error: why, FinishedAt: micros(t.Now()), EndpointID: endpoint})
}

// Waiting implements notify.EndpointStore.
func (EndpointStore) Waiting(t tx.Tx) (notify.Waiting, error) {
	ctx, q := q(t)
	r, err := q.CountDeliveries(ctx)
	return notify.Waiting{Count: r.Pending, Oldest: instant(r.Oldest)}, err
}

// InsertAttempt implements notify.EndpointStore.
func (EndpointStore) InsertAttempt(t tx.Tx, a notify.Attempt) error {
	ctx, q := q(t)
	return q.InsertAttempt(ctx, gen.InsertAttemptParams{
		ID: a.ID, DeliveryID: a.Delivery, EndpointID: a.Endpoint, Url: a.URL, Headers: a.Headers, Status: int64(a.Status), Error: a.Error,
		Answer: a.Answer, Took: a.Took.Microseconds(), CreatedAt: micros(a.At),
	})
}

// Attempts implements notify.EndpointStore.
func (EndpointStore) Attempts(t tx.Tx, delivery string, limit int) ([]notify.Attempt, error) {
	ctx, q := q(t)
	rows, err := q.ListAttempts(ctx, gen.ListAttemptsParams{DeliveryID: delivery, MaxRows: int32(limit)})
	return many(rows, err, func(r gen.DeliveryAttempt) notify.Attempt {
		return notify.Attempt{
			ID: r.ID, Delivery: r.DeliveryID, Endpoint: r.EndpointID, URL: r.Url, Headers: r.Headers, Status: int(r.Status), Error: r.Error,
			Answer: r.Answer, Took: time.Duration(r.Took) * time.Microsecond, At: instant(r.CreatedAt),
		}
	})
}

// DeleteAttemptsBefore implements notify.EndpointStore.
func (EndpointStore) DeleteAttemptsBefore(t tx.Tx, id string, limit int) (int64, error) {
	ctx, q := q(t)
	return q.DeleteOldAttempts(ctx, gen.DeleteOldAttemptsParams{BeforeID: id, MaxRows: int32(limit)})
}

// DeleteDeliveriesBefore implements notify.EndpointStore.
func (EndpointStore) DeleteDeliveriesBefore(t tx.Tx, id string, limit int) (int64, error) {
	ctx, q := q(t)
	return q.DeleteOldDeliveries(ctx, gen.DeleteOldDeliveriesParams{BeforeID: id, MaxRows: int32(limit)})
}
