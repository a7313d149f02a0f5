package main

import (
	"context"
	"sync/atomic"
	"time"

	"purse/billing/audit"
	"purse/billing/testclock"
	"purse/handlers/sandbox"
)

// sandboxTime is the time that everything goes by: the given one, ahead by what
// the sandbox's clock was moved. So Purse and its Stripe live on the same day.
type sandboxTime struct {
	base    func() time.Time
	sandbox atomic.Pointer[sandbox.Server]
}

func (c *sandboxTime) Now() time.Time {
	now := c.base()
	if s := c.sandbox.Load(); s != nil {
		now = now.Add(s.Offset())
	}
	return now
}

// wireClock makes the test clock of a sandbox.
func (a *app) wireClock() {
	if a.sandbox == nil {
		return
	}
	a.clock = testclock.New(testclock.Deps{
		Runner: a.db, Events: a.events, Audit: a.audit, Jobs: a.jobs, Log: a.log, Now: a.now,
		Move: a.sandbox.Advance, Carry: a.accounts.Carry, Moved: a.sandbox.Offset, Settled: a.sandbox.Settled,
	})
}

// advance is the sandbox's request to move the clock, by its page or its API.
func (a *app) advance(by time.Duration, ready func()) error {
	_, err := a.clock.Advance(context.Background(), audit.Actor{ID: "sandbox"}, a.now().Add(by), ready)
	return err
}
