package account

import (
	"context"
	"errors"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// AdminLink makes a one-time link by which a person becomes an admin: for the
// first start and for `purse admin link`. Those that were made before end.
func (s *Service) AdminLink(ctx context.Context, by audit.Actor) (secret string, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if err := s.Store.VoidLinks(t, Link{Kind: LinkAdmin}, t.Now()); err != nil {
			return err
		}
		if secret, _, err = s.shownLink(t, Link{Kind: LinkAdmin, CreatedBy: by.ID}); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Action: "admin_link.created"})
	})
	return secret, err
}

// ClaimLink is the link of a secret that makes staff of who has it: an admin link,
// or an invitation to one address. The page that it opens asks, without using it.
func (s *Service) ClaimLink(ctx context.Context, secret string) (l Link, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		l, err = s.peekClaim(t, secret)
		return err
	})
	return l, err
}

func (s *Service) peekClaim(t tx.Tx, secret string) (Link, error) {
	l, err := s.peekLink(t, LinkAdmin, secret)
	if fault.HasCode(err, "link_invalid") {
		return s.peekLink(t, LinkStaff, secret)
	}
	return l, err
}

// ClaimAdmin makes the holder of an admin link an admin, or that of an invitation
// to the staff what it says, and signs in: a new user, or one who has the address
// and gives its password. The address counts as verified, for who has an admin
// link runs this Purse, and an invitation was mailed to its address, whatever
// email says. The other admin links end, and the admins are told.
func (s *Service) ClaimAdmin(ctx context.Context, secret, email, password string, from From) (in SignedIn, err error) {
	l, u, email, err := s.claimant(ctx, secret, email)
	if err != nil {
		return in, err
	}
	if u.Verified() {
		if err := s.knownPassword(ctx, u, password); err != nil {
			return in, err
		}
	} else if err := s.CheckPassword(ctx, password, User{Email: email}); err != nil {
		return in, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return in, err
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if l, err = s.useLink(t, l.Kind, secret); err != nil {
			return err
		}
		now, err := s.Store.UserByEmail(t, email)
		switch {
		case err == nil && now.Verified() && now.PasswordHash != u.PasswordHash:
			return fault.New(fault.Conflict, "changed", "", "The password was just changed. Try again.")
		case err == nil && now.Verified():
		case err == nil || errors.Is(err, tx.ErrNotFound):
			if now, err = s.putVerified(t, now, email, hash); err != nil {
				return err
			}
		default:
			return err
		}
		if in, err = s.joinStaff(t, l, now, from); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: audit.Actor{ID: now.ID, Address: from.Address}, Action: "admin.claimed", Object: now.ID, After: string(in.User.Staff)})
	})
	return in, err
}

// claimant is who a claim is about: the link, the user who has the address, zero
// for nobody, and the address.
func (s *Service) claimant(ctx context.Context, secret, email string) (l Link, u User, address string, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		if l, err = s.peekClaim(t, secret); err != nil {
			return err
		}
		if address = l.Email; address == "" {
			if address, err = NormalEmail(email); err != nil {
				return err
			}
		}
		u, err = s.Store.UserByEmail(t, address)
		if errors.Is(err, tx.ErrNotFound) {
			u, err = User{}, nil
		}
		return err
	})
	return l, u, address, err
}

// knownPassword says whether a password is that of a user who claims.
func (s *Service) knownPassword(ctx context.Context, u User, password string) error {
	if _, err := s.rightPassword(ctx, u.ID, password); !fault.HasCode(err, "password_wrong") {
		return err
	}
	return fault.New(fault.Invalid, "password_wrong", "password", "There is a user with this address: give its password.")
}

// joinStaff gives a user the role of a link that was used, and signs in. One who
// is more already stays so.
func (s *Service) joinStaff(t tx.Tx, l Link, u User, from From) (in SignedIn, err error) {
	role := Admin
	if l.Kind == LinkStaff {
		role = StaffRole(l.Role)
	} else if err := s.Store.VoidLinks(t, Link{Kind: LinkAdmin}, t.Now()); err != nil {
		return in, err
	}
	if u.Staff != Admin && u.Staff != role {
		u.Staff = role
		if err := s.Store.UpdateUser(t, u); err != nil {
			return in, err
		}
		if err := s.tellAdmins(t, u); err != nil {
			return in, err
		}
	}
	if err := s.Store.VoidLinks(t, Link{Kind: LinkStaff, Email: u.Email}, t.Now()); err != nil {
		return in, err
	}
	return s.startSession(t, u, from)
}
