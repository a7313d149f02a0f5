package admin

import (
	"net/http"
	"strconv"
	"time"

	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/views/admin"
	"purse/views/ui"
)

// TestClock shows the clock of a sandbox, and moves it.
func (a *Admin) TestClock(w http.ResponseWriter, r *http.Request) error {
	return a.testClockPage(w, r, &kit.Form{})
}

func (a *Admin) testClockPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	if a.Clock == nil {
		return fault.Missing("page")
	}
	s := a.Clock.State()
	page := admin.TestClock{Form: form.Form, Now: s.Now, Target: s.Target, Moved: s.Moved.Round(time.Minute), MayChange: mayChange(r)}
	f := a.frame(r, "Test clock", "/admin/test-clock")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.TestClockPage(f, page))
}

// TestClockSend moves the clock by some days, or to an instant.
func (a *Admin) TestClockSend(w http.ResponseWriter, r *http.Request) error {
	if a.Clock == nil {
		return fault.Missing("page")
	}
	form, err := kit.ReadForm(w, r, map[string]string{"to": "Move it to"})
	if err != nil {
		return err
	}
	to, err := moveTo(a.Clock.State().Now, form)
	if err == nil {
		_, err = a.Clock.Advance(r.Context(), kit.Actor(r), to, nil)
	}
	if err != nil {
		if err := form.Take(err); err != nil {
			return err
		}
		return a.testClockPage(w, r, form)
	}
	if err := a.Kit.Say(w, r, ui.Good, "The clock is on its way to "+ui.TimeZoned(to, time.UTC)+"."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/test-clock")
}

// moveTo is where a button or the field wants the clock.
func moveTo(now time.Time, form *kit.Form) (time.Time, error) {
	if by := form.Text("by"); by != "" {
		hours, err := strconv.Atoi(by)
		if err != nil || hours < 1 || hours > 366*24 {
			return time.Time{}, fault.Bad("to", "Give a time.")
		}
		return now.Add(time.Duration(hours) * time.Hour), nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if to, err := time.ParseInLocation(layout, form.Text("to"), time.UTC); err == nil {
			return to, nil
		}
	}
	return time.Time{}, fault.Bad("to", "Give a date and a time in UTC, such as 2030-01-31 12:00.")
}
