package notify

import (
	"context"
	"time"

	"purse/billing/event"
	"purse/billing/id"
	"purse/billing/tx"
)

const (
	dispatchBatch = 200                    // events fanned out in one transaction
	dispatchRest  = 3                      // it rests three times as long as it works between two full batches: debits come first
	dispatchPoll  = 2 * time.Second        // behind the wake-up
	claimLease    = 10 * time.Minute       // of an endpoint that is worked on
	poolSize      = 512                    // posts at once, over all endpoints
	errorPause    = 500 * time.Millisecond // after the database failed
)

// Run fans events out and posts them until ctx ends, then waits for the posts
// that are under way.
func (s *Endpoints) Run(ctx context.Context) error {
	ctx = tx.Background(ctx)
	defer s.work.all.Wait()
	for ctx.Err() == nil {
		if err := s.Dispatch(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("fanning events out failed, will be tried again", "error", err)
			sleep(ctx, errorPause)
			continue
		}
		next, err := s.claim(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("claiming deliveries failed, will be tried again", "error", err)
			sleep(ctx, errorPause)
			continue
		}
		wait := dispatchPoll
		if !next.IsZero() {
			wait = min(wait, max(next.Sub(s.Now()), time.Millisecond))
		}
		timer := time.NewTimer(wait)
		select {
		case <-s.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// Release gives back what a process that was killed was working on. It is for a
// process that knows that it is the only one on the database.
func (s *Endpoints) Release(ctx context.Context) error {
	return s.Runner.Update(ctx, s.Store.ReleaseAll)
}

// Dispatch gives every committed event its position and a delivery to each
// endpoint that wants it, both in one transaction, and tells the streams.
func (s *Endpoints) Dispatch(ctx context.Context) error {
	for ctx.Err() == nil {
		// Looking is cheap and does not disturb the writer.
		waiting := false
		err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
			waiting, err = s.Events.AnyWaiting(t)
			return err
		})
		if err != nil || !waiting {
			return err
		}
		n, start := 0, time.Now()
		err = s.Runner.Update(ctx, func(t tx.Tx) error {
			placed, err := s.Events.Place(t, dispatchBatch)
			n = len(placed)
			if err != nil {
				return err
			}
			return s.fanOut(t, placed)
		})
		if err != nil {
			return err
		}
		s.feed.changed()
		if n == dispatchBatch {
			sleep(ctx, dispatchRest*time.Since(start))
		}
	}
	return nil
}

// fanOut makes deliveries of events. The vendor's endpoints are read once, a
// customer's once for all its events in the batch.
func (s *Endpoints) fanOut(t tx.Tx, events []event.Event) error {
	vendors, err := s.Store.EnabledEndpoints(t, "")
	if err != nil {
		return err
	}
	customers := map[string][]Endpoint{}
	woken := map[string]bool{}
	for _, ev := range events {
		if ev.Type == event.EndpointTested { // has its delivery already
			continue
		}
		own, known := customers[ev.Customer]
		if !known && ev.Customer != "" {
			if own, err = s.Store.EnabledEndpoints(t, ev.Customer); err != nil {
				return err
			}
			customers[ev.Customer] = own
		}
		for _, list := range [][]Endpoint{vendors, own} {
			for i := range list {
				if !list[i].Wants(ev) {
					continue
				}
				if _, err := s.deliver(t, &list[i], ev); err != nil {
					return err
				}
				woken[list[i].ID] = true
			}
		}
	}
	for endpoint := range woken {
		if err := s.due(t, endpoint, t.Now()); err != nil {
			return err
		}
	}
	return nil
}

// deliver makes a delivery, once for each event and endpoint. The caller wakes
// the endpoint.
func (s *Endpoints) deliver(t tx.Tx, e *Endpoint, ev event.Event) (Delivery, error) {
	d := Delivery{
		ID: id.New("dlv", t.Now()), Endpoint: e.ID, Customer: e.Customer, Event: ev.ID, Type: ev.Type,
		State: DeliveryPending, NextAt: t.Now(), CreatedAt: t.Now(),
	}
	_, err := s.Store.InsertDelivery(t, d)
	return d, err
}

// claim starts work on the endpoints that have something due, and answers when
// the next has.
func (s *Endpoints) claim(ctx context.Context) (next time.Time, err error) {
	due := false
	err = s.Runner.View(ctx, func(t tx.Tx) (err error) {
		next, err = s.Store.NextDue(t)
		due = !next.IsZero() && !next.After(t.Now())
		return err
	})
	if err != nil || !due {
		return next, err
	}
	var claimed []Endpoint
	err = s.Runner.Update(ctx, func(t tx.Tx) (err error) {
		claimed, err = s.Store.Claim(t, t.Now().Add(claimLease), 100)
		return err
	})
	for _, e := range claimed {
		s.work.start(e.ID, func(kicked <-chan struct{}) { s.drain(ctx, e, kicked) })
	}
	if len(claimed) > 0 { // there may be more
		return s.Now(), err
	}
	return next, err
}

// Forget deletes what is older than events are kept, a part at a time.
func (s *Endpoints) Forget(ctx context.Context) error {
	const part = 1000
	for _, one := range []func(tx.Tx) (int64, error){
		func(t tx.Tx) (int64, error) {
			return s.Store.DeleteAttemptsBefore(t, id.Floor("att", t.Now().Add(-event.Kept)), part)
		},
		func(t tx.Tx) (int64, error) {
			return s.Store.DeleteDeliveriesBefore(t, id.Floor("dlv", t.Now().Add(-event.Kept)), part)
		},
		func(t tx.Tx) (int64, error) { return s.Events.Forget(t, part) },
	} {
		for {
			var n int64
			err := s.Runner.Update(ctx, func(t tx.Tx) (err error) { n, err = one(t); return err })
			if err != nil {
				return err
			}
			if n < part {
				break
			}
			sleep(ctx, 10*time.Millisecond)
		}
	}
	return nil
}
