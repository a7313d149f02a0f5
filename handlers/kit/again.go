package kit

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/views/ui"
)

// Again says of the form that was sent whether its route asks once more who is
// there, when the last proof is older than account.ConfirmedFor.
type Again func(form url.Values) bool

// Always asks for every request.
func Always(url.Values) bool { return true }

// Itself is for routes whose own form takes the proof.
func Itself(url.Values) bool { return false }

// If asks when a field is there: one that says that a preview was seen.
func If(field string) Again { return func(form url.Values) bool { return form.Get(field) != "" } }

// Unless asks when a field is not there: one that asks for a preview only.
func Unless(field string) Again { return func(form url.Values) bool { return form.Get(field) == "" } }

// Fields of a proof, which may come with any form.
const (
	proofPassword = "again_password"
	proofCode     = "again_code"
	proofPasskey  = "again_passkey"
	proofTicket   = "again_ticket"
)

var proofLabels = map[string]string{proofPassword: "Your password", proofCode: "Code"}

// unkept are fields that are never carried through a page: they hold secrets.
var unkept = []string{"password", "old"}

// Confirmed says whether the visitor showed a short while ago who is there.
func (k *Kit) Confirmed(r *http.Request) bool {
	v := VisitorOf(r)
	return v != nil && v.Session.Confirmed(k.Now())
}

// askAgain lets a request through that needs no proof or has one, and answers
// any other with the page that asks for it. That page carries the form along.
func (k *Kit) askAgain(w http.ResponseWriter, r *http.Request, again Again) (asked bool, err error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if k.Confirmed(r) || !again(nil) {
			return false, nil
		}
		return true, Go(w, r, "/again?next="+url.QueryEscape(r.URL.RequestURI()))
	}
	form, err := ReadForm(w, r, proofLabels)
	if err != nil {
		return false, err
	}
	for _, name := range []string{proofPassword, proofCode, proofPasskey, proofTicket} { // no page shows them again
		r.PostForm.Del(name)
		r.Form.Del(name)
	}
	if k.Confirmed(r) || !again(r.PostForm) {
		return false, nil
	}
	proved, err := k.prove(w, r, form)
	if err != nil || proved {
		return false, err
	}
	page := ui.Again{Form: form.Form, Action: r.URL.RequestURI(), Back: cameFrom(r)}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		if slices.Contains(unkept, name) {
			continue
		}
		for _, value := range r.PostForm[name] {
			page.Fields = append(page.Fields, ui.Option{Value: name, Text: strings.ToValidUTF8(value, "\uFFFD")})
		}
	}
	return true, k.againPage(w, r, form, page)
}

// prove judges the proof in a form. What is wrong with it is put into the form;
// without one, nothing is.
func (k *Kit) prove(w http.ResponseWriter, r *http.Request, form *Form) (bool, error) {
	proof := account.Proof{Password: form.Values[proofPassword], Code: form.Text(proofCode), Passkey: form.Text(proofPasskey), Ticket: form.Text(proofTicket)}
	if !proof.Given() {
		if _, asked := form.Values[proofPassword]; asked {
			form.Fail(proofPassword, "Give your password once more.")
		}
		return false, nil
	}
	v := VisitorOf(r)
	session, err := k.store.Get(r, k.store.name)
	if err != nil {
		return false, err
	}
	fresh, err := k.Accounts.Confirm(r.Context(), session.ID, v.User.ID, proof, From(r))
	if err != nil {
		if e, ok := fault.As(err); ok && e.Param != "" {
			err = fault.New(e.Kind, e.Code, "again_"+e.Param, "%s", e.Detail)
		}
		return false, form.Take(err)
	}
	session.ID, v.Session.ConfirmedAt = fresh, k.Now()
	return true, session.Save(r, w)
}

func (k *Kit) againPage(w http.ResponseWriter, r *http.Request, form *Form, page ui.Again) error {
	status := http.StatusForbidden // nothing was done yet
	if form.Failed() {
		status = form.Status()
	}
	if IsPart(r) { // not into the place that the part was for
		w.Header().Set("HX-Retarget", "body")
		w.Header().Set("HX-Reswap", "innerHTML")
	}
	return k.renderAgain(w, r, status, form, page)
}

func (k *Kit) renderAgain(w http.ResponseWriter, r *http.Request, status int, form *Form, page ui.Again) error {
	v := VisitorOf(r)
	page.Form, page.Code = form.Form, v.HasFactor
	q, err := k.Accounts.AskPasskey(r.Context(), v.User.ID)
	if err != nil {
		return err
	}
	page.Passkey = ui.Passkey{Options: q.Options, Ticket: q.Ticket, Prefix: "again_", Text: "Use a passkey"}
	f := k.Frame(r, "Is it you?", "")
	f.Failed = form.Failed()
	return Render(w, r, status, ui.AgainPage(f, page))
}

// cameFrom is the page of ours from which a form was sent.
func cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/"
	}
	return SafeNext(u.RequestURI())
}

// AskAgain is the page that asks who is there before another page is shown.
func (k *Kit) AskAgain(w http.ResponseWriter, r *http.Request) error {
	next := SafeNext(r.URL.Query().Get("next"))
	if k.Confirmed(r) {
		return Go(w, r, next)
	}
	return k.renderAgain(w, r, http.StatusOK, &Form{}, againBefore(next))
}

// AskAgainSend takes the proof and goes on to the page.
func (k *Kit) AskAgainSend(w http.ResponseWriter, r *http.Request) error {
	form, err := ReadForm(w, r, proofLabels)
	if err != nil {
		return err
	}
	next := SafeNext(form.Text("next"))
	if k.Confirmed(r) {
		return Go(w, r, next)
	}
	proved, err := k.prove(w, r, form)
	if err != nil {
		return err
	}
	if proved {
		return Go(w, r, next)
	}
	return k.againPage(w, r, form, againBefore(next))
}

func againBefore(next string) ui.Again {
	return ui.Again{Action: "/again", Fields: []ui.Option{{Value: "next", Text: next}}, Back: "/"}
}
