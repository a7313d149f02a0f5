package kit

import (
	"errors"
	"net/http"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/views/ui"
)

// stepNeeded is what Begin answers where the second factor is still to come.
type stepNeeded struct{ in account.SignedIn }

func (*stepNeeded) Error() string { return "the second factor is to come" }

// secondStep answers with the page that asks for the second factor, when that is
// what err says.
func (k *Kit) secondStep(w http.ResponseWriter, r *http.Request, err error) (bool, error) {
	var step *stepNeeded
	if !errors.As(err, &step) {
		return false, err
	}
	next := "/"
	if r.PostForm != nil {
		next = SafeNext(r.PostForm.Get("next"))
	}
	return true, k.stepPage(w, r, &Form{}, step.in.Step, step.in.User, next)
}

func (k *Kit) stepPage(w http.ResponseWriter, r *http.Request, form *Form, step string, u account.User, next string) error {
	q, err := k.Accounts.AskPasskey(r.Context(), u.ID)
	if err != nil {
		return err
	}
	f := k.Frame(r, "One more step", "")
	f.Failed = form.Failed()
	return Render(w, r, form.Status(), ui.SecondStepPage(f, ui.SecondStep{
		Form: form.Form, Step: step, Next: next, Email: u.Email, Passkey: ui.Passkey{Options: q.Options, Ticket: q.Ticket, Text: "Use a passkey"},
	}))
}

// TakeStep takes the second factor of a sign-in. Where it is not right, it answers
// with the page once more, and done is false.
func (k *Kit) TakeStep(w http.ResponseWriter, r *http.Request) (in account.SignedIn, next string, done bool, err error) {
	form, err := ReadForm(w, r, map[string]string{"code": "Code"})
	if err != nil {
		return in, "", false, err
	}
	step := form.Text("step")
	next = SafeNext(form.Text("next"))
	u, err := k.Accounts.StepUser(r.Context(), step)
	if fault.HasCode(err, "too_late") {
		return in, "", false, Go(w, r, "/sign-in?note=late")
	}
	if err != nil {
		return in, "", false, err
	}
	in, err = k.Accounts.SignInFactor(r.Context(), step, account.Proof{Code: form.Text("code"), Passkey: form.Text("passkey"), Ticket: form.Text("ticket")}, From(r))
	if err := form.Take(err); err != nil {
		return in, "", false, err
	}
	if form.Failed() {
		return in, "", false, k.stepPage(w, r, form, step, u, next)
	}
	return in, next, true, nil
}
