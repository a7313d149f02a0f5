package recharge

import (
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/tx"
)

// currencyFor is the currency in which a pack is bought for a customer: the
// customer's own, or else the pack's first.
func (s *Service) currencyFor(t tx.Tx, customer string, pack *catalog.Pack) (string, error) {
	now, fixed, err := s.Accounts.CurrencyIn(t, customer)
	switch {
	case err != nil:
		return "", err
	case now != "" && (fixed || pack.PriceIn(now) != nil):
		return now, nil
	}
	return pack.Prices[0].Currency, nil
}

// CurrencyFor is the currency in which a pack is bought for a customer.
func (s *Service) CurrencyFor(t tx.Tx, customer string, pack *catalog.Pack) (string, error) {
	return s.currencyFor(t, customer, pack)
}

// bought is what one recharge brings and costs.
type bought struct {
	credits, bonus money.Credits
	bonusDays      int
	price          money.Money
}

// several is so many packs of fixed size.
func several(pack *catalog.Pack, n int, currency string) (b bought, err error) {
	q, err := catalog.Quote(pack, 0, currency)
	if err != nil {
		return b, err
	}
	if q.Price.Amount > money.MaxMinor/int64(n) || q.Credits+q.Bonus > money.MaxAmount/money.Credits(n) {
		return b, fault.Bad("quantity", "This is more than can be charged at once. Choose fewer.")
	}
	times := money.Credits(n)
	return bought{q.Credits * times, q.Bonus * times, q.BonusDays, money.Money{Amount: q.Price.Amount * int64(n), Currency: currency}}, nil
}
