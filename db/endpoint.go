package db

import (
	"slices"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/db/gen"
)

// EndpointStore implements notify.EndpointStore.
type EndpointStore struct{}

var _ notify.EndpointStore = EndpointStore{}

func endpointOf(r gen.Endpoint) notify.Endpoint {
	e := notify.Endpoint{
		ID: r.ID, Customer: r.CustomerID, Kind: notify.Kind(r.Kind), URL: r.Url, Description: r.Description,
		Secret: r.Secret, OldSecret: r.OldSecret, OldUntil: instant(r.OldUntil), State: notify.EndpointState(r.State), Reason: r.Reason,
		FailingSince: instant(r.FailingSince), ExhaustedAt: instant(r.ExhaustedAt), WarnedAt: instant(r.WarnedAt),
		LastAt: instant(r.LastAt), LastStatus: int(r.LastStatus),
		CreatedBy: r.CreatedBy, CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt), DisabledAt: instant(r.DisabledAt),
	}
	if r.Types != "" {
		e.Types = strings.Split(r.Types, ",")
	}
	return e
}

// InsertEndpoint implements notify.EndpointStore.
func (EndpointStore) InsertEndpoint(t tx.Tx, e notify.Endpoint) error {
	ctx, q := q(t)
	return q.InsertEndpoint(ctx, gen.InsertEndpointParams{
		ID: e.ID, CustomerID: e.Customer, Kind: string(e.Kind), Url: e.URL, Description: e.Description, Types: strings.Join(e.Types, ","),
		Secret: e.Secret, CreatedBy: e.CreatedBy, CreatedAt: micros(e.CreatedAt), UpdatedAt: micros(e.UpdatedAt),
	})
}

// Endpoint implements notify.EndpointStore.
func (EndpointStore) Endpoint(t tx.Tx, id string) (notify.Endpoint, error) {
	ctx, q := q(t)
	r, err := q.GetEndpoint(ctx, id)
	return one(r, err, endpointOf)
}

// UpdateEndpoint implements notify.EndpointStore.
func (EndpointStore) UpdateEndpoint(t tx.Tx, e notify.Endpoint) error {
	ctx, q := q(t)
	return q.UpdateEndpoint(ctx, gen.UpdateEndpointParams{
		Url: e.URL, Description: e.Description, Types: strings.Join(e.Types, ","), Secret: e.Secret, OldSecret: e.OldSecret, OldUntil: micros(e.OldUntil),
		State: string(e.State), Reason: e.Reason, FailingSince: micros(e.FailingSince), ExhaustedAt: micros(e.ExhaustedAt), WarnedAt: micros(e.WarnedAt),
		UpdatedAt: micros(e.UpdatedAt), DisabledAt: micros(e.DisabledAt), ID: e.ID,
	})
}

// DeleteEndpoint implements notify.EndpointStore.
func (EndpointStore) DeleteEndpoint(t tx.Tx, id string) error {
	ctx, q := q(t)
	if err := q.DeleteAttemptsOf(ctx, id); err != nil {
		return err
	}
	if err := q.DeleteDeliveriesOf(ctx, id); err != nil {
		return err
	}
	return q.DeleteEndpoint(ctx, id)
}

// Endpoints implements notify.EndpointStore.
func (EndpointStore) Endpoints(t tx.Tx, customer string, p notify.Page) ([]notify.Endpoint, error) {
	ctx, q := q(t)
	if p.Before != "" {
		rows, err := q.ListEndpointsBefore(ctx, gen.ListEndpointsBeforeParams{CustomerID: customer, AfterID: p.Before, MaxRows: int32(p.Limit)})
		slices.Reverse(rows)
		return many(rows, err, endpointOf)
	}
	rows, err := q.ListEndpointsAfter(ctx, gen.ListEndpointsAfterParams{CustomerID: customer, BeforeID: from(p.After), MaxRows: int32(p.Limit)})
	return many(rows, err, endpointOf)
}

// from is where a list begins that goes on after an id.
func from(after string) string {
	if after == "" {
		return last
	}
	return after
}

// CountEndpoints implements notify.EndpointStore.
func (EndpointStore) CountEndpoints(t tx.Tx, customer string) (int64, error) {
	ctx, q := q(t)
	return q.CountEndpoints(ctx, customer)
}

// EnabledEndpoints implements notify.EndpointStore.
func (EndpointStore) EnabledEndpoints(t tx.Tx, customer string) ([]notify.Endpoint, error) {
	ctx, q := q(t)
	rows, err := q.ListEnabledEndpoints(ctx, customer)
	return many(rows, err, endpointOf)
}

// Failing implements notify.EndpointStore.
func (EndpointStore) Failing(t tx.Tx, limit int) ([]notify.Endpoint, error) {
	ctx, q := q(t)
	rows, err := q.ListFailingEndpoints(ctx, int32(limit))
	return many(rows, err, endpointOf)
}

// SetHealth implements notify.EndpointStore.
func (EndpointStore) SetHealth(t tx.Tx, e notify.Endpoint, leasedUntil time.Time) error {
	ctx, q := q(t)
	return q.SetEndpointHealth(ctx, gen.SetEndpointHealthParams{
		FailingSince: micros(e.FailingSince), ExhaustedAt: micros(e.ExhaustedAt), WarnedAt: micros(e.WarnedAt),
		LastAt: micros(e.LastAt), LastStatus: int64(e.LastStatus), LeasedUntil: micros(leasedUntil), ID: e.ID,
	})
}

// Claim implements notify.EndpointStore.
func (EndpointStore) Claim(t tx.Tx, until time.Time, limit int) ([]notify.Endpoint, error) {
	ctx, q := q(t)
	rows, err := q.ClaimEndpoints(ctx, gen.ClaimEndpointsParams{LeasedUntil: micros(until), Now: micros(t.Now()), MaxRows: int32(limit)})
	return many(rows, err, endpointOf)
}

// Release implements notify.EndpointStore.
func (EndpointStore) Release(t tx.Tx, id string) error {
	ctx, q := q(t)
	return q.ReleaseEndpoint(ctx, id)
}

// ReleaseAll implements notify.EndpointStore.
func (EndpointStore) ReleaseAll(t tx.Tx) error {
	ctx, q := q(t)
	return q.ReleaseEndpoints(ctx)
}

// Wake implements notify.EndpointStore.
func (EndpointStore) Wake(t tx.Tx, id string, at time.Time) error {
	ctx, q := q(t)
	return q.WakeEndpoint(ctx, gen.WakeEndpointParams{DueAt: micros(at), ID: id})
}

// NextDue implements notify.EndpointStore.
func (EndpointStore) NextDue(t tx.Tx) (time.Time, error) {
	ctx, q := q(t)
	n, err := q.NextEndpoint(ctx)
	return instant(n), err
}

// Admins implements notify.EndpointStore.
func (EndpointStore) Admins(t tx.Tx) ([]account.User, error) {
	ctx, q := q(t)
	rows, err := q.ListStaff(ctx, string(account.Admin))
	return many(rows, err, userOf)
}
