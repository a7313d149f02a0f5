package db

import (
	"encoding/json"

	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db/gen"
)

// putBonus writes what a purchase has beside its row's first columns.
func putBonus(t tx.Tx, p *purchase.Purchase) error {
	ctx, q := q(t)
	return q.SetPurchaseBonus(ctx, gen.SetPurchaseBonusParams{Bonus: int64(p.Bonus), BonusDays: int64(p.BonusDays), BonusGrant: int64(p.BonusGrant), ID: p.ID})
}

func (PurchaseStore) PutQuote(t tx.Tx, o *purchase.Quote) error {
	ctx, q := q(t)
	lines, err := json.Marshal(o.Lines)
	if err != nil {
		return err
	}
	return q.PutPurchaseQuote(ctx, gen.PutPurchaseQuoteParams{
		PurchaseID: o.Purchase, CustomerID: o.Customer, Lines: string(lines), TaxBehavior: o.TaxBehavior, TaxCode: o.TaxCode,
		PoNumber: o.PONumber, InvoiceNumber: o.InvoiceNumber, InvoiceUrl: o.InvoiceURL,
	})
}

func (PurchaseStore) Quote(t tx.Tx, purchaseID string) (*purchase.Quote, error) {
	ctx, q := q(t)
	r, err := q.PurchaseQuote(ctx, purchaseID)
	if err != nil {
		return nil, notFound(err)
	}
	o := &purchase.Quote{
		Purchase: r.PurchaseID, Customer: r.CustomerID, TaxBehavior: r.TaxBehavior, TaxCode: r.TaxCode,
		PONumber: r.PoNumber, InvoiceNumber: r.InvoiceNumber, InvoiceURL: r.InvoiceUrl,
	}
	return o, json.Unmarshal([]byte(r.Lines), &o.Lines)
}
