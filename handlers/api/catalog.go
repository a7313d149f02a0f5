package api

import (
	"context"
	"slices"
	"time"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/tx"
)

// Credit types.

type creditTypeObject struct {
	Object      string    `json:"object" enum:"credit_type"`
	ID          string    `json:"id"`
	Key         string    `json:"key"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Unit        string    `json:"unit"`
	Units       string    `json:"units"`
	Decimals    int       `json:"decimals" doc:"How many decimals pages show"`
	Archived    bool      `json:"archived"`
	CreatedAt   time.Time `json:"created_at"`
}

func showCreditType(c *catalog.CreditType) creditTypeObject {
	return creditTypeObject{
		"credit_type", c.ID, c.Key, c.Name, c.Description, c.Unit, c.Units, c.Decimals, c.Archived(), stamp(c.CreatedAt),
	}
}

type newCreditType struct {
	Key         string `json:"key" doc:"Names it for ever: a–z, 0–9, _, - and dots" example:"credits"`
	Name        string `json:"name,omitempty" doc:"The key by default"`
	Description string `json:"description,omitempty" blank:"yes"`
	Unit        string `json:"unit,omitempty" doc:"credit by default"`
	Units       string `json:"units,omitempty" doc:"credits by default"`
	Decimals    int    `json:"decimals,omitempty" minimum:"0" maximum:"6"`
}

type creditTypeChange struct {
	Name        *string `json:"name,omitempty"`
	Description *string `json:"description,omitempty"`
	Unit        *string `json:"unit,omitempty"`
	Units       *string `json:"units,omitempty"`
	Decimals    *int    `json:"decimals,omitempty" minimum:"0" maximum:"6"`
	Archived    *bool   `json:"archived,omitempty"`
}

type createCreditTypeIn struct {
	OnceKey
	Body body[newCreditType]
}

func createCreditType(a *API, ctx context.Context, in *createCreditTypeIn) (*reply[creditTypeObject], error) {
	v := in.Body.V
	m := v
	byDefault(&m.Name, m.Key)
	if m.Unit == "" && m.Units == "" {
		m.Unit, m.Units = "credit", "credits"
	}
	id, replayed, err := a.doOnce(ctx, in.once(asked{operation: "credit_types.create", sent: in.Body.sent, meaning: m}), func(t tx.Tx) (string, error) {
		c, err := a.Catalog.CreateCreditTypeIn(t, actor(ctx), catalog.NewCreditType{
			Key: v.Key, Name: v.Name, Description: v.Description, Unit: v.Unit, Units: v.Units, Decimals: v.Decimals,
		})
		return c.ID, err
	})
	if err != nil {
		return nil, err
	}
	return made(showCreditType(a.Catalog.Snapshot().CreditType(id)), replayed)
}

func listCreditTypes(a *API, _ context.Context, in *Page) (*reply[list[creditTypeObject]], error) {
	return cutList(*in, newestFirst(a.Catalog.Snapshot().CreditTypes), func(c *catalog.CreditType) string { return c.ID }, showCreditType)
}

// newestFirst turns a list round.
func newestFirst[T any](in []T) []T {
	out := slices.Clone(in)
	slices.Reverse(out)
	return out
}

// Named is the path of what has a key or an id.
type Named struct {
	ID string `path:"id" doc:"Its id or its key"`
}

func getCreditType(a *API, _ context.Context, in *Named) (*reply[creditTypeObject], error) {
	c := a.Catalog.Snapshot().CreditType(in.ID)
	if c == nil {
		return nil, fault.Missing("credit type")
	}
	return ok(showCreditType(c))
}

type updateCreditTypeIn struct {
	Named
	OnceKey
	Body body[creditTypeChange]
}

func updateCreditType(a *API, ctx context.Context, in *updateCreditTypeIn) (*reply[creditTypeObject], error) {
	v := in.Body.V
	id, replayed, err := a.doOnce(ctx, in.once(asked{operation: "credit_types.update", sent: in.Body.sent, path: in.ID, object: a.creditTypeKey(in.ID), meaning: v}), func(t tx.Tx) (string, error) {
		c, err := a.Catalog.UpdateCreditTypeIn(t, actor(ctx), in.ID, catalog.CreditTypeChange{
			Name: v.Name, Description: v.Description, Unit: v.Unit, Units: v.Units, Decimals: v.Decimals, Archived: v.Archived,
		})
		return c.ID, err
	})
	if err != nil {
		return nil, err
	}
	return done(showCreditType(a.Catalog.Snapshot().CreditType(id)), replayed)
}

// Meters.

type meterObject struct {
	Object      string    `json:"object" enum:"meter"`
	ID          string    `json:"id"`
	Key         string    `json:"key"`
	Event       string    `json:"event" doc:"The name of the events that it reads"`
	Aggregation string    `json:"aggregation" enum:"sum,count"`
	Property    *string   `json:"property"`
	Archived    bool      `json:"archived"`
	CreatedAt   time.Time `json:"created_at"`
}

func showMeter(m *catalog.Meter) meterObject {
	return meterObject{"meter", m.ID, m.Key, m.Event, string(m.Aggregation), orNull(m.Property), m.Archived(), stamp(m.CreatedAt)}
}

type newMeter struct {
	Key         string `json:"key" example:"input_tokens"`
	Event       string `json:"event" example:"llm.completion"`
	Aggregation string `json:"aggregation,omitempty" enum:"sum,count" doc:"sum by default: the property's value; count: 1 for each event"`
	Property    string `json:"property,omitempty" example:"input_tokens"`
}

type createMeterIn struct {
	OnceKey
	Body body[newMeter]
}

func createMeter(a *API, ctx context.Context, in *createMeterIn) (*reply[meterObject], error) {
	v := in.Body.V
	byDefault(&v.Aggregation, string(catalog.Sum))
	id, replayed, err := a.doOnce(ctx, in.once(asked{operation: "meters.create", sent: in.Body.sent, meaning: v}), func(t tx.Tx) (string, error) {
		m, err := a.Catalog.CreateMeterIn(t, actor(ctx), catalog.NewMeter{
			Key: v.Key, Event: v.Event, Aggregation: catalog.Aggregation(v.Aggregation), Property: v.Property,
		})
		return m.ID, err
	})
	if err != nil {
		return nil, err
	}
	return made(showMeter(a.Catalog.Snapshot().Meter(id)), replayed)
}

func listMeters(a *API, _ context.Context, in *Page) (*reply[list[meterObject]], error) {
	all := slices.Clone(a.Catalog.Snapshot().Meters)
	slices.SortFunc(all, func(x, y *catalog.Meter) int { return -compare(x.ID, y.ID) })
	return cutList(*in, all, func(m *catalog.Meter) string { return m.ID }, showMeter)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func getMeter(a *API, _ context.Context, in *Named) (*reply[meterObject], error) {
	m := a.Catalog.Snapshot().Meter(in.ID)
	if m == nil {
		return nil, fault.Missing("meter")
	}
	return ok(showMeter(m))
}

type archived struct {
	Archived *bool `json:"archived"`
}

type updateMeterIn struct {
	Named
	OnceKey
	Body body[archived]
}

func updateMeter(a *API, ctx context.Context, in *updateMeterIn) (*reply[meterObject], error) {
	if in.Body.V.Archived == nil {
		return nil, fault.Bad("archived", "Say true or false.")
	}
	id, replayed, err := a.doOnce(ctx, in.once(asked{operation: "meters.update", sent: in.Body.sent, path: in.ID, object: a.meterKey(in.ID), meaning: in.Body.V}), func(t tx.Tx) (string, error) {
		m, err := a.Catalog.ArchiveMeterIn(t, actor(ctx), in.ID, *in.Body.V.Archived)
		return m.ID, err
	})
	if err != nil {
		return nil, err
	}
	return done(showMeter(a.Catalog.Snapshot().Meter(id)), replayed)
}

// Rates.

type rateObject struct {
	Object      string            `json:"object" enum:"rate"`
	ID          string            `json:"id"`
	Meter       string            `json:"meter"`
	CreditType  string            `json:"credit_type"`
	Credits     string            `json:"credits" doc:"A decimal of up to 12 places, for per units"`
	Per         int64             `json:"per"`
	Match       map[string]string `json:"match" nullable:"false"`
	EffectiveAt *time.Time        `json:"effective_at" doc:"null: from the beginning"`
	ArchivedAt  *time.Time        `json:"archived_at"`
	CreatedAt   time.Time         `json:"created_at"`
}

func showRate(r *catalog.Rate) rateObject {
	match := r.Match
	if match == nil {
		match = map[string]string{}
	}
	return rateObject{
		"rate", r.ID(), r.Meter, r.CreditType, r.Credits, r.Per, match,
		stampOrNull(r.EffectiveAt), stampOrNull(r.ArchivedAt), stamp(r.CreatedAt),
	}
}

type newRate struct {
	Meter       string            `json:"meter"`
	CreditType  string            `json:"credit_type"`
	Credits     string            `json:"credits" doc:"A decimal of up to 12 places" example:"3"`
	Per         *int64            `json:"per,omitempty" minimum:"1" doc:"1 by default" example:"1000000"`
	Match       map[string]string `json:"match,omitempty" doc:"Properties and the values that they must have. A number of an event is compared by value: 3.5, 3.50 and 35e-1 are the same; a text, true and false as they are written"`
	EffectiveAt *time.Time        `json:"effective_at,omitempty" doc:"By default the first rate of a meter and match applies from the beginning, later ones from now; what never applied does not count"`
}

type createRateIn struct {
	OnceKey
	Body body[newRate]
}

func createRate(a *API, ctx context.Context, in *createRateIn) (*reply[rateObject], error) {
	v := in.Body.V
	n := catalog.NewRate{Meter: v.Meter, CreditType: v.CreditType, Credits: v.Credits, Match: v.Match}
	if v.Per != nil {
		if n.Per = *v.Per; n.Per < 1 {
			return nil, fault.Bad("per", "A rate is per 1 unit or more.")
		}
	}
	var err error
	if n.EffectiveAt, err = date("effective_at", v.EffectiveAt); err != nil {
		return nil, err
	}
	m := v
	m.Meter, m.CreditType, m.Credits, m.Per = a.meterKey(v.Meter), a.creditTypeKey(v.CreditType), money.Number(v.Credits), &n.Per
	byDefault(&n.Per, 1)
	id, replayed, err := a.doOnce(ctx, in.once(asked{operation: "rates.create", sent: in.Body.sent, meaning: m}), func(t tx.Tx) (string, error) {
		r, err := a.Catalog.CreateRateIn(t, actor(ctx), n)
		return r.ID(), err
	})
	if err != nil {
		return nil, err
	}
	return made(showRate(a.Catalog.Snapshot().Rate(id)), replayed)
}

type listRatesIn struct {
	Page
	Meter string `query:"meter" doc:"Only rates of this meter"`
}

func listRates(a *API, ctx context.Context, in *listRatesIn) (*reply[list[rateObject]], error) {
	shop := a.Catalog.Snapshot()
	all := slices.DeleteFunc(slices.Clone(shop.Rates), func(r *catalog.Rate) bool { return !a.mayRate(ctx, r) })
	if in.Meter != "" {
		m := shop.Meter(in.Meter)
		if m == nil {
			return nil, fault.New(fault.Invalid, "unknown_meter", "meter", "There is no meter %q.", in.Meter)
		}
		all = slices.DeleteFunc(slices.Clone(all), func(r *catalog.Rate) bool { return r.Meter != m.Key })
	}
	return cutList(in.Page, all, func(r *catalog.Rate) string { return r.ID() }, showRate)
}

// ByID is the path of what has an id.
type ByID struct {
	ID string `path:"id"`
}

func getRate(a *API, ctx context.Context, in *ByID) (*reply[rateObject], error) {
	r := a.Catalog.Snapshot().Rate(in.ID)
	if r == nil || !a.mayRate(ctx, r) {
		return nil, fault.Missing("rate")
	}
	return ok(showRate(r))
}

type archiveRateIn struct {
	ByID
	OnceKey
}

func archiveRate(a *API, ctx context.Context, in *archiveRateIn) (*reply[rateObject], error) {
	id, replayed, err := a.doOnce(ctx, in.act("rates.archive", in.ID, ""), func(t tx.Tx) (string, error) {
		r, err := a.Catalog.ArchiveRateIn(t, actor(ctx), in.ID)
		return r.ID(), err
	})
	if err != nil {
		return nil, err
	}
	return done(showRate(a.Catalog.Snapshot().Rate(id)), replayed)
}

func withdrawRate(a *API, ctx context.Context, in *archiveRateIn) (*reply[rateObject], error) {
	id, replayed, err := a.doOnce(ctx, in.act("rates.withdraw", in.ID, ""), func(t tx.Tx) (string, error) {
		r, err := a.Catalog.WithdrawRateIn(t, actor(ctx), in.ID)
		return r.ID(), err
	})
	if err != nil {
		return nil, err
	}
	return done(showRate(a.Catalog.Snapshot().Rate(id)), replayed)
}

func restoreRate(a *API, ctx context.Context, in *archiveRateIn) (*reply[rateObject], error) {
	id, replayed, err := a.doOnce(ctx, in.act("rates.restore", in.ID, ""), func(t tx.Tx) (string, error) {
		r, err := a.Catalog.RestoreRateIn(t, actor(ctx), in.ID)
		return r.ID(), err
	})
	if err != nil {
		return nil, err
	}
	return done(showRate(a.Catalog.Snapshot().Rate(id)), replayed)
}
