package purchase

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// InboxState is what became of an event of Stripe's.
type InboxState string

const (
	Received InboxState = "received" // stored, not processed yet
	Done     InboxState = "done"     // its effect is committed with this state
	NotOurs  InboxState = "not_ours" // about an object of another product
	Ignored  InboxState = "ignored"  // of a type that changes nothing here
	Alarm    InboxState = "alarm"    // ours, and a person must look: Error says why
	Retrying InboxState = "retrying" // processing failed, and is tried again
)

// InboxEvent is an event of Stripe's, as far as it is kept: never its payload,
// the object is fetched instead.
type InboxEvent struct {
	ID, Type, ObjectID      string
	Livemode                bool
	State                   InboxState
	Attempts                int
	Error                   string
	Purchase                string // that it was about
	CreatedAt               time.Time
	ReceivedAt, ProcessedAt time.Time

	concluded bool // what became of it is committed with its effect
}

// Receive stores an event whose signature was verified, once, with the job that
// processes it. It answers whether it was new.
func (s *Service) Receive(ctx context.Context, e InboxEvent) (isNew bool, err error) {
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
func (s *Service) Replay(ctx context.Context, by audit.Actor, eventID string) (e *InboxEvent, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if e, err = s.Store.Event(t, eventID); errors.Is(err, tx.ErrNotFound) {
			return fault.Missing("event")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	// What the processing says is written to the event, where the admin sees it.
	if err := s.process(ctx, eventID); err != nil {
		s.Log.Warn("replaying an event failed", "event", eventID, "error", err)
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if e, err = s.Store.Event(t, eventID); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Action: "stripe_event.replayed", Object: e.ID, After: e.State})
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

// process does what an event asks for: it fetches the object from Stripe and
// writes what that means, together with the event's own row.
func (s *Service) process(ctx context.Context, eventID string) error {
	var e *InboxEvent
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		e, err = s.Store.Event(t, eventID)
		return err
	})
	if err != nil {
		return err
	}
	if err = s.act(ctx, e); err != nil {
		if note := s.conclude(ctx, eventID, Retrying, err.Error()); note != nil {
			return errors.Join(err, note)
		}
	}
	return err
}

// act does what an event asks for.
func (s *Service) act(ctx context.Context, e *InboxEvent) error {
	if aboutMoneyBack(e) {
		return s.processMoney(ctx, e)
	}
	handled, notOursWhy := false, ""
	for _, h := range s.handlersOf(e.Type) {
		state, why, err := h(ctx, e)
		if err != nil {
			return err
		}
		if e.concluded {
			return nil
		}
		if state != NotOurs {
			return s.conclude(ctx, e.ID, state, why)
		}
		handled, notOursWhy = true, why
	}
	session, state, why, err := s.sessionOf(ctx, e)
	switch {
	case err == nil && handled && state == Ignored:
		return s.conclude(ctx, e.ID, NotOurs, notOursWhy)
	case err != nil:
		return err
	case session != "":
		return s.processSession(ctx, e, session)
	}
	return s.conclude(ctx, e.ID, state, why)
}

// sessionOf finds the Checkout that an event is about, or why there is none.
func (s *Service) sessionOf(ctx context.Context, e *InboxEvent) (session string, state InboxState, why string, err error) {
	switch {
	case strings.HasPrefix(e.Type, "checkout.session."):
		return e.ObjectID, "", "", nil
	case strings.HasPrefix(e.Type, "payment_intent."):
		pi, err := s.Gateway.PaymentIntent(ctx, e.ObjectID)
		switch {
		case errors.Is(err, outcome.ErrGone):
			return "", NotOurs, "Stripe does not know the payment", nil
		case err != nil:
			return "", "", "", err
		case pi.Installation != s.Installation || pi.Purchase == "":
			if _, ours, err := s.paidElsewhere(ctx, pi.ID); err != nil || ours {
				return "", Done, "", err // its invoice tells of it
			}
			return "", NotOurs, "", nil
		}
		p, err := s.Purchase(ctx, pi.Purchase)
		switch {
		case fault.Is(err, fault.NotFound):
			return "", Alarm, unknown, nil
		case err != nil:
			return "", "", "", err
		case p.CheckoutSession == "":
			// Its Checkout is being opened at this moment.
			return "", "", "", fmt.Errorf("the Checkout of %s is not known yet", p.ID)
		}
		return p.CheckoutSession, "", "", nil
	case isInvoice(e.ObjectID) && e.Type != "invoice.deleted":
		return s.orphanInvoice(ctx, e)
	}
	return "", Ignored, "", nil
}

// processSession looks at a Checkout and writes what it means together with the
// event's row.
func (s *Service) processSession(ctx context.Context, e *InboxEvent, session string) error {
	c, err := s.Gateway.Checkout(ctx, session)
	if errors.Is(err, outcome.ErrGone) {
		e.concluded = true
		return s.conclude(ctx, e.ID, NotOurs, "Stripe does not know the Checkout")
	}
	if err != nil {
		return err
	}
	_, _, err = s.fulfil(ctx, &c, func(t tx.Tx, p *Purchase, why string) error {
		state := Alarm
		switch {
		case p != nil && p.Problem != "" && p.State != Failed && p.State != Expired:
			why = p.Problem
		case p != nil, why == noSale:
			state, why = Done, ""
		case why == notOurs:
			state, why = NotOurs, ""
		}
		if p != nil {
			e.Purchase = p.ID
		}
		return s.ConcludeIn(t, e, state, why)
	})
	return err
}

// ConcludeIn writes what became of an event in the transaction of its effect.
// What its handler answers then changes nothing any more.
func (s *Service) ConcludeIn(t tx.Tx, e *InboxEvent, state InboxState, why string) error {
	now, err := s.Store.Event(t, e.ID)
	if err != nil {
		return err
	}
	now.State, now.Error, now.Purchase = state, why, e.Purchase
	t.OnCommit(func() { e.concluded = true })
	return s.finish(t, now)
}

func (s *Service) conclude(ctx context.Context, eventID string, state InboxState, why string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		e, err := s.Store.Event(t, eventID)
		if err != nil {
			return err
		}
		e.State, e.Error = state, why
		return s.finish(t, e)
	})
}

func (s *Service) finish(t tx.Tx, e *InboxEvent) error {
	if e.State == "" { // nobody knows its object: it names none, say
		e.State, e.Error = Ignored, "Nothing here is about its object"
	}
	e.Attempts++
	e.ProcessedAt = t.Now()
	return s.Store.UpdateEvent(t, e)
}
