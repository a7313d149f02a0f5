package admin

import (
	"net/http"

	"purse/handlers/kit"
	"purse/views/admin"
	"purse/views/ui"
)

// reasoned is an act of staff's that needs a reason and shows what it does
// before it does it.
type reasoned struct {
	title, path, button string
	name, back          string // whose page it is, and where that is
	nav                 string // the entry of the navigation
	says                []string
	changes             []admin.Change
	danger              bool
	done                string // what is said after it
	next                string // where it leads, back when empty
	do                  func(reason string) error
}

// reasoned asks for the reason, shows what the act does, and does it.
func (a *Admin) reasoned(w http.ResponseWriter, r *http.Request, act reasoned) error {
	form := &kit.Form{}
	if r.Method == http.MethodPost {
		var err error
		if form, err = kit.ReadForm(w, r, actLabels); err != nil {
			return err
		}
	}
	page := func() error {
		f := a.frame(r, act.title, act.nav)
		f.Failed = form.Failed()
		return kit.Render(w, r, form.Status(), admin.ReasonPage(f, admin.ReasonForm{
			Form: form.Form, Title: act.title, Text: act.says[0], Name: act.name, Back: act.back, Action: act.path, Button: act.button, Nonce: "none",
		}))
	}
	if r.Method != http.MethodPost {
		return page()
	}
	reason := reasonOf(form)
	if form.Failed() || form.Checked("edit") {
		return page()
	}
	if !form.Checked("confirmed") {
		return kit.Render(w, r, http.StatusOK, admin.PreviewPage(a.frame(r, act.title, act.nav), admin.Preview{
			Title: act.title, Name: act.name, Back: act.back, Action: act.path, Hidden: hidden(form), Says: act.says, Changes: act.changes,
			Reason: reason, Button: act.button, Danger: act.danger,
		}))
	}
	if err := take(form, act.do(reason)); err != nil {
		return err
	}
	if form.Failed() {
		return page()
	}
	if err := a.Kit.Say(w, r, ui.Good, act.done); err != nil {
		return err
	}
	if act.next == "" {
		act.next = act.back
	}
	return kit.Go(w, r, act.next)
}
