package db

import (
	"database/sql"
	"errors"

	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db/gen"
)

// MethodStore implements purchase.MethodStore.
type MethodStore struct{}

var _ purchase.MethodStore = MethodStore{}

func (MethodStore) MethodChoice(t tx.Tx, customer string) (purchase.MethodChoice, error) {
	ctx, q := q(t)
	r, err := q.MethodChoice(ctx, customer)
	if errors.Is(err, sql.ErrNoRows) {
		return purchase.MethodChoice{}, nil
	}
	return purchase.MethodChoice{Default: r.DefaultMethod, Backup: r.BackupMethod}, err
}

func (MethodStore) PutMethodChoice(t tx.Tx, customer string, c purchase.MethodChoice) error {
	ctx, q := q(t)
	return q.PutMethodChoice(ctx, gen.PutMethodChoiceParams{
		CustomerID: customer, DefaultMethod: c.Default, BackupMethod: c.Backup, UpdatedAt: micros(t.Now()),
	})
}

func (MethodStore) PutMandate(t tx.Tx, customer, method string, ended bool) error {
	ctx, q := q(t)
	if !ended {
		return q.DeleteMandateEnded(ctx, method)
	}
	return q.PutMandateEnded(ctx, gen.PutMandateEndedParams{Method: method, CustomerID: customer, EndedAt: micros(t.Now())})
}

func (MethodStore) MandatesEnded(t tx.Tx, customer string) ([]string, error) {
	ctx, q := q(t)
	return q.MandatesEnded(ctx, customer)
}

// Charging implements purchase.MethodStore.
func (MethodStore) Charging(t tx.Tx, method string) (string, error) {
	ctx, q := q(t)
	customer, err := q.ChargingMethod(ctx, method)
	return customer, notFound(err)
}
