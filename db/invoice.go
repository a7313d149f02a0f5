package db

import (
	"strings"

	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/db/gen"
)

// InvoiceStore implements invoice.Store.
type InvoiceStore struct{}

var _ invoice.Store = InvoiceStore{}

// Insert implements invoice.Store.
func (InvoiceStore) Insert(t tx.Tx, in *invoice.Invoice, key string) (bool, error) {
	ctx, q := q(t)
	n, err := q.InsertInvoice(ctx, gen.InsertInvoiceParams{
		ID: in.ID, BeginKey: key, CustomerID: in.Customer, ScheduleID: in.Schedule, Period: in.Period,
		Name: in.Name, PackID: in.Pack, CreditType: in.CreditType, Credits: int64(in.Credits),
		ExpiresAfterDays: int64(in.ExpiresAfterDays), OnIssue: flag(in.OnIssue), NetDays: int64(in.NetDays), Recipients: strings.Join(in.Recipients, "\n"),
		PoNumber: in.PONumber, Memo: in.Memo, TaxExempt: string(in.TaxExempt), Reason: in.Reason, CreatedBy: in.CreatedBy,
		Bonus: int64(in.Bonus), BonusDays: int64(in.BonusDays),
	})
	return n > 0, err
}

// Update implements invoice.Store.
func (InvoiceStore) Update(t tx.Tx, in *invoice.Invoice) error {
	ctx, q := q(t)
	return q.UpdateInvoice(ctx, gen.UpdateInvoiceParams{
		Name: in.Name, CreditType: in.CreditType, Credits: int64(in.Credits),
		ExpiresAfterDays: int64(in.ExpiresAfterDays), OnIssue: flag(in.OnIssue), NetDays: int64(in.NetDays),
		Recipients: strings.Join(in.Recipients, "\n"), PoNumber: in.PONumber, Memo: in.Memo, TaxExempt: string(in.TaxExempt), Reason: in.Reason, ID: in.ID,
	})
}

// Invoice implements invoice.Store.
func (InvoiceStore) Invoice(t tx.Tx, id string) (*invoice.Invoice, error) {
	ctx, q := q(t)
	r, err := q.InvoiceByID(ctx, id)
	return one(r, err, invoiceOf)
}

// ByKey implements invoice.Store.
func (InvoiceStore) ByKey(t tx.Tx, key string) (*invoice.Invoice, error) {
	ctx, q := q(t)
	r, err := q.InvoiceByKey(ctx, key)
	return one(gen.InvoiceByIDRow(r), err, invoiceOf)
}

// List implements invoice.Store.
func (InvoiceStore) List(t tx.Tx, customer, schedule string, state invoice.State, before string, limit int) ([]*invoice.Invoice, error) {
	ctx, q := q(t)
	if before == "" {
		before = last
	}
	rows, err := q.Invoices(ctx, gen.InvoicesParams{CustomerID: customer, ScheduleID: schedule, State: string(state), BeforeID: before, MaxRows: int32(limit)})
	return many(rows, err, func(r gen.InvoicesRow) *invoice.Invoice { return invoiceOf(gen.InvoiceByIDRow(r)) })
}

func invoiceOf(row gen.InvoiceByIDRow) *invoice.Invoice {
	r := row.Invoice
	return &invoice.Invoice{
		Charge: chargeOf(row.Charge), ID: r.ID, Schedule: r.ScheduleID, Period: r.Period, Name: r.Name, Pack: r.PackID, CreditType: r.CreditType,
		Credits: money.Credits(r.Credits), ExpiresAfterDays: int(r.ExpiresAfterDays), OnIssue: r.OnIssue != 0, NetDays: int(r.NetDays),
		Recipients: strings.Fields(r.Recipients), PONumber: r.PoNumber, Memo: r.Memo, TaxExempt: invoice.TaxExempt(r.TaxExempt), Reason: r.Reason,
		CreatedBy: r.CreatedBy, Bonus: money.Credits(r.Bonus), BonusDays: int(r.BonusDays),
	}
}
