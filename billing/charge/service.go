package charge

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/catalog"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// Deps is what a Service needs.
type Deps struct {
	Runner    tx.Runner
	Store     Store
	Gateway   Gateway
	Accounts  *account.Service
	Catalog   *catalog.Service
	Ledger    *ledger.Ledger
	Purchases *purchase.Service
	Jobs      *job.Queue
	Log       *slog.Logger
	// Installation is this database's id, Livemode what the Stripe key is for.
	Installation string
	Livemode     bool
	// AutomaticTax lets Stripe add tax to the invoices.
	AutomaticTax bool
}

// Service collects charges. Each kind of thing that is charged says how.
type Service struct {
	Deps
	kinds map[Of]Kind
}

const (
	jobRun    = "charge.run"
	jobTick   = "charge.tick"
	tickEvery = 15 * time.Second
)

// New makes a Service and names the handlers of its jobs.
func New(d Deps) *Service {
	s := &Service{Deps: d}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	d.Jobs.Handle(jobRun, s.runJob)
	d.Jobs.Every(jobTick, tickEvery, func(ctx context.Context, _ job.Job) error { return s.Tick(ctx) })
	return s
}

// Collect says what is charged, and how each kind of it is collected.
func (s *Service) Collect(kinds map[Of]Kind) { s.kinds = kinds }

// DraftIn writes a charge that nothing is asked for yet.
func (s *Service) DraftIn(t tx.Tx, c *Charge) error {
	c.State, c.CreatedAt, c.UpdatedAt = Draft, t.Now(), t.Now()
	_, err := s.Store.Insert(t, c)
	return err
}

// BeginIn writes a charge and the job that collects it. It answers false when another
// of its slot is under way.
func (s *Service) BeginIn(t tx.Tx, c *Charge) (bool, error) {
	c.State, c.NextAt, c.CreatedAt, c.UpdatedAt = Issuing, t.Now().Add(time.Minute), t.Now(), t.Now()
	ok, err := s.Store.Insert(t, c)
	if err != nil || !ok {
		return false, err
	}
	return true, s.Jobs.Add(t, job.Spec{Kind: jobRun, Dedup: c.Owner.ID, Payload: c.Owner})
}

// IssueIn lets Stripe be asked for the invoice of a draft.
func (s *Service) IssueIn(t tx.Tx, c *Charge) error {
	c.State = Issuing
	return s.wakeIn(t, c)
}

// DiscardIn ends a draft.
func (s *Service) DiscardIn(t tx.Tx, c *Charge) error {
	c.State, c.FinishedAt = Void, t.Now()
	return s.put(t, c, time.Time{})
}

// GiveUpIn lets a charge that is not paid yet be voided, and says why.
func (s *Service) GiveUpIn(t tx.Tx, o Owner, why Reason) error {
	return s.changeIn(t, o, func(c *Charge) { c.GiveUp = why })
}

// RetryIn charges a declined one at once, with this payment method.
func (s *Service) RetryIn(t tx.Tx, o Owner, m Method) error {
	return s.changeIn(t, o, func(c *Charge) { c.State, c.Method, c.Tries = Charging, m, 0 })
}

// WakeIn lets a charge see at once what has changed about what it is for.
func (s *Service) WakeIn(t tx.Tx, o Owner) error { return s.changeIn(t, o, func(*Charge) {}) }

func (s *Service) changeIn(t tx.Tx, o Owner, f func(c *Charge)) error {
	c, err := s.Store.Charge(t, o)
	if err != nil || !c.State.UnderWay() {
		return err
	}
	f(c)
	return s.wakeIn(t, c)
}

// ActIn lets something be done with an open invoice at Stripe, after what is being done.
func (s *Service) ActIn(t tx.Tx, c *Charge, act Act) error {
	if c.Doing == nothing {
		c.do(act)
	} else {
		c.Want = act
	}
	return s.wakeIn(t, c)
}

// SendIn lets Stripe mail an open invoice again, unless something is being done with it.
func (s *Service) SendIn(t tx.Tx, c *Charge) error {
	if c.Doing != nothing {
		return nil
	}
	return s.ActIn(t, c, actSend)
}

// Release gives back what a process that was killed was at. It is for a process that
// knows that it is the only one on the database.
func (s *Service) Release(ctx context.Context) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error { return s.Store.Release(t) })
}

func (s *Service) wakeIn(t tx.Tx, c *Charge) error {
	if err := s.put(t, c, t.Now()); err != nil {
		return err
	}
	return s.Jobs.Add(t, job.Spec{Kind: jobRun, Dedup: c.Owner.ID, Payload: c.Owner})
}

// put stores a charge, to be gone on with at next.
func (s *Service) put(t tx.Tx, c *Charge, next time.Time) error {
	c.due(t.Now(), next)
	return s.Store.Update(t, c)
}

func (s *Service) runJob(ctx context.Context, j job.Job) error {
	var o Owner
	if err := j.Decode(&o); err != nil {
		return job.Permanent(err)
	}
	return s.Run(ctx, o)
}

// Tick looks once at every charge whose time has come.
func (s *Service) Tick(ctx context.Context) error {
	var due []Owner
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		due, err = s.Store.Due(t, t.Now(), 50)
		return err
	})
	// Stripe may be slow: one must not hold up the others.
	var mu sync.Mutex
	var all sync.WaitGroup
	slots := make(chan struct{}, 8)
	for _, o := range due {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if one := s.Run(ctx, o); one != nil {
				mu.Lock()
				defer mu.Unlock()
				err = errors.Join(err, one)
			}
		})
	}
	all.Wait()
	return err
}
