package db

import (
	"strings"
	"time"

	"purse/billing/charge"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db/gen"
)

// ChargeStore implements charge.Store.
type ChargeStore struct{}

var _ charge.Store = ChargeStore{}

// Insert implements charge.Store.
func (ChargeStore) Insert(t tx.Tx, c *charge.Charge) (bool, error) {
	ctx, q := q(t)
	u := chargeRow(c)
	n, err := q.InsertCharge(ctx, gen.InsertChargeParams{
		Owner: string(c.Owner.Of), OwnerID: u.OwnerID, CustomerID: c.Customer, Slot: c.Slot, Collection: string(c.Collection), Price: u.Price, Currency: u.Currency,
		State: u.State, Doing: u.Doing, Calls: u.Calls, SentAt: u.SentAt, Unknowns: u.Unknowns, Want: u.Want, GiveUp: u.GiveUp, Tries: u.Tries, Pays: u.Pays,
		Cause: u.Cause, Problem: u.Problem, Method: u.Method, MethodType: u.MethodType, MethodBrand: u.MethodBrand, MethodLast4: u.MethodLast4,
		MethodFingerprint: u.MethodFingerprint, MethodTypes: strings.Join(c.Types, " "), StripeCustomer: u.StripeCustomer, Invoice: u.Invoice, Number: u.Number,
		Url: u.Url, PaymentIntent: u.PaymentIntent, Processing: u.Processing, Total: u.Total, Tax: u.Tax, AmountPaid: u.AmountPaid, ReceiptUrl: u.ReceiptUrl,
		PurchaseID: u.PurchaseID, GrantID: u.GrantID, Clawed: u.Clawed, Remake: u.Remake, Remakes: u.Remakes, Replaces: u.Replaces,
		ReplacesNumber: u.ReplacesNumber, RemadeAt: u.RemadeAt, LeasedBy: u.LeasedBy, LeasedUntil: u.LeasedUntil, Again: u.Again,
		NextAt: u.NextAt, RetryAt: u.RetryAt, DueAt: u.DueAt, OverdueAt: u.OverdueAt, CreatedAt: micros(c.CreatedAt), IssuedAt: u.IssuedAt, UpdatedAt: u.UpdatedAt, FinishedAt: u.FinishedAt,
	})
	return n > 0, err
}

// Update implements charge.Store.
func (ChargeStore) Update(t tx.Tx, c *charge.Charge) error {
	ctx, q := q(t)
	paid := c.PaymentIntent
	if paid == "" && c.Purchase != "" { // outside Stripe
		paid = c.Invoice
	}
	if err := putPayment(t, purchase.Payment{ID: paid, Of: string(c.Owner.Of), Owner: c.Owner.ID, Customer: c.Customer, Purchase: c.Purchase, Invoice: c.Invoice}); err != nil {
		return err
	}
	return q.UpdateCharge(ctx, chargeRow(c))
}

func chargeRow(c *charge.Charge) gen.UpdateChargeParams {
	return gen.UpdateChargeParams{
		OwnerID: c.Owner.ID, Price: c.Price.Amount, Currency: c.Price.Currency, State: string(c.State), Doing: string(c.Doing), Calls: int64(c.Calls),
		SentAt: micros(c.SentAt), Unknowns: int64(c.Unknowns), Want: string(c.Want), GiveUp: string(c.GiveUp), Tries: int64(c.Tries), Pays: int64(c.Pays),
		Cause: string(c.Cause), Problem: c.Problem, Method: c.Method.ID, MethodType: c.Method.Type, MethodBrand: c.Method.Brand, MethodLast4: c.Method.Last4,
		MethodFingerprint: c.Method.Fingerprint, StripeCustomer: c.StripeCustomer, Invoice: c.Invoice, Number: c.Number, Url: c.URL,
		PaymentIntent: c.PaymentIntent, Processing: flag(c.Processing), Total: c.Total, Tax: c.Tax, AmountPaid: c.AmountPaid, ReceiptUrl: c.ReceiptURL,
		PurchaseID: c.Purchase, GrantID: int64(c.Grant), Clawed: int64(c.Clawed), Remake: string(c.Remake), Remakes: int64(c.Remakes), Replaces: c.Replaces,
		ReplacesNumber: c.ReplacesNumber, RemadeAt: micros(c.RemadeAt), LeasedBy: c.LeasedBy, LeasedUntil: micros(c.LeasedUntil),
		Again: flag(c.Again), NextAt: micros(c.NextAt), RetryAt: micros(c.RetryAt), DueAt: micros(c.DueAt), OverdueAt: micros(c.OverdueAt), IssuedAt: micros(c.IssuedAt),
		UpdatedAt: micros(c.UpdatedAt), FinishedAt: micros(c.FinishedAt),
	}
}

// Charge implements charge.Store.
func (ChargeStore) Charge(t tx.Tx, o charge.Owner) (*charge.Charge, error) {
	ctx, q := q(t)
	r, err := q.ChargeByOwner(ctx, gen.ChargeByOwnerParams{OwnerID: o.ID, Owner: string(o.Of)})
	return one(r, err, func(r gen.Charge) *charge.Charge {
		c := chargeOf(r)
		return &c
	})
}

// Due implements charge.Store.
func (ChargeStore) Due(t tx.Tx, now time.Time, limit int) ([]charge.Owner, error) {
	ctx, q := q(t)
	rows, err := q.DueCharges(ctx, gen.DueChargesParams{Now: micros(now), MaxRows: int32(limit)})
	return many(rows, err, ownerOf)
}

// Payable implements charge.Store.
func (ChargeStore) Payable(t tx.Tx, of charge.Of, customer string) ([]charge.Owner, error) {
	ctx, q := q(t)
	rows, err := q.PayableCharges(ctx, gen.PayableChargesParams{CustomerID: customer, Owner: string(of)})
	return many(rows, err, func(r gen.PayableChargesRow) charge.Owner { return ownerOf(gen.DueChargesRow(r)) })
}

// CountRemakes implements charge.Store.
func (ChargeStore) CountRemakes(t tx.Tx, how charge.Remake) (int, error) {
	ctx, q := q(t)
	n, err := q.CountRemakes(ctx, string(how))
	return int(n), err
}

// Release implements charge.Store.
func (ChargeStore) Release(t tx.Tx) error {
	ctx, q := q(t)
	return q.ReleaseCharges(ctx)
}

func ownerOf(r gen.DueChargesRow) charge.Owner {
	return charge.Owner{Of: charge.Of(r.Owner), ID: r.OwnerID}
}

func chargeOf(r gen.Charge) charge.Charge {
	return charge.Charge{
		Owner: charge.Owner{Of: charge.Of(r.Owner), ID: r.OwnerID}, Customer: r.CustomerID, Slot: r.Slot, Collection: charge.Collection(r.Collection),
		Price: money.Money{Amount: r.Price, Currency: r.Currency}, State: charge.State(r.State), Doing: charge.Act(r.Doing), Calls: int(r.Calls),
		SentAt: instant(r.SentAt), Unknowns: int(r.Unknowns), Want: charge.Act(r.Want), GiveUp: charge.Reason(r.GiveUp), Tries: int(r.Tries), Pays: int(r.Pays),
		Cause: charge.Cause(r.Cause), Problem: r.Problem,
		Method: charge.Method{ID: r.Method, Type: r.MethodType, Brand: r.MethodBrand, Last4: r.MethodLast4, Fingerprint: r.MethodFingerprint},
		Types:  strings.Fields(r.MethodTypes), StripeCustomer: r.StripeCustomer, Invoice: r.Invoice, Number: r.Number, URL: r.Url, PaymentIntent: r.PaymentIntent,
		Processing: r.Processing != 0, Total: r.Total, Tax: r.Tax, AmountPaid: r.AmountPaid, ReceiptURL: r.ReceiptUrl, Purchase: r.PurchaseID,
		Grant: ledger.GrantID(r.GrantID), Clawed: money.Credits(r.Clawed), Remake: charge.Remake(r.Remake), Remakes: int(r.Remakes), Replaces: r.Replaces,
		ReplacesNumber: r.ReplacesNumber, RemadeAt: instant(r.RemadeAt), LeasedBy: r.LeasedBy, LeasedUntil: instant(r.LeasedUntil),
		Again: r.Again != 0, NextAt: instant(r.NextAt), RetryAt: instant(r.RetryAt), DueAt: instant(r.DueAt), OverdueAt: instant(r.OverdueAt), CreatedAt: instant(r.CreatedAt),
		IssuedAt: instant(r.IssuedAt), UpdatedAt: instant(r.UpdatedAt), FinishedAt: instant(r.FinishedAt),
	}
}
