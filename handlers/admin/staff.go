package admin

import (
	"net/http"
	"time"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/views/admin"
	"purse/views/ui"
)

var staffLabels = map[string]string{"email": "E-mail address", "role": "Role"}

// StaffList lists the people of the vendor.
func (a *Admin) StaffList(w http.ResponseWriter, r *http.Request) error {
	return a.staffPage(w, r, &kit.Form{})
}

func (a *Admin) staffPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	staff, err := a.Accounts.Staff(r.Context())
	if err != nil {
		return err
	}
	page := admin.Staff{Form: form.Form, MayChange: mayChange(r), Zone: time.UTC}
	for _, u := range staff {
		page.People = append(page.People, staffPerson(r, u))
	}
	if page.MayChange {
		open, err := a.Accounts.StaffInvitations(r.Context())
		if err != nil {
			return err
		}
		for _, l := range open {
			page.Invitations = append(page.Invitations, ui.Invitation{
				Email: l.Email, Role: string(l.Role), Until: l.ExpiresAt, Revoke: "/admin/staff/invitations/" + l.ID + "/revoke",
			})
		}
	}
	f := a.frame(r, "Staff", "/admin/staff")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.StaffPage(f, page))
}

func staffPerson(r *http.Request, u account.User) admin.StaffPerson {
	return admin.StaffPerson{ID: u.ID, Email: u.Email, Name: u.Name, Role: string(u.Staff), Since: u.CreatedAt, You: u.ID == kit.VisitorOf(r).User.ID}
}

// StaffInvite mails a link to join the staff.
func (a *Admin) StaffInvite(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, staffLabels)
	if err != nil {
		return err
	}
	if form.Require("email", "Give the address of whom to invite."); !form.Failed() {
		if err := form.Take(a.Accounts.InviteStaff(r.Context(), kit.Actor(r), form.Text("email"), account.StaffRole(form.Text("role")))); err != nil {
			return err
		}
	}
	if form.Failed() {
		return a.staffPage(w, r, form)
	}
	if err := a.Kit.Say(w, r, ui.Good, "An invitation is on its way to "+form.Text("email")+"."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/staff")
}

// StaffInvitationRevoke ends an invitation to join the staff.
func (a *Admin) StaffInvitationRevoke(w http.ResponseWriter, r *http.Request) error {
	l, err := a.Accounts.RevokeStaffInvitation(r.Context(), kit.Actor(r), r.PathValue("invitation"))
	if err != nil {
		return err
	}
	if err := a.Kit.Say(w, r, ui.Good, "The invitation of "+l.Email+" no longer works."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/staff")
}

// StaffPerson shows what one of the staff may do, to change it.
func (a *Admin) StaffPerson(w http.ResponseWriter, r *http.Request) error {
	return a.staffPersonPage(w, r, &kit.Form{})
}

// staffUser is the person that the address names, where they are staff.
func (a *Admin) staffUser(r *http.Request) (account.User, error) {
	u, err := a.Accounts.User(r.Context(), r.PathValue("staff"))
	if err == nil && u.Staff == account.NoStaff {
		err = fault.Missing("user")
	}
	return u, err
}

func (a *Admin) staffPersonPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	u, err := a.staffUser(r)
	if err != nil {
		return err
	}
	f := a.frame(r, u.Email, "/admin/staff")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.StaffPersonPage(f, admin.StaffForm{Form: form.Form, StaffPerson: staffPerson(r, u)}))
}

// StaffPersonSend changes the role of one of the staff.
func (a *Admin) StaffPersonSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, staffLabels)
	if err != nil {
		return err
	}
	role := account.StaffRole(form.Text("role"))
	if !role.Valid() {
		form.Fail("role", "Choose admin or support.")
		return a.staffPersonPage(w, r, form)
	}
	return a.setStaff(w, r, form, role, "has the role "+string(role)+" now.")
}

// StaffRemove takes a person out of the staff.
func (a *Admin) StaffRemove(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, staffLabels)
	if err != nil {
		return err
	}
	return a.setStaff(w, r, form, account.NoStaff, "is no longer one of the staff.")
}

func (a *Admin) setStaff(w http.ResponseWriter, r *http.Request, form *kit.Form, role account.StaffRole, says string) error {
	u, err := a.Accounts.SetStaff(r.Context(), kit.Actor(r), r.PathValue("staff"), role)
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return a.staffPersonPage(w, r, form)
	}
	if err := a.Kit.Say(w, r, ui.Good, u.Email+" "+says); err != nil {
		return err
	}
	to := "/admin/staff"
	if role == account.NoStaff && u.ID == kit.VisitorOf(r).User.ID {
		to = "/"
	}
	return kit.Go(w, r, to)
}
