package schedule

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/invoice"
	"purse/billing/job"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/billing/words"
)

// Store keeps schedules. Rows that are not there are tx.ErrNotFound.
type Store interface {
	Put(t tx.Tx, s *Schedule) error
	Schedule(t tx.Tx, id string) (*Schedule, error)
	// List answers those of a customer, newest first; "" for all.
	List(t tx.Tx, customer, before string, limit int) ([]*Schedule, error)
	Due(t tx.Tx, now time.Time, limit int) ([]*Schedule, error)
}

// Deps is what a Service needs.
type Deps struct {
	Runner    tx.Runner
	Store     Store
	Accounts  *account.Service
	Catalog   *catalog.Service
	Invoices  *invoice.Service
	Purchases *purchase.Service
	Methods   *card.Service
	Jobs      *job.Queue
	Events    *event.Log
	Audit     *audit.Log
	Log       *slog.Logger
	// Discounts are percent that customers save by how often they buy.
	Discounts map[Every]int
}

// Service keeps schedules.
type Service struct{ Deps }

const (
	jobTick   = "schedule.tick"
	tickEvery = time.Minute
	// MaxQuantity is how many packs one run buys at most.
	MaxQuantity = 1000
)

// New makes a Service and registers its job.
func New(d Deps) *Service {
	s := &Service{d}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	d.Jobs.Every(jobTick, tickEvery, func(ctx context.Context, _ job.Job) error { return s.Tick(ctx) })
	return s
}

// Settings are what a customer chooses.
type Settings struct {
	Customer, Pack string
	Quantity       int           // of a pack of fixed size
	Credits        money.Credits // of a pack for any amount
	Every          Every
	FirstDay       string // 2026-01-31, not before today in the customer's time zone
	Method         string // the id of a saved payment method
	// Price is what the customer saw for one run before tax, and consents to.
	Price     money.Money
	Consented bool // the box beside ConsentText was ticked
	Version   string
	From      account.From
}

// Agreement is what staff agreed on with a customer: an invoice on set days.
type Agreement struct {
	invoice.NewInvoice
	Every    Every
	FirstDay string
}

// Preview checks settings and answers the schedule that they would make. It
// changes nothing.
func (s *Service) Preview(ctx context.Context, set Settings) (*Schedule, error) {
	card, err := s.Methods.Method(ctx, set.Customer, set.Method)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	var out *Schedule
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		c, err := s.Accounts.CustomerIn(t, set.Customer)
		if err != nil {
			return err
		}
		if c.Status != account.Active {
			return fault.New(fault.Forbidden, "customer_suspended", "", "The customer is suspended and cannot buy.")
		}
		if card == nil {
			return fault.Bad("method", "Choose one of the saved payment methods.")
		}
		pack := s.Catalog.Snapshot().Pack(set.Pack)
		if pack == nil || pack.Archived() {
			return fault.Bad("pack", "Choose one of the packs for sale.")
		}
		if pack.Any != nil && set.Credits == 0 {
			return fault.Bad("credits", "Say how many credits each time: %s to %s.", words.Group(pack.Any.Min.String()), words.Group(pack.Any.Max.String()))
		}
		if pack.Any == nil {
			set.Credits = 0 // it has a size of its own
		} else {
			set.Quantity = 1
		}
		if set.Quantity < 1 || set.Quantity > MaxQuantity {
			return fault.Bad("quantity", "Give a whole number from 1 to %d.", MaxQuantity)
		}
		out = &Schedule{
			Customer: c.ID, Pack: pack.ID, Quantity: set.Quantity, Amount: set.Credits, Every: set.Every, FirstDay: set.FirstDay,
			Collection: invoice.Charge, Card: charge.Method{ID: card.ID, Type: card.Type, Brand: card.Brand, Last4: card.Last4}, State: Active, Discount: s.Discounts[set.Every],
		}
		if err := s.terms(t, out, pack); err != nil {
			return err
		}
		if err := card.CheckUse("method", out.Price.Currency, t.Now()); err != nil {
			return err
		}
		return s.checkDays(t, out, c)
	})
	return out, err
}

func (s *Service) checkDays(t tx.Tx, sch *Schedule, c *account.Customer) error {
	if sch.Every.Interval() == 0 {
		return fault.Bad("every", "Choose one of the list.")
	}
	day, err := time.ParseInLocation(time.DateOnly, sch.FirstDay, c.Location())
	today := t.Now().In(c.Location()).Format(time.DateOnly)
	switch {
	case err != nil:
		return fault.Bad("first_day", "This is not a date like 2026-01-31.")
	case sch.FirstDay < today:
		return fault.Bad("first_day", "The first day is in the past: choose today or later.")
	case day.After(t.Now().AddDate(2, 0, 0)):
		return fault.Bad("first_day", "The first day is at most two years ahead.")
	}
	sch.NextAt = sch.Day(0, c.Location())
	return nil
}

// Create makes a schedule that charges a saved card, with the customer's
// consent. Handlers ask for the password again before.
func (s *Service) Create(ctx context.Context, by audit.Actor, set Settings) (*Schedule, error) {
	sch, err := s.Preview(ctx, set)
	if err != nil {
		return nil, err
	}
	switch {
	case !set.Consented || set.Version != ConsentVersion:
		return nil, fault.Bad("consent", "Tick the box to agree that this payment method is charged on these days.")
	case set.Price != sch.Price:
		return nil, changedMeanwhile
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if err := s.consentIn(t, by, sch, set.From); err != nil {
			return err
		}
		return s.insert(t, by, sch)
	})
	if err != nil {
		return nil, err
	}
	return s.tickOne(ctx, sch.ID)
}

var changedMeanwhile = fault.New(fault.Conflict, "price_changed", "pack", "The price has changed meanwhile. Look at it once more.")

// Agree makes a schedule of invoices that staff agreed on.
func (s *Service) Agree(ctx context.Context, by audit.Actor, a Agreement) (*Schedule, error) {
	var sch *Schedule
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		c, err := s.Accounts.CustomerIn(t, a.Customer)
		if err != nil {
			return err
		}
		in, err := s.Invoices.CheckIn(t, a.NewInvoice)
		if err != nil {
			return err
		}
		sch = &Schedule{
			Customer: c.ID, CreditType: in.CreditType, Quantity: 1, Name: in.Name, Credits: in.Credits, Price: in.Price, ExpiresAfterDays: in.ExpiresAfterDays,
			Every: a.Every, FirstDay: a.FirstDay, Collection: invoice.Send, NetDays: in.NetDays, Recipients: in.Recipients, PONumber: in.PONumber, Memo: in.Memo,
			TaxExempt: in.TaxExempt, OnIssue: in.OnIssue, State: Active,
		}
		if err := s.checkDays(t, sch, c); err != nil {
			return err
		}
		return s.insert(t, by, sch)
	})
	if err != nil {
		return nil, err
	}
	return s.tickOne(ctx, sch.ID)
}

func (s *Service) insert(t tx.Tx, by audit.Actor, sch *Schedule) error {
	sch.ID, sch.CreatedBy, sch.CreatedAt, sch.UpdatedAt = id.New("sch", t.Now()), by.ID, t.Now(), t.Now()
	if err := s.Store.Put(t, sch); err != nil {
		return err
	}
	return s.Audit.Record(t, audit.Record{Actor: by, Customer: sch.Customer, Action: "schedule.created", Object: sch.ID, After: says(sch)})
}

// Cancel ends a schedule. What was begun goes on; a declined run stays payable.
// customer is whose it must be, "" for staff.
func (s *Service) Cancel(ctx context.Context, by audit.Actor, customer, scheduleID, reason string) (*Schedule, error) {
	return s.change(ctx, by, customer, scheduleID, "schedule.cancelled", reason, func(_ tx.Tx, sch *Schedule) error {
		if customer != "" && sch.Collection == invoice.Send {
			return fault.New(fault.Conflict, "agreed", "", "These invoices were agreed on with us. Please ask us to end them.")
		}
		sch.State, sch.NextAt = Ended, time.Time{}
		return nil
	})
}

// Resume lets a paused schedule go on, at today's price where that is what it
// was paused for. Days that passed meanwhile are not made up for.
func (s *Service) Resume(ctx context.Context, by audit.Actor, customer, scheduleID string) (*Schedule, error) {
	return s.change(ctx, by, customer, scheduleID, "schedule.resumed", "", func(t tx.Tx, sch *Schedule) error {
		switch {
		case sch.State != Paused:
			return fault.New(fault.Conflict, "not_paused", "", "This schedule is not paused.")
		case sch.Reason == PriceChanged:
			return fault.New(fault.Conflict, "price_changed", "", "The price has changed. Look at the new one and agree to it, or cancel the schedule.")
		case sch.Reason == NoCard:
			return fault.New(fault.Conflict, "no_card", "", "Its card is not saved any more. Save a card: it goes on with that one.")
		}
		c, err := s.Accounts.CustomerIn(t, sch.Customer)
		if err != nil {
			return err
		}
		s.goOn(t, sch, c)
		return nil
	})
}

func (s *Service) change(ctx context.Context, by audit.Actor, customer, scheduleID, action, reason string, f func(tx.Tx, *Schedule) error) (sch *Schedule, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if sch, err = s.get(t, customer, scheduleID); err != nil {
			return err
		}
		before := says(sch)
		if sch.State == Ended {
			return fault.New(fault.Conflict, "ended", "", "This schedule was cancelled already.")
		}
		if err := f(t, sch); err != nil {
			return err
		}
		sch.UpdatedAt = t.Now()
		if err := s.Store.Put(t, sch); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: sch.Customer, Action: action, Object: sch.ID, Before: before, After: says(sch), Reason: reason})
	})
	return sch, err
}

func (s *Service) get(t tx.Tx, customer, scheduleID string) (*Schedule, error) {
	sch, err := s.Store.Schedule(t, scheduleID)
	if errors.Is(err, tx.ErrNotFound) || (err == nil && customer != "" && sch.Customer != customer) {
		return nil, fault.Missing("schedule")
	}
	return sch, err
}

// Schedule answers a schedule; customer is whose it must be, "" for anybody's.
func (s *Service) Schedule(ctx context.Context, customer, scheduleID string) (sch *Schedule, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		sch, err = s.get(t, customer, scheduleID)
		return err
	})
	return sch, err
}

// List answers schedules of a customer, newest first.
func (s *Service) List(t tx.Tx, customer, before string, limit int) ([]*Schedule, error) {
	return s.Store.List(t, customer, before, limit)
}

func says(s *Schedule) map[string]string {
	return map[string]string{"state": string(s.State), "name": s.Name, "every": string(s.Every), "first_day": s.FirstDay, "credits": s.Credits.String(),
		"price": s.Price.Decimal() + " " + s.Price.Currency, "collection": string(s.Collection), "card": s.Card.Name()}
}
