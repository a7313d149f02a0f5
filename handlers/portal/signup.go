package portal

import (
	"net/http"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/views/portal"
)

var signUpLabels = map[string]string{"email": "E-mail address", "name": "Your name", "password": "Password", "terms": "Terms"}

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
	return kit.Render(w, r, form.Status(), portal.SignUpPage(f, portal.SignUp{Form: form.Form}))
}

// SignUpSend mails the link that verifies an address.
func (p *Portal) SignUpSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, signUpLabels)
	if err != nil {
		return err
	}
	if err := form.Take(p.Accounts.SignUp(r.Context(), form.Text("email"), kit.From(r))); err != nil {
		return err
	}
	if form.Failed() {
		return p.signUpPage(w, r, form)
	}
	return p.checkMail(w, r, portal.CheckMail{
		Title: "Check your mail", Address: form.Text("email"), Again: "/sign-up",
		What: "Open the newest link in it to verify your address and choose a password.",
	})
}

func (p *Portal) checkMail(w http.ResponseWriter, r *http.Request, m portal.CheckMail) error {
	return kit.Render(w, r, http.StatusOK, portal.CheckMailPage(p.Kit.Frame(r, m.Title, ""), m))
}

var deadVerify = portal.DeadLink{
	Text: "It was used already, it is older than a day, or a newer one was sent. If your address is verified, just sign in.",
	Path: "/sign-up", Button: "Get a new link",
}

// Verify shows the form that a verification link opens. Opening it changes
// nothing: mail programs open links too.
func (p *Portal) Verify(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	l, _, err := p.Accounts.PeekLink(r.Context(), account.LinkVerify, token)
	if err != nil {
		return p.deadLink(w, r, err, deadVerify)
	}
	return p.verifyPage(w, r, &kit.Form{}, l, token)
}

func (p *Portal) verifyPage(w http.ResponseWriter, r *http.Request, form *kit.Form, l account.Link, token string) error {
	f := p.Kit.Frame(r, "Finish your account", "")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.VerifyPage(f, portal.Verify{
		Form: form.Form, Email: l.Email, Token: token, Terms: p.TermsVersion != "", MinLength: account.MinPassword,
	}))
}

// VerifySend uses a verification link with what its owner gives, and signs in.
func (p *Portal) VerifySend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, signUpLabels)
	if err != nil {
		return err
	}
	token := form.Text("token")
	l, _, err := p.Accounts.PeekLink(r.Context(), account.LinkVerify, token)
	if err != nil {
		return p.deadLink(w, r, err, deadVerify)
	}
	if p.TermsVersion != "" && !form.Checked("terms") {
		form.Fail("terms", "Read the terms and say that you accept them.")
	}
	var in account.SignedIn
	if !form.Failed() {
		in, err = p.Accounts.VerifyEmail(r.Context(), token, account.NewPerson{
			Name: form.Text("name"), Password: form.Values["password"], TermsVersion: p.TermsVersion,
		}, kit.From(r))
		if ferr := form.Take(err); ferr != nil {
			return p.deadLink(w, r, err, deadVerify)
		}
	}
	if form.Failed() {
		return p.verifyPage(w, r, form, l, token)
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
