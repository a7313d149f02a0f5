package db

import (
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db/gen"
)

func (PurchaseStore) PutWait(t tx.Tx, w *purchase.Wait) error {
	ctx, q := q(t)
	return q.PutPurchaseWait(ctx, gen.PutPurchaseWaitParams{
		PurchaseID: w.Purchase, Method: w.Method, Due: w.Due, Received: w.Received, Reference: w.Reference, InstructionsUrl: w.InstructionsURL,
		Since: micros(w.Since), UpdatedAt: micros(t.Now()),
	})
}

func (PurchaseStore) Wait(t tx.Tx, purchaseID string) (*purchase.Wait, error) {
	ctx, q := q(t)
	r, err := q.PurchaseWait(ctx, purchaseID)
	if err != nil {
		return nil, notFound(err)
	}
	return &purchase.Wait{
		Purchase: r.PurchaseID, Method: r.Method, Due: r.Due, Received: r.Received, Reference: r.Reference, InstructionsURL: r.InstructionsUrl,
		Since: instant(r.Since),
	}, nil
}
