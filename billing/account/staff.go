package account

import (
	"context"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// HasAdmin says whether anybody is an admin yet.
func (s *Service) HasAdmin(ctx context.Context) (yes bool, err error) {
	staff, err := s.Staff(ctx)
	return admins(staff) > 0, err
}

func admins(staff []User) (n int) {
	for _, u := range staff {
		if u.Staff == Admin {
			n++
		}
	}
	return n
}

// Staff lists the people of the vendor, by e-mail address.
func (s *Service) Staff(ctx context.Context) (us []User, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		us, err = s.Store.StaffUsers(t)
		return err
	})
	return us, err
}

var errStaffRole = fault.Bad("role", "Choose admin or support.")

// InviteStaff mails a link by which the person who has an address joins the staff,
// in the place of one that the address has already.
func (s *Service) InviteStaff(ctx context.Context, by audit.Actor, email string, role StaffRole) error {
	email, err := NormalEmail(email)
	if err != nil {
		return err
	}
	if !role.Valid() {
		return errStaffRole
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		if u, err := s.Store.UserByEmail(t, email); err == nil && u.Staff != NoStaff {
			return fault.New(fault.Conflict, "staff_already", "email", "This person is staff already: change the role instead.")
		}
		if err := s.mayInvite(t, "staff", email); err != nil {
			return err
		}
		if err := s.Store.VoidLinks(t, Link{Kind: LinkStaff, Email: email}, t.Now()); err != nil {
			return err
		}
		l, err := s.newLink(t, Link{Kind: LinkStaff, Email: email, Role: Role(role), CreatedBy: by.ID})
		if err != nil {
			return err
		}
		if err := s.mail(t, Mail{Template: MailStaff, To: email, Data: map[string]string{"role": string(role)}, Link: l.ID}); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Action: "staff.invited", Object: l.ID, After: string(role)})
	})
}

// StaffInvitations lists the invitations to join the staff that can be used,
// newest first.
func (s *Service) StaffInvitations(ctx context.Context) (ls []Link, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		ls, err = s.Store.OpenLinks(t, LinkStaff, "", t.Now(), maxInvitations)
		return err
	})
	return ls, err
}

// RevokeStaffInvitation ends an invitation to join the staff at once. One that was
// used or has ended already is not found.
func (s *Service) RevokeStaffInvitation(ctx context.Context, by audit.Actor, linkID string) (l Link, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if l, err = s.openInvitation(t, LinkStaff, "", linkID); err != nil {
			return err
		}
		if _, err := s.Store.UseLink(t, l.ID, t.Now()); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Action: "staff.invitation_revoked", Object: l.ID})
	})
	return l, err
}

// SetStaff changes what a person may do in the console; NoStaff removes them from
// the staff. The last admin stays. What they have invited ends when they may not
// invite any more.
func (s *Service) SetStaff(ctx context.Context, by audit.Actor, userID string, role StaffRole) (u User, err error) {
	if role != NoStaff && !role.Valid() {
		return u, errStaffRole
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if u, err = s.Store.User(t, userID); err != nil {
			return missing(err, "user")
		}
		if u.Staff == NoStaff {
			return fault.Missing("user") // who is no staff is invited
		}
		before := u.Staff
		if before == role {
			return nil
		}
		if before == Admin {
			if err := s.leavesAdmin(t, u.ID); err != nil {
				return err
			}
		}
		u.Staff = role
		if err := s.Store.UpdateUser(t, u); err != nil {
			return err
		}
		if role == Admin {
			if err := s.tellAdmins(t, u); err != nil {
				return err
			}
		}
		action := "staff.changed"
		if role == NoStaff {
			action = "staff.removed"
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Action: action, Object: u.ID, Before: string(before), After: string(role)})
	})
	return u, err
}

// leavesAdmin refuses to take the last admin away, and ends what one who goes has
// invited.
func (s *Service) leavesAdmin(t tx.Tx, userID string) error {
	staff, err := s.Store.StaffUsers(t)
	if err != nil {
		return err
	}
	if admins(staff) < 2 {
		return fault.New(fault.Conflict, "last_admin", "role", "There is always an admin: make another one first.")
	}
	if err := s.endInvitations(t, userID, ""); err != nil {
		return err
	}
	return s.Store.VoidLinks(t, Link{Kind: LinkStaff, CreatedBy: userID}, t.Now())
}

// tellAdmins mails the admins that there is another one of the staff.
func (s *Service) tellAdmins(t tx.Tx, fresh User) error {
	staff, err := s.Store.StaffUsers(t)
	if err != nil {
		return err
	}
	for _, u := range staff {
		if u.Staff != Admin || u.ID == fresh.ID {
			continue
		}
		m := Mail{Template: MailNewStaff, To: u.Email, Data: map[string]string{"who": fresh.Email, "role": string(fresh.Staff), "link": "/admin/staff"}}
		if err := s.mail(t, m); err != nil {
			return err
		}
	}
	return nil
}
