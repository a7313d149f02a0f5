package sandbox_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// A clock moves forward only, asynchronously, and says when it is ready.
func TestTestClocks(t *testing.T) {
	r := local(t)
	now := r.clock.now()
	_, err := r.api.TestHelpersTestClocks.New(&stripe.TestHelpersTestClockParams{FrozenTime: stripe.Int64(now.AddDate(1, 0, 0).Unix())})
	refused(t, err, 400, "", "frozen_time")
	c, err := r.api.TestHelpersTestClocks.New(&stripe.TestHelpersTestClockParams{FrozenTime: stripe.Int64(now.Unix()), Name: stripe.String("a month")})
	if must(t, c, err); c.Status != "ready" || c.FrozenTime != now.Unix() || c.DeletesAfter <= c.Created {
		t.Fatalf("%+v", c)
	}
	s := r.session("")
	to := now.AddDate(0, 1, 0).Unix()
	advance := func(at int64) (*stripe.TestHelpersTestClock, error) {
		return r.api.TestHelpersTestClocks.Advance(c.ID, &stripe.TestHelpersTestClockAdvanceParams{FrozenTime: stripe.Int64(at)})
	}
	moving, err := advance(to)
	if must(t, moving, err); moving.Status != "advancing" || moving.FrozenTime != to {
		t.Errorf("%+v", moving)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		c, err = r.api.TestHelpersTestClocks.Get(c.ID, nil)
		if must(t, c, err); c.Status == "ready" || time.Now().After(end) {
			break
		}
	}
	if c.Status != "ready" || len(r.events("test_helpers.test_clock.ready")) != 1 || len(r.events("test_helpers.test_clock.advancing")) != 1 {
		t.Errorf("%s", c.Status)
	}
	if got := r.look(s.ID); got.Status != "expired" {
		t.Errorf("a session of last month is %s", got.Status)
	}
	for _, at := range []int64{now.Unix(), to, to + 3*366*24*3600} {
		_, err = advance(at)
		refused(t, err, 400, "", "frozen_time")
	}
	gone, err := r.api.TestHelpersTestClocks.Del(c.ID, nil)
	if must(t, gone, err); !gone.Deleted {
		t.Errorf("%+v", gone)
	}
	_, err = advance(to + 3600)
	refused(t, err, 404, "resource_missing", "test_clock")
}

// The page says why it does not move the clock.
func TestClockOnPage(t *testing.T) {
	r := local(t)
	for _, by := range []string{"-1h", "0s", "soon", "", "90000h"} {
		if status, text, _ := r.browse("POST", "/sandbox/clock", url.Values{"by": {by}}); status != 422 || !strings.Contains(text, `role="alert"`) {
			t.Errorf("%q: %d", by, status)
		}
	}
	if status, _, to := r.browse("POST", "/sandbox/clock", url.Values{"by": {"24h"}}); status != 303 || to != "/settings?done=clock" {
		t.Errorf("%d to %s", status, to)
	}
}
