package api

import (
	"context"
	"net/http"
	"time"

	"purse/billing/fault"
	"purse/billing/testclock"
)

var errNoTestClock = fault.New(fault.NotFound, "no_test_clock", "", "There is a test clock in a sandbox only.")

type testClockObject struct {
	Object    string     `json:"object" enum:"test_clock"`
	Status    string     `json:"status" enum:"ready,advancing"`
	Now       time.Time  `json:"now" doc:"The time by which everything goes here"`
	Target    *time.Time `json:"target" doc:"Where it is on its way to; null when it is ready"`
	MovedSecs int64      `json:"moved_seconds" doc:"By how much it is ahead of the real time"`
}

func showTestClock(s testclock.State) testClockObject {
	return testClockObject{
		Object: "test_clock", Status: string(s.Status), Now: stamp(s.Now), Target: stampOrNull(s.Target), MovedSecs: int64(s.Moved.Round(time.Second) / time.Second),
	}
}

func getTestClock(a *API, _ context.Context, _ *struct{}) (*reply[testClockObject], error) {
	if a.Clock == nil {
		return nil, errNoTestClock
	}
	return ok(showTestClock(a.Clock.State()))
}

type advanceIn struct{ Body body[advanceBody] }

type advanceBody struct {
	To time.Time `json:"to" doc:"An instant after now, at most 366 days away"`
}

// advanceTestClock answers before the clock has moved: the event
// test_clock.ready, or the status, says when all that was due has been done.
func advanceTestClock(a *API, ctx context.Context, in *advanceIn) (*reply[testClockObject], error) {
	if a.Clock == nil {
		return nil, errNoTestClock
	}
	s, err := a.Clock.Advance(ctx, actor(ctx), in.Body.V.To, nil)
	if err != nil {
		return nil, err
	}
	return &reply[testClockObject]{Status: http.StatusAccepted, Body: showTestClock(s)}, nil
}
