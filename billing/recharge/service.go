package recharge

import (
	"log/slog"
	"sync"
	"time"

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

// Deps is what a Service needs.
type Deps struct {
	Runner    tx.Runner
	Store     Store
	Gateway   charge.Gateway
	Accounts  *account.Service
	Catalog   *catalog.Service
	Ledger    *ledger.Ledger
	Purchases *purchase.Service
	Methods   *purchase.Methods
	Jobs      *job.Queue
	Events    *event.Log
	Audit     *audit.Log
	Log       *slog.Logger
	// Installation is this database's id, Livemode what the Stripe key is for.
	Installation string
	Livemode     bool
	// AutomaticTax lets Stripe add tax to the invoices.
	AutomaticTax bool
}

// Service runs automatic recharges.
type Service struct {
	Deps
	mu   sync.Mutex
	busy map[string]bool // recharges that this process works on; true: wanted once more

	refusals refusals
}

// Names of jobs, and how often what waits is looked at.
const (
	JobEvaluate = "recharge.evaluate"
	jobRun      = "recharge.run"
	jobTick     = "recharge.tick"
	tickEvery   = 15 * time.Second
)

// New makes a Service and registers its jobs.
func New(d Deps) *Service {
	s := &Service{Deps: d, busy: map[string]bool{}}
	s.refusals = refusals{waits: map[ledger.WalletKey]bool{}, looked: map[ledger.WalletKey]time.Time{}, wake: make(chan struct{}, 1)}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	d.Jobs.Handle(JobEvaluate, s.evaluateJob)
	d.Jobs.Handle(jobRun, s.runJob)
	d.Jobs.Every(jobTick, tickEvery, s.tickJob)
	return s
}
