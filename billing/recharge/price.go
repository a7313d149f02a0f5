package recharge

import (
	"encoding/json"
	"fmt"

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

// CurrencyFixed pauses the policies of a customer that buy in another currency than
// the one in which it pays from now on: nothing is charged in a currency that nobody
// consented to. It is called in the transaction that fixes the currency.
func (s *Service) CurrencyFixed(t tx.Tx, customer, currency string) error {
	policies, err := s.Store.PoliciesOf(t, customer)
	if err != nil {
		return err
	}
	for _, p := range policies {
		if p.State == Off || p.Price.Currency == currency || mayResume(p) != nil { // the others' pause lasts longer
			continue
		}
		if err := s.pauseIn(t, p, nil, OtherCurrency, ""); err != nil {
			return err
		}
	}
	return nil
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

// amountUpTo is how much of a pack for any amount brings a balance up to a level:
// rounded up to the step, from the smallest to the largest amount.
func amountUpTo(pack *catalog.Pack, target, available money.Credits) money.Credits {
	r := pack.Any
	need := (target - available + r.Step - 1) / r.Step * r.Step
	return min(max(need, r.Min), r.Max)
}

// agreement is what was consented to of a pack for any amount: its price, and the
// bonuses that came with it; nil before they were kept.
type agreement struct {
	catalog.Price
	Bonuses *[]catalog.Bonus
}

// upTo is what brings a balance up to a policy's target by today's price, and by
// the price and the bonuses that were consented to.
func upTo(pack *catalog.Pack, p *Policy, available money.Credits, currency string) (today, agreed bought, err error) {
	amount := amountUpTo(pack, p.Target, available)
	q, err := catalog.Quote(pack, amount, currency)
	if err != nil {
		return today, agreed, err
	}
	var a agreement
	if err := json.Unmarshal([]byte(p.Agreed), &a); err != nil {
		return today, agreed, fmt.Errorf("the price that %s consents to: %w", p.ID, err)
	}
	then := *pack
	then.Prices = []catalog.Price{a.Price}
	if a.Bonuses != nil {
		then.Bonuses = *a.Bonuses
	}
	old, err := catalog.Quote(&then, amount, currency)
	return bought{q.Credits, q.Bonus, q.BonusDays, q.Price}, bought{old.Credits, old.Bonus, old.BonusDays, old.Price}, err
}

// agree writes down what is consented to.
func agree(pack *catalog.Pack, currency string) (string, error) {
	bonuses := pack.Bonuses
	if bonuses == nil {
		bonuses = []catalog.Bonus{}
	}
	b, err := json.Marshal(agreement{*pack.PriceIn(currency), &bonuses})
	return string(b), err
}
