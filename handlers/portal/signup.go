package portal

import (
	"net/http"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/views/portal"
)

var signUpLabels = map[string]string{"email": "E-mail address", "password": "Password"}

// SignUp shows the form for an account.
func (p *Portal) SignUp(w http.ResponseWriter, r *http.Request) error {
	if kit.VisitorOf(r) != nil {
		return kit.Go(w, r, "/")
	}
	return p.signUpPage(w, r, &kit.Form{})
}

func (p *Portal) signUpPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	f := p.Kit.Frame(r, "Create your account", "")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.SignUpPage(f, portal.SignUp{Form: form.Form, MinLength: account.MinPassword}))
}

// SignUpSend takes the form for an account.
func (p *Portal) SignUpSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, signUpLabels)
	if err != nil {
		return err
	}
	err = p.Accounts.SignUp(r.Context(), account.SignUp{
		Email: form.Text("email"), Password: form.Values["password"],
		TermsVersion: p.TermsVersion, From: kit.From(r),
	})
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.signUpPage(w, r, form)
	}
	return p.checkMail(w, r, portal.CheckMail{
		Title: "Check your mail", Address: form.Text("email"), Again: "/sign-up",
		What: "Open the link in it to verify your address and go on.",
	})
}

func (p *Portal) checkMail(w http.ResponseWriter, r *http.Request, m portal.CheckMail) error {
	return kit.Render(w, r, http.StatusOK, portal.CheckMailPage(p.Kit.Frame(r, m.Title, ""), m))
}

// Verify shows what a verification link does. Opening it changes nothing: mail
// programs open links too.
func (p *Portal) Verify(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if _, _, err := p.Accounts.PeekLink(r.Context(), account.LinkVerify, token); err != nil {
		return p.deadLink(w, r, err, portal.DeadLink{Text: "It was used already, or it is older than a day. If your address is verified, just sign in; signing in also sends a new link when it is not.", Path: "/sign-in", Button: "Sign in"})
	}
	return kit.Render(w, r, http.StatusOK, portal.ConfirmPage(p.Kit.Frame(r, "Verify your address", ""), portal.Confirm{
		Title: "Verify your address", Text: "One click, and you are in.", Button: "Verify and go on", Action: "/verify", Token: token,
	}))
}

// VerifySend uses a verification link and signs in.
func (p *Portal) VerifySend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	in, err := p.Accounts.VerifyEmail(r.Context(), form.Text("token"), kit.From(r))
	if err != nil {
		return p.deadLink(w, r, err, portal.DeadLink{Text: "It was used already, or it is older than a day.", Path: "/sign-in", Button: "Sign in"})
	}
	if err := p.Kit.Begin(w, r, in); err != nil {
		return err
	}
	return kit.Go(w, r, "/")
}

// deadLink shows that a one-time link no longer works; other errors are
// answered as they are.
func (p *Portal) deadLink(w http.ResponseWriter, r *http.Request, err error, d portal.DeadLink) error {
	if !fault.HasCode(err, "link_invalid") {
		return err
	}
	return kit.Render(w, r, http.StatusNotFound, portal.DeadLinkPage(p.Kit.Frame(r, "This link no longer works", ""), d))
}
