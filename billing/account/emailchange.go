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

// EmailChange is a change of a person's e-mail address. It is done when both the
// old and the new one are proved.
type EmailChange struct {
	ID, User  string
	Old, New  string
	CreatedAt time.Time
	OldAt     time.Time // zero until the old address is proved
	NewAt     time.Time
	EndedAt   time.Time // zero while it waits
	Done      bool
}

// EmailChangeStore keeps changes of addresses.
type EmailChangeStore interface {
	InsertEmailChange(t tx.Tx, c EmailChange) error
	// OpenEmailChange is the one of a user that waits, tx.ErrNotFound for none.
	OpenEmailChange(t tx.Tx, user string) (EmailChange, error)
	UpdateEmailChange(t tx.Tx, c EmailChange) error
	// PastEmails are addresses that a user had since a time.
	PastEmails(t tx.Tx, user string, since time.Time) ([]string, error)
}

// formerFor is how long a former address is still told what concerns security.
const formerFor = 90 * 24 * time.Hour

// AskEmailChange mails a link to the old and one to the new address of a person;
// the newest pair alone counts. The answer is the same whether the new address has
// an account.
func (s *Service) AskEmailChange(ctx context.Context, userID, email string, from From) error {
	email, err := NormalEmail(email)
	if err != nil {
		return err
	}
	if err := s.mayAsk(ctx, from); err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		if u.Email == email {
			return fault.Bad("email", "This is your address already.")
		}
		if err := s.endEmailChange(t, userID); err != nil {
			return err
		}
		c := EmailChange{ID: id.New("emc", t.Now()), User: u.ID, Old: u.Email, New: email, CreatedAt: t.Now()}
		if err := s.Store.InsertEmailChange(t, c); err != nil {
			return err
		}
		if err := s.mailEmailLink(t, c, c.Old); err != nil {
			return err
		}
		if known, err := s.Store.UserByEmail(t, email); err == nil && known.Verified() {
			if !s.mayMail(MailKnown, email) {
				return nil
			}
			return s.mail(t, Mail{Template: MailKnown, To: email, Data: map[string]string{"link": "/sign-in"}})
		} else if err != nil && !errors.Is(err, tx.ErrNotFound) {
			return err
		}
		return s.mailEmailLink(t, c, c.New)
	})
}

func (s *Service) endEmailChange(t tx.Tx, userID string) error {
	if err := s.Store.VoidLinks(t, Link{Kind: LinkEmail, User: userID}, t.Now()); err != nil {
		return err
	}
	c, err := s.Store.OpenEmailChange(t, userID)
	if errors.Is(err, tx.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.EndedAt = t.Now()
	return s.Store.UpdateEmailChange(t, c)
}

func (s *Service) mailEmailLink(t tx.Tx, c EmailChange, to string) error {
	if !s.mayMail(MailEmail, to) {
		return nil
	}
	l, err := s.newLink(t, Link{Kind: LinkEmail, Email: to, User: c.User, CreatedBy: c.User})
	if err != nil {
		return err
	}
	return s.mail(t, Mail{Template: MailEmail, To: to, Link: l.ID, Data: map[string]string{"old": c.Old, "new": c.New}})
}

// ProveEmail uses a link of a change of address. It answers the change, which is
// Done with the second of the two links.
func (s *Service) ProveEmail(ctx context.Context, secret string, from From) (c EmailChange, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		l, err := s.useLink(t, LinkEmail, secret)
		if err != nil {
			return err
		}
		c, err = s.Store.OpenEmailChange(t, l.User)
		if errors.Is(err, tx.ErrNotFound) {
			return errLink
		}
		if err != nil {
			return err
		}
		switch l.Email {
		case c.Old:
			c.OldAt = t.Now()
		case c.New:
			c.NewAt = t.Now()
		default:
			return errLink
		}
		if !c.OldAt.IsZero() && !c.NewAt.IsZero() {
			if err := s.changeEmail(t, &c, from); err != nil {
				return err
			}
		}
		return s.Store.UpdateEmailChange(t, c)
	})
	return c, err
}

func (s *Service) changeEmail(t tx.Tx, c *EmailChange, from From) error {
	u, err := s.Store.User(t, c.User)
	if err != nil {
		return missing(err, "user")
	}
	if other, err := s.Store.UserByEmail(t, c.New); err == nil {
		if other.Verified() {
			return fault.New(fault.Conflict, "email_taken", "", "There is an account with the new address by now: sign in with it, or ask for another address.")
		}
		return fault.New(fault.Conflict, "email_taken", "", "Somebody began to sign up with the new address. Finish that sign-up, or ask for another address.")
	} else if !errors.Is(err, tx.ErrNotFound) {
		return err
	}
	c.EndedAt, c.Done, u.Email = t.Now(), true, c.New
	if err := s.Store.UpdateUser(t, u); err != nil {
		return err
	}
	for _, l := range []Link{{Kind: LinkReset, User: u.ID}, {Kind: LinkEmail, User: u.ID}} {
		if err := s.Store.VoidLinks(t, l, t.Now()); err != nil {
			return err
		}
	}
	for _, to := range []string{c.Old, c.New} {
		if err := s.mail(t, Mail{Template: MailEmailDone, To: to, Data: map[string]string{"old": c.Old, "new": c.New, "link": "/security"}}); err != nil {
			return err
		}
	}
	return s.Audit.Record(t, audit.Record{Actor: from.by(u.ID), Action: "user.email_changed", Object: u.ID, Before: c.Old, After: c.New})
}

// addresses are those at which a person is told what concerns security: the
// present one, and those of a while ago.
func (s *Service) addresses(t tx.Tx, u User) ([]string, error) {
	past, err := s.Store.PastEmails(t, u.ID, t.Now().Add(-formerFor))
	out := []string{u.Email}
	for _, p := range past {
		if p != u.Email {
			out = append(out, p)
		}
	}
	return out, err
}
