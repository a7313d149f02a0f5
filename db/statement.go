package db

import (
	"time"

	"purse/billing/money"
	"purse/billing/statement"
	"purse/billing/tx"
	"purse/db/gen"
)

// StatementStore implements statement.Store.
type StatementStore struct{}

var _ statement.Store = StatementStore{}

// Insert implements statement.Store.
func (StatementStore) Insert(t tx.Tx, p statement.Period) (bool, error) {
	ctx, q := q(t)
	n, err := q.InsertStatement(ctx, gen.InsertStatementParams{
		CustomerID: p.Customer, Period: p.Name, FromAt: micros(p.From), ToAt: micros(p.To), Timezone: p.Zone, MadeAt: micros(p.MadeAt),
	})
	return n == 1, err
}

// Period implements statement.Store.
func (StatementStore) Period(t tx.Tx, customer, name string) (statement.Period, error) {
	ctx, q := q(t)
	r, err := q.StatementOf(ctx, gen.StatementOfParams{CustomerID: customer, Period: name})
	return periodOf(r), notFound(err)
}

// Periods implements statement.Store.
func (StatementStore) Periods(t tx.Tx, customer, before string, limit int) ([]statement.Period, error) {
	ctx, q := q(t)
	if before == "" {
		before = "~"
	}
	rows, err := q.StatementsBefore(ctx, gen.StatementsBeforeParams{CustomerID: customer, BeforePeriod: before, MaxRows: int32(limit)})
	out := make([]statement.Period, len(rows))
	for i, r := range rows {
		out[i] = periodOf(r)
	}
	return out, err
}

func periodOf(r gen.Statement) statement.Period {
	return statement.Period{Customer: r.CustomerID, Name: r.Period, From: instant(r.FromAt), To: instant(r.ToAt), Zone: r.Timezone, MadeAt: instant(r.MadeAt)}
}

// Due implements statement.Store.
func (StatementStore) Due(t tx.Tx, month string, madeBefore time.Time, after string, limit int) ([]string, error) {
	ctx, q := q(t)
	return q.StatementsDue(ctx, gen.StatementsDueParams{AfterID: after, MadeBefore: micros(madeBefore), Period: month, MaxRows: int32(limit)})
}

// Paid implements statement.Store.
func (StatementStore) Paid(t tx.Tx, customer string, from, to time.Time) ([]statement.Paid, error) {
	ctx, q := q(t)
	rows, err := q.PaidBetween(ctx, gen.PaidBetweenParams{CustomerID: customer, FromAt: micros(from), ToAt: micros(to)})
	out := make([]statement.Paid, len(rows))
	for i, r := range rows {
		out[i] = statement.Paid{Count: r.Count, Total: money.Money{Amount: r.Total, Currency: r.Currency}, Tax: money.Money{Amount: r.Tax, Currency: r.Currency}}
	}
	return out, err
}

// Refunded implements statement.Store.
func (StatementStore) Refunded(t tx.Tx, customer string, from, to time.Time) ([]money.Money, error) {
	ctx, q := q(t)
	rows, err := q.RefundedBetween(ctx, gen.RefundedBetweenParams{CustomerID: customer, FromAt: micros(from), ToAt: micros(to)})
	out := make([]money.Money, len(rows))
	for i, r := range rows {
		out[i] = money.Money{Amount: r.Amount, Currency: r.Currency}
	}
	return out, err
}
