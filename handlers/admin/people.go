package admin

import (
	"net/http"
	"time"

	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/views/admin"
	"purse/views/ui"
)

// PersonReset asks whose second factors are lost.
func (a *Admin) PersonReset(w http.ResponseWriter, r *http.Request) error {
	return a.personResetPage(w, r, &kit.Form{})
}

func (a *Admin) personResetPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	f := a.frame(r, "Second factor lost", "/admin/log")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.PersonResetPage(f, form.Form))
}

// PersonResetSend asks for a reset of a person's second factors.
func (a *Admin) PersonResetSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, map[string]string{"email": "E-mail address"})
	if err != nil {
		return err
	}
	var at time.Time
	if form.Require("email", "Give the address of the person."); !form.Failed() {
		u, err := a.Accounts.UserByEmail(r.Context(), form.Text("email"))
		if err == nil {
			reset, rerr := a.Accounts.AskReset(r.Context(), kit.Actor(r), "", u.ID)
			at, err = reset.EffectiveAt, rerr
		}
		if fault.Is(err, fault.NotFound) {
			err = fault.Bad("email", "Nobody has an account with this address.")
		}
		if err := form.Take(err); err != nil {
			return err
		}
	}
	if form.Failed() {
		return a.personResetPage(w, r, form)
	}
	if err := a.Kit.Say(w, r, ui.Good, "The second factors of "+form.Text("email")+" are taken away on "+ui.TimeZoned(at, time.UTC)+", unless the person says no. All addresses of theirs were told."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/log")
}
