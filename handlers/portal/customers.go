package portal

import (
	"net/http"
	"net/url"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

var customerLabels = map[string]string{"name": "Name", "timezone": "Time zone"}

// NewCustomer shows the form that names an organisation.
func (p *Portal) NewCustomer(w http.ResponseWriter, r *http.Request) error {
	return p.newCustomerPage(w, r, &kit.Form{})
}

func (p *Portal) newCustomerPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	f := p.Kit.Frame(r, "Name your organisation", "")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.NewCustomerPage(f, portal.NewCustomer{Form: form.Form, Zones: zoneOptions()}))
}

// NewCustomerSend makes the organisation and the visitor its owner.
func (p *Portal) NewCustomerSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, customerLabels)
	if err != nil {
		return err
	}
	v := kit.VisitorOf(r)
	c, err := p.Accounts.CreateCustomer(r.Context(), kit.Actor(r), account.NewCustomer{
		Name: form.Text("name"), Email: v.User.Email, Timezone: form.Text("timezone"), Owner: v.User.ID,
	})
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.newCustomerPage(w, r, form)
	}
	if err := p.Kit.Choose(w, r, c.ID); err != nil {
		return err
	}
	return kit.Go(w, r, "/")
}

// Customers lists the organisations of the visitor.
func (p *Portal) Customers(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	var list []ui.CustomerRef
	for _, m := range v.Memberships {
		list = append(list, ui.CustomerRef{ID: m.Customer.ID, Name: m.Customer.Name, Current: v.Customer != nil && v.Customer.ID == m.Customer.ID})
	}
	return kit.Render(w, r, http.StatusOK, portal.CustomersPage(p.Kit.Frame(r, "Your organisations", ""), portal.Customers{List: list}))
}

// SwitchCustomer makes another organisation of the visitor the current one.
func (p *Portal) SwitchCustomer(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	id := form.Text("customer")
	for _, m := range kit.VisitorOf(r).Memberships {
		if m.Customer.ID == id {
			if err := p.Kit.Choose(w, r, id); err != nil {
				return err
			}
			return kit.Go(w, r, "/")
		}
	}
	return fault.Missing("customer")
}

// Join shows what a join link does.
func (p *Portal) Join(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	l, c, err := p.Accounts.PeekLink(r.Context(), account.LinkJoin, token)
	if err != nil || c == nil {
		return p.deadLink(w, r, err, deadJoin)
	}
	if kit.VisitorOf(r) == nil {
		return kit.Go(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()))
	}
	if l.Email != kit.VisitorOf(r).User.Email {
		return account.ErrInvited
	}
	return kit.Render(w, r, http.StatusOK, portal.ConfirmPage(p.Kit.Frame(r, "Join "+c.Name, ""), portal.Confirm{
		Title: "Join " + c.Name, Text: "You will be able to see its credits, with the role " + string(l.Role) + ". You are signed in as " + kit.VisitorOf(r).User.Email + ".",
		Button: "Join", Action: "/join", Token: token,
	}))
}

var deadJoin = portal.DeadLink{Text: "It was used already, it was taken back, or it is older than a week. Ask whoever sent it for a new one.", Path: "/", Button: "Go on"}

// JoinSend uses a join link.
func (p *Portal) JoinSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	c, err := p.Accounts.Join(r.Context(), form.Text("token"), kit.VisitorOf(r).User.ID, kit.From(r))
	if err != nil {
		return p.deadLink(w, r, err, deadJoin)
	}
	if err := p.Kit.Choose(w, r, c.ID); err != nil {
		return err
	}
	if err := p.Kit.Say(w, r, ui.Good, "You are now a member of "+c.Name+"."); err != nil {
		return err
	}
	return kit.Go(w, r, "/")
}
