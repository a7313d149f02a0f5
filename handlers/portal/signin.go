package portal

import (
	"net/http"
	"strings"

	"purse/billing/account"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

var signInLabels = map[string]string{"email": "E-mail address", "password": "Password"}

// notes are what the sign-in page can say first; the address chooses by key.
var notes = map[string]string{
	"out":  "You are signed out.",
	"idle": "You were signed out after a while without use.",
	"late": "That took too long. Sign in once more.",
}

// SignIn shows the form.
func (p *Portal) SignIn(w http.ResponseWriter, r *http.Request) error {
	next := kit.SafeNext(r.URL.Query().Get("next"))
	if kit.VisitorOf(r) != nil {
		return kit.Go(w, r, next)
	}
	note := notes[r.URL.Query().Get("note")]
	switch {
	case note != "" || next == "/":
	case strings.HasPrefix(next, "/join?"):
		note = "Sign in to join. New here? Create an account first, then open the link once more."
	default:
		note = "Sign in to go on."
	}
	return p.signInPage(w, r, &kit.Form{}, next, note)
}

func (p *Portal) signInPage(w http.ResponseWriter, r *http.Request, form *kit.Form, next, note string) error {
	q, err := p.Accounts.AskPasskey(r.Context(), "")
	if err != nil {
		return err
	}
	f := p.Kit.Frame(r, "Sign in", "")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.SignInPage(f, portal.SignIn{
		Form: form.Form, Next: next, Note: note, Passkey: ui.Passkey{Options: q.Options, Ticket: q.Ticket, Text: "Sign in with a passkey"},
	}))
}

// SignInSend takes the form.
func (p *Portal) SignInSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, signInLabels)
	if err != nil {
		return err
	}
	next := kit.SafeNext(form.Text("next"))
	in, err := p.Accounts.SignIn(r.Context(), form.Text("email"), form.Values["password"], kit.From(r))
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.signInPage(w, r, form, next, "")
	}
	return p.begin(w, r, in, next)
}

// begin signs in and goes on; staff who belong to no customer go to the console.
func (p *Portal) begin(w http.ResponseWriter, r *http.Request, in account.SignedIn, next string) error {
	if err := p.Kit.Begin(w, r, in); err != nil {
		return err
	}
	if next == "/" && in.User.Staff != account.NoStaff {
		ms, err := p.Accounts.Memberships(r.Context(), in.User.ID)
		if err != nil {
			return err
		}
		if len(ms) == 0 {
			next = "/admin"
		}
	}
	return kit.Go(w, r, next)
}

// SignInLink shows the button of a link of demo data. Opening it changes nothing.
func (p *Portal) SignInLink(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	l, _, err := p.Accounts.PeekLink(r.Context(), account.LinkSignIn, token)
	if err != nil {
		return p.deadLink(w, r, err, p.deadSignIn())
	}
	return kit.Render(w, r, http.StatusOK, portal.ConfirmPage(p.Kit.Frame(r, "Sign in", ""), portal.Confirm{
		Title: "Sign in", Text: "As " + l.Email + ". The link works once.", Button: "Sign in", Action: "/sign-in/link", Token: token,
	}))
}

func (p *Portal) deadSignIn() portal.DeadLink {
	return portal.DeadLink{Text: "It was used already, or it is older than a week. The sandbox's pages make a new one.", Path: p.Kit.Site.SandboxURL + "/people", Button: "Make a new one"}
}

// SignInLinkSend signs in by a link of demo data.
func (p *Portal) SignInLinkSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	in, err := p.Accounts.SignInByLink(r.Context(), form.Text("token"), kit.From(r))
	if err != nil {
		return p.deadLink(w, r, err, p.deadSignIn())
	}
	return p.begin(w, r, in, "/")
}

// SignOut ends the session.
func (p *Portal) SignOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.Kit.End(w, r); err != nil {
		return err
	}
	return kit.Go(w, r, "/sign-in?note=out")
}

// Reset shows the form that asks for a new password.
func (p *Portal) Reset(w http.ResponseWriter, r *http.Request) error {
	return p.resetPage(w, r, &kit.Form{})
}

func (p *Portal) resetPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	f := p.Kit.Frame(r, "Choose a new password", "")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.ResetPage(f, portal.Reset{Form: form.Form}))
}

// ResetSend sends the link.
func (p *Portal) ResetSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, signInLabels)
	if err != nil {
		return err
	}
	if err := form.Take(p.Accounts.RequestReset(r.Context(), form.Text("email"), kit.From(r))); err != nil {
		return err
	}
	if form.Failed() {
		return p.resetPage(w, r, form)
	}
	return p.checkMail(w, r, portal.CheckMail{
		Title: "Check your mail", Address: form.Text("email"), Again: "/reset",
		What: "The link in it lets you choose a new password, for an hour.",
	})
}

// ResetNew shows the form for the new password.
func (p *Portal) ResetNew(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if _, _, err := p.Accounts.PeekLink(r.Context(), account.LinkReset, token); err != nil {
		return p.deadLink(w, r, err, deadReset)
	}
	return p.newPasswordPage(w, r, &kit.Form{}, token)
}

var deadReset = portal.DeadLink{Text: "It was used already, or it is older than an hour.", Path: "/reset", Button: "Ask for a new link"}

func (p *Portal) newPasswordPage(w http.ResponseWriter, r *http.Request, form *kit.Form, token string) error {
	f := p.Kit.Frame(r, "Choose a new password", "")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.NewPasswordPage(f, portal.NewPassword{
		Form: form.Form, Title: "Choose a new password", Text: "Your other sessions end.", Action: "/reset/new",
		Token: token, Button: "Save and sign in", MinLength: account.MinPassword,
	}))
}

// ResetNewSend saves the new password and signs in.
func (p *Portal) ResetNewSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, signInLabels)
	if err != nil {
		return err
	}
	token := form.Text("token")
	in, err := p.Accounts.Reset(r.Context(), token, form.Values["password"], kit.From(r))
	if err != nil {
		if ferr := form.Take(err); ferr != nil {
			return p.deadLink(w, r, err, deadReset)
		}
		return p.newPasswordPage(w, r, form, token)
	}
	if err := p.Kit.Begin(w, r, in); err != nil {
		return err
	}
	if err := p.Kit.Say(w, r, ui.Good, "Your new password is saved."); err != nil {
		return err
	}
	return kit.Go(w, r, "/")
}
