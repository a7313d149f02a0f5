package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	view "purse/views/sandbox"
)

func (s *Server) settingsPage(w http.ResponseWriter, r *http.Request) {
	s.showSettings(w, r, http.StatusOK, "")
}

func (s *Server) showSettings(w http.ResponseWriter, r *http.Request, status int, problem string) {
	var f view.Frame
	var v view.Settings
	s.locked(func() {
		f = s.frame("Clock and faults", "settings", r)
		v = view.Settings{Deliveries: s.deliveryFaultTexts(), API: s.apiFaultTexts(), Tax: s.setting("tax_percent"), Error: problem}
		if v.Bank = s.setting("bank_delay"); v.Bank == "0" {
			v.Bank = ""
		}
		if v.Tax == "" {
			v.Tax = "0"
		}
	})
	s.show(w, r, status, view.SettingsPage(f, v))
}

func (s *Server) deliveryFaultTexts() (out []string) {
	for _, d := range s.faults.Deliveries {
		text := map[string]string{FaultDrop: "Drop", FaultDuplicate: "Duplicate", FaultDelay: "Delay", FaultReorder: "Reorder"}[d.Action]
		if d.Action == FaultDelay {
			text += " by " + d.Delay.String()
		}
		out = append(out, text+" "+next(d.Count, "event")+of(" of type ", d.Type))
	}
	return out
}

func (s *Server) apiFaultTexts() (out []string) {
	for _, a := range s.faults.API {
		text := map[string]string{FaultError: "Answer 500 without doing anything", FaultErrorAfter: "Answer 500 after doing it",
			FaultDropAfter: "Break the connection after doing it", FaultRateLimit: "Answer 429", FaultConflict: "Answer 409"}[a.Action]
		out = append(out, text+": "+next(a.Count, "request")+of(" to ", a.Path))
	}
	return out
}

func next(n int, what string) string {
	switch {
	case n < 0:
		return "all " + what + "s"
	case n == 1:
		return "the next " + what
	}
	return fmt.Sprintf("the next %d %ss", n, what)
}

func of(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

// moveClockOnPage moves the clock; programs may POST by=… here too.
func (s *Server) moveClockOnPage(w http.ResponseWriter, r *http.Request) {
	by, err := time.ParseDuration(r.PostFormValue("by"))
	if err != nil {
		err = errors.New("How far the clock moves is a duration such as 90m or 24h.") //nolint:revive,staticcheck // a sentence for the page
	} else {
		err = s.advance(by, func() {})
	}
	if err != nil {
		s.showSettings(w, r, http.StatusUnprocessableEntity, err.Error())
		return
	}
	if s.opts.Advance != nil {
		http.Redirect(w, r, "/settings?done=clock-moving", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/settings?done=clock", http.StatusSeeOther)
}

func (s *Server) setFaultOnPage(w http.ResponseWriter, r *http.Request) {
	f := s.Faults()
	count, _ := strconv.Atoi(r.PostFormValue("count"))
	switch {
	case r.PostFormValue("clear") != "":
		f = Faults{}
	case r.PostFormValue("api_action") != "":
		f.API = append(f.API, APIFault{Action: r.PostFormValue("api_action"), Path: strings.TrimSpace(r.PostFormValue("path")), Count: count})
	default:
		seconds, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue("delay")))
		if r.PostFormValue("action") == FaultDelay && (err != nil || seconds < 0 || seconds > 24*60*60) {
			s.showSettings(w, r, http.StatusUnprocessableEntity, "A delay is a number of seconds up to a day.")
			return
		}
		d := DeliveryFault{Action: r.PostFormValue("action"), Type: strings.TrimSpace(r.PostFormValue("type")), Count: count}
		if d.Action == FaultDelay {
			d.Delay = time.Duration(seconds) * time.Second
		}
		f.Deliveries = append(f.Deliveries, d)
	}
	if err := s.SetFaults(f); err != nil {
		s.showSettings(w, r, http.StatusUnprocessableEntity, err.Error())
		return
	}
	http.Redirect(w, r, "/settings?done=faults", http.StatusSeeOther)
}

func (s *Server) setTaxOnPage(w http.ResponseWriter, r *http.Request) {
	percent, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue("percent")))
	if err != nil || percent < 0 || percent > 50 {
		s.showSettings(w, r, http.StatusUnprocessableEntity, "The tax is a whole percentage from 0 to 50.")
		return
	}
	s.locked(func() { s.saveSetting("tax_percent", strconv.Itoa(percent)) })
	http.Redirect(w, r, "/settings?done=tax", http.StatusSeeOther)
}
