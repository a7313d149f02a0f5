package account

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// SignUp asks for an account with an e-mail address. The answer is the same, in
// text and time, whether the address is known: the mail that follows tells its
// owner. Its link carries nothing of who asked, and ends the links of earlier
// mails.
func (s *Service) SignUp(ctx context.Context, email string, from From) error {
	email, err := NormalEmail(email)
	if err != nil {
		return err
	}
	if err := s.mayAsk(ctx, from); err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.UserByEmail(t, email)
		switch {
		case err == nil && u.Verified():
			if !s.mayMail(MailKnown, email) {
				return nil
			}
			return s.mail(t, Mail{Template: MailKnown, To: email, Data: map[string]string{"link": "/sign-in"}})
		case err != nil && !errors.Is(err, tx.ErrNotFound):
			return err
		case !s.mayMail(MailVerify, email):
			return nil // the link of the last mail stays good
		}
		if err := s.Store.VoidLinks(t, Link{Kind: LinkVerify, Email: email}, t.Now()); err != nil {
			return err
		}
		l, err := s.newLink(t, Link{Kind: LinkVerify, Email: email})
		if err != nil {
			return err
		}
		return s.mail(t, Mail{Template: MailVerify, To: email, Link: l.ID})
	})
}

// NewPerson is what somebody gives who has the link of a sign-up.
type NewPerson struct {
	Name, Password string
	TermsVersion   string // the version of the terms agreed to, "" for none
}

func (s *Service) checkPerson(ctx context.Context, n *NewPerson, email string) error {
	n.Name = strings.TrimSpace(n.Name)
	if utf8.RuneCountInString(n.Name) > 200 || !printable(n.Name) {
		return fault.Bad("name", "Give a name of at most 200 characters.")
	}
	return s.CheckPassword(ctx, n.Password, User{Email: email, Name: n.Name})
}

// VerifyEmail uses the link of a sign-up: the address is verified, what its owner
// gives now counts, the consent is recorded, and the user is signed in.
func (s *Service) VerifyEmail(ctx context.Context, secret string, n NewPerson, from From) (in SignedIn, err error) {
	var l Link
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		l, err = s.peekLink(t, LinkVerify, secret)
		return err
	})
	if err != nil {
		return in, err
	}
	if err := s.checkPerson(ctx, &n, l.Email); err != nil {
		return in, err
	}
	hash, err := s.hasher.hash(ctx, n.Password)
	if err != nil {
		return in, err
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if l, err = s.useLink(t, LinkVerify, secret); err != nil {
			return err
		}
		u, err := s.Store.UserByEmail(t, l.Email)
		switch {
		case err == nil && u.Verified():
			return errLink
		case err != nil && !errors.Is(err, tx.ErrNotFound):
			return err
		}
		u.Name = n.Name
		if u, err = s.putVerified(t, u, l.Email, hash); err != nil {
			return err
		}
		if n.TermsVersion != "" {
			err := s.RecordConsentIn(t, Consent{User: u.ID, Document: Terms, Version: n.TermsVersion, From: from})
			if err != nil {
				return err
			}
		}
		in, err = s.startSession(t, u, from)
		return err
	})
	return in, err
}

// putVerified stores a user, new when it has no id, whose address is verified now
// and whose password was chosen now. What waits to verify the address ends.
func (s *Service) putVerified(t tx.Tx, u User, email, hash string) (User, error) {
	u.Email, u.PasswordHash, u.PasswordChangedAt, u.VerifiedAt = email, hash, t.Now(), t.Now()
	put := s.Store.UpdateUser
	if u.ID == "" {
		u.ID, u.CreatedAt = id.New("usr", t.Now()), t.Now()
		put = s.Store.InsertUser
	}
	if err := put(t, u); err != nil {
		return u, err
	}
	return u, s.Store.VoidLinks(t, Link{Kind: LinkVerify, Email: email}, t.Now())
}
