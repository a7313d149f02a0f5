package schedule

import (
	"fmt"
	"math/big"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// terms writes what one run brings and costs today: so many packs of fixed size,
// or the amount of a pack for any amount, with the discount taken off. It is the
// price that buying by hand has, by the same quote.
func (s *Service) terms(t tx.Tx, sch *Schedule, pack *catalog.Pack) error {
	currency, fixed, err := s.Accounts.CurrencyIn(t, sch.Customer)
	if err != nil {
		return err
	}
	if currency == "" || (!fixed && pack.PriceIn(currency) == nil) {
		currency = pack.Prices[0].Currency
	}
	q, err := catalog.Quote(pack, sch.Amount, currency)
	if err != nil {
		return err
	}
	n := int64(sch.Quantity)
	if q.Price.Amount > money.MaxMinor/n || q.Credits+q.Bonus > money.MaxAmount/money.Credits(n) {
		return fault.Bad("quantity", "This is more than can be charged at once. Choose fewer.")
	}
	whole := money.Money{Amount: q.Price.Amount * n, Currency: currency}
	// Rounded to what Stripe charges in the currency, as every price.
	price, err := money.RoundMoney(new(big.Rat).Mul(whole.Rat(), big.NewRat(int64(100-sch.Discount), 100)), currency)
	if err != nil {
		return err
	}
	if price.Amount < money.LeastCharge(currency) || price.Valid() != nil {
		return fault.Bad("quantity", "This amount cannot be charged. Choose another one.")
	}
	unit := ""
	if ct := s.Catalog.Snapshot().CreditType(pack.CreditType); ct != nil {
		unit = ct.Units
	}
	sch.Name = nameOf(sch, pack, unit)
	sch.Credits, sch.Bonus, sch.BonusDays, sch.Price = q.Credits*money.Credits(n), q.Bonus*money.Credits(n), q.BonusDays, price
	sch.CreditType, sch.ExpiresAfterDays = pack.CreditType, pack.ExpiresAfterDays
	sch.TaxBehavior = s.Purchases.EffectiveTax(pack, s.Invoices.Charges.AutomaticTax)
	return nil
}

func nameOf(sch *Schedule, pack *catalog.Pack, unit string) string {
	switch {
	case sch.Amount > 0:
		return fmt.Sprintf("%s: %s %s", pack.Name, invoice.Grouped(sch.Amount), unit)
	case sch.Quantity == 1:
		return pack.Name
	}
	return fmt.Sprintf("%d × %s", sch.Quantity, pack.Name)
}

// asAgreed says whether today's terms are no worse than those consented to:
// cheaper, or more for the money.
func (s *Schedule) asAgreed(today *Schedule) bool {
	return today.Price.Currency == s.Price.Currency && today.Price.Amount <= s.Price.Amount && today.Brings() >= s.Brings() && today.CreditType == s.CreditType &&
		!purchase.TaxComesOnTop(s.TaxBehavior, today.TaxBehavior)
}

// sells says whether a pack is for sale in the way that a schedule buys it.
func (s *Schedule) sells(pack *catalog.Pack) bool {
	return pack != nil && !pack.Archived() && (pack.Any != nil) == (s.Amount > 0)
}
