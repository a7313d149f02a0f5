package catalog

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"purse/billing/fault"
	"purse/billing/money"
)

const credit = money.Micro

// anyPack is a pack for 1 to 10,000 credits, sold in steps of a half.
func anyPack(prices ...Price) *Pack {
	return &Pack{Name: "Any", CreditType: "credits", Any: &Range{Min: 50 * credit, Max: 10_000 * credit, Step: credit / 2}, Prices: prices}
}

func usd(m Model, tiers ...Tier) Price { return Price{Currency: "usd", Model: m, Tiers: tiers} }

// TestEachModel holds the models to the words of their comments, by hand.
func TestEachModel(t *testing.T) {
	graduated := anyPack(usd(Graduated, Tier{UpTo: 100 * credit, Unit: "1"}, Tier{UpTo: 1000 * credit, Unit: "0.9", Flat: 500}, Tier{Unit: "0.5"}))
	volume := anyPack(usd(Volume, Tier{UpTo: 100 * credit, Unit: "1"}, Tier{UpTo: 1000 * credit, Unit: "0.9", Flat: 500}, Tier{Unit: "0.5"}))
	pack := anyPack(usd(Package, Tier{Block: 100 * credit, Unit: "9.99"}))
	flat := anyPack(usd(Flat, Tier{UpTo: 100 * credit, Flat: 10000}, Tier{UpTo: 1000 * credit, Flat: 15000, Unit: "0.1"}, Tier{Flat: 90000}))
	percent := anyPack(usd(Percentage, Tier{UpTo: 1000 * credit, Unit: "1", Percent: "5.5", Flat: 30}, Tier{Unit: "1", Percent: "-10"}))
	for _, c := range []struct {
		pack    *Pack
		credits string
		want    int64
	}{
		{graduated, "100", 10000}, {graduated, "100.5", 10000 + 500 + 45}, {graduated, "1000", 10000 + 500 + 81000}, {graduated, "1001", 10000 + 500 + 81000 + 50},
		{volume, "100", 10000}, {volume, "100.5", 500 + 9045}, {volume, "1000", 500 + 90000}, {volume, "1001", 50050},
		{pack, "50", 999}, {pack, "100", 999}, {pack, "100.5", 1998}, {pack, "250", 2997},
		{flat, "100", 10000}, {flat, "101", 15000 + 1010}, {flat, "10000", 90000},
		{percent, "100", 10000 + 550 + 30}, {percent, "50.5", 5050 + 278 + 30}, {percent, "1000.5", 90045},
	} {
		if err := c.pack.check(); err != nil {
			t.Fatal(err)
		}
		q, err := Quote(c.pack, money.MustCredits(c.credits), "")
		if err != nil || q.Price.Amount != c.want {
			t.Errorf("%s %s credits: %v %+v, want %d", c.pack.Prices[0].Model, c.credits, err, q, c.want)
		}
	}
}

// TestARoundingOfItsOwn rounds once, half up, to what Stripe charges.
func TestARoundingOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		currency, unit, credits string
		want                    int64
	}{
		{"usd", "0.0333", "50", 167}, {"usd", "0.01005", "100", 101}, {"jpy", "1.005", "100", 101}, {"jpy", "1.0049", "100", 100},
		{"kwd", "0.01005", "100", 1010}, {"kwd", "0.010049", "100", 1000}, {"isk", "1.005", "100", 10100}, {"isk", "1.0049", "100", 10000}, {"ugx", "40.004", "125", 500100},
	} {
		p := anyPack(Price{Currency: c.currency, Model: Volume, Tiers: []Tier{{Unit: c.unit}}})
		q, err := Quote(p, money.MustCredits(c.credits), c.currency)
		if err != nil || q.Price.Amount != c.want {
			t.Errorf("%+v: %+v %v", c, q, err)
		}
	}
}

// drawPack makes a pack for any amount that may be sold.
func drawPack(t *rapid.T) *Pack {
	step := money.Credits(rapid.SampledFrom([]int64{credit / 4, credit, 5 * credit, 100 * credit}).Draw(t, "step"))
	from := money.Credits(rapid.Int64Range(1, 40).Draw(t, "min"))
	p := anyPack()
	p.Any = &Range{Min: from * step, Max: (from + money.Credits(rapid.Int64Range(0, 5000).Draw(t, "width"))) * step, Step: step}
	for _, currency := range []string{"usd", "jpy", "kwd", "isk"} {
		price := Price{Currency: currency, Model: rapid.SampledFrom(Models()).Draw(t, "model")}
		n := rapid.IntRange(1, 4).Draw(t, "tiers")
		var to money.Credits
		for i := range n {
			tier := Tier{Unit: fmt.Sprintf("%d.%04d", rapid.IntRange(0, 20).Draw(t, "whole"), rapid.IntRange(0, 9999).Draw(t, "fraction"))}
			if i < n-1 {
				to += money.Credits(rapid.Int64Range(1, 2000*credit).Draw(t, "up to"))
				tier.UpTo = to
			}
			if rapid.Bool().Draw(t, "fee") {
				tier.Flat = rapid.Int64Range(0, 500).Draw(t, "flat") * money.MinorStep(currency)
			}
			switch price.Model {
			case Package:
				tier.Block = money.Credits(rapid.Int64Range(1, 500*credit).Draw(t, "block"))
			case Percentage:
				tier.Percent = fmt.Sprintf("%d.%02d", rapid.IntRange(-99, 50).Draw(t, "percent"), rapid.IntRange(0, 99).Draw(t, "hundredths"))
			}
			price.Tiers = append(price.Tiers, tier)
		}
		p.Prices = append(p.Prices, price)
	}
	return p
}

// independent computes a price another way: slice by slice and in fractions only.
func independent(p *Price, credits money.Credits) *big.Rat {
	n, sum, from := credits.Rat(), new(big.Rat), new(big.Rat)
	_, pow := 0, big.NewRat(1, 1)
	e, _ := money.Exponent(p.Currency)
	for range e {
		pow.Mul(pow, big.NewRat(10, 1))
	}
	rat := func(s string) *big.Rat { r, _ := new(big.Rat).SetString(s); return r }
	for _, t := range p.Tiers {
		end := t.UpTo.Rat()
		inside := t.UpTo == 0 || n.Cmp(end) <= 0
		fee := new(big.Rat).Quo(big.NewRat(t.Flat, 1), pow)
		if p.Model == Graduated {
			if from.Cmp(n) >= 0 {
				return sum
			}
			slice := new(big.Rat).Sub(n, from)
			if !inside {
				slice = new(big.Rat).Sub(end, from)
			}
			sum.Add(sum, slice.Mul(slice, rat(t.Unit)))
			sum.Add(sum, fee)
			from = end
			if inside {
				return sum
			}
			continue
		}
		if !inside {
			continue
		}
		switch p.Model {
		case Package:
			blocks := int64(0)
			for covered := money.Credits(0); covered < credits && blocks < 1<<20; covered += t.Block {
				blocks++
			}
			if blocks == 1<<20 { // too many to count one by one
				blocks = int64((credits-1)/t.Block) + 1
			}
			sum.Mul(big.NewRat(blocks, 1), rat(t.Unit))
		case Percentage:
			factor := new(big.Rat).Add(big.NewRat(1, 1), new(big.Rat).Quo(rat(t.Percent), big.NewRat(100, 1)))
			sum.Mul(n, rat(t.Unit)).Mul(sum, factor)
		default:
			sum.Mul(n, rat(t.Unit))
		}
		return sum.Add(sum, fee)
	}
	return sum
}

// TestQuote: a pack that Save takes can be sold in every amount; a quote is what
// independent arithmetic says, its lines add up, and it is chargeable.
func TestQuote(t *testing.T) {
	sold := 0
	rapid.Check(t, func(t *rapid.T) {
		p := drawPack(t)
		if err := p.check(); err != nil {
			if _, ok := fault.As(err); !ok {
				t.Fatal(err)
			}
			return
		}
		sold++
		steps := int64((p.Any.Max - p.Any.Min) / p.Any.Step)
		at := p.Any.Min + money.Credits(rapid.Int64Range(0, steps).Draw(t, "amount"))*p.Any.Step
		for i := range p.Prices {
			price := &p.Prices[i]
			q, err := Quote(p, at, price.Currency)
			if err != nil {
				t.Fatalf("%s of %+v cannot be sold: %v", at, price, err)
			}
			sum := int64(0)
			for _, l := range q.Lines {
				sum += l.Amount
			}
			if sum != q.Price.Amount {
				t.Fatalf("lines of %+v add up to %d", q, sum)
			}
			if err := q.Price.Valid(); err != nil || q.Price.Amount < money.LeastCharge(price.Currency) {
				t.Fatalf("%+v cannot be charged: %v", q.Price, err)
			}
			// |price − exact| ≤ half a step, and a half goes up: exact·2 < price·2 + step, exact·2 ≥ price·2 − step.
			exact := independent(price, at)
			e, _ := money.Exponent(price.Currency)
			minor := new(big.Rat).Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(e)), nil)))
			double := minor.Mul(minor, big.NewRat(2, 1))
			step := money.MinorStep(price.Currency)
			if double.Cmp(big.NewRat(2*q.Price.Amount-step, 1)) < 0 || double.Cmp(big.NewRat(2*q.Price.Amount+step, 1)) >= 0 {
				t.Fatalf("%s of %+v: %d, exactly %s", at, price, q.Price.Amount, exact.FloatString(9))
			}
			if next := at + p.Any.Step; price.Model == Graduated && next <= p.Any.Max {
				if more, err := Quote(p, next, price.Currency); err != nil || more.Price.Amount < q.Price.Amount {
					t.Fatalf("%s cost %d, %s cost %d (%v)", at, q.Price.Amount, next, more.Price.Amount, err)
				}
			}
		}
	})
	if sold == 0 {
		t.Error("no pack was ever sold: the test tests nothing")
	}
}

func TestWhatCanNeverBeSoldIsRefused(t *testing.T) {
	one := func(tiers ...Tier) *Pack { return anyPack(usd(Volume, tiers...)) }
	for name, c := range map[string]struct {
		pack  *Pack
		param string
	}{
		"below the least charge":     {one(Tier{Unit: "0.009"}), "prices[0].tiers[0]"},
		"a gap at the end":           {one(Tier{UpTo: 100 * credit, Unit: "1"}, Tier{UpTo: 9000 * credit, Unit: "1"}), "prices[0].tiers[1].up_to"},
		"tiers out of order":         {one(Tier{UpTo: 100 * credit, Unit: "1"}, Tier{UpTo: 100 * credit, Unit: "1"}, Tier{Unit: "1"}), "prices[0].tiers[1].up_to"},
		"an end in the middle":       {one(Tier{Unit: "1"}, Tier{Unit: "1"}), "prices[0].tiers[0].up_to"},
		"below zero":                 {anyPack(usd(Percentage, Tier{Unit: "1", Percent: "-101"})), "prices[0].tiers[0]"},
		"more than can be charged":   {one(Tier{Unit: "1000"}), "prices[0].tiers[0]"},
		"no price":                   {one(Tier{}), "prices[0].tiers[0].unit_price"},
		"a block of nothing":         {anyPack(usd(Package, Tier{Unit: "1"})), "prices[0].tiers[0].block"},
		"one currency twice":         {anyPack(usd(Volume, Tier{Unit: "1"}), usd(Volume, Tier{Unit: "1"})), "prices[1].currency"},
		"an unknown currency":        {anyPack(Price{Currency: "xxx", Model: Volume, Tiers: []Tier{{Unit: "1"}}}), "prices[0].currency"},
		"a fixed price of any":       {anyPack(Price{Currency: "usd", Model: Fixed, Amount: 100}), "prices[0].model"},
		"fixed, below the least":     {&Pack{Name: "n", Credits: credit, Prices: []Price{{Currency: "usd", Amount: 49}}}, "price"},
		"fixed, and a second too":    {&Pack{Name: "n", Credits: credit, Prices: []Price{{Currency: "usd", Amount: 50}, {Currency: "jpy", Amount: 49}}}, "prices[1]"},
		"three decimals":             {&Pack{Name: "n", Credits: credit, Prices: []Price{{Currency: "kwd", Amount: 1001}}}, "price"},
		"a minimum between steps":    {&Pack{Name: "n", Any: &Range{Min: 5, Max: 20, Step: 10}}, "any_amount.min"},
		"a bonus that nobody gets":   {&Pack{Name: "n", Credits: credit, Prices: []Price{{Currency: "usd", Amount: 50}}, Bonuses: []Bonus{{From: 2 * credit, Credits: credit}}}, "bonuses[0].from"},
		"a bonus of two kinds":       {&Pack{Name: "n", Credits: credit, Prices: []Price{{Currency: "usd", Amount: 50}}, Bonuses: []Bonus{{Credits: credit, Percent: "10"}}}, "bonuses[0].credits"},
		"a tax code of no such kind": {&Pack{Name: "n", Credits: credit, Prices: []Price{{Currency: "usd", Amount: 50}}, TaxCode: "saas"}, "tax_code"},
	} {
		err := c.pack.check()
		var f *fault.Error
		if !errors.As(err, &f) || f.Param != c.param {
			t.Errorf("%s: %v (%+v)", name, err, f)
		}
	}
}

func TestAmountsThatAreNotSold(t *testing.T) {
	p := anyPack(usd(Volume, Tier{Unit: "1"}))
	p.Any.Step = 10 * credit
	for credits, want := range map[string]string{"0": "Say how many", "40": "between 50 and 10,000", "10010": "between 50 and 10,000", "55": "Choose 50 or 60"} {
		if _, err := Quote(p, money.MustCredits(credits), ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", credits, err)
		}
	}
	if _, err := Quote(p, 50*credit, "eur"); !fault.HasCode(err, "no_price_in_currency") {
		t.Error(err)
	}
}

func TestBonus(t *testing.T) {
	p := anyPack(usd(Volume, Tier{Unit: "1"}))
	p.Bonuses = []Bonus{{From: 100 * credit, Credits: 5 * credit, ExpiresAfterDays: 30}, {From: 1000 * credit, Percent: "12.5", ExpiresAfterDays: 90}}
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{"99.5": "0", "100": "5", "999.5": "5", "1000": "125", "1000.5": "125.0625"} {
		if q, err := Quote(p, money.MustCredits(in), ""); err != nil || q.Bonus.String() != want {
			t.Errorf("%s brings %s, %v", in, q.Bonus, err)
		}
	}
}

func TestAWarningWhereMoreCostsLess(t *testing.T) {
	p := anyPack(usd(Volume, Tier{UpTo: 1000 * credit, Unit: "1"}, Tier{Unit: "0.5"}))
	if w := p.Warnings(); p.check() != nil || len(w) != 1 || w[0] != "1,000.5 credits cost $500.25, less than 1,000 credits at $1,000.00." {
		t.Errorf("%q", w)
	}
	p.Prices[0].Model = Graduated
	if w := p.Warnings(); len(w) != 0 {
		t.Errorf("%q", w)
	}
}
