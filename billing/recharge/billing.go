package recharge

import (
	"context"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/purchase"
	"purse/billing/words"
)

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
	return s.Purchases.EffectiveTax(pack, s.Charges.AutomaticTax)
}

// checkCapWithTax refuses a cap below one recharge with tax, where the tax is
// known.
func (s *Service) checkCapWithTax(ctx context.Context, p *Policy) error {
	pack := s.Catalog.Snapshot().Pack(p.Pack)
	if s.Purchases == nil || !s.Charges.AutomaticTax || pack == nil {
		return nil
	}
	taxed := s.Purchases.Taxes(ctx, p.Customer, []purchase.ForSale{{Pack: pack, Price: p.Price}})[0]
	if taxed == nil || p.Cap >= taxed.Total.Amount {
		return nil
	}
	return fault.Bad("cap", "One recharge costs %s with tax: with this cap none would ever run.", words.Minor(taxed.Total.Amount, p.Price.Currency))
}
