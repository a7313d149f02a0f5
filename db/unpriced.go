package db

import (
	"encoding/hex"
	"fmt"
	"math"

	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/billing/usage"
	"purse/db/gen"
)

// UnpricedStore keeps recorded work that no rate prices yet.
type UnpricedStore struct{}

var _ usage.UnpricedStore = UnpricedStore{}

// InsertUnpriced implements usage.UnpricedStore.
func (UnpricedStore) InsertUnpriced(t tx.Tx, u usage.Unpriced) error {
	ctx, q := q(t)
	return q.InsertUnpricedEvent(ctx, gen.InsertUnpricedEventParams{
		ID: u.Number, Key: hex.EncodeToString(u.Key[:]), Fingerprint: hex.EncodeToString(u.Fingerprint[:]), CustomerID: u.Customer, EventID: u.Event,
		Name: u.Name, Caller: u.Caller, EventAt: micros(u.At), Backdated: flag(u.Backdated), Properties: usage.JSON(u.Properties), CreatedAt: micros(u.CreatedAt),
	})
}

// Unpriced implements usage.UnpricedStore.
func (UnpricedStore) Unpriced(t tx.Tx, key ledger.Key) (usage.Unpriced, error) {
	ctx, q := q(t)
	r, err := q.UnpricedEvent(ctx, hex.EncodeToString(key[:]))
	if err != nil {
		return usage.Unpriced{}, notFound(err)
	}
	return unpriced(r)
}

// UnpricedAfter implements usage.UnpricedStore.
func (UnpricedStore) UnpricedAfter(t tx.Tx, customer string, after int64, limit int) ([]usage.Unpriced, error) {
	ctx, q := q(t)
	var rows []gen.UnpricedEvent
	var err error
	if customer == "" {
		rows, err = q.UnpricedEventsAfter(ctx, gen.UnpricedEventsAfterParams{AfterID: after, Most: int32(limit)})
	} else {
		rows, err = q.UnpricedEventsOf(ctx, gen.UnpricedEventsOfParams{CustomerID: customer, AfterID: after, Most: int32(limit)})
	}
	return allUnpriced(rows, err)
}

// UnpricedBefore implements usage.UnpricedStore.
func (UnpricedStore) UnpricedBefore(t tx.Tx, customer string, before int64, limit int) ([]usage.Unpriced, error) {
	ctx, q := q(t)
	if before == 0 {
		before = math.MaxInt64
	}
	every := int64(0)
	if customer == "" {
		every = 1
	}
	return allUnpriced(q.UnpricedEventsBefore(ctx, gen.UnpricedEventsBeforeParams{BeforeID: before, CustomerID: customer, Every: every, Most: int32(limit)}))
}

func allUnpriced(rows []gen.UnpricedEvent, err error) ([]usage.Unpriced, error) {
	if err != nil {
		return nil, err
	}
	out := make([]usage.Unpriced, len(rows))
	for i, r := range rows {
		if out[i], err = unpriced(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func unpriced(r gen.UnpricedEvent) (usage.Unpriced, error) {
	u := usage.Unpriced{
		Number: r.ID, Customer: r.CustomerID, Event: r.EventID, Name: r.Name, Caller: r.Caller, At: instant(r.EventAt), Backdated: r.Backdated != 0, CreatedAt: instant(r.CreatedAt),
	}
	var err error
	if u.Properties, _, err = usage.Object([]byte(r.Properties)); err != nil {
		return u, fmt.Errorf("unpriced event %d: %w", r.ID, err)
	}
	if u.Key, err = unhex(r.Key); err != nil {
		return u, err
	}
	print, err := unhex(r.Fingerprint)
	u.Fingerprint = ledger.Fingerprint(print)
	return u, err
}

func unhex(s string) (k ledger.Key, err error) {
	_, err = hex.Decode(k[:], []byte(s))
	return k, err
}

// DeleteUnpriced implements usage.UnpricedStore.
func (UnpricedStore) DeleteUnpriced(t tx.Tx, number int64) error {
	ctx, q := q(t)
	return q.DeleteUnpricedEvent(ctx, number)
}

// Waiting implements usage.UnpricedStore.
func (UnpricedStore) Waiting(t tx.Tx) ([]usage.Waiting, error) {
	ctx, q := q(t)
	rows, err := q.CountUnpricedEvents(ctx)
	return many(rows, err, func(r gen.CountUnpricedEventsRow) usage.Waiting {
		return usage.Waiting{Customer: r.CustomerID, Name: r.Name, Count: r.Events, First: instant(r.FirstAt), Last: instant(r.LastAt)}
	})
}

// UnpricedKeys implements usage.UnpricedStore.
func (UnpricedStore) UnpricedKeys(t tx.Tx) ([]ledger.Key, error) {
	ctx, q := q(t)
	rows, err := q.UnpricedEventKeys(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]ledger.Key, len(rows))
	for i, r := range rows {
		if out[i], err = unhex(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}
