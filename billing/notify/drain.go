package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"purse/billing/event"
	"purse/billing/id"
	"purse/billing/tx"
)

const (
	mostAtOnce   = 32                    // posts to one endpoint while all is well
	settleGap    = 50 * time.Millisecond // in a storm half as many transactions as with less of both
	slackGap     = time.Second           // between two messages to one Slack address
	postTimeout  = 20 * time.Second      // above what the poster allows itself
	stopGrace    = 3 * time.Second       // for a post that is under way when the program is to end
	goneStatus   = 410
	mostDeferral = 24 * time.Hour // that an endpoint may ask for
)

// schedule is how long after the last try the next one follows; the first is at
// once.
var schedule = []time.Duration{
	0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// Schedule is how long after each try the next one follows.
func Schedule() []time.Duration { return slices.Clone(schedule[1:]) }

// Tries is how often a delivery is tried before it is given up.
func Tries() int { return len(schedule) }

// drains are the endpoints that are worked on in this process.
type drains struct {
	mu      sync.Mutex
	running map[string]chan struct{}
	all     sync.WaitGroup
}

func (d *drains) start(endpointID string, f func(<-chan struct{})) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running[endpointID] != nil {
		return
	}
	kicked := make(chan struct{}, 1)
	d.running[endpointID] = kicked
	d.all.Go(func() { f(kicked) })
}

// done ends the work on an endpoint. It comes before the endpoint is given back:
// whoever claims it then starts anew.
func (d *drains) done(endpointID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.running, endpointID)
}

// kick tells whoever works on an endpoint that there is more.
func (d *drains) kick(endpointID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case d.running[endpointID] <- struct{}{}: // nil when nobody does
	default:
	}
}

// posted is what became of one post.
type posted struct {
	delivery Delivery
	attempt  Attempt
	wait     time.Duration // that the endpoint asked for
	gone     bool          // what was to be told does not exist any more
	stopped  bool          // the program ended first: it is tried again
}

// drain posts what is due to one endpoint until nothing is. Posts overlap, more
// while they arrive, one at a time while they fail; each holds one of the slots
// that all endpoints share only while it is under way.
func (s *Endpoints) drain(ctx context.Context, e Endpoint, kicked <-chan struct{}) {
	inFlight := map[string]bool{}
	results := make(chan posted, mostAtOnce)
	allowed := 2
	if !e.FailingSince.IsZero() || e.Kind == Slack {
		allowed = 1
	}
	var lastPost, lastSettled time.Time
	for {
		var due []Delivery
		var bodies map[string]event.Event
		fresh := e
		err := s.Runner.View(context.WithoutCancel(ctx), func(t tx.Tx) (err error) {
			due, bodies = nil, map[string]event.Event{}
			if ctx.Err() != nil {
				return nil
			}
			if fresh, err = s.Store.Endpoint(t, e.ID); err != nil {
				return err
			}
			found, err := s.Store.Due(t, e.ID, allowed+len(inFlight))
			for _, d := range found {
				if inFlight[d.ID] || len(due)+len(inFlight) >= allowed {
					continue
				}
				ev, err := s.Events.Get(t, d.Event, "")
				if err != nil {
					ev = event.Event{ID: d.Event}
				}
				due, bodies[d.ID] = append(due, d), ev
			}
			return err
		})
		if err != nil {
			if !errors.Is(err, tx.ErrNotFound) {
				s.Log.Error("reading deliveries failed", "endpoint", e.ID, "error", err)
			}
			due = nil // deleted, or tried again later
		}
		if fresh.State != Enabled {
			due = nil
		}
		e.URL, e.Secret, e.OldSecret, e.OldUntil, e.State = fresh.URL, fresh.Secret, fresh.OldSecret, fresh.OldUntil, fresh.State
		for _, d := range due {
			if e.Kind == Slack {
				sleep(ctx, slackGap-time.Since(lastPost))
				lastPost = time.Now()
			}
			inFlight[d.ID] = true
			endpoint := e
			go func() {
				s.slots <- struct{}{}
				defer func() { <-s.slots }()
				results <- s.post(ctx, endpoint, d, bodies[d.ID])
			}()
		}
		if len(inFlight) == 0 {
			break
		}
		select {
		case first := <-results:
			batch := []posted{first}
			// In a storm results are written together: the writer is the ledger's.
			sleep(ctx, settleGap-time.Since(lastSettled))
			for more := true; more; {
				select {
				case p := <-results:
					batch = append(batch, p)
				default:
					more = false
				}
			}
			for _, p := range batch {
				delete(inFlight, p.delivery.ID)
				switch {
				case p.stopped:
				case p.delivery.State != DeliverySucceeded || e.Kind == Slack:
					allowed = 1
				case allowed < mostAtOnce:
					allowed++
				}
			}
			s.settle(ctx, &e, batch)
			lastSettled = time.Now()
		case <-kicked:
		}
	}
	s.work.done(e.ID)
	err := s.Runner.Update(context.WithoutCancel(ctx), func(t tx.Tx) error { return s.Store.Release(t, e.ID) })
	s.wakeUp()
	if err != nil {
		s.Log.Error("giving back an endpoint failed: its lease has to run out", "endpoint", e.ID, "error", err)
	}
}

// post makes one attempt.
func (s *Endpoints) post(ctx context.Context, e Endpoint, d Delivery, ev event.Event) posted {
	start := s.Now()
	out := posted{delivery: d, attempt: Attempt{
		ID: id.New("att", start), Delivery: d.ID, Endpoint: e.ID, URL: e.URL, At: start,
	}}
	began := time.Now()
	fail := func(why string) posted {
		out.attempt.Error, out.attempt.Took = why, time.Since(began)
		return out
	}
	if ev.Type == "" {
		out.gone = true
		return fail("The event is older than events are kept.")
	}
	p, err := s.compose(e, ev, start)
	if err != nil {
		return fail(err.Error())
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), postTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })()
	answer, err := s.Poster.Post(limited, p)
	if err != nil && ctx.Err() != nil {
		out.stopped = true
		return out
	}
	out.attempt.Took = time.Since(began)
	out.attempt.Headers = answer.Headers
	if err != nil {
		return fail(s.unsecret(e, p, err.Error()))
	}
	out.attempt.Status, out.attempt.Answer, out.wait = answer.Status, strings.ToValidUTF8(strings.ReplaceAll(answer.Body, "\x00", ""), "\uFFFD"), answer.RetryAfter
	switch {
	case answer.Status >= 200 && answer.Status < 300:
		out.delivery.State = DeliverySucceeded
	case answer.Status >= 300 && answer.Status < 400:
		out.attempt.Error = fmt.Sprintf("It answered %d: redirects are not followed. Give the final address.", answer.Status)
	case answer.Status == goneStatus:
		out.attempt.Error = "It answered 410: this endpoint wants nothing any more."
	default:
		out.attempt.Error = fmt.Sprintf("It answered %d.", answer.Status)
	}
	return out
}

// compose is the request for an event.
func (s *Endpoints) compose(e Endpoint, ev event.Event, now time.Time) (Post, error) {
	if s.Keeper == nil {
		return Post{}, errors.New("the secret cannot be opened: PURSE_SECRET_KEY is not set")
	}
	secret, err := s.Keeper.Open(e.ID, e.Secret)
	if err != nil {
		return Post{}, fmt.Errorf("the secret cannot be opened: %w", err)
	}
	if e.Kind == Slack {
		return Post{URL: secret, ID: ev.ID, At: now, Body: s.slackMessage(ev, e.Customer != "")}, nil
	}
	p := Post{URL: e.URL, ID: ev.ID, At: now, Secrets: []string{secret}, Body: event.Body(ev)}
	if e.Rotating(now) {
		if old, err := s.Keeper.Open(e.ID, e.OldSecret); err == nil {
			p.Secrets = append(p.Secrets, old)
		}
	}
	return p, nil
}

// Body is what an endpoint is sent of an event.
func (s *Endpoints) Body(e Endpoint, ev event.Event) []byte {
	if e.Kind == Slack {
		return s.slackMessage(ev, e.Customer != "")
	}
	return event.Body(ev)
}

// unsecret takes the secret address of a Slack endpoint out of an error.
func (s *Endpoints) unsecret(e Endpoint, p Post, text string) string {
	if e.Kind == Slack {
		return strings.ReplaceAll(text, p.URL, e.URL)
	}
	return text
}

// settle writes what became of posts, and keeps the lease.
func (s *Endpoints) settle(ctx context.Context, e *Endpoint, batch []posted) {
	err := s.Runner.Update(context.WithoutCancel(ctx), func(t tx.Tx) error {
		now, err := s.Store.Endpoint(t, e.ID)
		if errors.Is(err, tx.ErrNotFound) {
			return nil // it was deleted meanwhile
		}
		if err != nil {
			return err
		}
		for _, p := range batch {
			if p.stopped {
				continue
			}
			if err := s.settleOne(t, &now, p); err != nil {
				return err
			}
		}
		*e = now
		return s.Store.SetHealth(t, now, t.Now().Add(claimLease))
	})
	if err != nil {
		s.Log.Error("writing deliveries failed: they are made again", "endpoint", e.ID, "error", err)
		sleep(ctx, errorPause)
		return
	}
	for _, p := range batch {
		if p.stopped {
			continue
		}
		outcome := "failed"
		if p.delivery.State == DeliverySucceeded {
			outcome = "succeeded"
		}
		s.Wrote(outcome, p.attempt.Took)
	}
}

func (s *Endpoints) settleOne(t tx.Tx, e *Endpoint, p posted) error {
	if err := s.Store.InsertAttempt(t, p.attempt); err != nil {
		return err
	}
	d := p.delivery
	d.Attempts++
	d.Step++
	d.Status, d.Error = p.attempt.Status, p.attempt.Error
	e.LastAt, e.LastStatus = p.attempt.At, p.attempt.Status
	switch {
	case d.State == DeliverySucceeded:
		d.NextAt, d.FinishedAt = time.Time{}, t.Now()
		e.FailingSince, e.ExhaustedAt, e.WarnedAt = time.Time{}, time.Time{}, time.Time{}
	case p.gone:
		d.State, d.NextAt, d.FinishedAt = DeliveryFailed, time.Time{}, t.Now()
	case d.Status == goneStatus:
		d.State, d.NextAt, d.FinishedAt = DeliveryFailed, time.Time{}, t.Now()
	default:
		if e.FailingSince.IsZero() {
			e.FailingSince = t.Now()
		}
		d.State, d.NextAt = DeliveryPending, nextTry(t.Now(), d.Step, p.wait)
		if d.Step >= len(schedule) {
			d.State, d.NextAt, d.FinishedAt = DeliveryFailed, time.Time{}, t.Now()
			if e.ExhaustedAt.IsZero() {
				e.ExhaustedAt = t.Now()
			}
		}
		if e.State != Enabled && d.State == DeliveryPending {
			d.State, d.NextAt, d.FinishedAt = DeliveryFailed, time.Time{}, t.Now()
		}
	}
	if err := s.Store.SetDelivery(t, d); err != nil {
		return err
	}
	if d.Status == goneStatus && e.State == Enabled {
		if err := s.disable(t, e, BecauseGone); err != nil {
			return err
		}
		if err := s.Store.UpdateEndpoint(t, *e); err != nil {
			return err
		}
		return s.tellOwner(t, *e, MailEndpointDisabled)
	}
	return nil
}

// nextTry is when the try after so many follows: at most a tenth later than the
// schedule says, so that what failed together does not come back together, or
// as late as the endpoint asked for.
func nextTry(now time.Time, step int, asked time.Duration) time.Time {
	if step >= len(schedule) {
		return time.Time{}
	}
	wait := schedule[step]
	wait += rand.N(wait/10 + 1)
	return now.Add(max(wait, min(asked, mostDeferral)))
}
