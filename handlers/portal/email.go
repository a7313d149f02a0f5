package portal

import (
	"net/http"

	"purse/billing/account"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

// EmailSend mails the two links that change the visitor's address.
func (p *Portal) EmailSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, map[string]string{"email": "New address"})
	if err != nil {
		return err
	}
	v := kit.VisitorOf(r)
	if form.Require("email", "Give the new address."); !form.Failed() {
		if err := form.Take(p.Accounts.AskEmailChange(r.Context(), v.User.ID, form.Text("email"), kit.From(r))); err != nil {
			return err
		}
	}
	if form.Failed() {
		return p.securityPage(w, r, form)
	}
	if err := p.Kit.Say(w, r, ui.Info, "Two mails are on their way, to "+v.User.Email+" and "+form.Text("email")+". Open the links in both: with the second one your address is changed."); err != nil {
		return err
	}
	return kit.Go(w, r, "/security")
}

var deadEmail = portal.DeadLink{Text: "It was used already, it is older than a day, or a newer one was sent.", Path: "/security", Button: "Ask again"}

// EmailProve shows what a link to an address does. Opening it changes nothing.
func (p *Portal) EmailProve(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	l, _, err := p.Accounts.PeekLink(r.Context(), account.LinkEmail, token)
	if err != nil {
		return p.deadLink(w, r, err, deadEmail)
	}
	return kit.Render(w, r, http.StatusOK, portal.ConfirmPage(p.Kit.Frame(r, "Change of address", ""), portal.Confirm{
		Title: "Change of address", Text: "You confirm that " + l.Email + " is yours, and that the address of your account is changed.",
		Button: "Confirm", Action: "/email", Token: token,
	}))
}

// EmailProveSend uses a link to an address.
func (p *Portal) EmailProveSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	c, err := p.Accounts.ProveEmail(r.Context(), form.Text("token"), kit.From(r))
	if err != nil {
		return p.deadLink(w, r, err, deadEmail)
	}
	page := portal.CheckMail{Title: "One more mail", Address: c.Old, What: "Open the link in that mail too: then the address is changed.", Again: "/security"}
	switch {
	case c.Done:
		return kit.Render(w, r, http.StatusOK, portal.EmailDonePage(p.Kit.Frame(r, "Your address is changed", ""), c.New))
	case c.NewAt.IsZero():
		page.Address = c.New
	}
	return p.checkMail(w, r, page)
}
