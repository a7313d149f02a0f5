package account

import (
	"context"
	"errors"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// Role is what a member may do in a customer.
type Role string

const (
	Owner     Role = "owner"     // everything
	Billing   Role = "billing"   // buy, recharge, invoices
	Developer Role = "developer" // keys, endpoints
	Viewer    Role = "viewer"    // look
)

// Valid says whether r is one of the four roles.
func (r Role) Valid() bool { return r == Owner || r == Billing || r == Developer || r == Viewer }

// MayBuy says whether the role may spend money.
func (r Role) MayBuy() bool { return r == Owner || r == Billing }

// MayManageKeys says whether the role may make and revoke keys.
func (r Role) MayManageKeys() bool { return r == Owner || r == Developer }

// MayManageMembers says whether the role may invite and remove people.
func (r Role) MayManageMembers() bool { return r == Owner }

// Member is a person in a customer. Email and Name are filled in lists of a
// customer's members.
type Member struct {
	Customer, User string
	Role           Role
	CreatedAt      time.Time
	Email, Name    string
}

// Membership is a customer that a user belongs to.
type Membership struct {
	Customer Customer
	Role     Role
}

// AddMember puts a user into a customer, or changes the role there.
func (s *Service) AddMember(ctx context.Context, by audit.Actor, customerID, userID string, role Role) error {
	if !role.Valid() {
		return fault.Bad("role", "Choose owner, billing, developer or viewer.")
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		return s.addMember(t, by, customerID, userID, role)
	})
}

// ChangeMember changes the role of one who is a member.
func (s *Service) ChangeMember(ctx context.Context, by audit.Actor, customerID, userID string, role Role) error {
	if !role.Valid() {
		return fault.Bad("role", "Choose owner, billing, developer or viewer.")
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		if _, err := s.Store.Member(t, customerID, userID); err != nil {
			return missing(err, "member") // removed meanwhile: not let in again
		}
		return s.addMember(t, by, customerID, userID, role)
	})
}

func (s *Service) addMember(t tx.Tx, by audit.Actor, customerID, userID string, role Role) error {
	if _, err := s.Store.Customer(t, customerID); err != nil {
		return missing(err, "customer")
	}
	if _, err := s.Store.User(t, userID); err != nil {
		return missing(err, "user")
	}
	before, err := s.Store.Member(t, customerID, userID)
	switch {
	case errors.Is(err, tx.ErrNotFound):
		before.CreatedAt = t.Now()
	case err != nil:
		return err
	case before.Role == role:
		return nil
	}
	if err := s.keepsOwner(t, before, role); err != nil {
		return err
	}
	if before.Role.MayManageMembers() && !role.MayManageMembers() {
		if err := s.endInvitations(t, userID, customerID); err != nil {
			return err
		}
	}
	s.rightsChanged(t, userID)
	if err := s.Store.PutMember(t, Member{Customer: customerID, User: userID, Role: role, CreatedAt: before.CreatedAt}); err != nil {
		return err
	}
	return s.Audit.Record(t, audit.Record{Actor: by, Customer: customerID, Action: "member.put", Object: userID, Before: string(before.Role), After: string(role)})
}

// RemoveMember takes a user out of a customer. The last owner stays.
func (s *Service) RemoveMember(ctx context.Context, by audit.Actor, customerID, userID string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		m, err := s.Store.Member(t, customerID, userID)
		if err != nil {
			return missing(err, "member")
		}
		if err := s.keepsOwner(t, m, ""); err != nil {
			return err
		}
		s.rightsChanged(t, userID)
		if err := s.Store.DeleteMember(t, customerID, userID); err != nil {
			return err
		}
		if err := s.endInvitations(t, userID, customerID); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: customerID, Action: "member.removed", Object: userID, Before: string(m.Role)})
	})
}

func (s *Service) keepsOwner(t tx.Tx, m Member, to Role) error {
	if m.Role != Owner || to == Owner {
		return nil
	}
	all, err := s.Store.MembersOf(t, m.Customer)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.Role == Owner && o.User != m.User {
			return nil
		}
	}
	return fault.New(fault.Conflict, "last_owner", "role", "A customer keeps at least one owner: make another member owner first.")
}

// Members lists the people of a customer.
func (s *Service) Members(ctx context.Context, customerID string) (ms []Member, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		ms, err = s.Store.MembersOf(t, customerID)
		return err
	})
	return ms, err
}

// MembersIn is Members in t.
func (s *Service) MembersIn(t tx.Tx, customerID string) ([]Member, error) {
	return s.Store.MembersOf(t, customerID)
}

// Memberships lists the customers of a user, oldest membership first.
func (s *Service) Memberships(ctx context.Context, userID string) (ms []Membership, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		rows, err := s.Store.MembershipsOf(t, userID)
		if err != nil {
			return err
		}
		ms = make([]Membership, 0, len(rows))
		for _, m := range rows {
			c, err := s.Store.Customer(t, m.Customer)
			if err != nil {
				return err
			}
			ms = append(ms, Membership{c, m.Role})
		}
		return nil
	})
	return ms, err
}

// MemberRole is the role of a user in a customer. For a customer that does not
// exist or is not the user's, it is the same fault.
func (s *Service) MemberRole(ctx context.Context, customerID, userID string) (role Role, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		m, err := s.Store.Member(t, customerID, userID)
		role = m.Role
		return missing(err, "customer")
	})
	return role, err
}
