package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
		v = view.Settings{Deliveries: s.deliveryFaultTexts(), API: s.apiFaultTexts(), Charges: s.chargeFaultTexts(), Tax: s.setting("tax_percent"), Adaptive: s.setting("adaptive_pricing"), Error: problem}
		if v.Bank = s.setting("bank_delay"); v.Bank == "0" {
			v.Bank = ""
		}
		if v.Tax == "" {
			v.Tax = "0"
		}
	})
	if problem != "" {
		f.Title = "Error: " + f.Title
		v.Typed = map[string]string{}
		for name := range r.PostForm {
			v.Typed[name] = r.PostFormValue(name)
		}
		for _, form := range []string{"api_action", "charge_code", "percent", "action"} {
			if _, ok := v.Typed[form]; ok {
				v.Form = form
				break
			}
		}
	}
	s.show(w, r, status, view.SettingsPage(f, v))
}

// faultTexts says what is set to go wrong.
func (s *Server) faultTexts() []string {
	var out []string
	for _, list := range [][]view.Fault{s.deliveryFaultTexts(), s.apiFaultTexts(), s.chargeFaultTexts()} {
		for _, f := range list {
			out = append(out, f.Text)
		}
	}
	return out
}

func (s *Server) deliveryFaultTexts() (out []view.Fault) {
	for i, d := range s.faults.Deliveries {
		text := map[string]string{FaultDrop: "Drop", FaultDuplicate: "Duplicate", FaultDelay: "Delay", FaultReorder: "Reorder"}[d.Action]
		if d.Action == FaultDelay {
			text += " by " + d.Delay.String()
		}
		out = append(out, view.Fault{ID: "delivery-" + strconv.Itoa(i), Text: text + " " + next(d.Count, "event") + of(" of type ", d.Type)})
	}
	return out
}

func (s *Server) apiFaultTexts() (out []view.Fault) {
	for i, a := range s.faults.API {
		text := map[string]string{FaultError: "Answer 500 without doing anything", FaultErrorAfter: "Answer 500 after doing it, and again to a retry",
			FaultDropAfter: "Break the connection after doing it", FaultRateLimit: "Answer 429", FaultConflict: "Answer 409"}[a.Action]
		out = append(out, view.Fault{ID: "api-" + strconv.Itoa(i), Text: text + ": " + next(a.Count, "request") + of(" to ", strings.TrimSpace(a.Method+" "+a.Path))})
	}
	return out
}

func (s *Server) chargeFaultTexts() (out []view.Fault) {
	for i, f := range s.faults.Charges {
		reason := f.DeclineCode
		if reason == "" {
			reason = f.Code
		}
		out = append(out, view.Fault{ID: "charge-" + strconv.Itoa(i), Text: "Decline " + next(f.Count, "charge") + ", whatever the card: " + reason})
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
		err = errors.New("How far the clock moves is a duration such as 90m or 24h.") //nolint:revive // a sentence for the page
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

// setFaultOnPage sets or clears faults; programs may post here too:
//
//	api_action=error_after&count=2&method=POST&path=/v1/refunds
//	action=drop&count=5&type=checkout.session.*
//	charge_code=insufficient_funds&count=1
//	clear=1 for all, clear=api-0 for one
//
// GET /sandbox/faults answers what is set, as JSON.
func (s *Server) setFaultOnPage(w http.ResponseWriter, r *http.Request) {
	f := s.Faults()
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	refuse := func(problem string) { s.showSettings(w, r, http.StatusUnprocessableEntity, problem) }
	if which := field("clear"); which != "" {
		s.clearFault(w, r, which)
		return
	}
	count, err := strconv.Atoi(field("count"))
	if err != nil || count == 0 || count < -1 || count > 100_000 {
		refuse("How many it happens to is a whole number from 1 to 100000, or -1 for all.")
		return
	}
	switch {
	case field("api_action") != "":
		f.API = append(f.API, APIFault{Action: field("api_action"), Method: strings.ToUpper(field("method")), Path: field("path"), Count: count})
	case field("charge_code") != "":
		code, reason := "card_declined", field("charge_code")
		switch reason {
		case "expired_card", "incorrect_cvc", "processing_error":
			code, reason = reason, ""
		case "generic_decline", "insufficient_funds", "lost_card", "stolen_card", "do_not_honor", "authentication_required":
		default:
			refuse("The bank knows no such reason: " + reason + ".")
			return
		}
		f.Charges = append(f.Charges, ChargeFault{Code: code, DeclineCode: reason, Count: count})
	default:
		d := DeliveryFault{Action: field("action"), Type: field("type"), Count: count}
		if d.Action == FaultDelay {
			seconds, err := strconv.Atoi(field("delay"))
			if err != nil || seconds < 0 || seconds > 24*60*60 {
				refuse("A delay is a number of seconds up to a day.")
				return
			}
			d.Delay = time.Duration(seconds) * time.Second
		}
		f.Deliveries = append(f.Deliveries, d)
	}
	if err := s.SetFaults(f); err != nil {
		refuse(err.Error())
		return
	}
	http.Redirect(w, r, "/settings?done=faults", http.StatusSeeOther)
}

// clearFault takes back one fault, or all.
func (s *Server) clearFault(w http.ResponseWriter, r *http.Request, which string) {
	if which == "1" {
		_ = s.SetFaults(Faults{})
		http.Redirect(w, r, "/settings?done=faults", http.StatusSeeOther)
		return
	}
	found := false
	s.locked(func() {
		kind, number, _ := strings.Cut(which, "-")
		i, err := strconv.Atoi(number)
		texts := map[string][]view.Fault{"delivery": s.deliveryFaultTexts(), "api": s.apiFaultTexts(), "charge": s.chargeFaultTexts()}[kind]
		if err != nil || i < 0 || i >= len(texts) {
			return
		}
		found = true
		switch kind {
		case "delivery":
			s.faults.Deliveries = slices.Delete(s.faults.Deliveries, i, i+1)
		case "api":
			s.faults.API = slices.Delete(s.faults.API, i, i+1)
		case "charge":
			s.faults.Charges = slices.Delete(s.faults.Charges, i, i+1)
		}
		s.saveFaults()
	})
	if !found {
		s.showSettings(w, r, http.StatusUnprocessableEntity, "That fault is not set any more: it was used up or cleared.")
		return
	}
	http.Redirect(w, r, "/settings?done=faults", http.StatusSeeOther)
}

func (s *Server) listFaults(w http.ResponseWriter, _ *http.Request) {
	b, _ := json.MarshalIndent(s.Faults(), "", "  ")
	answer(w, http.StatusOK, b)
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
