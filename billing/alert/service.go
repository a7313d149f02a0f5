package alert

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/event"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// Deps is what a Service needs.
type Deps struct {
	Runner   tx.Runner
	Store    Store
	Accounts *account.Service
	Catalog  *catalog.Service
	Ledger   *ledger.Ledger
	Jobs     *job.Queue
	Events   *event.Log
	Audit    *audit.Log
	Log      *slog.Logger
	// Tell queues a message to the people of a customer, in t. May be nil.
	Tell func(t tx.Tx, n Notice) error
}

// Service watches levels and limits.
type Service struct {
	Deps
	common    atomic.Pointer[[]Alert] // the defaults
	customers sync.Map                // customer's id → *standing
}

// standing is what is kept in memory of a customer who has any of it. It is
// replaced, never changed.
type standing struct {
	limits []Limit
	zero   []AtZero
	muted  []string // ids of defaults
}

// The kinds of jobs.
const (
	jobCrossed  = "alert.crossed"
	jobEntitled = "alert.entitled"
	jobReached  = "alert.reached"
	jobReset    = "alert.reset"
	jobHeld     = "alert.held"
	jobSpread   = "alert.spread"
	jobScan     = "alert.scan"
)

// scanEvery is how often what depends on time alone is looked at.
const scanEvery = 5 * time.Minute

// NewService makes a Service and registers its jobs. Load it before the engine
// runs.
func NewService(d Deps) *Service {
	s := &Service{Deps: d}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.common.Store(&[]Alert{})
	d.Jobs.HandleBatch(jobCrossed, s.crossedJobs)
	d.Jobs.HandleBatch(jobEntitled, s.entitledJobs)
	d.Jobs.HandleBatch(jobReached, s.reachedJobs)
	d.Jobs.Handle(jobReset, s.resetJob)
	d.Jobs.Handle(jobHeld, s.heldJob)
	d.Jobs.Handle(jobSpread, s.spreadJob)
	d.Jobs.Every(jobScan, scanEvery, s.scanJob)
	return s
}

// Load reads what is kept in memory, and makes the defaults of a new
// installation.
func (s *Service) Load(ctx context.Context) error {
	if err := s.Runner.Update(ctx, s.seed); err != nil {
		return err
	}
	return s.Runner.View(ctx, func(t tx.Tx) error {
		all, err := s.Store.Alerts(t, "")
		if err != nil {
			return err
		}
		s.common.Store(&all)
		limits, err := s.Store.Limits(t, everybody)
		if err != nil {
			return err
		}
		zeros, err := s.Store.Zeros(t, everybody)
		if err != nil {
			return err
		}
		mutes, err := s.Store.Mutes(t, everybody)
		if err != nil {
			return err
		}
		standings := map[string]*standing{}
		of := func(customer string) *standing {
			if standings[customer] == nil {
				standings[customer] = &standing{}
			}
			return standings[customer]
		}
		for _, l := range limits {
			of(l.Customer).limits = append(of(l.Customer).limits, l)
		}
		for _, z := range zeros {
			of(z.Customer).zero = append(of(z.Customer).zero, z)
		}
		for _, m := range mutes {
			of(m.Customer).muted = append(of(m.Customer).muted, m.Alert)
		}
		for c, v := range standings {
			s.customers.Store(c, v)
		}
		return nil
	})
}

// everybody stands for all customers in questions to the Store.
const everybody = "*"

func (s *Service) seed(t tx.Tx) error {
	any, err := s.Store.AnyDefault(t)
	if err != nil || any {
		return err
	}
	for _, n := range defaults() {
		if err := s.Store.InsertAlert(t, alertOf(t, audit.System, "", n)); err != nil {
			return err
		}
	}
	return s.spread(t)
}

func alertOf(t tx.Tx, by audit.Actor, customer string, n New) Alert {
	a := Alert{
		ID: id.New("alr", t.Now()), Customer: customer, CreditType: n.CreditType, Kind: n.Kind, Credits: n.Credits, Share: n.Share, Days: n.Days,
		CreatedBy: by.ID, CreatedAt: t.Now(),
	}
	if a.Kind == Expiring {
		// Who asks is told of what expires by then already; a default first of what
		// comes near.
		if a.ScannedUntil = t.Now(); a.Default() {
			a.ScannedUntil = t.Now().AddDate(0, 0, a.Days)
		}
	}
	return a
}

// refresh reads a customer's again once t has committed.
func (s *Service) refresh(t tx.Tx, customer string) error {
	s.customers.LoadOrStore(customer, &standing{}) // that jobs look, even right after the commit
	v := &standing{}
	var err error
	if v.limits, err = s.Store.Limits(t, customer); err != nil {
		return err
	}
	if v.zero, err = s.Store.Zeros(t, customer); err != nil {
		return err
	}
	mutes, err := s.Store.Mutes(t, customer)
	if err != nil {
		return err
	}
	for _, m := range mutes {
		v.muted = append(v.muted, m.Alert)
	}
	t.OnCommit(func() { s.customers.Store(customer, v) })
	return nil
}

func (s *Service) refreshDefaults(t tx.Tx) error {
	all, err := s.Store.Alerts(t, "")
	if err != nil {
		return err
	}
	t.OnCommit(func() { s.common.Store(&all) })
	return nil
}

func (s *Service) standing(customer string) *standing {
	if v, ok := s.customers.Load(customer); ok {
		return v.(*standing)
	}
	return &standing{}
}

// Defaults are what everybody is told of.
func (s *Service) Defaults() []Alert { return slices.Clone(*s.common.Load()) }

// Muted says whether a customer does not want to be told of a default.
func (s *Service) Muted(customer, alert string) bool {
	return slices.Contains(s.standing(customer).muted, alert)
}

// Limits are the spend limits of a customer, oldest first.
func (s *Service) Limits(customer string) []Limit { return slices.Clone(s.standing(customer).limits) }

// AtZero is what happens at zero in a wallet.
func (s *Service) AtZero(k ledger.WalletKey) AtZero { return s.standing(k.Customer).atZero(k) }

// ThrottledTo is the rate that a wallet is slowed down to at zero, in requests a
// minute; 0 when it is not.
func (s *Service) ThrottledTo(k ledger.WalletKey) int { return s.AtZero(k).Rate }

// Counters are the counters of the limits that usage by a caller on a wallet
// counts towards, for the periods that now lies in.
func (s *Service) Counters(k ledger.WalletKey, caller string, now time.Time) []ledger.Counter {
	if v, ok := s.customers.Load(k.Customer); ok {
		return v.(*standing).counters(k, caller, now)
	}
	return nil
}

func (v *standing) atZero(k ledger.WalletKey) AtZero {
	for _, z := range v.zero {
		if z.CreditType == k.CreditType {
			return z.inForce()
		}
	}
	return AtZero{Customer: k.Customer, CreditType: k.CreditType, Mode: Block}
}

func (v *standing) counters(k ledger.WalletKey, caller string, now time.Time) []ledger.Counter {
	var out []ledger.Counter
	for i := range v.limits {
		l := &v.limits[i]
		if l.CreditType != k.CreditType || !l.counts(caller) {
			continue
		}
		from, to := l.Period.Bounds(now, account.Zone(l.Zone))
		out = append(out, ledger.Counter{
			Wallet: k, Key: l.key(caller), PeriodStart: from, PeriodEnd: to, Meter: l.Meter, Limit: l.Credits, Hard: l.Hard, Holds: l.Scope == Whole, Period: string(l.Period),
			JobKind: jobReached, Payload: payload(reachedBy{Limit: l.ID, Caller: caller}),
		})
	}
	return out
}
