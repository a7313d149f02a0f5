package api

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/tx"
)

type packObject struct {
	Object           string       `json:"object" enum:"pack"`
	ID               string       `json:"id"`
	Name             string       `json:"name"`
	CreditType       string       `json:"credit_type"`
	Credits          *string      `json:"credits" doc:"null: the customer chooses, see any_amount"`
	Price            *price       `json:"price" doc:"In the pack's first currency; null for any amount"`
	AnyAmount        *anyAmount   `json:"any_amount" doc:"Which amounts can be chosen; null for a pack of fixed size"`
	Prices           []packPrice  `json:"prices" nullable:"false" doc:"One for each currency"`
	Bonuses          []bonusEntry `json:"bonuses" nullable:"false" doc:"Credits that come for nothing; the last whose from is reached counts"`
	TaxBehavior      *string      `json:"tax_behavior" enum:"exclusive,inclusive" doc:"null: the setting's"`
	TaxCode          *string      `json:"tax_code" doc:"Stripe's; null: the setting's"`
	ExpiresAfterDays *int         `json:"expires_after_days" doc:"null: never"`
	Warnings         []string     `json:"warnings" nullable:"false" doc:"What is allowed and may surprise"`
	Archived         bool         `json:"archived"`
	CreatedAt        time.Time    `json:"created_at"`
}

// anyAmount is which amounts can be chosen.
type anyAmount struct {
	Min  string `json:"min" example:"100"`
	Max  string `json:"max" example:"100000"`
	Step string `json:"step" example:"100" doc:"min and max are multiples of it"`
}

// packPrice is a pack's price in one currency.
type packPrice struct {
	Currency string     `json:"currency" example:"usd"`
	Model    string     `json:"model,omitempty" enum:"fixed,graduated,volume,package,flat,percentage" doc:"fixed for a pack of fixed size. graduated: each slice at the unit price of its own tier. volume: the whole at the unit price of the tier that it falls in. package: for each started block. flat: a fee by tier, alone or with a unit price. percentage: a percent on top of the face value, or off it when negative. Prices are computed exactly and rounded half up once."`
	Amount   *int64     `json:"amount,omitempty" doc:"fixed: in the currency's minor unit"`
	Tiers    []tierJSON `json:"tiers,omitempty"`
}

// tierJSON is one tier of a price.
type tierJSON struct {
	UpTo       string `json:"up_to,omitempty" doc:"Credits, inclusive; absent in the last tier: without end"`
	UnitPrice  string `json:"unit_price,omitempty" example:"0.0085" doc:"Major units for one credit, for one block in package: a decimal of up to 12 places"`
	FlatAmount int64  `json:"flat_amount,omitempty" doc:"A fee in the currency's minor unit"`
	Block      string `json:"block,omitempty" doc:"package: how many credits a block has"`
	Percent    string `json:"percent,omitempty" doc:"percentage: such as 2.5, or -10"`
}

// bonusEntry is credits that come for nothing.
type bonusEntry struct {
	From             string `json:"from,omitempty" doc:"From so many credits on; absent: always"`
	Credits          string `json:"credits,omitempty" doc:"An amount"`
	Percent          string `json:"percent,omitempty" doc:"Or a percentage of the credits bought"`
	ExpiresAfterDays int    `json:"expires_after_days,omitempty" minimum:"0" maximum:"3650" doc:"0 or absent: never"`
}

func showPack(p *catalog.Pack) packObject {
	o := packObject{
		Object: "pack", ID: p.ID, Name: p.Name, CreditType: p.CreditType, Prices: []packPrice{}, Bonuses: []bonusEntry{}, Warnings: []string{},
		TaxBehavior: orNull(p.TaxBehavior), TaxCode: orNull(p.TaxCode), Archived: p.Archived(), CreatedAt: stamp(p.CreatedAt),
	}
	if p.Any != nil {
		o.AnyAmount = &anyAmount{p.Any.Min.String(), p.Any.Max.String(), p.Any.Step.String()}
	} else {
		o.Credits, o.Price = orNull(p.Credits.String()), &price{p.Price.Amount, p.Price.Currency}
	}
	for _, q := range p.Prices {
		shown := packPrice{Currency: q.Currency, Model: string(q.Model)}
		if q.Model == catalog.Fixed {
			shown.Amount = &q.Amount
		}
		for _, t := range q.Tiers {
			tier := tierJSON{UnitPrice: t.Unit, FlatAmount: t.Flat, Percent: t.Percent, UpTo: someCredits(t.UpTo), Block: someCredits(t.Block)}
			shown.Tiers = append(shown.Tiers, tier)
		}
		o.Prices = append(o.Prices, shown)
	}
	for _, b := range p.Bonuses {
		o.Bonuses = append(o.Bonuses, bonusEntry{someCredits(b.From), someCredits(b.Credits), b.Percent, b.ExpiresAfterDays})
	}
	o.Warnings = append(o.Warnings, p.Warnings()...)
	if p.ExpiresAfterDays > 0 {
		o.ExpiresAfterDays = &p.ExpiresAfterDays
	}
	return o
}

// someCredits leaves out zero.
func someCredits(c money.Credits) string {
	if c == 0 {
		return ""
	}
	return c.String()
}

type newPack struct {
	Name             string       `json:"name,omitempty" doc:"Made of the credits by default"`
	CreditType       string       `json:"credit_type"`
	Credits          string       `json:"credits,omitempty" example:"1000" doc:"Of a pack of fixed size"`
	Price            *price       `json:"price,omitempty" doc:"Of a pack of fixed size in one currency"`
	AnyAmount        *anyAmount   `json:"any_amount,omitempty" doc:"Lets the customer choose; prices have tiers then"`
	Prices           []packPrice  `json:"prices,omitempty" doc:"Instead of price: one for each currency"`
	Bonuses          []bonusEntry `json:"bonuses,omitempty"`
	TaxBehavior      string       `json:"tax_behavior,omitempty" enum:"exclusive,inclusive"`
	TaxCode          string       `json:"tax_code,omitempty" example:"txcd_10103001"`
	ExpiresAfterDays int          `json:"expires_after_days,omitempty" minimum:"0" maximum:"3650" doc:"0 or absent: never"`
}

type packChange struct {
	Name             *string       `json:"name,omitempty"`
	Credits          *string       `json:"credits,omitempty"`
	Price            *price        `json:"price,omitempty" doc:"The price in its currency, or the only one that there is"`
	AnyAmount        *anyAmount    `json:"any_amount,omitempty"`
	Prices           []packPrice   `json:"prices,omitempty" doc:"All of them"`
	Bonuses          *[]bonusEntry `json:"bonuses,omitempty" doc:"All of them; [] for none"`
	TaxBehavior      *string       `json:"tax_behavior,omitempty" enum:",exclusive,inclusive"`
	TaxCode          *string       `json:"tax_code,omitempty"`
	ExpiresAfterDays *int          `json:"expires_after_days,omitempty" minimum:"0" maximum:"3650"`
	Archived         *bool         `json:"archived,omitempty"`
}

type createPackIn struct {
	OnceKey
	Body body[newPack]
}

func createPack(a *API, ctx context.Context, in *createPackIn) (*reply[packObject], error) {
	v := in.Body.V
	n := catalog.NewPack{Name: v.Name, CreditType: v.CreditType, TaxBehavior: v.TaxBehavior, TaxCode: v.TaxCode, ExpiresAfterDays: v.ExpiresAfterDays}
	var err error
	switch {
	case v.AnyAmount != nil:
		if v.Credits != "" || v.Price != nil {
			return nil, fault.Bad("any_amount", "A pack has credits and a price, or any_amount and prices.")
		}
		if n.Any, err = v.AnyAmount.read(); err != nil {
			return nil, err
		}
		if len(v.Prices) == 0 {
			return nil, fault.Bad("prices", "A pack for any amount has prices with tiers, one for each currency.")
		}
	default:
		if n.Credits, err = credits("credits", v.Credits); err != nil {
			return nil, err
		}
		if (v.Price == nil) == (len(v.Prices) == 0) {
			return nil, fault.Bad("price", "A pack has a price: {\"amount\": 2500, \"currency\": \"usd\"}, or prices, one for each currency.")
		}
		if n.Price, err = v.Price.money("price"); err != nil {
			return nil, err
		}
	}
	if n.Prices, err = readPrices(v.Prices); err != nil {
		return nil, err
	}
	if n.Bonuses, err = readBonuses(v.Bonuses); err != nil {
		return nil, err
	}
	understood := n
	understood.CreditType = a.creditTypeKey(n.CreditType)
	understood.Prices, understood.Bonuses = byValue(n.Prices, n.Bonuses)
	id, replayed, err := a.doOnce(ctx, in.once(asked{operation: "packs.create", sent: in.Body.sent, meaning: understood}), func(t tx.Tx) (string, error) {
		p, err := a.Catalog.CreatePackIn(t, actor(ctx), n)
		return p.ID, err
	})
	if err != nil {
		return nil, err
	}
	return made(showPack(a.Catalog.Snapshot().Pack(id)), replayed)
}

func (v *anyAmount) read() (*catalog.Range, error) {
	var r catalog.Range
	for _, f := range []struct {
		param, value string
		to           *money.Credits
	}{{"any_amount.min", v.Min, &r.Min}, {"any_amount.max", v.Max, &r.Max}, {"any_amount.step", v.Step, &r.Step}} {
		c, err := credits(f.param, f.value)
		if err != nil {
			return nil, err
		}
		*f.to = c
	}
	return &r, nil
}

// readPrices reads prices; what they say is checked by the catalog, which names
// the field likewise: prices[0].tiers[1].up_to.
func readPrices(in []packPrice) ([]catalog.Price, error) {
	var out []catalog.Price
	for i, v := range in {
		p := catalog.Price{Currency: v.Currency, Model: catalog.Model(v.Model)}
		if v.Amount != nil {
			p.Amount = *v.Amount
		}
		for j, t := range v.Tiers {
			tier := catalog.Tier{Unit: t.UnitPrice, Flat: t.FlatAmount, Percent: t.Percent}
			var err error
			at := "prices[" + strconv.Itoa(i) + "].tiers[" + strconv.Itoa(j) + "]"
			if tier.UpTo, err = someCreditsIn(at+".up_to", t.UpTo); err != nil {
				return nil, err
			}
			if tier.Block, err = someCreditsIn(at+".block", t.Block); err != nil {
				return nil, err
			}
			p.Tiers = append(p.Tiers, tier)
		}
		out = append(out, p)
	}
	return out, nil
}

// byValue are prices and bonuses with the decimals in them written in one way.
func byValue(prices []catalog.Price, bonuses []catalog.Bonus) ([]catalog.Price, []catalog.Bonus) {
	prices, bonuses = slices.Clone(prices), slices.Clone(bonuses)
	for i := range prices {
		byDefault(&prices[i].Model, catalog.Fixed)
		prices[i].Tiers = slices.Clone(prices[i].Tiers)
		for j := range prices[i].Tiers {
			t := &prices[i].Tiers[j]
			t.Unit, t.Percent = money.Number(t.Unit), money.Number(t.Percent)
		}
	}
	for i := range bonuses {
		bonuses[i].Percent = money.Number(bonuses[i].Percent)
	}
	return prices, bonuses
}

func readBonuses(in []bonusEntry) ([]catalog.Bonus, error) {
	var out []catalog.Bonus
	for i, v := range in {
		b := catalog.Bonus{Percent: v.Percent, ExpiresAfterDays: v.ExpiresAfterDays}
		var err error
		at := "bonuses[" + strconv.Itoa(i) + "]"
		if b.From, err = someCreditsIn(at+".from", v.From); err != nil {
			return nil, err
		}
		if b.Credits, err = someCreditsIn(at+".credits", v.Credits); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// moreThanNone reads an amount to buy, 0 where it was left out.
func moreThanNone(param, s string) (money.Credits, error) {
	c, err := someCreditsIn(param, s)
	if err == nil && s != "" && c <= 0 {
		err = fault.Bad(param, "Give more than zero credits.")
	}
	return c, err
}

func someCreditsIn(param, s string) (money.Credits, error) {
	if s == "" {
		return 0, nil
	}
	return credits(param, s)
}

func listPacks(a *API, ctx context.Context, in *Page) (*reply[list[packObject]], error) {
	return cutList(*in, newestFirst(a.packsFor(ctx)), func(p *catalog.Pack) string { return p.ID }, showPack)
}

func getPack(a *API, ctx context.Context, in *ByID) (*reply[packObject], error) {
	p := a.packFor(ctx, in.ID)
	if p == nil {
		return nil, fault.Missing("pack")
	}
	return ok(showPack(p))
}

type updatePackIn struct {
	ByID
	OnceKey
	Body body[packChange]
}

func updatePack(a *API, ctx context.Context, in *updatePackIn) (*reply[packObject], error) {
	v := in.Body.V
	ch := catalog.PackChange{Name: v.Name, TaxBehavior: v.TaxBehavior, TaxCode: v.TaxCode, ExpiresAfterDays: v.ExpiresAfterDays, Archived: v.Archived}
	var err error
	if v.Credits != nil {
		amount, err := credits("credits", *v.Credits)
		if err != nil {
			return nil, err
		}
		ch.Credits = &amount
	}
	if v.Price != nil {
		if len(v.Prices) > 0 {
			return nil, fault.Bad("price", "Give price, or prices, which are all of them.")
		}
		cost, err := v.Price.money("price")
		if err != nil {
			return nil, err
		}
		ch.Price = &cost
	}
	if v.AnyAmount != nil {
		if ch.Any, err = v.AnyAmount.read(); err != nil {
			return nil, err
		}
	}
	if ch.Prices, err = readPrices(v.Prices); err != nil {
		return nil, err
	}
	if v.Bonuses != nil {
		bonuses, err := readBonuses(*v.Bonuses)
		if err != nil {
			return nil, err
		}
		ch.Bonuses = &bonuses
	}
	understood := ch
	understood.Prices, _ = byValue(ch.Prices, nil)
	if ch.Bonuses != nil {
		_, bonuses := byValue(nil, *ch.Bonuses)
		understood.Bonuses = &bonuses
	}
	id, replayed, err := a.doOnce(ctx, in.once(asked{operation: "packs.update", sent: in.Body.sent, path: in.ID, object: in.ID, meaning: understood}), func(t tx.Tx) (string, error) {
		p, err := a.Catalog.UpdatePackIn(t, actor(ctx), in.ID, ch)
		return p.ID, err
	})
	if err != nil {
		return nil, err
	}
	return done(showPack(a.Catalog.Snapshot().Pack(id)), replayed)
}

// Quotes.

type quoteObject struct {
	Object    string      `json:"object" enum:"quote"`
	Pack      string      `json:"pack"`
	Credits   string      `json:"credits"`
	Price     price       `json:"price" doc:"Without tax and discount"`
	Bonus     string      `json:"bonus" doc:"Credits that come for nothing"`
	BonusDays *int        `json:"bonus_expires_after_days" doc:"null: never"`
	Lines     []quoteLine `json:"lines" nullable:"false" doc:"How the price comes about; they add up to it"`
}

// quoteLine explains a part of a price.
type quoteLine struct {
	Kind      string `json:"kind" enum:"fixed,units,blocks,flat,percent"`
	From      string `json:"from,omitempty" doc:"graduated: the slice begins after so many credits"`
	Credits   string `json:"credits,omitempty"`
	UnitPrice string `json:"unit_price,omitempty"`
	Block     string `json:"block,omitempty"`
	Blocks    int64  `json:"blocks,omitempty"`
	Percent   string `json:"percent,omitempty"`
	Amount    int64  `json:"amount" doc:"In the currency's minor unit"`
}

func showLines(in []catalog.QuoteLine) []quoteLine {
	out := []quoteLine{}
	for _, l := range in {
		out = append(out, quoteLine{string(l.Kind), someCredits(l.From), someCredits(l.Credits), l.Unit, someCredits(l.Block), l.Blocks, l.Percent, l.Amount})
	}
	return out
}

type quoteIn struct {
	ByID
	Credits  string `query:"credits" doc:"How many, of a pack for any amount" example:"2500"`
	Currency string `query:"currency" doc:"The pack's first by default"`
}

func quotePack(a *API, ctx context.Context, in *quoteIn) (*reply[quoteObject], error) {
	p := a.packFor(ctx, in.ID)
	if p == nil {
		return nil, fault.Missing("pack")
	}
	amount, err := moreThanNone("credits", in.Credits)
	if err != nil {
		return nil, err
	}
	q, err := catalog.Quote(p, amount, strings.ToLower(in.Currency))
	if err != nil {
		return nil, err
	}
	o := quoteObject{Object: "quote", Pack: p.ID, Credits: q.Credits.String(), Price: price{q.Price.Amount, q.Price.Currency}, Bonus: q.Bonus.String(), Lines: showLines(q.Lines)}
	if q.BonusDays > 0 {
		o.BonusDays = &q.BonusDays
	}
	return ok(o)
}
