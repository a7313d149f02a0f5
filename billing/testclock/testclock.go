// Package testclock moves the time of a sandbox forward, so that a month of
// expiries, alerts, retries and schedules is seen in a minute. It promises that
// time never goes back, that what becomes due on the way is done in its order,
// and that an event says when it has been.
package testclock

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/tx"
)

const (
	// Most is how far the clock moves at once.
	Most = 366 * 24 * time.Hour
	// step is how far it jumps before what is due is done: an alert of a week
	// before an expiry comes before that of a day, and both before the expiry.
	step = 24 * time.Hour
	// patience is how long the work of one step may take before the next begins:
	// something that never comes to rest does not stop the clock.
	patience = 30 * time.Second
	poll     = 15 * time.Millisecond
	// fineFor is how much of the end of a move is made in small jumps, where
	// somebody goes with it.
	fineFor = 7 * 24 * time.Hour
)

// Status is what the clock is doing.
type Status string

const (
	Ready     Status = "ready"     // time passes as it does everywhere
	Advancing Status = "advancing" // it is on its way to Target
)

// State is the clock at one moment.
type State struct {
	Status Status
	Now    time.Time
	Moved  time.Duration // by how much it is ahead of the real time
	Target time.Time     // zero when Ready
}

// Deps is what a Clock needs.
type Deps struct {
	Runner tx.Runner
	Events *event.Log
	Audit  *audit.Log
	Jobs   *job.Queue
	Log    *slog.Logger
	// Now is the time that everything goes by, Move moves it forward.
	Now  func() time.Time
	Move func(by time.Duration) error
	// Carry takes along, before a move, what lives in real time all the same.
	Carry func(ctx context.Context, by time.Duration) error
	// Moved is by how much it was moved in all.
	Moved func() time.Duration
	// Settled says whether what is outside has told us all that it had to.
	Settled func() bool
}

// Clock is the clock of one sandbox.
type Clock struct {
	Deps
	mu     sync.Mutex
	target time.Time
	from   time.Time
	ready  []func()
	begin  chan struct{}
	beside func(ctx context.Context) error // nil for nobody
	fine   time.Duration
}

// New makes a clock. Run lets it move.
func New(d Deps) *Clock { return &Clock{Deps: d, begin: make(chan struct{}, 1)} }

// Accompany lets somebody who lives by the clock live through a move: f is called
// after each jump, before what is due by then is waited for, and the jumps of the
// last week are no longer than fine.
func (c *Clock) Accompany(fine time.Duration, f func(ctx context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fine, c.beside = fine, f
}

// State is what it shows.
func (c *Clock) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := State{Status: Ready, Now: c.Now(), Moved: c.Moved()}
	if !c.target.IsZero() {
		s.Status, s.Target = Advancing, c.target
	}
	return s
}

// Advance begins to move the clock to an instant and answers at once. When what
// is due by then has been done, the event test_clock.ready is written and ready,
// which may be nil, is called. One advance runs at a time. A stop of the program
// ends it where it is.
func (c *Clock) Advance(ctx context.Context, by audit.Actor, to time.Time, ready func()) (State, error) {
	now := c.Now()
	switch {
	case !to.After(now):
		return State{}, fault.Bad("to", "The clock moves forward only. It shows %s: give a later time.", now.UTC().Format(time.RFC3339))
	case to.After(now.Add(Most)):
		return State{}, fault.Bad("to", "The clock moves by at most %d days at once: until %s.", int(Most.Hours()/24), now.Add(Most).UTC().Format(time.RFC3339))
	}
	c.mu.Lock()
	if busy := c.target; !busy.IsZero() {
		c.mu.Unlock()
		return State{}, fault.New(fault.Conflict, "test_clock_advancing", "", "The clock is on its way to %s. Wait until it is ready.", busy.UTC().Format(time.RFC3339))
	}
	c.target, c.from, c.ready = to, now, nil
	if ready != nil {
		c.ready = []func(){ready}
	}
	c.mu.Unlock()
	err := c.Runner.Update(ctx, func(t tx.Tx) error {
		return c.Audit.Record(t, audit.Record{Actor: by, Action: "test_clock.advanced", Before: now.UTC(), After: to.UTC()})
	})
	if err != nil {
		c.mu.Lock()
		c.target = time.Time{}
		c.mu.Unlock()
		return State{}, err
	}
	c.begin <- struct{}{}
	return c.State(), nil
}

// Run moves the clock whenever Advance asks for it, until ctx ends.
func (c *Clock) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.begin:
		}
		c.travel(ctx)
	}
}

func (c *Clock) travel(ctx context.Context) {
	c.mu.Lock()
	to, from, ready, beside, fine := c.target, c.from, c.ready, c.beside, c.fine
	c.mu.Unlock()
	for ctx.Err() == nil {
		left := to.Sub(c.Now())
		if left <= 0 {
			break
		}
		by := min(left, step)
		switch {
		case beside == nil:
		case left <= fineFor:
			by = min(by, fine)
		case left < fineFor+step:
			by = left - fineFor
		}
		err := c.Carry(ctx, by)
		if err == nil {
			err = c.Move(by)
		}
		if err != nil {
			c.Log.Error("the test clock stopped on its way", "error", err)
			break
		}
		if beside != nil {
			if err := beside(ctx); err != nil && ctx.Err() == nil {
				c.Log.Warn("who goes with the test clock", "error", err)
			}
		}
		c.rest(ctx)
	}
	err := c.Runner.Update(context.WithoutCancel(ctx), func(t tx.Tx) error {
		return c.Events.Append(t, event.TestClockReady, "", 0, 0, map[string]time.Time{"from": from.UTC(), "now": t.Now().UTC()})
	})
	if err != nil {
		c.Log.Error("nobody is told that the test clock is ready", "error", err)
	}
	c.mu.Lock()
	c.target = time.Time{}
	c.mu.Unlock()
	for _, f := range ready {
		f()
	}
}

// rest waits until what is due has been done: twice in a row, because what ends
// may be about to cause something else.
func (c *Clock) rest(ctx context.Context) {
	calm := 0
	for end := time.Now().Add(patience); ctx.Err() == nil && calm < 2; {
		c.Jobs.Wake()
		sleep(ctx, poll)
		if c.idle(ctx) {
			calm++
		} else {
			calm = 0
		}
		if time.Now().After(end) {
			c.Log.Warn("the test clock goes on though something is still due", "now", c.Now())
			return
		}
	}
}

func (c *Clock) idle(ctx context.Context) bool {
	idle, err := c.Jobs.Idle(ctx)
	if err != nil || !idle || !c.Settled() {
		return false
	}
	waiting := true
	err = c.Runner.View(ctx, func(t tx.Tx) (err error) {
		waiting, err = c.Events.AnyWaiting(t)
		return err
	})
	return err == nil && !waiting
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
