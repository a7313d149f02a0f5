package sandbox

import (
	"slices"
	"time"
)

// Test clocks. At Stripe each freezes the time of the customers that are made
// under it. The sandbox has one clock for everything, which is never frozen: a
// test clock here is a handle to it. Advancing one moves that clock, with the
// states and events that Stripe has; frozen_time is where it was moved to last,
// and time goes on from there. Customers cannot be attached to one.

// clockSpan is how far a clock without subscriptions may be advanced at once.
const clockSpan = 2 * 366 * 24 * time.Hour

func createTestClock(c *call) (obj, *apiError) {
	at := c.p.num("frozen_time")
	if now := c.s.unix(); at < now-60 || at > now+60 {
		return nil, bad("", "frozen_time", "The sandbox has one clock, which shows %d: make the test clock with that frozen_time, and advance it.", now)
	}
	o := c.fresh("test_helpers.test_clock")
	copyFields(o, c.p, "name")
	o["frozen_time"], o["status"] = at, "ready"
	o["deletes_after"] = o.num("created") + 30*24*60*60
	c.s.store.put("test_helpers.test_clock", o)
	c.emit("test_helpers.test_clock.created", o)
	return o, nil
}

func getTestClock(c *call) (obj, *apiError) {
	return c.find("test_helpers.test_clock", "test clock", "test_clock")
}

func listTestClocks(c *call) (obj, *apiError) { return c.page("test_helpers.test_clock", nil) }

// advanceTestClock answers at once with status advancing. The clock moves after
// that, and an event says when it is ready.
func advanceTestClock(c *call) (obj, *apiError) {
	o, err := getTestClock(c)
	if err != nil {
		return nil, err
	}
	to := c.p.num("frozen_time")
	by := time.Unix(to, 0).Sub(c.s.now())
	switch {
	case slices.ContainsFunc(c.s.store.all("test_helpers.test_clock"), func(r *record) bool { return r.body.str("status") == "advancing" }):
		return nil, bad("", "", "The test clock is advancing already. Wait until it is ready.")
	case to <= o.num("frozen_time") || by <= 0:
		return nil, bad("", "frozen_time", "A test clock moves forward only: frozen_time must be after %d.", max(o.num("frozen_time"), c.s.unix()))
	case by > clockSpan:
		return nil, bad("", "frozen_time", "A test clock advances by at most two years at once.")
	}
	o["frozen_time"], o["status"] = to, "advancing"
	c.s.store.put("test_helpers.test_clock", o)
	c.emit("test_helpers.test_clock.advancing", o)
	s, id := c.s, o.id()
	c.then = func() {
		s.done.Go(func() { // it needs the lock that this call holds
			if err := s.advance(by, func() { s.advanced(id, "ready") }); err != nil {
				s.log.Error("sandbox: the test clock did not advance", "error", err)
				s.advanced(id, "internal_failure")
			}
		})
	}
	return o, nil
}

func (s *Server) advanced(id, status string) {
	s.locked(func() {
		if o := s.store.get("test_helpers.test_clock", id); o != nil {
			o["status"] = status
			s.store.put("test_helpers.test_clock", o)
			s.emit("test_helpers.test_clock."+status, o, nil)
		}
	})
}

// endAdvances ends what a stop of the program interrupted: the clock stays where
// it had got to.
func (s *Server) endAdvances() {
	for _, r := range s.store.all("test_helpers.test_clock") {
		if o := r.body; o.str("status") == "advancing" {
			o["status"], o["frozen_time"] = "ready", min(o.num("frozen_time"), s.unix())
			s.store.put("test_helpers.test_clock", o)
		}
	}
}

func deleteTestClock(c *call) (obj, *apiError) {
	o, err := getTestClock(c)
	if err != nil {
		return nil, err
	}
	c.s.store.remove("test_helpers.test_clock", o.id())
	c.emit("test_helpers.test_clock.deleted", o)
	return obj{"id": o.id(), "object": "test_helpers.test_clock", "deleted": true}, nil
}
