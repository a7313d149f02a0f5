package catalog

import (
	"context"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// CreditType is what a credit is. Its key never changes: wallets name it.
type CreditType struct {
	ID          string
	Key         string
	Name        string
	Description string
	Unit, Units string // "credit", "credits"
	Decimals    int    // shown, 0 to 6
	ArchivedAt  time.Time
	CreatedAt   time.Time
}

// Archived says whether it is out of use: no new packs, rates and grants.
func (c *CreditType) Archived() bool { return !c.ArchivedAt.IsZero() }

// NewCreditType says what a credit type is to be. Name, Unit and Units default
// to the key, "credit" and "credits".
type NewCreditType struct {
	Key, Name, Description, Unit, Units string
	Decimals                            int
}

// CreditTypeChange is what to change: what is nil stays.
type CreditTypeChange struct {
	Name, Description, Unit, Units *string
	Decimals                       *int
	Archived                       *bool
}

// CreateCreditType makes a credit type.
func (s *Service) CreateCreditType(ctx context.Context, by audit.Actor, n NewCreditType) (CreditType, error) {
	return update(ctx, s, func(t tx.Tx) (CreditType, error) { return s.CreateCreditTypeIn(t, by, n) })
}

// CreateCreditTypeIn makes a credit type in t.
func (s *Service) CreateCreditTypeIn(t tx.Tx, by audit.Actor, n NewCreditType) (CreditType, error) {
	c := CreditType{
		ID: id.New("ct", t.Now()), Key: n.Key, Name: n.Name, Description: n.Description, Unit: n.Unit, Units: n.Units,
		Decimals: n.Decimals, CreatedAt: t.Now(),
	}
	if err := checkKey(c.Key); err != nil {
		return c, err
	}
	if c.Name == "" {
		c.Name = c.Key
	}
	if c.Unit == "" && c.Units == "" {
		c.Unit, c.Units = "credit", "credits"
	}
	if err := c.check(); err != nil {
		return c, err
	}
	now, err := s.read(t)
	if err != nil {
		return c, err
	}
	if now.CreditType(c.Key) != nil {
		return c, fault.New(fault.Conflict, "key_taken", "key", "There is a credit type with this key.")
	}
	if err := s.Store.PutCreditType(t, c); err != nil {
		return c, err
	}
	return c, s.changed(t, audit.Record{Actor: by, Action: "credit_type.created", Object: c.ID, After: c})
}

// UpdateCreditType changes a credit type, named by id or key.
func (s *Service) UpdateCreditType(ctx context.Context, by audit.Actor, ref string, ch CreditTypeChange) (CreditType, error) {
	return update(ctx, s, func(t tx.Tx) (CreditType, error) { return s.UpdateCreditTypeIn(t, by, ref, ch) })
}

// UpdateCreditTypeIn changes a credit type in t.
func (s *Service) UpdateCreditTypeIn(t tx.Tx, by audit.Actor, ref string, ch CreditTypeChange) (CreditType, error) {
	now, err := s.read(t)
	if err != nil {
		return CreditType{}, err
	}
	before := now.CreditType(ref)
	if before == nil {
		return CreditType{}, fault.Missing("credit type")
	}
	c := *before
	for _, f := range []struct{ to, from *string }{
		{&c.Name, ch.Name}, {&c.Description, ch.Description}, {&c.Unit, ch.Unit}, {&c.Units, ch.Units},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if ch.Decimals != nil {
		c.Decimals = *ch.Decimals
	}
	if ch.Archived != nil {
		archive(&c.ArchivedAt, *ch.Archived, t.Now())
	}
	if err := c.check(); err != nil || c == *before {
		return c, err
	}
	if err := s.Store.PutCreditType(t, c); err != nil {
		return c, err
	}
	return c, s.changed(t, audit.Record{Actor: by, Action: "credit_type.updated", Object: c.ID, Before: before, After: c})
}

func (c *CreditType) check() (err error) {
	if c.Name, err = text("name", c.Name, 1, 100); err != nil {
		return err
	}
	if c.Description, err = text("description", c.Description, 0, 1000); err != nil {
		return err
	}
	if c.Unit, err = text("unit", c.Unit, 1, 40); err != nil {
		return err
	}
	if c.Units, err = text("units", c.Units, 1, 40); err != nil {
		return err
	}
	if c.Decimals < 0 || c.Decimals > 6 {
		return fault.Bad("decimals", "Show 0 to 6 decimals.")
	}
	return nil
}
