package db

import (
	"encoding/json"
	"slices"
	"time"

	"purse/billing/catalog"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/db/gen"
)

// CatalogStore keeps the catalog.
type CatalogStore struct{}

var _ catalog.Store = CatalogStore{}

// CreditTypes implements catalog.Store.
func (CatalogStore) CreditTypes(t tx.Tx) ([]catalog.CreditType, error) {
	ctx, q := q(t)
	rows, err := q.ListCreditTypes(ctx)
	return many(rows, err, func(r gen.CreditType) catalog.CreditType {
		return catalog.CreditType{
			ID: r.ID, Key: r.Key, Name: r.Name, Description: r.Description, Unit: r.Unit, Units: r.Units,
			Decimals: int(r.Decimals), ArchivedAt: instant(r.ArchivedAt), CreatedAt: instant(r.CreatedAt),
		}
	})
}

// PutCreditType implements catalog.Store.
func (CatalogStore) PutCreditType(t tx.Tx, c catalog.CreditType) error {
	ctx, q := q(t)
	return q.PutCreditType(ctx, gen.PutCreditTypeParams{
		ID: c.ID, Key: c.Key, Name: c.Name, Description: c.Description, Unit: c.Unit, Units: c.Units,
		Decimals: int64(c.Decimals), ArchivedAt: micros(c.ArchivedAt), CreatedAt: micros(c.CreatedAt),
	})
}

// Meters implements catalog.Store.
func (CatalogStore) Meters(t tx.Tx) ([]catalog.Meter, error) {
	ctx, q := q(t)
	rows, err := q.ListMeters(ctx)
	return many(rows, err, func(r gen.Meter) catalog.Meter {
		return catalog.Meter{
			ID: r.ID, Key: r.Key, Event: r.Event, Aggregation: catalog.Aggregation(r.Aggregation), Property: r.Property,
			ArchivedAt: instant(r.ArchivedAt), CreatedAt: instant(r.CreatedAt),
		}
	})
}

// PutMeter implements catalog.Store.
func (CatalogStore) PutMeter(t tx.Tx, m catalog.Meter) error {
	ctx, q := q(t)
	return q.PutMeter(ctx, gen.PutMeterParams{
		ID: m.ID, Key: m.Key, Event: m.Event, Aggregation: string(m.Aggregation), Property: m.Property,
		ArchivedAt: micros(m.ArchivedAt), CreatedAt: micros(m.CreatedAt),
	})
}

// Rates implements catalog.Store.
func (CatalogStore) Rates(t tx.Tx) ([]catalog.Rate, error) {
	ctx, q := q(t)
	rows, err := q.ListRates(ctx)
	return many(rows, err, func(r gen.Rate) catalog.Rate {
		rate := catalog.Rate{
			Number: r.ID, Meter: r.Meter, CreditType: r.CreditType, Credits: r.Credits, Per: r.Per, Match: map[string]string{},
			EffectiveAt: instant(r.EffectiveAt), ArchivedAt: instant(r.ArchivedAt), CreatedAt: instant(r.CreatedAt),
		}
		_ = json.Unmarshal([]byte(r.Matching), &rate.Match) // written by metadataText
		return rate
	})
}

// PutRate implements catalog.Store.
func (CatalogStore) PutRate(t tx.Tx, r catalog.Rate) error {
	ctx, q := q(t)
	return q.PutRate(ctx, gen.PutRateParams{
		ID: r.Number, Meter: r.Meter, CreditType: r.CreditType, Credits: r.Credits, Per: r.Per, Matching: metadataText(r.Match),
		EffectiveAt: micros(r.EffectiveAt), ArchivedAt: micros(r.ArchivedAt), CreatedAt: micros(r.CreatedAt),
	})
}

// Packs implements catalog.Store.
func (CatalogStore) Packs(t tx.Tx) ([]catalog.Pack, error) {
	ctx, q := q(t)
	listed, err := q.ListPackOffers(ctx)
	if err != nil {
		return nil, err
	}
	offers := make(map[string]string, len(listed))
	for _, o := range listed {
		offers[o.PackID] = o.Offer
	}
	rows, err := q.ListPacks(ctx)
	return many(rows, err, func(r gen.Pack) catalog.Pack {
		p := catalog.Pack{
			ID: r.ID, Name: r.Name, CreditType: r.CreditType, Credits: money.Credits(r.Credits),
			Price:            money.Money{Amount: r.PriceAmount, Currency: r.PriceCurrency},
			ExpiresAfterDays: int(r.ExpiresAfterDays), ArchivedAt: instant(r.ArchivedAt), CreatedAt: instant(r.CreatedAt),
		}
		var o packOffer
		_ = json.Unmarshal([]byte(offers[r.ID]), &o) // written by PutPack; packs older than offers have none
		p.Any, p.Prices, p.Bonuses, p.TaxBehavior, p.TaxCode = o.Any, o.Prices, o.Bonuses, o.TaxBehavior, o.TaxCode
		if len(p.Prices) == 0 {
			p.Prices = []catalog.Price{{Currency: p.Price.Currency, Model: catalog.Fixed, Amount: p.Price.Amount}}
		}
		return p
	})
}

// packOffer is what pack_offers keeps of a pack. Its JSON is part of the schema.
type packOffer struct {
	Any         *catalog.Range  `json:"any,omitempty"`
	Prices      []catalog.Price `json:"prices"`
	Bonuses     []catalog.Bonus `json:"bonuses,omitempty"`
	TaxBehavior string          `json:"tax_behavior,omitempty"`
	TaxCode     string          `json:"tax_code,omitempty"`
}

// PutPack implements catalog.Store.
func (CatalogStore) PutPack(t tx.Tx, p catalog.Pack) error {
	ctx, q := q(t)
	offer, err := json.Marshal(packOffer{p.Any, p.Prices, p.Bonuses, p.TaxBehavior, p.TaxCode})
	if err != nil {
		return err
	}
	if err := q.PutPack(ctx, gen.PutPackParams{
		ID: p.ID, Name: p.Name, CreditType: p.CreditType, Credits: int64(p.Credits), PriceAmount: p.Price.Amount,
		PriceCurrency: p.Price.Currency, ExpiresAfterDays: int64(p.ExpiresAfterDays),
		ArchivedAt: micros(p.ArchivedAt), CreatedAt: micros(p.CreatedAt),
	}); err != nil {
		return err
	}
	return q.PutPackOffer(ctx, gen.PutPackOfferParams{PackID: p.ID, Offer: string(offer)})
}

// UsersOfMeter implements catalog.Store. It knows what was written back: the
// last seconds may be missing.
func (CatalogStore) UsersOfMeter(t tx.Tx, meter string, since time.Time, limit int) ([]string, error) {
	ctx, q := q(t)
	return q.UsersOfMeter(ctx, gen.UsersOfMeterParams{Kind: string(ledger.PostDebit), Meter: meter, Since: micros(since), Most: int32(limit)})
}

// BuyersOfPack implements catalog.Store.
func (CatalogStore) BuyersOfPack(t tx.Tx, pack string, limit int) ([]string, error) {
	ctx, q := q(t)
	out, err := q.RechargersOfPack(ctx, gen.RechargersOfPackParams{PackID: pack, Most: int32(limit)})
	if err != nil {
		return nil, err
	}
	more, err := q.SchedulersOfPack(ctx, gen.SchedulersOfPackParams{PackID: pack, Most: int32(limit)})
	out = append(out, more...)
	slices.Sort(out)
	return slices.Compact(out), err
}
