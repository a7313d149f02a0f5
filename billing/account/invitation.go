package account

import (
	"context"
	"errors"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// maxInvitations is how many open invitations a list shows.
const maxInvitations = 200

// JoinLink makes a one-time link by which the person who has an e-mail address
// joins a customer.
func (s *Service) JoinLink(ctx context.Context, by audit.Actor, customerRef, email string, role Role) (secret string, l Link, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		secret, l, err = s.JoinLinkIn(t, by, customerRef, email, role)
		return err
	})
	return secret, l, err
}

// JoinLinkIn makes a join link in t and answers its secret, to be shown once.
func (s *Service) JoinLinkIn(t tx.Tx, by audit.Actor, customerRef, email string, role Role) (string, Link, error) {
	l, _, err := s.invite(t, by, customerRef, email, role)
	if err != nil {
		return "", l, err
	}
	secret, err := s.newSecret(t, l)
	return secret, l, err
}

// Invite mails a join link to the address that it is for.
func (s *Service) Invite(ctx context.Context, by audit.Actor, customerID, email string, role Role) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		l, c, err := s.invite(t, by, customerID, email, role)
		if err != nil {
			return err
		}
		return s.mail(t, Mail{Template: MailInvitation, To: l.Email, Data: map[string]string{"customer": c.Name, "role": string(role)}, Link: l.ID})
	})
}

// invite stores a join link, in the place of one that the address has for the
// customer already.
func (s *Service) invite(t tx.Tx, by audit.Actor, customerRef, email string, role Role) (Link, *Customer, error) {
	email, err := NormalEmail(email)
	if err != nil {
		return Link{}, nil, err
	}
	if !role.Valid() {
		return Link{}, nil, fault.Bad("role", "Choose owner, billing, developer or viewer.")
	}
	c, err := s.CustomerIn(t, customerRef)
	if err != nil {
		return Link{}, nil, err
	}
	if err := s.mayInvite(t, c.ID, email); err != nil {
		return Link{}, nil, err
	}
	if err := s.Store.VoidLinks(t, Link{Kind: LinkJoin, Customer: c.ID, Email: email}, t.Now()); err != nil {
		return Link{}, nil, err
	}
	l, err := s.newLink(t, Link{Kind: LinkJoin, Customer: c.ID, Email: email, Role: role, CreatedBy: by.ID})
	if err != nil {
		return l, nil, err
	}
	return l, c, s.Audit.Record(t, audit.Record{Actor: by, Customer: c.ID, Action: "invitation.created", Object: l.ID, After: string(role)})
}

// mayInvite counts an invitation, for the customer and for the address.
func (s *Service) mayInvite(t tx.Tx, customer, email string) error {
	if err := s.loadThrottles(t); err != nil {
		return err
	}
	wait := s.throttle.try(t.Now(), counted{throttleName("invites_of", customer), invitesOf}, counted{throttleName("invites_to", email), invitesTo})
	if wait > 0 {
		return slowDown(wait)
	}
	return nil
}

// Invitations lists the invitations of a customer that can be used, newest first.
func (s *Service) Invitations(ctx context.Context, customerID string) (ls []Link, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		ls, err = s.Store.OpenLinks(t, LinkJoin, customerID, t.Now(), maxInvitations)
		return err
	})
	return ls, err
}

// RevokeInvitation ends an invitation of a customer at once. One that was used
// or has ended already is not found.
func (s *Service) RevokeInvitation(ctx context.Context, by audit.Actor, customerID, linkID string) (l Link, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if l, err = s.openInvitation(t, LinkJoin, customerID, linkID); err != nil {
			return err
		}
		if _, err := s.Store.UseLink(t, l.ID, t.Now()); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: customerID, Action: "invitation.revoked", Object: l.ID})
	})
	return l, err
}

// openInvitation is an invitation of a customer, "" for the staff, that can be used.
func (s *Service) openInvitation(t tx.Tx, kind LinkKind, customerID, linkID string) (Link, error) {
	l, err := s.Store.Link(t, linkID)
	if errors.Is(err, tx.ErrNotFound) || (err == nil && (l.Kind != kind || l.Customer != customerID || !l.good(t.Now()))) {
		return l, fault.Missing("invitation")
	}
	return l, err
}

// endInvitations ends what a person or a key has invited to a customer, "" for
// all, because it may not invite any more.
func (s *Service) endInvitations(t tx.Tx, by, customer string) error {
	return s.Store.VoidLinks(t, Link{Kind: LinkJoin, Customer: customer, CreatedBy: by}, t.Now())
}

// ErrInvited is for who opens an invitation of somebody else. It does not tell
// whose it is.
var ErrInvited = fault.New(fault.Forbidden, "invitation_of_another", "token",
	"This invitation is for another e-mail address. Sign in with the address that it was sent to, or ask for one for yours.")

// Join puts a signed-in user into the customer of a join link that is for their
// address. A member who has a role there keeps it.
func (s *Service) Join(ctx context.Context, secret, userID string, from From) (c *Customer, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		l, err := s.useLink(t, LinkJoin, secret)
		if err != nil {
			return err
		}
		if l.Email != u.Email {
			return ErrInvited // and the link is not used up
		}
		if c, err = s.CustomerIn(t, l.Customer); err != nil {
			return err
		}
		if _, err := s.Store.Member(t, l.Customer, userID); !errors.Is(err, tx.ErrNotFound) {
			return err
		}
		return s.addMember(t, audit.Actor{ID: userID, Address: from.Address}, l.Customer, userID, l.Role)
	})
	return c, err
}
