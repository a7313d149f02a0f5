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

var dead = portal.DeadLink{Text: "It was used already, it is too old, or a newer one was made. Ask an admin for a new one; whoever runs this Purse makes one with: purse admin link", Path: "/sign-in", Button: "Sign in"}

// Claim shows the form that a one-time link opens.
func (a *Admin) Claim(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	l, err := a.Accounts.ClaimLink(r.Context(), token)
	if err != nil {
		return a.deadLink(w, r, err)
	}
	return a.claimPage(w, r, &kit.Form{}, l, token)
}

func (a *Admin) deadLink(w http.ResponseWriter, r *http.Request, err error) error {
	if !fault.HasCode(err, "link_invalid") {
		return err
	}
	return kit.Render(w, r, http.StatusNotFound, portal.DeadLinkPage(a.Kit.Frame(r, "This link no longer works", ""), dead))
}

func (a *Admin) claimPage(w http.ResponseWriter, r *http.Request, form *kit.Form, l account.Link, token string) error {
	page := admin.Claim{Form: form.Form, Token: token, Title: "Become an admin", Email: l.Email, MinLength: account.MinPassword}
	if l.Kind == account.LinkStaff {
		page.Title = "Join the staff"
	}
	f := a.Kit.Frame(r, page.Title, "")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.ClaimPage(f, page))
}

// ClaimSend makes the holder of the link an admin and signs in.
func (a *Admin) ClaimSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, map[string]string{"email": "E-mail address", "password": "Password"})
	if err != nil {
		return err
	}
	token := form.Text("token")
	l, err := a.Accounts.ClaimLink(r.Context(), token)
	if err != nil {
		return a.deadLink(w, r, err)
	}
	in, err := a.Accounts.ClaimAdmin(r.Context(), token, form.Text("email"), form.Values["password"], kit.From(r))
	if err != nil {
		if form.Take(err) != nil {
			return a.deadLink(w, r, err)
		}
		return a.claimPage(w, r, form, l, token)
	}
	if err := a.Kit.Begin(w, r, in); err != nil {
		return err
	}
	says, to := "You are an admin. Start with the catalog: what a credit is, what is sold, what is counted.", "/admin/catalog"
	if l.Kind == account.LinkStaff {
		says, to = "You are one of the staff, with the role "+string(in.User.Staff)+".", "/admin"
	}
	if err := a.Kit.Say(w, r, ui.Good, says); err != nil {
		return err
	}
	return kit.Go(w, r, to)
}
