package catalog

import (
	"context"
	"reflect"
	"slices"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
	"purse/billing/tx"
)

// Pack is credits for sale: a fixed amount, or any amount that the customer
// chooses. A purchase keeps what it was sold for, so that a change concerns later
// buyers only.
type Pack struct {
	ID         string
	Name       string
	CreditType string
	// Any is which amounts can be chosen, nil for a pack of fixed size.
	Any *Range
	// Credits and Price are what the pack has and costs in its first currency; of
	// a pack for any amount, the smallest.
	Credits money.Credits
	Price   money.Money
	// Prices are what it costs, one for each currency.
	Prices []Price
	// Bonuses come with larger amounts, the smallest From first; the last that
	// applies counts.
	Bonuses []Bonus
	// TaxBehavior is exclusive or inclusive, TaxCode a tax code of Stripe's; "" for
	// the settings'.
	TaxBehavior, TaxCode string
	ExpiresAfterDays     int // 0: never
	ArchivedAt           time.Time
	CreatedAt            time.Time
}

// Archived says whether the pack is no longer sold.
func (p *Pack) Archived() bool { return !p.ArchivedAt.IsZero() }

// NewPack says what a pack is to be. Name defaults to credits and unit. A pack of
// fixed size has Credits and Price, or Prices; one for any amount Any and Prices.
type NewPack struct {
	Name, CreditType     string
	Credits              money.Credits
	Price                money.Money
	Any                  *Range
	Prices               []Price
	Bonuses              []Bonus
	TaxBehavior, TaxCode string
	ExpiresAfterDays     int
}

// PackChange is what to change: what is nil stays. Price changes the price in its
// currency, or the only one that there is.
type PackChange struct {
	Name                 *string
	Credits              *money.Credits
	Price                *money.Money
	Any                  *Range
	Prices               []Price
	Bonuses              *[]Bonus
	TaxBehavior, TaxCode *string
	ExpiresAfterDays     *int
	Archived             *bool
}

func (n NewPack) pack() Pack {
	p := Pack{
		Name: n.Name, CreditType: n.CreditType, Credits: n.Credits, Prices: clonePrices(n.Prices), Bonuses: slices.Clone(n.Bonuses),
		TaxBehavior: n.TaxBehavior, TaxCode: n.TaxCode, ExpiresAfterDays: n.ExpiresAfterDays,
	}
	if n.Any != nil {
		r := *n.Any
		p.Any = &r
	}
	if len(p.Prices) == 0 && n.Price != (money.Money{}) {
		p.Prices = []Price{{Currency: n.Price.Currency, Model: Fixed, Amount: n.Price.Amount}}
	}
	return p
}

// Draft answers the pack that n would become, or what is wrong with it: for a
// preview, before anything is stored.
func Draft(n NewPack) (*Pack, error) {
	p := n.pack()
	if p.Name == "" {
		p.Name = "Draft"
	}
	return &p, p.check()
}

// CreatePack makes a pack.
func (s *Service) CreatePack(ctx context.Context, by audit.Actor, n NewPack) (Pack, error) {
	return update(ctx, s, func(t tx.Tx) (Pack, error) { return s.CreatePackIn(t, by, n) })
}

// CreatePackIn makes a pack in t.
func (s *Service) CreatePackIn(t tx.Tx, by audit.Actor, n NewPack) (Pack, error) {
	p := n.pack()
	p.ID, p.CreatedAt = id.New("pack", t.Now()), t.Now()
	now, err := s.read(t)
	if err != nil {
		return p, err
	}
	c := now.CreditType(n.CreditType)
	if c == nil || c.Archived() {
		return p, fault.New(fault.Invalid, "unknown_credit_type", "credit_type", "There is no credit type %q. Create it first.", n.CreditType)
	}
	p.CreditType = c.Key
	if p.Name == "" {
		p.Name = p.Credits.String() + " " + c.Units
		if p.Any != nil {
			p.Name = "Any amount of " + c.Units
		}
	}
	if err := p.check(); err != nil {
		return p, err
	}
	if err := s.Store.PutPack(t, p); err != nil {
		return p, err
	}
	return p, s.changed(t, audit.Record{Actor: by, Action: "pack.created", Object: p.ID, After: p})
}

// UpdatePack changes a pack.
func (s *Service) UpdatePack(ctx context.Context, by audit.Actor, packID string, ch PackChange) (Pack, error) {
	return update(ctx, s, func(t tx.Tx) (Pack, error) { return s.UpdatePackIn(t, by, packID, ch) })
}

// UpdatePackIn changes a pack in t.
func (s *Service) UpdatePackIn(t tx.Tx, by audit.Actor, packID string, ch PackChange) (Pack, error) {
	now, err := s.read(t)
	if err != nil {
		return Pack{}, err
	}
	before := now.Pack(packID)
	if before == nil {
		return Pack{}, fault.Missing("pack")
	}
	p := before.clone()
	if ch.Name != nil {
		p.Name = *ch.Name
	}
	if ch.Credits != nil {
		if p.Any != nil {
			return p, fault.Bad("credits", "A pack for any amount has no size of its own. Change any_amount.")
		}
		p.Credits = *ch.Credits
	}
	if ch.Any != nil {
		if p.Any == nil {
			return p, fault.Bad("any_amount", "A pack of fixed size stays one. Create another pack.")
		}
		r := *ch.Any
		p.Any = &r
	}
	if ch.Prices != nil {
		p.Prices = clonePrices(ch.Prices)
	}
	if ch.Price != nil {
		fixed := Price{Currency: ch.Price.Currency, Model: Fixed, Amount: ch.Price.Amount}
		switch same := p.PriceIn(fixed.Currency); {
		case same != nil:
			*same = fixed
		case len(p.Prices) == 1:
			p.Prices[0] = fixed
		default:
			p.Prices = append(p.Prices, fixed)
		}
	}
	if ch.Bonuses != nil {
		p.Bonuses = slices.Clone(*ch.Bonuses)
	}
	if ch.TaxBehavior != nil {
		p.TaxBehavior = *ch.TaxBehavior
	}
	if ch.TaxCode != nil {
		p.TaxCode = *ch.TaxCode
	}
	if ch.ExpiresAfterDays != nil {
		p.ExpiresAfterDays = *ch.ExpiresAfterDays
	}
	if ch.Archived != nil {
		archive(&p.ArchivedAt, *ch.Archived, t.Now())
	}
	if err := p.check(); err != nil || reflect.DeepEqual(p, *before) {
		return p, err
	}
	if err := s.Store.PutPack(t, p); err != nil {
		return p, err
	}
	return p, s.changed(t, audit.Record{Actor: by, Action: "pack.updated", Object: p.ID, Before: before, After: p})
}

// clone copies a pack with all that it points to.
func (p *Pack) clone() Pack {
	c := *p
	if p.Any != nil {
		r := *p.Any
		c.Any = &r
	}
	c.Prices, c.Bonuses = clonePrices(p.Prices), slices.Clone(p.Bonuses)
	return c
}

func clonePrices(in []Price) []Price {
	out := slices.Clone(in)
	for i := range out {
		out[i].Tiers = slices.Clone(out[i].Tiers)
	}
	return out
}
