package db

import (
	"time"

	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db/gen"
)

func (PurchaseStore) PutRefund(t tx.Tx, r *purchase.Refund, key string) error {
	ctx, q := q(t)
	if key == "" {
		key = r.ID
	}
	return q.PutRefund(ctx, gen.PutRefundParams{
		ID: r.ID, RefundKey: key, StripeID: r.StripeID, PurchaseID: r.Purchase, Amount: r.Amount, State: string(r.State),
		Reason: r.Reason, Problem: r.Problem, CreatedBy: r.CreatedBy, CreatedAt: micros(r.CreatedAt),
		ChargeAmount: r.Charged.Amount, ChargeCurrency: r.Charged.Currency,
	})
}

// PutOtherCurrency implements purchase.Store.
func (PurchaseStore) PutOtherCurrency(t tx.Tx, o purchase.OtherCurrency) error {
	ctx, q := q(t)
	return q.PutOtherCurrency(ctx, gen.PutOtherCurrencyParams{PaymentIntent: o.Payment, PurchaseID: o.Purchase, Amount: o.Paid.Amount, Currency: o.Paid.Currency,
		InCharge: flag(o.InCharge), SeenAt: micros(t.Now())})
}

// OtherCurrencies implements purchase.Store.
func (PurchaseStore) OtherCurrencies(t tx.Tx) (int64, time.Time, error) {
	ctx, q := q(t)
	r, err := q.OtherCurrencies(ctx)
	return r.Count, instant(r.LastSeen), err
}

func (PurchaseStore) Refund(t tx.Tx, id string) (*purchase.Refund, error) {
	ctx, q := q(t)
	r, err := q.RefundByID(ctx, id)
	return refund(r), notFound(err)
}

func (PurchaseStore) RefundByKey(t tx.Tx, key string) (*purchase.Refund, error) {
	ctx, q := q(t)
	r, err := q.RefundByKey(ctx, key)
	return refund(r), notFound(err)
}

func (PurchaseStore) RefundByStripeID(t tx.Tx, stripeID string) (*purchase.Refund, error) {
	ctx, q := q(t)
	r, err := q.RefundByStripeID(ctx, stripeID)
	return refund(r), notFound(err)
}

func (PurchaseStore) Refunds(t tx.Tx, purchaseID string) ([]*purchase.Refund, error) {
	ctx, q := q(t)
	rows, err := q.RefundsOf(ctx, purchaseID)
	out := make([]*purchase.Refund, len(rows))
	for i, r := range rows {
		out[i] = refund(r)
	}
	return out, err
}

func (PurchaseStore) Begun(t tx.Tx, customer string, since time.Time) (unpaid, paid int, err error) {
	ctx, q := q(t)
	r, err := q.CountBegun(ctx, gen.CountBegunParams{Since: micros(since), CustomerID: customer})
	return int(r.Unpaid), int(r.Paid), err
}

func (PurchaseStore) SelfRefunds(t tx.Tx, customer string) (int, error) {
	ctx, q := q(t)
	n, err := q.CountSelfRefunds(ctx, gen.CountSelfRefundsParams{CustomerID: customer, Reason: purchase.SelfReason})
	return int(n), err
}

func refund(r gen.Refund) *purchase.Refund {
	return &purchase.Refund{
		ID: r.ID, StripeID: r.StripeID, Purchase: r.PurchaseID, Amount: r.Amount, State: purchase.RefundState(r.State),
		Reason: r.Reason, Problem: r.Problem, CreatedBy: r.CreatedBy, CreatedAt: instant(r.CreatedAt),
		Charged: money.Money{Amount: r.ChargeAmount, Currency: r.ChargeCurrency},
	}
}

// PutDispute writes how a dispute stands.
func (PurchaseStore) PutDispute(t tx.Tx, purchaseID string, d purchase.ChargeDispute) error {
	ctx, q := q(t)
	return q.PutDispute(ctx, gen.PutDisputeParams{
		ID: d.ID, PurchaseID: purchaseID, Status: d.Status, Reason: d.Reason, Amount: d.Amount, Due: micros(d.Due), CreatedAt: micros(d.CreatedAt),
	})
}

// Disputes answers the disputes of a purchase, oldest first.
func (PurchaseStore) Disputes(t tx.Tx, purchaseID string) ([]purchase.ChargeDispute, error) {
	ctx, q := q(t)
	rows, err := q.DisputesOf(ctx, purchaseID)
	out := make([]purchase.ChargeDispute, len(rows))
	for i, r := range rows {
		out[i] = purchase.ChargeDispute{ID: r.ID, Status: r.Status, Reason: r.Reason, Amount: r.Amount, Due: instant(r.Due), CreatedAt: instant(r.CreatedAt)}
	}
	return out, err
}

// RefundsPending answers purchases with refunds that Stripe has not ended.
func (PurchaseStore) RefundsPending(t tx.Tx, after string, limit int) ([]string, error) {
	ctx, q := q(t)
	return q.PurchasesWithPendingRefunds(ctx, gen.PurchasesWithPendingRefundsParams{After: after, MaxRows: int32(limit)})
}
