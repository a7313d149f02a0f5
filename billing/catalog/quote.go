package catalog

import (
	"strings"

	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/words"
)

// LineKind says what a line of a quote charges for.
type LineKind string

const (
	LineFixed   LineKind = "fixed"   // the pack's price
	LineUnits   LineKind = "units"   // Credits at Unit each
	LineBlocks  LineKind = "blocks"  // Blocks of Block credits at Unit each
	LineFlat    LineKind = "flat"    // a tier's fee
	LinePercent LineKind = "percent" // Percent of the lines before
)

// QuoteLine explains a part of a price. Amounts are minor units; the lines of a
// quote add up to its price.
type QuoteLine struct {
	Kind    LineKind      `json:"kind"`
	From    money.Credits `json:"from,omitempty"` // Graduated: the slice begins after so many credits
	Credits money.Credits `json:"credits,omitempty"`
	Unit    string        `json:"unit,omitempty"`
	Block   money.Credits `json:"block,omitempty"`
	Blocks  int64         `json:"blocks,omitempty"`
	Percent string        `json:"percent,omitempty"`
	Amount  int64         `json:"amount"`
}

// Quoted is what an amount of a pack costs, and what comes with it.
type Quoted struct {
	Credits money.Credits `json:"credits"`
	Price   money.Money   `json:"price"`
	Lines   []QuoteLine   `json:"lines"`
	// Bonus is credits that come for nothing; they live for BonusDays, 0 for ever.
	Bonus     money.Credits `json:"bonus,omitempty"`
	BonusDays int           `json:"bonus_days,omitempty"`
}

// Quote says what an amount of a pack's credits costs in a currency. credits 0
// stands for what a pack of fixed size has, currency "" for the pack's first.
// It is pure: the same pack, amount and currency give the same quote.
func Quote(p *Pack, credits money.Credits, currency string) (Quoted, error) {
	price, err := p.priceFor(currency)
	if err != nil {
		return Quoted{}, err
	}
	if credits, err = p.amountFor(credits); err != nil {
		return Quoted{}, err
	}
	q := Quoted{Credits: credits}
	if q.Price, q.Lines, err = price.total(credits); err != nil {
		return q, fault.Bad("credits", "The price %s.", err)
	}
	if q.Price.Amount < money.LeastCharge(price.Currency) || q.Price.Valid() != nil {
		return q, fault.Bad("credits", "This amount cannot be charged. Choose another one.") // Save checks it
	}
	for i := range p.Bonuses {
		if b := &p.Bonuses[i]; credits >= b.From {
			q.Bonus, q.BonusDays = b.amount(credits), b.ExpiresAfterDays // the last that applies: they are in order
		}
	}
	return q, nil
}

// priceFor is the price in a currency.
func (p *Pack) priceFor(currency string) (*Price, error) {
	if currency == "" && len(p.Prices) > 0 {
		return &p.Prices[0], nil
	}
	if price := p.PriceIn(currency); price != nil {
		return price, nil
	}
	return nil, fault.New(fault.Invalid, "no_price_in_currency", "currency", "This pack is not sold in %s. It is sold in %s.",
		strings.ToUpper(currency), strings.ToUpper(strings.Join(p.Currencies(), ", ")))
}

// amountFor checks an amount of credits against what the pack sells.
func (p *Pack) amountFor(credits money.Credits) (money.Credits, error) {
	if p.Any == nil {
		if credits != 0 && credits != p.Credits {
			return 0, fault.Bad("credits", "This pack has %s. Leave the amount out, or choose a pack for any amount.", words.Credits(p.Credits))
		}
		return p.Credits, nil
	}
	r := p.Any
	switch {
	case credits == 0:
		return 0, fault.Bad("credits", "Say how many credits: %s to %s.", r.Min, r.Max)
	case credits < r.Min || credits > r.Max:
		return 0, fault.Bad("credits", "Choose between %s and %s.", words.Group(r.Min.String()), words.Credits(r.Max))
	case credits%r.Step != 0:
		below := credits / r.Step * r.Step
		if below < r.Min {
			return 0, fault.Bad("credits", "Credits are sold in steps of %s. Choose %s.", r.Step, below+r.Step)
		}
		return 0, fault.Bad("credits", "Credits are sold in steps of %s. Choose %s or %s.", words.Group(r.Step.String()), words.Group(below.String()), words.Group((below + r.Step).String()))
	}
	return credits, nil
}

// PriceIn is the pack's price in a currency, nil when it has none.
func (p *Pack) PriceIn(currency string) *Price {
	for i := range p.Prices {
		if p.Prices[i].Currency == currency {
			return &p.Prices[i]
		}
	}
	return nil
}

// Currencies are those in which the pack is sold, its first one first.
func (p *Pack) Currencies() []string {
	out := make([]string, len(p.Prices))
	for i := range p.Prices {
		out[i] = p.Prices[i].Currency
	}
	return out
}

// Least is what the pack costs at least in a currency: its price, or that of the
// smallest amount.
func (p *Pack) Least(currency string) (Quoted, error) { return Quote(p, p.Credits, currency) }
