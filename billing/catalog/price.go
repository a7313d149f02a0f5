package catalog

import (
	"math/big"
	"regexp"
	"strings"

	"purse/billing/money"
)

// Model says how a price is computed from an amount of credits. Everything is
// computed exactly and rounded once, half up, to what Stripe charges in the
// currency (money.RoundMoney).
type Model string

// The models. "The tier that an amount falls in" is the first whose UpTo is the
// amount or more; a tier ends with its UpTo, inclusive.
const (
	// Fixed is one price for the pack's credits.
	Fixed Model = "fixed"
	// Graduated prices each slice of the amount at the unit price of its own
	// tier, as income tax does. The flat fee of each tier that is reached is added.
	Graduated Model = "graduated"
	// Volume prices the whole amount at the unit price of the tier that it falls
	// in, and adds that tier's flat fee.
	Volume Model = "volume"
	// Package prices each started block of Block credits, at the block price of
	// the tier that the amount falls in, and adds that tier's flat fee.
	Package Model = "package"
	// Flat is a fixed fee by the tier that the amount falls in, alone or with a
	// unit price for each credit of the amount.
	Flat Model = "flat"
	// Percentage is the face value of the amount (the tier's unit price for each
	// credit) and a percent fee on top of it, or off it when it is negative, by
	// the tier that the amount falls in. The tier's flat fee is added.
	Percentage Model = "percentage"
)

// Models are the ways to price any amount.
func Models() []Model { return []Model{Graduated, Volume, Package, Flat, Percentage} }

// whole says whether the tier that an amount falls in prices all of it.
func (m Model) whole() bool { return m != Graduated && m != Fixed }

// Price is what a pack costs in one currency.
type Price struct {
	Currency string `json:"currency"`
	Model    Model  `json:"model"`
	Amount   int64  `json:"amount,omitempty"` // Fixed: in minor units
	Tiers    []Tier `json:"tiers,omitempty"`  // all others
}

// Tier is one tier of a price, for amounts up to and including UpTo.
type Tier struct {
	UpTo money.Credits `json:"up_to"` // 0: without end, in the last
	// Unit is the price of one credit in major units, of one block in Package: a
	// decimal of at most 12 places, "" for none.
	Unit string `json:"unit,omitempty"`
	// Flat is a fee in minor units.
	Flat int64 `json:"flat,omitempty"`
	// Block is how many credits a block has, in Package.
	Block money.Credits `json:"block,omitempty"`
	// Percent is a decimal with sign of at most 6 places, in Percentage.
	Percent string `json:"percent,omitempty"`
}

// Range is which amounts of credits can be chosen: Min, Min + Step … Max. Min and
// Max are multiples of Step.
type Range struct {
	Min  money.Credits `json:"min"`
	Max  money.Credits `json:"max"`
	Step money.Credits `json:"step"`
}

// Bonus is credits that come for nothing with a purchase of From credits or
// more: an amount, or a percent of what is bought.
type Bonus struct {
	From             money.Credits `json:"from"`
	Credits          money.Credits `json:"credits,omitempty"`
	Percent          string        `json:"percent,omitempty"`
	ExpiresAfterDays int           `json:"expires_after_days,omitempty"` // 0: never
}

// part is a line of a quote with its exact amount.
type part struct {
	QuoteLine
	exact *big.Rat
}

// parts computes the price of an amount, exactly. The price was checked.
func (p *Price) parts(credits money.Credits) []part {
	if p.Model == Fixed || p.Model == "" {
		return []part{{QuoteLine{Kind: LineFixed, Credits: credits}, money.Money{Amount: p.Amount, Currency: p.Currency}.Rat()}}
	}
	if p.Model == Graduated {
		return p.graduated(credits)
	}
	t := p.tierOf(credits)
	if t == nil {
		return nil
	}
	var out []part
	add := func(l QuoteLine, exact *big.Rat) { out = append(out, part{l, exact}) }
	switch {
	case p.Model == Package:
		blocks := (credits + t.Block - 1) / t.Block
		add(QuoteLine{Kind: LineBlocks, Credits: credits, Blocks: int64(blocks), Block: t.Block, Unit: t.Unit}, new(big.Rat).Mul(decimal(t.Unit), big.NewRat(int64(blocks), 1)))
	case t.Unit != "" && decimal(t.Unit).Sign() != 0:
		face := new(big.Rat).Mul(decimal(t.Unit), credits.Rat())
		add(QuoteLine{Kind: LineUnits, Credits: credits, Unit: t.Unit}, face)
		if pct := decimal(t.Percent); p.Model == Percentage && pct.Sign() != 0 {
			add(QuoteLine{Kind: LinePercent, Credits: credits, Percent: t.Percent}, new(big.Rat).Mul(face, pct.Quo(pct, big.NewRat(100, 1))))
		}
	}
	if t.Flat != 0 {
		add(QuoteLine{Kind: LineFlat}, money.Money{Amount: t.Flat, Currency: p.Currency}.Rat())
	}
	return out
}

func (p *Price) graduated(credits money.Credits) (out []part) {
	var from money.Credits
	for i := range p.Tiers {
		t := &p.Tiers[i]
		to := credits
		if t.UpTo != 0 {
			to = min(to, t.UpTo)
		}
		if slice := to - from; slice > 0 {
			if u := decimal(t.Unit); t.Unit != "" {
				out = append(out, part{QuoteLine{Kind: LineUnits, From: from, Credits: slice, Unit: t.Unit}, u.Mul(u, slice.Rat())})
			}
			if t.Flat != 0 {
				out = append(out, part{QuoteLine{Kind: LineFlat, From: from}, money.Money{Amount: t.Flat, Currency: p.Currency}.Rat()})
			}
		}
		if from = to; to == credits {
			break
		}
	}
	return out
}

// tierOf is the tier that an amount falls in, nil when there is none.
func (p *Price) tierOf(credits money.Credits) *Tier {
	for i := range p.Tiers {
		if t := &p.Tiers[i]; t.UpTo == 0 || credits <= t.UpTo {
			return t
		}
	}
	return nil
}

// total is the price of an amount, rounded. The lines that explain it add up to
// it: each gets what the rounded sum grows by.
func (p *Price) total(credits money.Credits) (money.Money, []QuoteLine, error) {
	sum := new(big.Rat)
	var before money.Money
	var lines []QuoteLine
	for _, q := range p.parts(credits) {
		sum.Add(sum, q.exact)
		now, err := money.RoundMoney(sum, p.Currency)
		if err != nil {
			return money.Money{}, nil, err
		}
		q.Amount = now.Amount - before.Amount
		lines, before = append(lines, q.QuoteLine), now
	}
	before.Currency = p.Currency
	return before, lines, nil
}

var (
	unitShape    = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,12})?$`)
	percentShape = regexp.MustCompile(`^-?[0-9]{1,5}(\.[0-9]{1,6})?$`)
)

// decimal reads a decimal that was checked; "" is 0.
func decimal(s string) *big.Rat {
	if r, ok := new(big.Rat).SetString(s); ok {
		return r
	}
	return new(big.Rat)
}

// plain is a decimal without superfluous zeros.
func plain(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	fraction = strings.TrimRight(fraction, "0")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if whole == "0" {
		return whole
	}
	return sign + whole
}

// amount is what a bonus gives with an amount of credits.
func (b *Bonus) amount(credits money.Credits) money.Credits {
	if b.Percent == "" {
		return b.Credits
	}
	pct := decimal(b.Percent)
	got, err := money.RoundHalfUp(pct.Mul(pct.Quo(pct, big.NewRat(100, 1)), credits.Rat()))
	if err != nil {
		return 0
	}
	return got
}
