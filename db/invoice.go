package db

import (
	"strings"
	"time"

	"purse/billing/charge"
	"purse/billing/invoice"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db/gen"
)

// InvoiceStore implements invoice.Store.
type InvoiceStore struct{}

var _ invoice.Store = InvoiceStore{}

func (InvoiceStore) Insert(t tx.Tx, in *invoice.Invoice, key string) (bool, error) {
	ctx, q := q(t)
	n, err := q.InsertInvoice(ctx, gen.InsertInvoiceParams{
		ID: in.ID, BeginKey: key, CustomerID: in.Customer, ScheduleID: in.Schedule, Period: in.Period, Collection: string(in.Collection),
		Name: in.Name, PackID: in.Pack, CreditType: in.CreditType, Credits: int64(in.Credits), Price: in.Price.Amount, Currency: in.Price.Currency,
		ExpiresAfterDays: int64(in.ExpiresAfterDays), OnIssue: flag(in.OnIssue), NetDays: int64(in.NetDays), Recipients: strings.Join(in.Recipients, "\n"),
		PoNumber: in.PONumber, Memo: in.Memo, TaxExempt: string(in.TaxExempt), State: string(in.State), Reason: in.Reason, Problem: in.Problem, Cause: string(in.Cause),
		Doing: string(in.Doing), DoingN: int64(in.DoingN), Want: string(in.Want), SentAt: micros(in.SentAt), Unknowns: int64(in.Unknowns),
		Tries: int64(in.Tries), Method: in.Card.ID, MethodBrand: in.Card.Brand, MethodLast4: in.Card.Last4, MethodType: orCard(in.Card.Type), StripeInvoice: in.Stripe, Number: in.Number,
		Url: in.URL, PaymentIntent: in.PaymentIntent, Processing: flag(in.Processing), Total: in.Total, Tax: in.Tax, AmountPaid: in.AmountPaid,
		ReceiptUrl: in.ReceiptURL, PurchaseID: in.Purchase, GrantID: int64(in.Grant), Clawed: int64(in.Clawed), CreatedBy: in.CreatedBy,
		NextAt: micros(in.NextAt), DueAt: micros(in.DueAt), OverdueAt: micros(in.OverdueAt), CreatedAt: micros(in.CreatedAt),
		IssuedAt: micros(in.IssuedAt), UpdatedAt: micros(in.UpdatedAt), FinishedAt: micros(in.FinishedAt), Bonus: int64(in.Bonus), BonusDays: int64(in.BonusDays),
	})
	return n > 0, err
}

func (InvoiceStore) Update(t tx.Tx, in *invoice.Invoice) error {
	ctx, q := q(t)
	paid := in.PaymentIntent
	if paid == "" && in.Purchase != "" { // outside Stripe
		paid = in.Stripe
	}
	if err := putPayment(t, purchase.Payment{ID: paid, Of: string(charge.OfInvoice), Owner: in.ID, Customer: in.Customer, Purchase: in.Purchase, Invoice: in.Stripe}); err != nil {
		return err
	}
	return q.UpdateInvoice(ctx, gen.UpdateInvoiceParams{
		Collection: string(in.Collection), Name: in.Name, CreditType: in.CreditType, Credits: int64(in.Credits), Price: in.Price.Amount,
		Currency: in.Price.Currency, ExpiresAfterDays: int64(in.ExpiresAfterDays), OnIssue: flag(in.OnIssue), NetDays: int64(in.NetDays),
		Recipients: strings.Join(in.Recipients, "\n"), PoNumber: in.PONumber, Memo: in.Memo, TaxExempt: string(in.TaxExempt), State: string(in.State),
		Reason: in.Reason, Problem: in.Problem, Cause: string(in.Cause), Doing: string(in.Doing), DoingN: int64(in.DoingN), Want: string(in.Want), SentAt: micros(in.SentAt),
		Unknowns: int64(in.Unknowns), Tries: int64(in.Tries), Method: in.Card.ID, MethodBrand: in.Card.Brand, MethodLast4: in.Card.Last4,
		StripeInvoice: in.Stripe, Number: in.Number, Url: in.URL, PaymentIntent: in.PaymentIntent, Processing: flag(in.Processing), Total: in.Total,
		Tax: in.Tax, AmountPaid: in.AmountPaid, ReceiptUrl: in.ReceiptURL, PurchaseID: in.Purchase, GrantID: int64(in.Grant), Clawed: int64(in.Clawed),
		NextAt: micros(in.NextAt), DueAt: micros(in.DueAt), OverdueAt: micros(in.OverdueAt), IssuedAt: micros(in.IssuedAt),
		UpdatedAt: micros(in.UpdatedAt), FinishedAt: micros(in.FinishedAt), StripeCustomer: in.StripeCustomer, Remake: string(in.Remake), Remakes: int64(in.Remakes),
		Replaces: in.Replaces, ReplacesNumber: in.ReplacesNumber, RemadeAt: micros(in.RemadeAt), ID: in.ID,
	})
}

func (InvoiceStore) Invoice(t tx.Tx, id string) (*invoice.Invoice, error) {
	ctx, q := q(t)
	return oneInvoice(q.InvoiceByID(ctx, id))
}

func (InvoiceStore) ByKey(t tx.Tx, key string) (*invoice.Invoice, error) {
	ctx, q := q(t)
	return oneInvoice(q.InvoiceByKey(ctx, key))
}

func (InvoiceStore) List(t tx.Tx, customer, schedule string, state invoice.State, before string, limit int) ([]*invoice.Invoice, error) {
	ctx, q := q(t)
	if before == "" {
		before = "~"
	}
	return invoices(q.Invoices(ctx, gen.InvoicesParams{CustomerID: customer, ScheduleID: schedule, State: string(state), BeforeID: before, MaxRows: int32(limit)}))
}

func (InvoiceStore) Due(t tx.Tx, now time.Time, limit int) ([]*invoice.Invoice, error) {
	ctx, q := q(t)
	return invoices(q.DueInvoices(ctx, gen.DueInvoicesParams{Now: micros(now), MaxRows: int32(limit)}))
}

// CountRemakes implements invoice.Store.
func (InvoiceStore) CountRemakes(t tx.Tx, how invoice.Remake) (int, error) {
	ctx, q := q(t)
	n, err := q.CountRemakes(ctx, string(how))
	return int(n), err
}

func oneInvoice(r gen.Invoice, err error) (*invoice.Invoice, error) {
	if err != nil {
		return nil, notFound(err)
	}
	return invoiceOf(r), nil
}

func invoices(rows []gen.Invoice, err error) ([]*invoice.Invoice, error) {
	out := make([]*invoice.Invoice, len(rows))
	for i, r := range rows {
		out[i] = invoiceOf(r)
	}
	return out, err
}

func invoiceOf(r gen.Invoice) *invoice.Invoice {
	return &invoice.Invoice{
		ID: r.ID, Customer: r.CustomerID, Schedule: r.ScheduleID, Period: r.Period, Collection: invoice.Collection(r.Collection), Name: r.Name, Pack: r.PackID,
		CreditType: r.CreditType, Credits: money.Credits(r.Credits), Price: money.Money{Amount: r.Price, Currency: r.Currency},
		ExpiresAfterDays: int(r.ExpiresAfterDays), OnIssue: r.OnIssue != 0, NetDays: int(r.NetDays), Recipients: strings.Fields(r.Recipients),
		PONumber: r.PoNumber, Memo: r.Memo, TaxExempt: invoice.TaxExempt(r.TaxExempt), State: invoice.State(r.State), Reason: r.Reason, Problem: r.Problem, Cause: invoice.Cause(r.Cause),
		Doing: invoice.Act(r.Doing), DoingN: int(r.DoingN), Want: invoice.Act(r.Want), SentAt: instant(r.SentAt), Unknowns: int(r.Unknowns), Tries: int(r.Tries),
		Card: invoice.Card{ID: r.Method, Type: r.MethodType, Brand: r.MethodBrand, Last4: r.MethodLast4}, Stripe: r.StripeInvoice, Number: r.Number, URL: r.Url,
		PaymentIntent: r.PaymentIntent, Processing: r.Processing != 0, Total: r.Total, Tax: r.Tax, AmountPaid: r.AmountPaid, ReceiptURL: r.ReceiptUrl,
		Purchase: r.PurchaseID, Grant: ledger.GrantID(r.GrantID), Clawed: money.Credits(r.Clawed), CreatedBy: r.CreatedBy, NextAt: instant(r.NextAt),
		DueAt: instant(r.DueAt), OverdueAt: instant(r.OverdueAt), CreatedAt: instant(r.CreatedAt), IssuedAt: instant(r.IssuedAt),
		UpdatedAt: instant(r.UpdatedAt), FinishedAt: instant(r.FinishedAt), Bonus: money.Credits(r.Bonus), BonusDays: int(r.BonusDays),
		StripeCustomer: r.StripeCustomer, Remake: invoice.Remake(r.Remake), Remakes: int(r.Remakes), Replaces: r.Replaces, ReplacesNumber: r.ReplacesNumber,
		RemadeAt: instant(r.RemadeAt),
	}
}
