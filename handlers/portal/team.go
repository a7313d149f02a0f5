package portal

import (
	"net/http"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

var teamLabels = map[string]string{"email": "E-mail address", "role": "Role"}

// Team lists the people of the customer.
func (p *Portal) Team(w http.ResponseWriter, r *http.Request) error {
	return p.teamPage(w, r, &kit.Form{})
}

func (p *Portal) teamPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := kit.VisitorOf(r)
	members, err := p.Accounts.Members(r.Context(), v.Customer.ID)
	if err != nil {
		return err
	}
	page := portal.Team{Form: form.Form, Manage: v.Role.MayManageMembers(), Zone: v.Customer.Location()}
	for _, m := range members {
		page.Members = append(page.Members, teamMember(v, m))
	}
	if page.Manage {
		open, err := p.Accounts.Invitations(r.Context(), v.Customer.ID)
		if err != nil {
			return err
		}
		for _, l := range open {
			page.Invitations = append(page.Invitations, ui.Invitation{
				Email: l.Email, Role: string(l.Role), Until: l.ExpiresAt, Revoke: "/team/invitations/" + l.ID + "/revoke",
			})
		}
	}
	f := p.Kit.Frame(r, "Team", "/team")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.TeamPage(f, page))
}

func teamMember(v *kit.Visitor, m account.Member) portal.TeamMember {
	return portal.TeamMember{ID: m.User, Email: m.Email, Name: m.Name, Role: string(m.Role), Since: m.CreatedAt, You: m.User == v.User.ID}
}

// Invite mails a link to join. It says the same whether or not the address is
// known.
func (p *Portal) Invite(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, teamLabels)
	if err != nil {
		return err
	}
	if form.Require("email", "Give the address of whom to invite."); !form.Failed() {
		if err := form.Take(p.Accounts.Invite(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, form.Text("email"), account.Role(form.Text("role")))); err != nil {
			return err
		}
	}
	if form.Failed() {
		return p.teamPage(w, r, form)
	}
	if err := p.Kit.Say(w, r, ui.Good, "An invitation is on its way to "+form.Text("email")+"."); err != nil {
		return err
	}
	return kit.Go(w, r, "/team")
}

// InvitationRevoke ends an invitation.
func (p *Portal) InvitationRevoke(w http.ResponseWriter, r *http.Request) error {
	l, err := p.Accounts.RevokeInvitation(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, r.PathValue("invitation"))
	if err != nil {
		return err
	}
	if err := p.Kit.Say(w, r, ui.Good, "The invitation of "+l.Email+" no longer works."); err != nil {
		return err
	}
	return kit.Go(w, r, "/team")
}

// member is the person of the customer that the address names.
func (p *Portal) member(r *http.Request) (portal.TeamMember, error) {
	v := kit.VisitorOf(r)
	members, err := p.Accounts.Members(r.Context(), v.Customer.ID)
	for _, m := range members {
		if m.User == r.PathValue("member") {
			return teamMember(v, m), err
		}
	}
	if err == nil {
		err = fault.Missing("member")
	}
	return portal.TeamMember{}, err
}

// Member shows what a member may do, to change it.
func (p *Portal) Member(w http.ResponseWriter, r *http.Request) error {
	return p.memberPage(w, r, &kit.Form{})
}

func (p *Portal) memberPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	m, err := p.member(r)
	if err != nil {
		return err
	}
	f := p.Kit.Frame(r, m.Email, "/team")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.MemberPage(f, portal.MemberForm{Form: form.Form, TeamMember: m}))
}

// MemberSend changes a member's role.
func (p *Portal) MemberSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, teamLabels)
	if err != nil {
		return err
	}
	m, err := p.member(r)
	if err != nil {
		return err
	}
	role := account.Role(form.Text("role"))
	if err := form.Take(p.Accounts.ChangeMember(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, m.ID, role)); err != nil {
		return err
	}
	if form.Failed() {
		return p.memberPage(w, r, form)
	}
	if err := p.Kit.Say(w, r, ui.Good, m.Email+" has the role "+string(role)+" now."); err != nil {
		return err
	}
	return kit.Go(w, r, "/team")
}

// MemberRemove takes a person out of the customer.
func (p *Portal) MemberRemove(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, teamLabels)
	if err != nil {
		return err
	}
	m, err := p.member(r)
	if err != nil {
		return err
	}
	if err := form.Take(p.Accounts.RemoveMember(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, m.ID)); err != nil {
		return err
	}
	if form.Failed() {
		return p.memberPage(w, r, form)
	}
	if err := p.Kit.Say(w, r, ui.Good, m.Email+" is no longer in the team."); err != nil {
		return err
	}
	to := "/team"
	if m.You {
		to = "/"
	}
	return kit.Go(w, r, to)
}
