package api

import "testing"

// Outside a sandbox there is no test clock.
func TestNoTestClock(t *testing.T) {
	w := newWorld(t)
	w.refuse(w.all, "GET", "/v1/test_clock", "", 404, "no_test_clock")
	w.refuse(w.all, "POST", "/v1/test_clock/advance", `{"to":"2030-01-01T00:00:00Z"}`, 404, "no_test_clock")
}
