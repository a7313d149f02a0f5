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
	LinkVerify LinkKind = "verify" // verify an e-mail address and choose a password
	LinkReset  LinkKind = "reset"  // choose a new password
	LinkAdmin  LinkKind = "admin"  // become an admin, for whoever has it
	LinkStaff  LinkKind = "staff"  // join the staff, for one address
	LinkJoin   LinkKind = "join"   // join a customer
	LinkEmail  LinkKind = "email"  // prove the old or the new address of a person who changes it
	LinkSignIn LinkKind = "signin" // sign in as a user: demo data only
)

// Path is where a link of the kind leads: the page takes the secret as ?token=.
func (k LinkKind) Path(secret string) string {
	at := map[LinkKind]string{
		LinkVerify: "/verify", LinkReset: "/reset/new", LinkAdmin: "/admin/claim", LinkStaff: "/admin/claim", LinkJoin: "/join", LinkSignIn: "/sign-in/link", LinkEmail: "/email",
	}[k]
	return at + "?token=" + secret
}

func (k LinkKind) lifetime() time.Duration {
	switch k {
	case LinkVerify, LinkAdmin, LinkEmail:
		return 24 * time.Hour
	case LinkReset:
		return time.Hour
	default:
		return 7 * 24 * time.Hour
	}
}

// Link is a one-time link. Its secrets are not kept, only their hashes, and one
// that is mailed has none before the mail is sent.
type Link struct {
	ID        string
	Kind      LinkKind
	Email     string // whose it is, "" for whoever has it
	User      string
	Customer  string
	Role      Role
	CreatedBy string
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // or when it was made void
}

// good says whether the link can be used at a time.
func (l *Link) good(now time.Time) bool { return l.UsedAt.IsZero() && now.Before(l.ExpiresAt) }

// Mail is the payload of a job of the kind "mail": a template's name, who gets
// it, and what it needs. Link is the id of a link whose secret is made when the
// mail is sent, and comes as the path "link" then; other links are paths on
// Purse's own origin.
type Mail struct {
	Template string            `json:"template"`
	To       string            `json:"to"`
	Data     map[string]string `json:"data"`
	Link     string            `json:"link,omitempty"`
}

// The templates of mails that account queues, and their data.
const (
	MailVerify     = "verify"     // link
	MailKnown      = "known"      // somebody signed up with an address that has an account: link (to sign in)
	MailReset      = "reset"      // link
	MailNoAccount  = "no_account" // a reset was asked for an address that has none: link (to sign up)
	MailNewSecret  = "new_secret" // the password was changed
	MailInvitation = "invitation" // customer, role, link
	MailEmail      = "email"      // proves an address: old, new, link
	MailEmailDone  = "email_done" // the address was changed: old, new, link
	MailFactor     = "factor"     // what was done to the second factors: what, name, link
	MailStaff      = "staff"      // an invitation to join the staff: role, link
	MailNewStaff   = "new_staff"  // tells admins of another: who, role, link
	MailJob        = "mail"       // the kind of the job
)

func (s *Service) mail(t tx.Tx, m Mail) error {
	return s.Jobs.Add(t, job.Spec{Kind: MailJob, Payload: m})
}

// newLink stores a link that has no secret yet.
func (s *Service) newLink(t tx.Tx, l Link) (Link, error) {
	l.ID, l.CreatedAt, l.ExpiresAt = id.New("lnk", t.Now()), t.Now(), t.Now().Add(l.Kind.lifetime())
	return l, s.Store.InsertLink(t, l)
}

// newSecret makes a secret of a link. Those that it has stay good: nobody knows
// which of two mails arrives.
func (s *Service) newSecret(t tx.Tx, l Link) (string, error) {
	secret := id.Secret("")
	return secret, s.Store.InsertLinkSecret(t, l.ID, hashSecret(secret))
}

// shownLink stores a link and makes its secret, to be shown once.
func (s *Service) shownLink(t tx.Tx, l Link) (string, Link, error) {
	l, err := s.newLink(t, l)
	if err != nil {
		return "", l, err
	}
	secret, err := s.newSecret(t, l)
	return secret, l, err
}

// MintLink makes a secret of a link whose mail is about to be sent, and answers
// the path with it; "" when the link was used, made void or has expired
// meanwhile, and there is nothing to send.
func (s *Service) MintLink(ctx context.Context, linkID string) (path string, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		l, err := s.Store.Link(t, linkID)
		if errors.Is(err, tx.ErrNotFound) || (err == nil && !l.good(t.Now())) {
			return nil
		}
		if err != nil {
			return err
		}
		secret, err := s.newSecret(t, l)
		path = l.Kind.Path(secret)
		return err
	})
	return path, err
}

// peekLink finds a link that can be used.
func (s *Service) peekLink(t tx.Tx, kind LinkKind, secret string) (Link, error) {
	l, err := s.Store.LinkByHash(t, hashSecret(secret))
	if errors.Is(err, tx.ErrNotFound) || (err == nil && (l.Kind != kind || !l.good(t.Now()))) {
		return l, errLink
	}
	return l, err
}

// useLink finds a link and uses it up.
func (s *Service) useLink(t tx.Tx, kind LinkKind, secret string) (Link, error) {
	l, err := s.peekLink(t, kind, secret)
	if err != nil {
		return l, err
	}
	ok, err := s.Store.UseLink(t, l.ID, t.Now())
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

// SignInLink makes a link that signs a user in, once within a week: for demo
// data only.
func (s *Service) SignInLink(ctx context.Context, userID string) (secret string, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		secret, _, err = s.shownLink(t, Link{Kind: LinkSignIn, Email: u.Email, User: userID, CreatedBy: audit.System.ID})
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
