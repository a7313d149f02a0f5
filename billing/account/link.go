package account

import (
	"context"
	"errors"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/tx"
)

// LinkKind is what a one-time link is for.
type LinkKind string

const (
	LinkVerify LinkKind = "verify" // verify an e-mail address
	LinkReset  LinkKind = "reset"  // choose a new password
	LinkAdmin  LinkKind = "admin"  // become an admin
	LinkJoin   LinkKind = "join"   // join a customer
	LinkSignIn LinkKind = "signin" // sign in as a user: demo data only
)

// Path is where a link of the kind leads: the page takes the secret as ?token=.
func (k LinkKind) Path(secret string) string {
	at := map[LinkKind]string{
		LinkVerify: "/verify", LinkReset: "/reset/new", LinkAdmin: "/admin/claim", LinkJoin: "/join", LinkSignIn: "/sign-in/link",
	}[k]
	return at + "?token=" + secret
}

func (k LinkKind) lifetime() time.Duration {
	switch k {
	case LinkVerify, LinkAdmin:
		return 24 * time.Hour
	case LinkReset:
		return time.Hour
	default:
		return 7 * 24 * time.Hour
	}
}

// Link is a one-time link. Its secret is not kept.
type Link struct {
	Kind         LinkKind
	User         string
	Customer     string
	Role         Role
	PasswordHash string
	Reusable     bool
	CreatedBy    string
	CreatedAt    time.Time
	ExpiresAt    time.Time
	UsedAt       time.Time
}

// Mail is the payload of a job of the kind "mail": a template's name, who gets
// it, and what it needs. A link is a path on Purse's own origin.
type Mail struct {
	Template string            `json:"template"`
	To       string            `json:"to"`
	Data     map[string]string `json:"data"`
}

// The templates of mails that account queues, and their data.
const (
	MailVerify     = "verify"     // link
	MailKnown      = "known"      // somebody signed up with an address that has an account: link (to sign in)
	MailReset      = "reset"      // link
	MailNoAccount  = "no_account" // a reset was asked for an address that has none: link (to sign up)
	MailNewSecret  = "new_secret" // the password was changed
	MailInvitation = "invitation" // customer, role, link
	MailJob        = "mail"       // the kind of the job
)

func (s *Service) mail(t tx.Tx, m Mail) error {
	return s.Jobs.Add(t, job.Spec{Kind: MailJob, Payload: m})
}

func (s *Service) newLink(t tx.Tx, l Link) (secret string, err error) {
	secret = id.Secret("")
	l.CreatedAt, l.ExpiresAt = t.Now(), t.Now().Add(l.Kind.lifetime())
	return secret, s.Store.InsertLink(t, l, hashSecret(secret))
}

// peekLink finds a link that can be used.
func (s *Service) peekLink(t tx.Tx, kind LinkKind, secret string) (Link, error) {
	l, err := s.Store.LinkByHash(t, hashSecret(secret))
	if errors.Is(err, tx.ErrNotFound) || (err == nil && (l.Kind != kind || !t.Now().Before(l.ExpiresAt) || (!l.UsedAt.IsZero() && !l.Reusable))) {
		return l, errLink
	}
	return l, err
}

// useLink finds a link and uses it up.
func (s *Service) useLink(t tx.Tx, kind LinkKind, secret string) (Link, error) {
	l, err := s.peekLink(t, kind, secret)
	if err != nil || l.Reusable {
		return l, err
	}
	ok, err := s.Store.UseLink(t, hashSecret(secret), t.Now())
	if err == nil && !ok {
		err = errLink
	}
	return l, err
}

var errLink = fault.New(fault.NotFound, "link_invalid", "token", "This link was used already or is too old. Ask for a new one.")

// PeekLink says whether a link can be used, without using it: for the page
// that it leads to, which GET must not change anything. Customer is the one
// that a join link leads into.
func (s *Service) PeekLink(ctx context.Context, kind LinkKind, secret string) (l Link, c *Customer, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		if l, err = s.peekLink(t, kind, secret); err != nil || l.Customer == "" {
			return err
		}
		c, err = s.CustomerIn(t, l.Customer)
		return err
	})
	return l, c, err
}

// JoinLink makes a one-time link by which a person joins a customer.
func (s *Service) JoinLink(ctx context.Context, by audit.Actor, customerRef string, role Role) (secret string, l Link, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		secret, l, err = s.JoinLinkIn(t, by, customerRef, role)
		return err
	})
	return secret, l, err
}

// JoinLinkIn makes a join link in t.
func (s *Service) JoinLinkIn(t tx.Tx, by audit.Actor, customerRef string, role Role) (string, Link, error) {
	if !role.Valid() {
		return "", Link{}, fault.Bad("role", "Choose owner, billing, developer or viewer.")
	}
	c, err := s.CustomerIn(t, customerRef)
	if err != nil {
		return "", Link{}, err
	}
	l := Link{Kind: LinkJoin, Customer: c.ID, Role: role, CreatedBy: by.ID, CreatedAt: t.Now(), ExpiresAt: t.Now().Add(LinkJoin.lifetime())}
	secret, err := s.newLink(t, l)
	if err != nil {
		return "", l, err
	}
	return secret, l, s.Audit.Record(t, audit.Record{Actor: by, Customer: c.ID, Action: "join_link.created", Object: c.ID, After: string(role)})
}

// Invite makes a join link and mails it.
func (s *Service) Invite(ctx context.Context, by audit.Actor, customerID, email string, role Role) error {
	email, err := NormalEmail(email)
	if err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		secret, _, err := s.JoinLinkIn(t, by, customerID, role)
		if err != nil {
			return err
		}
		c, err := s.CustomerIn(t, customerID)
		if err != nil {
			return err
		}
		return s.mail(t, Mail{MailInvitation, email, map[string]string{"customer": c.Name, "role": string(role), "link": LinkJoin.Path(secret)}})
	})
}

// Join puts a signed-in user into the customer of a join link. A member who
// has a role there keeps it.
func (s *Service) Join(ctx context.Context, secret, userID string, from From) (c *Customer, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		l, err := s.useLink(t, LinkJoin, secret)
		if err != nil {
			return err
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
// first start and for `purse admin link`.
func (s *Service) AdminLink(ctx context.Context, by audit.Actor) (secret string, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if secret, err = s.newLink(t, Link{Kind: LinkAdmin, CreatedBy: by.ID}); err != nil {
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

// SignInLink makes a link that signs a user in as often as it is opened, for a
// week: for demo data only.
func (s *Service) SignInLink(ctx context.Context, userID string) (secret string, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		secret, err = s.newLink(t, Link{Kind: LinkSignIn, User: userID, Reusable: true, CreatedBy: audit.System.ID})
		return err
	})
	return secret, err
}

// SignInByLink signs in by a link that SignInLink made.
func (s *Service) SignInByLink(ctx context.Context, secret string, from From) (in SignedIn, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		l, err := s.useLink(t, LinkSignIn, secret)
		if err != nil {
			return err
		}
		u, err := s.Store.User(t, l.User)
		if err != nil {
			return missing(err, "user")
		}
		in, err = s.startSession(t, u, from)
		return err
	})
	return in, err
}
