package admin

import (
	"net/http"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/views/admin"
	"purse/views/portal"
	"purse/views/ui"
)

var dead = portal.DeadLink{Text: "It was used already, or it is older than a day. Whoever runs this Purse makes a new one with: purse admin link", Path: "/sign-in", Button: "Sign in"}

// Claim shows the form that a one-time link opens.
func (a *Admin) Claim(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if _, _, err := a.Accounts.PeekLink(r.Context(), account.LinkAdmin, token); err != nil {
		return a.deadLink(w, r, err)
	}
	return a.claimPage(w, r, &kit.Form{}, token)
}

func (a *Admin) deadLink(w http.ResponseWriter, r *http.Request, err error) error {
	if !fault.HasCode(err, "link_invalid") {
		return err
	}
	return kit.Render(w, r, http.StatusNotFound, portal.DeadLinkPage(a.Kit.Frame(r, "This link no longer works", ""), dead))
}

func (a *Admin) claimPage(w http.ResponseWriter, r *http.Request, form *kit.Form, token string) error {
	f := a.Kit.Frame(r, "Become an admin", "")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.ClaimPage(f, admin.Claim{Form: form.Form, Token: token}, account.MinPassword))
}

// ClaimSend makes the holder of the link an admin and signs in.
func (a *Admin) ClaimSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, map[string]string{"email": "E-mail address", "password": "Password"})
	if err != nil {
		return err
	}
	token := form.Text("token")
	in, err := a.Accounts.ClaimAdmin(r.Context(), token, form.Text("email"), form.Values["password"], kit.From(r))
	if err != nil {
		if form.Take(err) != nil {
			return a.deadLink(w, r, err)
		}
		return a.claimPage(w, r, form, token)
	}
	if err := a.Kit.Begin(w, r, in); err != nil {
		return err
	}
	if err := a.Kit.Say(w, r, ui.Good, "You are an admin. Start with the catalog: what a credit is, what is sold, what is counted."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/catalog")
}
