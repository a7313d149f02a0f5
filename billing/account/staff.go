package account

import (
	"context"
	"errors"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// HasAdmin says whether anybody is staff yet.
func (s *Service) HasAdmin(ctx context.Context) (yes bool, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		n, err := s.Store.CountStaff(t)
		yes = n > 0
		return err
	})
	return yes, err
}

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

// ClaimAdmin makes the holder of an admin link an admin and signs in: a new
// user, or one who has the address and gives its password. The address counts
// as verified, for who has the link runs this Purse.
func (s *Service) ClaimAdmin(ctx context.Context, secret, email, password string, from From) (in SignedIn, err error) {
	if email, err = NormalEmail(email); err != nil {
		return in, err
	}
	var u User
	known := true
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		if _, err := s.peekLink(t, LinkAdmin, secret); err != nil {
			return err
		}
		u, err = s.Store.UserByEmail(t, email)
		if errors.Is(err, tx.ErrNotFound) {
			known, err = false, nil
		}
		return err
	})
	if err != nil {
		return in, err
	}
	if known && u.Verified() {
		ok, err := s.hasher.verify(ctx, u.PasswordHash, password)
		if err != nil {
			return in, err
		}
		if !ok {
			return in, fault.New(fault.Invalid, "password_wrong", "password", "There is a user with this address: give its password, or use another address.")
		}
	} else if err := CheckPassword(password, email); err != nil {
		return in, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return in, err
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if _, err := s.useLink(t, LinkAdmin, secret); err != nil {
			return err
		}
		now, err := s.Store.UserByEmail(t, email)
		switch {
		case errors.Is(err, tx.ErrNotFound):
			now = User{ID: id.New("usr", t.Now()), Email: email, CreatedAt: t.Now()}
			now.PasswordHash, now.PasswordChangedAt, now.VerifiedAt, now.Staff = hash, t.Now(), t.Now(), Admin
			err = s.Store.InsertUser(t, now)
		case err != nil:
		default:
			if !now.Verified() {
				now.PasswordHash, now.PasswordChangedAt, now.VerifiedAt = hash, t.Now(), t.Now()
			} else if now.PasswordHash != u.PasswordHash {
				return fault.New(fault.Conflict, "changed", "", "The password was just changed. Try again.")
			}
			now.Staff = Admin
			err = s.Store.UpdateUser(t, now)
		}
		if err != nil {
			return err
		}
		if in, err = s.startSession(t, now, from); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: audit.Actor{ID: now.ID, Address: from.Address}, Action: "admin.claimed", Object: now.ID})
	})
	return in, err
}
