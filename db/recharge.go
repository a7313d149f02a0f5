package db

import (
	"strings"
	"time"

	"purse/billing/charge"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/db/gen"
)

func (RechargeStore) Insert(t tx.Tx, r *recharge.Recharge) (bool, error) {
	ctx, q := q(t)
	n, err := q.InsertRecharge(ctx, gen.InsertRechargeParams{
		ID: r.ID, PolicyID: r.Policy, CustomerID: r.Customer, CreditType: r.CreditType, PackID: r.Pack, PackName: r.PackName,
		Quantity: int64(r.Quantity), Credits: int64(r.Credits), Price: r.Price.Amount, Currency: r.Price.Currency,
		ExpiresAfterDays: int64(r.ExpiresAfterDays), State: string(r.State), Reason: string(r.Reason), Message: r.Message,
		GiveUp: string(r.GiveUp), Amount: r.Amount, Tax: r.Tax, Method: r.Method.ID, MethodBrand: r.Method.Brand, MethodLast4: r.Method.Last4,
		MethodFingerprint: r.Method.Fingerprint, BackupUsed: flag(r.BackupUsed), Tries: int64(r.Tries), Pays: int64(r.Pays),
		Paying: flag(r.Paying), Unknowns: int64(r.Unknowns), SentAt: micros(r.SentAt), InvoiceID: r.Invoice, InvoiceNumber: r.InvoiceNumber,
		InvoiceUrl: r.InvoiceURL, PaymentIntent: r.PaymentIntent, ReceiptUrl: r.ReceiptURL, PurchaseID: r.Purchase, GrantID: int64(r.Grant),
		NextAt: micros(r.NextAt), CreatedAt: micros(r.CreatedAt), UpdatedAt: micros(r.UpdatedAt), FinishedAt: micros(r.FinishedAt),
		MethodType: orCard(r.Method.Type), MethodTypes: strings.Join(r.Types, " "), Processing: flag(r.Processing),
	})
	if err == nil && n > 0 && r.Bonus > 0 {
		err = q.SetRechargeBonus(ctx, gen.SetRechargeBonusParams{Bonus: int64(r.Bonus), BonusDays: int64(r.BonusDays), ID: r.ID})
	}
	return n > 0, err
}

func (RechargeStore) Update(t tx.Tx, r *recharge.Recharge) error {
	ctx, q := q(t)
	if err := putPayment(t, purchase.Payment{ID: r.PaymentIntent, Of: string(charge.OfRecharge), Owner: r.ID, Customer: r.Customer, Purchase: r.Purchase, Invoice: r.Invoice}); err != nil {
		return err
	}
	return q.UpdateRecharge(ctx, gen.UpdateRechargeParams{
		State: string(r.State), Reason: string(r.Reason), Message: r.Message, GiveUp: string(r.GiveUp), Amount: r.Amount, Tax: r.Tax,
		Method: r.Method.ID, MethodBrand: r.Method.Brand, MethodLast4: r.Method.Last4, MethodFingerprint: r.Method.Fingerprint,
		BackupUsed: flag(r.BackupUsed), Tries: int64(r.Tries), Pays: int64(r.Pays), Paying: flag(r.Paying), Unknowns: int64(r.Unknowns),
		SentAt: micros(r.SentAt), InvoiceID: r.Invoice, InvoiceNumber: r.InvoiceNumber, InvoiceUrl: r.InvoiceURL,
		PaymentIntent: r.PaymentIntent, ReceiptUrl: r.ReceiptURL, PurchaseID: r.Purchase, GrantID: int64(r.Grant), NextAt: micros(r.NextAt),
		UpdatedAt: micros(r.UpdatedAt), FinishedAt: micros(r.FinishedAt), ID: r.ID, MethodType: orCard(r.Method.Type), Processing: flag(r.Processing),
	})
}

func (RechargeStore) Recharge(t tx.Tx, id string) (*recharge.Recharge, error) {
	ctx, q := q(t)
	return oneRecharge(q.RechargeByID(ctx, id))
}

func (RechargeStore) OpenOf(t tx.Tx, customer, creditType string) (*recharge.Recharge, error) {
	ctx, q := q(t)
	return oneRecharge(q.OpenRecharge(ctx, gen.OpenRechargeParams{CustomerID: customer, CreditType: creditType}))
}

func (RechargeStore) List(t tx.Tx, customer, creditType, before string, limit int) ([]*recharge.Recharge, error) {
	ctx, q := q(t)
	if before == "" {
		before = "~"
	}
	return recharges(q.RechargesOf(ctx, gen.RechargesOfParams{CustomerID: customer, CreditType: creditType, BeforeID: before, MaxRows: int32(limit)}))
}

func (RechargeStore) Due(t tx.Tx, now time.Time, limit int) ([]*recharge.Recharge, error) {
	ctx, q := q(t)
	return recharges(q.DueRecharges(ctx, gen.DueRechargesParams{Now: micros(now), MaxRows: int32(limit)}))
}

func (RechargeStore) Spent(t tx.Tx, customer, creditType, currency string, since time.Time, except string) (int64, int, error) {
	ctx, q := q(t)
	r, err := q.RechargeSpent(ctx, gen.RechargeSpentParams{
		CustomerID: customer, CreditType: creditType, Currency: currency, Since: micros(since), ExceptID: except,
	})
	return r.Amount, int(r.Runs), err
}

func (RechargeStore) LastAt(t tx.Tx, customer, creditType string) (time.Time, error) {
	ctx, q := q(t)
	at, err := q.LastRecharge(ctx, gen.LastRechargeParams{CustomerID: customer, CreditType: creditType})
	return instant(at), err
}

func oneRecharge(r gen.Recharge, err error) (*recharge.Recharge, error) {
	if err != nil {
		return nil, notFound(err)
	}
	return rechargeOf(r), nil
}

func recharges(rows []gen.Recharge, err error) ([]*recharge.Recharge, error) {
	out := make([]*recharge.Recharge, len(rows))
	for i, r := range rows {
		out[i] = rechargeOf(r)
	}
	return out, err
}

func rechargeOf(r gen.Recharge) *recharge.Recharge {
	return &recharge.Recharge{
		ID: r.ID, Policy: r.PolicyID, Customer: r.CustomerID, CreditType: r.CreditType, Pack: r.PackID, PackName: r.PackName,
		Quantity: int(r.Quantity), Credits: money.Credits(r.Credits), ExpiresAfterDays: int(r.ExpiresAfterDays),
		Bonus: money.Credits(r.Bonus), BonusDays: int(r.BonusDays),
		State: recharge.RunState(r.State), Reason: recharge.Reason(r.Reason), Message: r.Message, GiveUp: recharge.Reason(r.GiveUp),
		Amount: r.Amount, Tax: r.Tax, BackupUsed: r.BackupUsed != 0, Tries: int(r.Tries), Pays: int(r.Pays), Paying: r.Paying != 0, Processing: r.Processing != 0, Types: strings.Fields(r.MethodTypes),
		Unknowns: int(r.Unknowns), SentAt: instant(r.SentAt), Invoice: r.InvoiceID, InvoiceNumber: r.InvoiceNumber,
		InvoiceURL: r.InvoiceUrl, PaymentIntent: r.PaymentIntent, ReceiptURL: r.ReceiptUrl, Purchase: r.PurchaseID,
		Grant: ledger.GrantID(r.GrantID), NextAt: instant(r.NextAt), CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
		FinishedAt: instant(r.FinishedAt), Price: money.Money{Amount: r.Price, Currency: r.Currency},
		Method: recharge.Method{ID: r.Method, Type: r.MethodType, Brand: r.MethodBrand, Last4: r.MethodLast4, Fingerprint: r.MethodFingerprint},
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
