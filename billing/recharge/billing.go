package recharge

import (
	"context"

	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/billing/words"
)

// tellBilling lets Stripe know the customer's billing details before an invoice
// is made. What does not come of it is tried again elsewhere: the invoice is
// made all the same.
func (s *Service) tellBilling(ctx context.Context, customer string) {
	if s.Purchases == nil {
		return
	}
	if err := s.Purchases.SyncBilling(ctx, customer); err != nil {
		s.Log.Warn("Stripe was not told of billing details before a recharge", "customer", customer, "error", err)
	}
}

// taxOf is how the price of a recharge stands to tax, and its tax code.
func (s *Service) taxOf(r *Recharge) (behavior, code string) {
	if s.Purchases == nil {
		return "", ""
	}
	return s.Purchases.TaxOf(s.Catalog.Snapshot().Pack(r.Pack))
}

// taxNow is how a pack's price stands to tax today.
func (s *Service) taxNow(pack *catalog.Pack) string {
	if s.Purchases == nil {
		return ""
	}
	return s.Purchases.EffectiveTax(pack, s.AutomaticTax)
}

// checkCapWithTax refuses a cap below one recharge with tax, where the tax is
// known.
func (s *Service) checkCapWithTax(ctx context.Context, p *Policy) error {
	pack := s.Catalog.Snapshot().Pack(p.Pack)
	if s.Purchases == nil || !s.AutomaticTax || pack == nil {
		return nil
	}
	taxed := s.Purchases.Taxes(ctx, p.Customer, []purchase.ForSale{{Pack: pack, Price: p.Price}})[0]
	if taxed == nil || p.Cap >= taxed.Total.Amount {
		return nil
	}
	return fault.Bad("cap", "One recharge costs %s with tax: with this cap none would ever run.", words.Minor(taxed.Total.Amount, p.Price.Currency))
}

// explain keeps how the price of a recharge came about, where the pack's price
// still says the same, and its invoice.
func (s *Service) explain(t tx.Tx, r *Recharge, p *purchase.Purchase, in charge.Invoice) error {
	behavior, code := s.taxOf(r)
	details, err := s.Accounts.BillingIn(t, r.Customer)
	if err != nil {
		return err
	}
	q := &purchase.Quote{Purchase: p.ID, Customer: p.Customer, TaxBehavior: behavior, TaxCode: code, PONumber: details.PONumber, InvoiceNumber: in.Number, InvoiceURL: in.URL}
	if pack := s.Catalog.Snapshot().Pack(r.Pack); pack != nil && pack.Any != nil {
		if now, err := catalog.Quote(pack, r.Credits, r.Price.Currency); err == nil && now.Price == r.Price {
			q.Lines = now.Lines
		}
	}
	return s.Purchases.Store.PutQuote(t, q)
}
