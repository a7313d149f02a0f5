package db

import (
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db/gen"
)

// putPayment notes a payment with what asked for it, once Stripe's id is known.
func putPayment(t tx.Tx, p purchase.Payment) error {
	if p.ID == "" {
		return nil
	}
	ctx, q := q(t)
	return q.PutPayment(ctx, gen.PutPaymentParams{
		ID: p.ID, Owner: p.Of, OwnerID: p.Owner, CustomerID: p.Customer, PurchaseID: p.Purchase, Invoice: p.Invoice, CreatedAt: micros(t.Now()),
	})
}

// Payment implements purchase.Store.
func (PurchaseStore) Payment(t tx.Tx, id string) (*purchase.Payment, error) {
	ctx, q := q(t)
	return onePayment(q.PaymentByID(ctx, id))
}

// PaymentOfPurchase implements purchase.Store.
func (PurchaseStore) PaymentOfPurchase(t tx.Tx, purchaseID string) (*purchase.Payment, error) {
	ctx, q := q(t)
	return onePayment(q.PaymentOfPurchase(ctx, purchaseID))
}

func onePayment(r gen.Payment, err error) (*purchase.Payment, error) {
	if err != nil {
		return nil, notFound(err)
	}
	return &purchase.Payment{ID: r.ID, Of: r.Owner, Owner: r.OwnerID, Customer: r.CustomerID, Purchase: r.PurchaseID, Invoice: r.Invoice}, nil
}
