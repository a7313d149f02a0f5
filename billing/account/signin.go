package account

import (
	"context"
	"errors"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// CreateVerifiedUser makes a user whose address counts as verified: for demo
// data and tests.
func (s *Service) CreateVerifiedUser(ctx context.Context, email, name, password string, staff StaffRole) (u User, err error) {
	if email, err = NormalEmail(email); err != nil {
		return u, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return u, err
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if _, err := s.Store.UserByEmail(t, email); err == nil {
			return fault.New(fault.Conflict, "email_taken", "email", "There is a user with this address.")
		}
		u = User{ID: id.New("usr", t.Now()), Email: email, Name: name, PasswordHash: hash, PasswordChangedAt: t.Now(), VerifiedAt: t.Now(), Staff: staff, CreatedAt: t.Now()}
		return s.Store.InsertUser(t, u)
	})
	return u, err
}

// errSignIn is the one answer to every failed sign-in.
var errSignIn = fault.New(fault.Unauthorized, "sign_in_failed", "email",
	"The e-mail address and password do not match, or the address is not verified yet: then use the link in the mail that we sent, or sign up again for a new one.")

func (s *Service) signIn(ctx context.Context, email, password string, from From) (in SignedIn, err error) {
	if email, err = NormalEmail(email); err != nil {
		return in, err
	}
	var u User
	var now time.Time
	var tries []counted
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		if err := s.loadThrottles(t); err != nil {
			return err
		}
		now = t.Now()
		u, err = s.Store.UserByEmail(t, email)
		if errors.Is(err, tx.ErrNotFound) {
			u, err = User{}, nil
		}
		if err == nil {
			tries, err = s.tries(t, u, email, from)
		}
		return err
	})
	if err != nil {
		return in, err
	}
	// Counted before the work, so that many guesses at once are many.
	if wait := s.throttle.try(now, tries...); wait > 0 {
		return in, slowDown(wait)
	}
	if len(password) > 4*128 {
		password = ""
	}
	ok, err := s.hasher.verify(ctx, u.PasswordHash, password, len(tries) > 1)
	if err != nil {
		return in, err
	}
	if !ok || !u.Verified() {
		return in, errSignIn
	}
	s.throttle.forget(tries[0].name, now)
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		fresh, err := s.Store.User(t, u.ID)
		if err != nil {
			return err
		}
		if fresh.PasswordHash != u.PasswordHash {
			return errSignIn
		}
		in, err = s.startSession(t, fresh, from)
		return err
	})
	return in, err
}

func (s *Service) requestReset(ctx context.Context, email string, from From) error {
	email, err := NormalEmail(email)
	if err != nil {
		return err
	}
	if err := s.mayAsk(ctx, from); err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.UserByEmail(t, email)
		if errors.Is(err, tx.ErrNotFound) || (err == nil && !u.Verified()) {
			if !s.mayMail(MailNoAccount, email) {
				return nil
			}
			return s.mail(t, Mail{Template: MailNoAccount, To: email, Data: map[string]string{"link": "/sign-up"}})
		}
		if err != nil || !s.mayMail(MailReset, email) {
			return err
		}
		l, err := s.newLink(t, Link{Kind: LinkReset, Email: email, User: u.ID, CreatedBy: u.ID})
		if err != nil {
			return err
		}
		return s.mail(t, Mail{Template: MailReset, To: email, Link: l.ID})
	})
}

// Reset uses a reset link: the new password counts, every other session ends, and
// the user is signed in.
func (s *Service) Reset(ctx context.Context, secret, password string, from From) (in SignedIn, err error) {
	var u User
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		l, err := s.peekLink(t, LinkReset, secret)
		if err != nil {
			return err
		}
		u, err = s.Store.User(t, l.User)
		return missing(err, "user")
	})
	if err != nil {
		return in, err
	}
	if err := s.CheckPassword(ctx, password, u); err != nil {
		return in, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return in, err
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		l, err := s.useLink(t, LinkReset, secret)
		if err != nil {
			return err
		}
		if u, err = s.Store.User(t, l.User); err != nil {
			return missing(err, "user")
		}
		if err := s.setPassword(t, &u, hash, "", from); err != nil {
			return err
		}
		in, err = s.startSession(t, u, from)
		return err
	})
	if err == nil {
		s.throttle.forget(throttleName("account", u.Email), s.Now())
		s.throttle.forget(mailsToName(MailReset, u.Email), s.Now()) // the links of those mails are void
	}
	return in, err
}

// ChangePassword changes the password of a signed-in user, who gives the old
// one. The other sessions end.
func (s *Service) ChangePassword(ctx context.Context, userID, sessionID, old, password string, from From) error {
	u, err := s.rightPassword(ctx, userID, old)
	if err != nil {
		s.confirmFailed(err, userID, from)
		return err
	}
	if err := s.CheckPassword(ctx, password, u); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		fresh, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		if fresh.PasswordHash != u.PasswordHash {
			return errPassword
		}
		return s.setPassword(t, &fresh, hash, sessionID, from)
	})
}

func (s *Service) setPassword(t tx.Tx, u *User, hash, keepSession string, from From) error {
	u.PasswordHash, u.PasswordChangedAt = hash, t.Now()
	if err := s.Store.UpdateUser(t, *u); err != nil {
		return err
	}
	s.rightsChanged(t, u.ID)
	if err := s.Store.DeleteSessions(t, u.ID, keepSession); err != nil {
		return err
	}
	if err := s.Store.DeleteDevices(t, u.ID); err != nil { // who is there becomes known again by signing in
		return err
	}
	if err := s.Store.VoidLinks(t, Link{Kind: LinkReset, User: u.ID}, t.Now()); err != nil {
		return err
	}
	if err := s.mail(t, Mail{Template: MailNewSecret, To: u.Email, Data: map[string]string{"link": LinkResetRequest}}); err != nil {
		return err
	}
	return s.Audit.Record(t, audit.Record{Actor: from.by(u.ID), Action: "user.password_changed", Object: u.ID})
}

// LinkResetRequest is the path of the page that asks for a reset.
const LinkResetRequest = "/reset"

var errPassword = fault.New(fault.Invalid, "password_wrong", "password", "This is not your password.")

func (s *Service) rightPassword(ctx context.Context, userID, password string) (u User, err error) {
	name := throttleName("confirm", userID)
	var now time.Time
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		if err := s.loadThrottles(t); err != nil {
			return err
		}
		now = t.Now()
		u, err = s.Store.User(t, userID)
		return missing(err, "user")
	})
	if err != nil {
		return u, err
	}
	if wait := s.throttle.blocked(name, perAccount, now); wait > 0 {
		return u, slowDown(wait)
	}
	s.throttle.count(name, perAccount, now)
	ok, err := s.hasher.verify(ctx, u.PasswordHash, password, false)
	if err == nil && !ok {
		err = errPassword
	}
	if err == nil {
		s.throttle.forget(name, now)
	}
	return u, err
}
