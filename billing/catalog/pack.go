package catalog

import (
	"context"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
	"purse/billing/tx"
)

// Pack is credits for sale. A purchase keeps what it was sold for, so that a
// change concerns later buyers only.
type Pack struct {
	ID               string
	Name             string
	CreditType       string
	Credits          money.Credits
	Price            money.Money
	ExpiresAfterDays int // 0: never
	ArchivedAt       time.Time
	CreatedAt        time.Time
}

// Archived says whether the pack is no longer sold.
func (p *Pack) Archived() bool { return !p.ArchivedAt.IsZero() }

// NewPack says what a pack is to be. Name defaults to credits and unit.
type NewPack struct {
	Name, CreditType string
	Credits          money.Credits
	Price            money.Money
	ExpiresAfterDays int
}

// PackChange is what to change: what is nil stays.
type PackChange struct {
	Name             *string
	Credits          *money.Credits
	Price            *money.Money
	ExpiresAfterDays *int
	Archived         *bool
}

// CreatePack makes a pack.
func (s *Service) CreatePack(ctx context.Context, by audit.Actor, n NewPack) (Pack, error) {
	return update(ctx, s, func(t tx.Tx) (Pack, error) { return s.CreatePackIn(t, by, n) })
}

// CreatePackIn makes a pack in t.
func (s *Service) CreatePackIn(t tx.Tx, by audit.Actor, n NewPack) (Pack, error) {
	p := Pack{
		ID: id.New("pack", t.Now()), Name: n.Name, CreditType: n.CreditType, Credits: n.Credits, Price: n.Price,
		ExpiresAfterDays: n.ExpiresAfterDays, CreatedAt: t.Now(),
	}
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
	p := *before
	if ch.Name != nil {
		p.Name = *ch.Name
	}
	if ch.Credits != nil {
		p.Credits = *ch.Credits
	}
	if ch.Price != nil {
		p.Price = *ch.Price
	}
	if ch.ExpiresAfterDays != nil {
		p.ExpiresAfterDays = *ch.ExpiresAfterDays
	}
	if ch.Archived != nil {
		archive(&p.ArchivedAt, *ch.Archived, t.Now())
	}
	if err := p.check(); err != nil || p == *before {
		return p, err
	}
	if err := s.Store.PutPack(t, p); err != nil {
		return p, err
	}
	return p, s.changed(t, audit.Record{Actor: by, Action: "pack.updated", Object: p.ID, Before: before, After: p})
}

func (p *Pack) check() (err error) {
	if p.Name, err = text("name", p.Name, 1, 100); err != nil {
		return err
	}
	if p.Credits <= 0 || p.Credits > money.MaxAmount {
		return fault.Bad("credits", "A pack has more than zero credits, and at most %s.", money.MaxAmount)
	}
	if err := p.Price.Valid(); err != nil {
		return fault.Bad("price", "The price %s.", err)
	}
	if p.Price.Amount == 0 {
		return fault.Bad("price", "A pack has a price. Grant free credits as a promotional grant.")
	}
	if p.ExpiresAfterDays < 0 || p.ExpiresAfterDays > 3650 {
		return fault.Bad("expires_after_days", "Give 1 to 3,650 days, or 0 for credits that never expire.")
	}
	return nil
}
