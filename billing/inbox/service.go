package inbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/tx"
)

// Store keeps events. Rows that are not there are tx.ErrNotFound.
type Store interface {
	// InsertEvent answers false when the inbox holds the event already.
	InsertEvent(t tx.Tx, e *Event) (bool, error)
	UpdateEvent(t tx.Tx, e *Event) error
	Event(t tx.Tx, id string) (*Event, error)
	// Events answers events received before an event ("" for the newest),
	// newest first, in one state or in all for "".
	Events(t tx.Tx, state State, before string, limit int) ([]*Event, error)
	// ReconciledUntil is until when Stripe's events were read, zero for never.
	ReconciledUntil(t tx.Tx) (time.Time, error)
	SetReconciledUntil(t tx.Tx, until time.Time) error
	// Lag answers how many events wait and when the oldest was received.
	Lag(t tx.Tx) (waiting int64, oldest time.Time, err error)
}

// Gateway is Stripe's own list of events.
type Gateway interface {
	// EventsSince calls f for each event of the kinds that Purse listens to.
	EventsSince(ctx context.Context, since time.Time, f func(Event) error) error
}

// Deps is what a Service needs.
type Deps struct {
	Runner  tx.Runner
	Store   Store
	Gateway Gateway
	Jobs    *job.Queue
	Audit   *audit.Log
	Log     *slog.Logger
	// Livemode is what the Stripe key is for.
	Livemode bool
}

// Service takes events in and gives them to their owners.
type Service struct {
	Deps
	// Owners is set once, before jobs run.
	Owners Owners
}

const jobEvent = "stripe.event"

// New makes a Service and registers its jobs.
func New(d Deps) *Service {
	s := &Service{Deps: d}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	d.Jobs.Handle(jobEvent, s.processJob)
	d.Jobs.Every(jobReconcile, reconcileEvery, s.reconcileJob)
	return s
}

// Receive stores an event whose signature was verified, once, with the job that
// processes it. It answers whether it was new.
func (s *Service) Receive(ctx context.Context, e Event) (isNew bool, err error) {
	if e.Livemode != s.Livemode {
		return false, fault.New(fault.Invalid, "livemode", "", "The event's livemode is not that of this installation.")
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		e.State, e.ReceivedAt = Received, t.Now()
		if isNew, err = s.Store.InsertEvent(t, &e); err != nil || !isNew {
			return err
		}
		return s.Jobs.Add(t, job.Spec{Kind: jobEvent, Dedup: e.ID, Payload: e.ID, MaxAttempts: 20})
	})
	return isNew, err
}

// Replay processes an event again.
func (s *Service) Replay(ctx context.Context, by audit.Actor, id string) (*Event, error) {
	e, err := s.Event(ctx, id)
	if err != nil {
		return nil, err
	}
	// What the processing says is written to the event, where the admin sees it.
	if err := s.process(ctx, id); err != nil {
		s.Log.Warn("replaying an event failed", "event", id, "error", err)
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if e, err = s.Store.Event(t, id); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Action: "stripe_event.replayed", Object: e.ID, After: e.State})
	})
	return e, err
}

// Event answers an event; fault.NotFound where there is none.
func (s *Service) Event(ctx context.Context, id string) (e *Event, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		if e, err = s.Store.Event(t, id); errors.Is(err, tx.ErrNotFound) {
			return fault.Missing("event")
		}
		return err
	})
	return e, err
}

func (s *Service) processJob(ctx context.Context, j job.Job) error {
	var id string
	if err := j.Decode(&id); err != nil {
		return job.Permanent(err)
	}
	return s.process(tx.Background(ctx), id)
}

// process gives an event to its owner, and writes what became of it where the owner
// has not done so together with its effect.
func (s *Service) process(ctx context.Context, id string) error {
	e, err := s.Event(ctx, id)
	if err != nil {
		return err
	}
	e.of = s
	v, err := s.Owners.of(e.Type)(ctx, e)
	switch {
	case err != nil:
		return errors.Join(err, s.conclude(ctx, id, Verdict{State: Retrying, Why: err.Error()}))
	case e.concluded:
		return nil
	}
	return s.conclude(ctx, id, v)
}

func (s *Service) conclude(ctx context.Context, id string, v Verdict) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		e, err := s.Store.Event(t, id)
		if err != nil {
			return err
		}
		e.Verdict = v
		return s.finish(t, e)
	})
}

func (s *Service) finish(t tx.Tx, e *Event) error {
	e.Attempts++
	e.ProcessedAt = t.Now()
	return s.Store.UpdateEvent(t, e)
}

// Events answers events, newest first: in one state or in all for "", received before
// an event ("" for the newest).
func (s *Service) Events(t tx.Tx, state State, before string, limit int) ([]*Event, error) {
	return s.Store.Events(t, state, before, limit)
}

// Lag answers how many events wait to be processed and for how long the oldest has.
func (s *Service) Lag(ctx context.Context) (waiting int64, lag time.Duration, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		n, oldest, err := s.Store.Lag(t)
		waiting = n
		if n > 0 {
			lag = t.Now().Sub(oldest)
		}
		return err
	})
	return waiting, lag, err
}
