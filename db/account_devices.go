package db

import (
	"time"

	"purse/billing/tx"
	"purse/db/gen"
)

// PutDevice implements account.Store.
func (AccountStore) PutDevice(t tx.Tx, secretHash, user string, seen time.Time) error {
	ctx, q := q(t)
	return q.PutDevice(ctx, gen.PutDeviceParams{SecretHash: secretHash, UserID: user, SeenAt: micros(seen)})
}

// HasDevice implements account.Store.
func (AccountStore) HasDevice(t tx.Tx, secretHash, user string) (bool, error) {
	ctx, q := q(t)
	n, err := q.CountDevices(ctx, gen.CountDevicesParams{SecretHash: secretHash, UserID: user})
	return n > 0, err
}

// DeleteDevices implements account.Store.
func (AccountStore) DeleteDevices(t tx.Tx, user string) error {
	ctx, q := q(t)
	return q.DeleteDevices(ctx, user)
}

// DeleteDevicesBefore implements account.Store.
func (AccountStore) DeleteDevicesBefore(t tx.Tx, seen time.Time) error {
	ctx, q := q(t)
	return q.DeleteStaleDevices(ctx, micros(seen))
}
