package db

import (
	"database/sql"
	"errors"

	"purse/billing/card"
	"purse/billing/tx"
	"purse/db/gen"
)

// CardStore implements card.Store.
type CardStore struct{}

var _ card.Store = CardStore{}

func (CardStore) Choice(t tx.Tx, customer string) (card.Choice, error) {
	ctx, q := q(t)
	r, err := q.MethodChoice(ctx, customer)
	if errors.Is(err, sql.ErrNoRows) {
		return card.Choice{}, nil
	}
	return card.Choice{Default: r.DefaultMethod, Backup: r.BackupMethod}, err
}

func (CardStore) PutChoice(t tx.Tx, customer string, c card.Choice) error {
	ctx, q := q(t)
	return q.PutMethodChoice(ctx, gen.PutMethodChoiceParams{
		CustomerID: customer, DefaultMethod: c.Default, BackupMethod: c.Backup, UpdatedAt: micros(t.Now()),
	})
}

func (CardStore) PutMandate(t tx.Tx, customer, method string, ended bool) error {
	ctx, q := q(t)
	if !ended {
		return q.DeleteMandateEnded(ctx, method)
	}
	return q.PutMandateEnded(ctx, gen.PutMandateEndedParams{Method: method, CustomerID: customer, EndedAt: micros(t.Now())})
}

func (CardStore) MandatesEnded(t tx.Tx, customer string) ([]string, error) {
	ctx, q := q(t)
	return q.MandatesEnded(ctx, customer)
}

// Charging implements card.Store.
func (CardStore) Charging(t tx.Tx, method string) (string, error) {
	ctx, q := q(t)
	customer, err := q.ChargingMethod(ctx, method)
	return customer, notFound(err)
}
