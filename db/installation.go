package db

import (
	"database/sql"
	"errors"

	"purse/billing/tx"
	"purse/db/gen"
)

// Installation holds what is true of this database as a whole: its stamp, its
// id, its keys.
type Installation struct{}

// Get answers the value of a name, "" when it was never put.
func (Installation) Get(t tx.Tx, name string) (string, error) {
	ctx, q := q(t)
	v, err := q.GetInstallation(ctx, name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

// Put stores a value under a name, in place of an older one.
func (Installation) Put(t tx.Tx, name, value string) error {
	ctx, q := q(t)
	return q.PutInstallation(ctx, gen.PutInstallationParams{Name: name, Value: value})
}

// PutOnce stores value unless there is one, and answers the one that stands.
func (i Installation) PutOnce(t tx.Tx, name, value string) (string, error) {
	ctx, q := q(t)
	if err := q.InsertInstallation(ctx, gen.InsertInstallationParams{Name: name, Value: value}); err != nil {
		return "", err
	}
	return i.Get(t, name)
}
