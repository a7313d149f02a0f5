// Package account knows who is who: customers (the organisations that hold
// credits), users (people) and their membership, sessions, one-time links, API
// keys, and what people consented to.
//
// It promises that secrets are stored only as hashes and shown once, that an
// answer never tells whether an e-mail address is known, and that the keys and
// customers that a usage event names are found without a query.
package account

import (
	"context"
	"log/slog"
	"time"
	_ "time/tzdata" // customers choose a time zone, wherever Purse runs

	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/tx"
)

// Deps is what a Service needs.
type Deps struct {
	Runner tx.Runner
	Store  Store
	Jobs   *job.Queue
	Events *event.Log
	Audit  *audit.Log
	Log    *slog.Logger
	Now    func() time.Time // time.Now when nil
	FactorRules
	// AuditFor is how long the words beside the audit log are kept; 0 for ever.
	AuditFor time.Duration
	// Breached says whether a password is known from a breach; nil finds none.
	Breached func(password string) bool
	// OwnWords are what Purse calls itself here: no password is to be made of them.
	OwnWords []string
	// StandingChanged is called in the transaction that suspends a customer or
	// lets it go on. May be nil.
	StandingChanged func(t tx.Tx, by audit.Actor, customer string) error
	// ZoneChanged is called in the transaction that changes a customer's time
	// zone. May be nil.
	ZoneChanged func(t tx.Tx, customer string) error
	// CurrencyFixed is called in the transaction that fixes the currency in which a
	// customer pays. May be nil.
	CurrencyFixed func(t tx.Tx, customer, currency string) error
}

// Service is everything that account does. Make one with New, and run Run
// beside it: it writes what is kept in memory.
type Service struct {
	Deps
	customers customerCache
	keys      keyCache
	seen      seenTimes
	throttle  throttle
	hasher    hasher
	watchers  watchers
	tickets   tickets
}

// New makes a service.
func New(d Deps) *Service {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Deps: d}
	s.hasher.init()
	s.tickets.init()
	if s.Jobs != nil {
		s.Jobs.Handle(ResetJob, s.runReset)
	}
	return s
}

// Run writes last uses, sessions seen and throttles once a minute, and once
// more when ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := s.Flush(ctx); err != nil {
				s.Log.Warn("writing last uses failed, will be tried again", "error", err)
			}
		case <-ctx.Done():
			return s.Flush(context.WithoutCancel(ctx))
		}
	}
}

// Flush writes what is kept in memory now.
func (s *Service) Flush(ctx context.Context) error {
	if err := s.Audit.Flush(ctx, s.Runner); err != nil {
		return err
	}
	keys, sessions, throttles := s.keys.used(), s.seen.take(), s.throttle.take(s.Now())
	if len(keys)+len(sessions)+len(throttles) == 0 {
		return nil
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		for id, at := range keys {
			if err := s.Store.TouchKey(t, id, at); err != nil {
				return err
			}
		}
		for id, at := range sessions {
			if err := s.Store.TouchSession(t, id, at); err != nil {
				return err
			}
		}
		for name, at := range throttles {
			if err := s.Store.PutThrottle(t, name, at); err != nil {
				return err
			}
		}
		return s.Store.DeleteThrottles(t, t.Now())
	})
}

// From is where a person's request came from.
type From struct {
	Address   string // the network address
	UserAgent string
	Device    string // the secret by which the browser is known, "" for none; never stored
}

// Page asks for a part of a list, newest first. At most one of After and Before
// is set, to the id that the part starts after or ends before, exclusively.
type Page struct {
	After, Before string
	Limit         int // 20 when 0
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return 20
	}
	return min(p.Limit, 100)
}
