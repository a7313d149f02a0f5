package recharge

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
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// Deps is what a Service needs.
type Deps struct {
	Runner    tx.Runner
	Store     Store
	Charges   *charge.Service
	Accounts  *account.Service
	Catalog   *catalog.Service
	Ledger    *ledger.Ledger
	Purchases *purchase.Service
	Methods   *card.Service
	Jobs      *job.Queue
	Events    *event.Log
	Audit     *audit.Log
	Log       *slog.Logger
}

// Service runs automatic recharges.
type Service struct {
	Deps
	refusals refusals
}

// Names of jobs, and how often what waits is looked at.
const (
	JobEvaluate = "recharge.evaluate"
	jobTick     = "recharge.tick"
	tickEvery   = 15 * time.Second
)

// New makes a Service and registers its jobs.
func New(d Deps) *Service {
	s := &Service{Deps: d}
	s.refusals = refusals{waits: map[ledger.WalletKey]bool{}, looked: map[ledger.WalletKey]time.Time{}, wake: make(chan struct{}, 1)}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	d.Jobs.Handle(JobEvaluate, s.evaluateJob)
	d.Jobs.Every(jobTick, tickEvery, func(ctx context.Context, _ job.Job) error { return s.Tick(ctx) })
	return s
}

// Tick looks once at every policy whose time has come.
func (s *Service) Tick(ctx context.Context) error {
	var due []*Policy
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		due, err = s.Store.DuePolicies(t, t.Now(), 200)
		return err
	})
	for _, p := range due {
		err = errors.Join(err, s.evaluate(ctx, p.Customer, p.CreditType, byTime))
	}
	return err
}
