package db

import (
	"time"

	"purse/billing/money"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/db/gen"
)

// Insert implements recharge.Store.
func (RechargeStore) Insert(t tx.Tx, r *recharge.Recharge) error {
	ctx, q := q(t)
	return q.InsertRecharge(ctx, gen.InsertRechargeParams{
		ID: r.ID, PolicyID: r.Policy, CustomerID: r.Customer, CreditType: r.CreditType, PackID: r.Pack, PackName: r.PackName,
		Quantity: int64(r.Quantity), Credits: int64(r.Credits),
		ExpiresAfterDays: int64(r.ExpiresAfterDays), Bonus: int64(r.Bonus), BonusDays: int64(r.BonusDays), BackupUsed: flag(r.BackupUsed),
	})
}

// Update implements recharge.Store.
func (RechargeStore) Update(t tx.Tx, r *recharge.Recharge) error {
	ctx, q := q(t)
	return q.UpdateRecharge(ctx, gen.UpdateRechargeParams{BackupUsed: flag(r.BackupUsed), ID: r.ID})
}

// Recharge implements recharge.Store.
func (RechargeStore) Recharge(t tx.Tx, id string) (*recharge.Recharge, error) {
	ctx, q := q(t)
	r, err := q.RechargeByID(ctx, id)
	return one(r, err, rechargeOf)
}

// OpenOf implements recharge.Store.
func (RechargeStore) OpenOf(t tx.Tx, customer, creditType string) (*recharge.Recharge, error) {
	ctx, q := q(t)
	r, err := q.OpenRecharge(ctx, recharge.Slot(customer, creditType))
	return one(gen.RechargeByIDRow(r), err, rechargeOf)
}

// List implements recharge.Store.
func (RechargeStore) List(t tx.Tx, customer, creditType, before string, limit int) ([]*recharge.Recharge, error) {
	ctx, q := q(t)
	if before == "" {
		before = last
	}
	rows, err := q.RechargesOf(ctx, gen.RechargesOfParams{CustomerID: customer, CreditType: creditType, BeforeID: before, MaxRows: int32(limit)})
	return many(rows, err, func(r gen.RechargesOfRow) *recharge.Recharge { return rechargeOf(gen.RechargeByIDRow(r)) })
}

// Spent implements recharge.Store.
func (RechargeStore) Spent(t tx.Tx, customer, creditType, currency string, since time.Time, except string) (int64, int, error) {
	ctx, q := q(t)
	r, err := q.RechargeSpent(ctx, gen.RechargeSpentParams{
		CustomerID: customer, CreditType: creditType, Currency: currency, Since: micros(since), ExceptID: except,
	})
	return r.Amount, int(r.Runs), err
}

// LastAt implements recharge.Store.
func (RechargeStore) LastAt(t tx.Tx, customer, creditType string) (time.Time, error) {
	ctx, q := q(t)
	at, err := q.LastRecharge(ctx, gen.LastRechargeParams{CustomerID: customer, CreditType: creditType})
	return instant(at), err
}

func rechargeOf(row gen.RechargeByIDRow) *recharge.Recharge {
	r := row.Recharge
	return &recharge.Recharge{
		Charge: chargeOf(row.Charge), ID: r.ID, Policy: r.PolicyID, CreditType: r.CreditType, Pack: r.PackID, PackName: r.PackName,
		Quantity: int(r.Quantity), Credits: money.Credits(r.Credits), ExpiresAfterDays: int(r.ExpiresAfterDays),
		Bonus: money.Credits(r.Bonus), BonusDays: int(r.BonusDays), BackupUsed: r.BackupUsed != 0,
	}
}

// orCard is the type of a payment method; what does not say is a card, as all were
// once.
func orCard(method string) string {
	if method == "" {
		return "card"
	}
	return method
}
