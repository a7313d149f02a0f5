package invoice

import (
	"log/slog"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// Store keeps invoices. Rows that are not there are tx.ErrNotFound.
type Store interface {
	// Insert and Update keep what is beside its charge. Insert answers false when the
	// key, or the schedule's period, is taken.
	Insert(t tx.Tx, in *Invoice, key string) (bool, error)
	Update(t tx.Tx, in *Invoice) error
	Invoice(t tx.Tx, id string) (*Invoice, error)
	ByKey(t tx.Tx, key string) (*Invoice, error)
	// List answers invoices with id below before ("" for the newest), newest
	// first; "" of customer, schedule and state for all.
	List(t tx.Tx, customer, schedule string, state State, before string, limit int) ([]*Invoice, error)
}

// Deps is what a Service needs.
type Deps struct {
	Runner    tx.Runner
	Store     Store
	Charges   *charge.Service
	Accounts  *account.Service
	Catalog   *catalog.Service
	Ledger    *ledger.Ledger
	Purchases *purchase.Service
	Jobs      *job.Queue
	Events    *event.Log
	Audit     *audit.Log
	Log       *slog.Logger
}

// Service makes invoices and follows them.
type Service struct {
	Deps
	changed func(t tx.Tx, in *Invoice) error
}

// New makes a Service.
func New(d Deps) *Service {
	s := &Service{Deps: d, changed: func(tx.Tx, *Invoice) error { return nil }}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Tell sets who is told, in the transaction that changes the state of an invoice or
// learns that what it charges was declined.
func (s *Service) Tell(f func(t tx.Tx, in *Invoice) error) { s.changed = f }
