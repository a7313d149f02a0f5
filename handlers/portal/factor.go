package portal

import (
	"fmt"
	"image/color"
	"net/http"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

var factorLabels = map[string]string{"name": "Name", "code": "Code"}

// Factors shows a person's second factors.
func (p *Portal) Factors(w http.ResponseWriter, r *http.Request) error {
	return p.factorsPage(w, r, &kit.Form{})
}

func (p *Portal) factorsPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := kit.VisitorOf(r)
	list, err := p.Accounts.Factors(r.Context(), v.User.ID)
	if err != nil {
		return err
	}
	page := portal.Factors{Form: form.Form, Email: v.User.Email, Must: v.MustEnrol, Codes: int(list.Codes), NoPasskeys: p.Accounts.NoPasskeys(), Zone: time.UTC}
	if v.Customer != nil {
		page.Zone = v.Customer.Location()
	}
	if list.Reset != nil {
		page.Reset = list.Reset.EffectiveAt
	}
	for _, f := range list.Factors {
		kind := "Passkey"
		if f.Kind == account.FactorTOTP {
			kind, page.HasApp = "App that shows codes", true
		}
		page.List = append(page.List, portal.FactorRow{ID: f.ID, Name: f.Name, Kind: kind, Added: f.CreatedAt, Used: f.UsedAt})
	}
	if page.NoPasskeys == "" {
		q, err := p.Accounts.BeginPasskey(r.Context(), v.User)
		if err != nil {
			return err
		}
		page.Passkey = ui.Passkey{Options: q.Options, Ticket: q.Ticket, Create: true, Text: "Make a passkey"}
	}
	if !p.Accounts.Apps() {
		page.NoApps = "Apps cannot be used here: PURSE_SECRET_KEY, which would seal their secrets, is not set."
	}
	if v.Customer != nil && v.Role.MayManageMembers() && !v.MustEnrol {
		required, err := p.Accounts.FactorRequired(r.Context(), v.Customer.ID)
		if err != nil {
			return err
		}
		page.Rule = &portal.FactorRule{Customer: v.Customer.Name, Required: required}
	}
	f := p.Kit.Frame(r, "Second factor", "/security")
	f.Failed, f.Wide = form.Failed(), true
	return kit.Render(w, r, form.Status(), portal.FactorsPage(f, page))
}

// PasskeySend keeps the passkey that the browser has made.
func (p *Portal) PasskeySend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, factorLabels)
	if err != nil {
		return err
	}
	v := kit.VisitorOf(r)
	codes, err := p.Accounts.AddPasskey(r.Context(), kit.Actor(r), v.Session.ID, v.User, form.Text("ticket"), form.Text("passkey"), form.Text("name"))
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.factorsPage(w, r, form)
	}
	return p.added(w, r, codes, "Your passkey is ready.")
}

// added goes on after a new factor, past the recovery codes that came with it.
func (p *Portal) added(w http.ResponseWriter, r *http.Request, codes []string, title string) error {
	if err := p.Kit.Rotate(w, r); err != nil {
		return err
	}
	if len(codes) > 0 {
		return p.codesPage(w, r, codes, title)
	}
	if err := p.Kit.Say(w, r, ui.Good, title); err != nil {
		return err
	}
	return kit.Go(w, r, account.FactorsPath)
}

func (p *Portal) codesPage(w http.ResponseWriter, r *http.Request, codes []string, title string) error {
	v := kit.VisitorOf(r)
	next := account.FactorsPath
	if v.MustEnrol {
		v.MustEnrol, next = false, "/"
		if v.Customer == nil && v.User.Staff != account.NoStaff {
			next = "/admin"
		}
	}
	return kit.Render(w, r, http.StatusOK, portal.CodesPage(p.Kit.Frame(r, title, ""), portal.Codes{List: codes, Title: title, Next: next}))
}

// App shows what an app scans.
func (p *Portal) App(w http.ResponseWriter, r *http.Request) error {
	return p.appPage(w, r, &kit.Form{})
}

func (p *Portal) appPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := kit.VisitorOf(r)
	app, err := p.Accounts.ResumeApp(v.User, form.Text("ticket"))
	if err != nil {
		return err
	}
	page := portal.App{Form: form.Form, Must: v.MustEnrol, Ticket: app.Ticket}
	for i := 0; i < len(app.Seed); i += 4 {
		page.Seed += app.Seed[i:min(i+4, len(app.Seed))] + " "
	}
	if page.QR, page.View, err = squares(app.URI); err != nil {
		return err
	}
	f := p.Kit.Frame(r, "Set up an app", "/security")
	f.Failed, f.Wide = form.Failed(), true
	return kit.Render(w, r, form.Status(), portal.AppPage(f, page))
}

// squares draws a QR code: the path of its black squares, and the box around it
// with the quiet zone that scanners want.
func squares(text string) (path, box string, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", "", err
	}
	var b strings.Builder
	size := code.Bounds().Dx()
	for y := range size {
		for x := range size {
			if code.At(x, y) == color.Black {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return b.String(), fmt.Sprintf("-4 -4 %d %d", size+8, size+8), nil
}

// AppSend keeps the app that shows the right code.
func (p *Portal) AppSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, factorLabels)
	if err != nil {
		return err
	}
	v := kit.VisitorOf(r)
	var codes []string
	if code := form.Require("code", "Type the code that the app shows."); code != "" {
		codes, err = p.Accounts.AddApp(r.Context(), kit.Actor(r), v.Session.ID, v.User, form.Text("ticket"), code, "")
		if err := form.Take(err); err != nil {
			return err
		}
	}
	if form.Failed() {
		return p.appPage(w, r, form)
	}
	return p.added(w, r, codes, "Your app is ready.")
}

// CodesSend makes new recovery codes.
func (p *Portal) CodesSend(w http.ResponseWriter, r *http.Request) error {
	codes, err := p.Accounts.NewRecoveryCodes(r.Context(), kit.Actor(r), kit.VisitorOf(r).User.ID)
	if err != nil {
		return p.orSay(w, r, err, account.FactorsPath)
	}
	return p.codesPage(w, r, codes, "Your new recovery codes")
}

// FactorRemove takes a factor away.
func (p *Portal) FactorRemove(w http.ResponseWriter, r *http.Request) error {
	err := p.Accounts.RemoveFactor(r.Context(), kit.Actor(r), kit.VisitorOf(r).User.ID, r.PathValue("factor"))
	if err != nil {
		return p.orSay(w, r, err, account.FactorsPath)
	}
	if err := p.Kit.Say(w, r, ui.Good, "It is removed."); err != nil {
		return err
	}
	return kit.Go(w, r, account.FactorsPath)
}

// FactorsKeep cancels a reset that somebody asked for.
func (p *Portal) FactorsKeep(w http.ResponseWriter, r *http.Request) error {
	if err := p.Accounts.CancelReset(r.Context(), kit.Actor(r), kit.VisitorOf(r).User.ID); err != nil {
		return err
	}
	if err := p.Kit.Say(w, r, ui.Good, "Your second factors stay."); err != nil {
		return err
	}
	return kit.Go(w, r, account.FactorsPath)
}

// FactorRuleSend says whether the members of the organisation need one.
func (p *Portal) FactorRuleSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	required := form.Text("required") == "yes"
	if err := p.Accounts.RequireFactor(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, required); err != nil {
		return err
	}
	if err := p.Kit.Say(w, r, ui.Good, map[bool]string{true: "Every member needs a second factor now.", false: "Members choose for themselves now."}[required]); err != nil {
		return err
	}
	return kit.Go(w, r, account.FactorsPath)
}

// MemberReset asks for a reset of a member's second factors.
func (p *Portal) MemberReset(w http.ResponseWriter, r *http.Request) error {
	m, err := p.member(r)
	if err != nil {
		return err
	}
	reset, err := p.Accounts.AskReset(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, m.ID)
	if err != nil {
		return p.orSay(w, r, err, "/team/"+m.ID)
	}
	if err := p.Kit.Say(w, r, ui.Good, "The second factors of "+m.Email+" are taken away on "+ui.TimeZoned(reset.EffectiveAt, kit.VisitorOf(r).Customer.Location())+", unless they say no."); err != nil {
		return err
	}
	return kit.Go(w, r, "/team/"+m.ID)
}

// SignInFactor takes the second factor of a sign-in.
func (p *Portal) SignInFactor(w http.ResponseWriter, r *http.Request) error {
	in, next, done, err := p.Kit.TakeStep(w, r)
	if err != nil || !done {
		return err
	}
	return p.begin(w, r, in, next)
}

// SignInPasskey signs in by a passkey alone.
func (p *Portal) SignInPasskey(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, signInLabels)
	if err != nil {
		return err
	}
	next := kit.SafeNext(form.Text("next"))
	in, err := p.Accounts.SignInPasskey(r.Context(), account.Proof{Passkey: form.Text("passkey"), Ticket: form.Text("ticket")}, kit.From(r))
	if fault.Is(err, fault.NotFound) {
		err = fault.Bad("passkey", "Nobody here has this passkey.")
	}
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.signInPage(w, r, form, next, "")
	}
	return p.begin(w, r, in, next)
}
