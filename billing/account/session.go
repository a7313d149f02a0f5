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

// How long a session lives: IdleLimit after it was last seen, AbsoluteLimit
// after it began. ConfirmedFor is how long a password counts as just given.
const (
	IdleLimit     = 7 * 24 * time.Hour
	AbsoluteLimit = 30 * 24 * time.Hour
	ConfirmedFor  = 15 * time.Minute
)

// Session is a person who is signed in on one device.
type Session struct {
	ID          string
	User        string
	Data        string // what pages want to remember, such as the customer chosen
	From        From
	CreatedAt   time.Time
	SeenAt      time.Time
	ConfirmedAt time.Time
}

// Confirmed says whether the password was given a short while before now.
func (s *Session) Confirmed(now time.Time) bool { return now.Sub(s.ConfirmedAt) < ConfirmedFor }

// SignedIn is a session with the secret for the cookie, shown once.
type SignedIn struct {
	Secret  string
	Session Session
	User    User
	// Step is set where no session has begun yet, because the second factor is to
	// come: SignInFactor takes it.
	Step string
	// Device is the secret by which the browser is known from now on. The browser
	// keeps it for DeviceLimit.
	Device string
}

// StartSession signs a user in without a password: after a link was used, or
// for demo data.
func (s *Service) StartSession(ctx context.Context, userID string, from From) (in SignedIn, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		in, err = s.startSession(t, u, from)
		return err
	})
	return in, err
}

func (s *Service) beginSession(t tx.Tx, u User, how string, from From) (SignedIn, error) {
	if len(from.UserAgent) > 300 {
		from.UserAgent = from.UserAgent[:300]
	}
	device, err := s.markDevice(t, u.ID, from)
	if err != nil {
		return SignedIn{}, err
	}
	from.Device = ""
	secret := id.Secret("ses_")
	in := SignedIn{Secret: secret, User: u, Device: device, Session: Session{
		ID: id.New("ses", t.Now()), User: u.ID, From: from,
		CreatedAt: t.Now(), SeenAt: t.Now(), ConfirmedAt: t.Now(),
	}}
	if err := s.Store.InsertSession(t, in.Session, hashSecret(secret)); err != nil {
		return in, err
	}
	return in, s.Audit.Record(t, audit.Record{Actor: from.by(u.ID), Action: ActSession, Object: u.ID, After: how})
}

// SessionBySecret finds a session that lives, and its user, and notes that it
// was seen.
func (s *Service) SessionBySecret(ctx context.Context, secret string) (ses Session, u User, err error) {
	ses, u, err = s.PeekSession(ctx, secret)
	if err == nil {
		s.seen.mark(ses.ID, s.Now())
		ses.SeenAt = s.Now()
	}
	return ses, u, err
}

// PeekSession is SessionBySecret for what a page asks by itself: it does not
// count as the person being there.
func (s *Service) PeekSession(ctx context.Context, secret string) (ses Session, u User, err error) {
	if len(secret) < 20 || len(secret) > 100 {
		return ses, u, errSession
	}
	var now time.Time
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		now = t.Now()
		if ses, err = s.Store.SessionByHash(t, hashSecret(secret)); err != nil {
			return err
		}
		u, err = s.Store.User(t, ses.User)
		return err
	})
	if errors.Is(err, tx.ErrNotFound) {
		return ses, u, errSession
	}
	if err != nil {
		return ses, u, err
	}
	ses.SeenAt = s.seen.last(ses.ID, ses.SeenAt)
	if now.Sub(ses.SeenAt) > IdleLimit || now.Sub(ses.CreatedAt) > AbsoluteLimit {
		return ses, u, errSession
	}
	return ses, u, nil
}

var errSession = fault.New(fault.Unauthorized, "signed_out", "", "You are signed out. Sign in again.")

// SetSessionData remembers text for a session, up to 4,000 bytes.
func (s *Service) SetSessionData(ctx context.Context, secret, data string) error {
	if len(data) > 4000 {
		return errors.New("account: session data is too long")
	}
	return s.changeSession(ctx, secret, func(t tx.Tx, ses *Session) (string, error) {
		ses.Data = data
		return "", nil
	})
}

// RotateSession gives a session a new secret, after which the old one is void.
func (s *Service) RotateSession(ctx context.Context, secret string) (string, error) {
	fresh := id.Secret("ses_")
	return fresh, s.changeSession(ctx, secret, func(tx.Tx, *Session) (string, error) { return hashSecret(fresh), nil })
}

func (s *Service) changeSession(ctx context.Context, secret string, change func(tx.Tx, *Session) (string, error)) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		ses, err := s.Store.SessionByHash(t, hashSecret(secret))
		if errors.Is(err, tx.ErrNotFound) {
			return errSession
		}
		if err != nil {
			return err
		}
		hash, err := change(t, &ses)
		if err != nil {
			return err
		}
		return s.Store.UpdateSession(t, ses, hash)
	})
}

// SignOut ends the session of a secret. One that is not there is no error.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		ses, err := s.Store.SessionByHash(t, hashSecret(secret))
		if errors.Is(err, tx.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		s.rightsChanged(t, ses.User)
		return s.Store.DeleteSession(t, ses.User, ses.ID)
	})
}

// Sessions lists the sessions of a user that live, last seen first.
func (s *Service) Sessions(ctx context.Context, userID string) (out []Session, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		all, err := s.Store.SessionsOf(t, userID)
		out = out[:0]
		for _, ses := range all {
			ses.SeenAt = s.seen.last(ses.ID, ses.SeenAt)
			if t.Now().Sub(ses.SeenAt) <= IdleLimit && t.Now().Sub(ses.CreatedAt) <= AbsoluteLimit {
				out = append(out, ses)
			}
		}
		return err
	})
	return out, err
}

// RevokeSession ends one session of a user.
func (s *Service) RevokeSession(ctx context.Context, userID, sessionID string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		s.rightsChanged(t, userID)
		return s.Store.DeleteSession(t, userID, sessionID)
	})
}

// RevokeOthers ends every session of a user but one.
func (s *Service) RevokeOthers(ctx context.Context, userID, keepSessionID string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		s.rightsChanged(t, userID)
		return s.Store.DeleteSessions(t, userID, keepSessionID)
	})
}

// Sweep deletes sessions and links that have ended. A job calls it now and then.
func (s *Service) Sweep(ctx context.Context) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		now := t.Now()
		if err := s.Store.DeleteDevicesBefore(t, now.Add(-DeviceLimit)); err != nil {
			return err
		}
		return s.Store.DeleteStale(t, now.Add(-IdleLimit-time.Hour), now.Add(-AbsoluteLimit), now.Add(-30*24*time.Hour))
	})
}
