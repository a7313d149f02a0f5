package portal

import (
	"net/http"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

var securityLabels = map[string]string{"old": "Present password", "password": "New password"}

// Security shows a person's sessions, and changes the password.
func (p *Portal) Security(w http.ResponseWriter, r *http.Request) error {
	return p.securityPage(w, r, &kit.Form{})
}

func (p *Portal) securityPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := kit.VisitorOf(r)
	page := portal.Security{Form: form.Form, MinLength: account.MinPassword, Email: v.User.Email, Zone: time.UTC, Again: v.HasFactor && !p.Kit.Confirmed(r)}
	if v.Customer != nil {
		page.Zone = v.Customer.Location()
	}
	sessions, err := p.Accounts.Sessions(r.Context(), v.User.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		page.Sessions = append(page.Sessions, portal.SessionRow{
			ID: s.ID, Device: device(s.From.UserAgent), Address: s.From.Address, Since: s.CreatedAt, Seen: s.SeenAt, Current: s.ID == v.Session.ID,
		})
	}
	f := p.Kit.Frame(r, "Security", "/security")
	f.Failed, f.Wide = form.Failed(), true
	return kit.Render(w, r, form.Status(), portal.SecurityPage(f, page))
}

// device names a browser as people know it: "Firefox on Linux".
func device(agent string) string {
	find := func(otherwise string, pairs ...[2]string) string {
		for _, p := range pairs {
			if strings.Contains(agent, p[0]) {
				return p[1]
			}
		}
		return otherwise
	}
	browser := find("", [2]string{"Edg/", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"Firefox/", "Firefox"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"}, [2]string{"curl/", "curl"})
	system := find("", [2]string{"iPhone", "an iPhone"}, [2]string{"iPad", "an iPad"}, [2]string{"Android", "Android"}, [2]string{"Windows", "Windows"}, [2]string{"Mac OS X", "a Mac"}, [2]string{"CrOS", "ChromeOS"}, [2]string{"Linux", "Linux"})
	switch {
	case browser == "" && system == "":
		return "Unknown device"
	case browser == "":
		return "A browser on " + system
	case system == "":
		return browser
	}
	return browser + " on " + system
}

// ChangePassword changes the password; the other sessions end, and this one
// gets a new secret.
func (p *Portal) ChangePassword(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, securityLabels)
	if err != nil {
		return err
	}
	v := kit.VisitorOf(r)
	old, fresh := form.Values["old"], form.Values["password"]
	if old == "" {
		form.Fail("old", "Give your present password.")
	}
	if fresh == "" {
		form.Fail("password", "Choose a new password.")
	}
	if v.HasFactor && !p.Kit.Confirmed(r) { // the old password alone is not enough
		return kit.Go(w, r, "/again?next=/security")
	}
	if !form.Failed() {
		err = p.Accounts.ChangePassword(r.Context(), v.User.ID, v.Session.ID, old, fresh, kit.From(r))
		if fault.HasCode(err, "password_wrong") {
			err = fault.Bad("old", "This is not your password.")
		}
		if err := form.Take(err); err != nil {
			return err
		}
	}
	if form.Failed() {
		return p.securityPage(w, r, form)
	}
	if err := p.Kit.Rotate(w, r); err != nil {
		return err
	}
	if err := p.Kit.Say(w, r, ui.Good, "Your new password is saved. Your other sessions have ended."); err != nil {
		return err
	}
	return kit.Go(w, r, "/security")
}

// EndSession signs another device of the visitor out.
func (p *Portal) EndSession(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	session := r.PathValue("session")
	if session == v.Session.ID {
		return p.SignOut(w, r)
	}
	if err := p.Accounts.RevokeSession(r.Context(), v.User.ID, session); err != nil {
		return err
	}
	if err := p.Kit.Say(w, r, ui.Good, "That device is signed out."); err != nil {
		return err
	}
	return kit.Go(w, r, "/security")
}

// EndOthers signs every other device of the visitor out.
func (p *Portal) EndOthers(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	if err := p.Accounts.RevokeOthers(r.Context(), v.User.ID, v.Session.ID); err != nil {
		return err
	}
	if err := p.Kit.Say(w, r, ui.Good, "You are signed out everywhere else."); err != nil {
		return err
	}
	return kit.Go(w, r, "/security")
}
