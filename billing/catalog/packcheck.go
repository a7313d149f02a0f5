package catalog

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/words"
)

const (
	maxTiers   = 20
	maxBonuses = 10
)

var taxCodeShape = regexp.MustCompile(`^txcd_[0-9]{8}$`)

// CheckTax says whether a tax behaviour and code are such as Stripe knows, "" for
// the setting.
func CheckTax(behavior, code string) error {
	switch {
	case behavior != "" && behavior != "exclusive" && behavior != "inclusive":
		return fault.Bad("tax_behavior", "Prices are exclusive (tax is added) or inclusive (tax is contained).")
	case code != "" && !taxCodeShape.MatchString(code):
		return fault.Bad("tax_code", "A tax code of Stripe's looks like txcd_10103001.")
	}
	return nil
}

// check refuses what can never be sold, and writes figures in one form.
func (p *Pack) check() (err error) {
	if p.Name, err = text("name", p.Name, 1, 100); err != nil {
		return err
	}
	if r := p.Any; r != nil {
		switch {
		case r.Step <= 0:
			return fault.Bad("any_amount.step", "Steps are of more than zero credits.")
		case r.Min <= 0 || r.Min%r.Step != 0:
			return fault.Bad("any_amount.min", "The smallest amount is a multiple of the step, and more than zero.")
		case r.Max < r.Min || r.Max > money.MaxAmount || r.Max%r.Step != 0:
			return fault.Bad("any_amount.max", "The largest amount is a multiple of the step, from the smallest on and at most %s.", money.MaxAmount)
		}
		p.Credits = r.Min
	}
	if p.Credits <= 0 || p.Credits > money.MaxAmount {
		return fault.Bad("credits", "A pack has more than zero credits, and at most %s.", money.MaxAmount)
	}
	if p.ExpiresAfterDays < 0 || p.ExpiresAfterDays > 3650 {
		return fault.Bad("expires_after_days", "Give 1 to 3,650 days, or 0 for credits that never expire.")
	}
	if len(p.Prices) == 0 {
		return fault.Bad("price", "A pack has a price.")
	}
	for i := range p.Prices {
		if err := p.checkPrice(i); err != nil {
			return err
		}
	}
	if err := p.checkBonuses(); err != nil {
		return err
	}
	if err := CheckTax(p.TaxBehavior, p.TaxCode); err != nil {
		return err
	}
	least, _, err := p.Prices[0].total(p.Credits)
	p.Price = least
	return err
}

func (p *Pack) checkPrice(i int) error {
	price, at := &p.Prices[i], fmt.Sprintf("prices[%d]", i)
	if len(p.Prices) == 1 && p.Any == nil {
		at = "price"
	}
	price.Currency = strings.ToLower(price.Currency)
	if _, ok := money.Exponent(price.Currency); !ok {
		return fault.Bad(at+".currency", "The currency %s.", money.ErrCurrency)
	}
	if p.PriceIn(price.Currency) != price {
		return fault.Bad(at+".currency", "There are two prices in %s. Give one for each currency.", price.Currency)
	}
	if price.Model == "" && p.Any == nil {
		price.Model = Fixed
	}
	if p.Any == nil {
		if price.Model != Fixed || len(price.Tiers) > 0 {
			return fault.Bad(at+".model", "Tiers are for packs in which any amount can be chosen.")
		}
		m := money.Money{Amount: price.Amount, Currency: price.Currency}
		if err := m.Valid(); err != nil {
			return fault.Bad(at, "The price %s.", err)
		}
		if m.Amount == 0 {
			return fault.Bad(at, "A pack has a price. Grant free credits as a promotional grant.")
		}
		return chargeable(at, p.Credits, m)
	}
	if !slices.Contains(Models(), price.Model) {
		return fault.Bad(at+".model", "The price of any amount is graduated, volume, package, flat or percentage.")
	}
	if price.Amount != 0 {
		return fault.Bad(at+".amount", "The price of any amount is made of tiers.")
	}
	if len(price.Tiers) == 0 || len(price.Tiers) > maxTiers {
		return fault.Bad(at+".tiers", "Give 1 to %d tiers.", maxTiers)
	}
	var from money.Credits
	for j := range price.Tiers {
		if err := p.checkTier(price, j, from, fmt.Sprintf("%s.tiers[%d]", at, j)); err != nil {
			return err
		}
		from = price.Tiers[j].UpTo
	}
	return p.checkEnds(price, at)
}

func (p *Pack) checkTier(price *Price, j int, from money.Credits, at string) error {
	t, last := &price.Tiers[j], j == len(price.Tiers)-1
	switch {
	case t.UpTo < 0 || t.UpTo > money.MaxAmount:
		return fault.Bad(at+".up_to", "Give a number of credits, or none for a tier without end.")
	case !last && t.UpTo <= from:
		return fault.Bad(at+".up_to", "Each tier ends above the one before, and only the last is without end.")
	case last && t.UpTo != 0 && t.UpTo <= from:
		return fault.Bad(at+".up_to", "Each tier ends above the one before.")
	case last && t.UpTo != 0 && t.UpTo < p.Any.Max:
		return fault.Bad(at+".up_to", "There is no tier for amounts above %s, and up to %s can be chosen. Leave the end of the last tier out.", t.UpTo, p.Any.Max)
	case t.Unit != "" && !unitShape.MatchString(t.Unit):
		return fault.Bad(at+".unit_price", "Give a decimal number like 0.0085, zero or more, with at most 12 decimals.")
	case t.Flat < 0 || t.Flat > money.MaxMinor:
		return fault.Bad(at+".flat_amount", "A flat fee is zero or more.")
	case t.Flat%money.MinorStep(price.Currency) != 0:
		return fault.Bad(at+".flat_amount", "The fee %s.", money.Money{Amount: t.Flat, Currency: price.Currency}.Valid())
	case price.Model == Package && t.Block <= 0:
		return fault.Bad(at+".block", "Say how many credits a block has.")
	case price.Model == Package && t.Block > money.MaxAmount:
		return fault.Bad(at+".block", "A block has at most %s.", words.Credits(money.MaxAmount))
	case price.Model != Package && t.Block != 0:
		return fault.Bad(at+".block", "Blocks are for package prices.")
	case price.Model == Percentage && !percentShape.MatchString(cmp.Or(t.Percent, "0")):
		return fault.Bad(at+".percent", "Give a percentage like 2.5, or -10 for a discount, with at most 6 decimals.")
	case price.Model != Percentage && t.Percent != "":
		return fault.Bad(at+".percent", "A percentage is for percentage prices.")
	case t.Unit == "" && price.Model != Flat && !(price.Model == Graduated && t.Flat > 0):
		return fault.Bad(at+".unit_price", "This tier has no price.")
	}
	if t.Unit != "" {
		t.Unit = plain(t.Unit)
	}
	if price.Model == Percentage {
		t.Percent = plain(cmp.Or(t.Percent, "0"))
	}
	return nil
}

// checkEnds prices the first and the last amount of each tier. In between a
// price runs straight, or up in steps, so that these are its extremes.
func (p *Pack) checkEnds(price *Price, at string) error {
	for j, ends := range p.ends(price) {
		for _, c := range ends {
			m, _, err := price.total(c)
			where := fmt.Sprintf("%s.tiers[%d]", at, j)
			switch {
			case err != nil || m.Amount > money.MaxMinor:
				return fault.Bad(where, "%s would cost more than can be charged at once, %s. Lower the largest amount.", words.Credits(c),
					words.Minor(money.MaxMinor, m.Currency))
			case m.Amount < 0:
				return fault.Bad(where, "The price of %s falls below zero.", words.Credits(c))
			}
			if err := chargeable(where, c, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// ends answers, for each tier, the first and the last amount that fall in it:
// none, one or two.
func (p *Pack) ends(price *Price) [][]money.Credits {
	out := make([][]money.Credits, len(price.Tiers))
	var from money.Credits
	for j := range price.Tiers {
		to := p.Any.Max
		if up := price.Tiers[j].UpTo; up != 0 {
			to = min(to, up)
		}
		first, last := max(p.Any.Min, (from/p.Any.Step+1)*p.Any.Step), to/p.Any.Step*p.Any.Step
		switch {
		case first < last:
			out[j] = []money.Credits{first, last}
		case first == last:
			out[j] = []money.Credits{first}
		}
		from = price.Tiers[j].UpTo
		if from == 0 {
			break
		}
	}
	return out
}

// chargeable refuses what is below the least that Stripe charges.
func chargeable(at string, credits money.Credits, m money.Money) error {
	if least := money.LeastCharge(m.Currency); m.Amount < least {
		return fault.New(fault.Invalid, "below_least_charge", at, "%s would cost %s, and Stripe charges at least %s.", words.Credits(credits), words.Money(m),
			words.Minor(least, m.Currency))
	}
	return nil
}

func (p *Pack) checkBonuses() error {
	if len(p.Bonuses) > maxBonuses {
		return fault.Bad("bonuses", "Give at most %d bonuses.", maxBonuses)
	}
	most := p.Credits
	if p.Any != nil {
		most = p.Any.Max
	}
	for i := range p.Bonuses {
		b, at := &p.Bonuses[i], fmt.Sprintf("bonuses[%d]", i)
		switch {
		case b.From < 0 || b.From > most:
			return fault.Bad(at+".from", "Nobody can buy so many credits of this pack: nobody would get the bonus.")
		case i > 0 && b.From <= p.Bonuses[i-1].From:
			return fault.Bad(at+".from", "Each bonus begins above the one before.")
		case (b.Credits != 0) == (b.Percent != ""):
			return fault.Bad(at+".credits", "A bonus is an amount of credits or a percentage.")
		case b.Credits < 0 || b.Credits > money.MaxAmount:
			return fault.Bad(at+".credits", "A bonus has more than zero credits.")
		case b.Percent != "" && (!percentShape.MatchString(b.Percent) || decimal(b.Percent).Sign() <= 0 || decimal(b.Percent).Cmp(decimal("1000")) > 0):
			return fault.Bad(at+".percent", "Give a percentage from 0.000001 to 1000.")
		case b.ExpiresAfterDays < 0 || b.ExpiresAfterDays > 3650:
			return fault.Bad(at+".expires_after_days", "Give 1 to 3,650 days, or 0 for credits that never expire.")
		}
		if b.Percent != "" {
			b.Percent = plain(b.Percent)
		}
		if most > 0 && b.amount(most) == 0 {
			return fault.Bad(at+".percent", "This bonus comes to nothing.")
		}
	}
	return nil
}

// Warnings says what of a pack is allowed and may surprise: where somebody who
// buys more would pay less.
func (p *Pack) Warnings() []string {
	var out []string
	if p.Any == nil {
		return nil
	}
	for i := range p.Prices {
		price := &p.Prices[i]
		if !price.Model.whole() {
			continue
		}
		var before money.Credits
		for _, ends := range p.ends(price) {
			if len(ends) == 0 {
				continue
			}
			if before > 0 {
				less, _, err1 := price.total(before)
				more, _, err2 := price.total(ends[0])
				if err1 == nil && err2 == nil && more.Amount < less.Amount {
					out = append(out, words.Credits(ends[0])+" cost "+words.Money(more)+", less than "+words.Credits(before)+" at "+words.Money(less)+".")
				}
			}
			before = ends[len(ends)-1]
		}
	}
	return out
}
