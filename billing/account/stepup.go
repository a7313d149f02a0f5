package account

import (
	"context"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// Proof is what a person gives to show who is there: a password, a code of an app
// or a recovery code, or the answer of a passkey with the ticket of its question.
type Proof struct {
	Password, Code  string
	Passkey, Ticket string
}

// Given says whether there is anything to judge.
func (p Proof) Given() bool { return p.Password != "" || p.Code != "" || p.Passkey != "" }

// perFactor throttles guesses of codes. A burst, then 288 a day, of a million.
var perFactor = limit{8, 5 * time.Minute}

// tryFactor counts an attempt with a second factor, or says how long to wait. A
// browser in which the person has signed in before has a count of its own, so that
// a stranger who has the password locks nobody out. It answers the count's name.
func (s *Service) tryFactor(ctx context.Context, userID string, from From) (name string, err error) {
	var now time.Time
	name = throttleName("factor", userID)
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		now = t.Now()
		if err := s.loadThrottles(t); err != nil || from.Device == "" {
			return err
		}
		known, err := s.Store.HasDevice(t, hashSecret(from.Device), userID)
		if known {
			name = throttleName("factor_device", from.Device+userID)
		}
		return err
	})
	if err != nil {
		return name, err
	}
	if wait := s.throttle.try(now, counted{name, perFactor}); wait > 0 {
		return name, slowDown(wait)
	}
	return name, nil
}

// proveFactor judges the second factor of a proof. Both says that it was both
// factors at once.
func (s *Service) proveFactor(ctx context.Context, u User, p Proof, from From) (both bool, err error) {
	count, err := s.tryFactor(ctx, u.ID, from)
	if err != nil {
		return false, err
	}
	if p.Passkey != "" {
		a, err := s.assert(ctx, "of:"+u.ID, p.Ticket, p.Passkey)
		if err != nil {
			return false, err
		}
		both = a.Verified
		if err := s.Runner.Update(ctx, func(t tx.Tx) error { return s.usePasskey(t, a) }); err != nil {
			return false, err
		}
	} else if err := s.Runner.Update(ctx, func(t tx.Tx) error { return s.useCode(t, u, p.Code) }); err != nil {
		return false, err
	}
	s.throttle.forget(count, s.Now())
	return both, nil
}

// Confirm takes a proof before something that matters. Who has a second factor
// gives it with the password, or a passkey that checks who uses it alone. The
// session counts as confirmed for ConfirmedFor and gets a new secret, which is
// answered. A proof that is missing or wrong is Invalid, and names its field.
func (s *Service) Confirm(ctx context.Context, secret, userID string, p Proof, from From) (string, error) {
	fresh, err := s.confirm(ctx, secret, userID, p, from)
	if err != nil {
		s.confirmFailed(err, userID, from)
	}
	return fresh, err
}

func (s *Service) confirm(ctx context.Context, secret, userID string, p Proof, from From) (string, error) {
	u, err := s.User(ctx, userID)
	if err != nil {
		return "", err
	}
	has, _, err := s.FactorState(ctx, u)
	if err != nil {
		return "", err
	}
	switch {
	case p.Password == "" && p.Passkey == "":
		return "", fault.Bad("password", "Give your password once more.")
	case has && p.Passkey == "" && p.Code == "":
		return "", fault.Bad("code", "Give a code of your app, or a recovery code.")
	}
	if p.Password != "" {
		if _, err := s.rightPassword(ctx, userID, p.Password); err != nil {
			return "", err
		}
	}
	if has || p.Password == "" {
		both, err := s.proveFactor(ctx, u, p, from)
		if err != nil {
			return "", err
		}
		if p.Password == "" && !both {
			return "", fault.Bad("password", "This passkey did not check who uses it: give your password too.")
		}
	}
	fresh := id.Secret("ses_")
	return fresh, s.changeSession(ctx, secret, func(t tx.Tx, ses *Session) (string, error) {
		if ses.User != userID {
			return "", errSession
		}
		ses.ConfirmedAt = t.Now()
		return hashSecret(fresh), s.Audit.Record(t, audit.Record{Actor: from.by(userID), Action: ActConfirmed, Object: userID})
	})
}

// startSession signs a user in whose first factor was right. Who has a second one
// gets no session yet, but a step that SignInFactor takes.
func (s *Service) startSession(t tx.Tx, u User, from From) (SignedIn, error) {
	n, err := s.Store.CountFactors(t, u.ID)
	if err != nil {
		return SignedIn{}, err
	}
	if n > 0 {
		return SignedIn{User: u, Step: s.tickets.issue("step", t.Now(), u.ID, passwordOf(u))}, nil
	}
	return s.beginSession(t, u, "first factor", from)
}

// passwordOf stands for a user's password, to see whether it is still the same.
func passwordOf(u User) string { return hashSecret(u.PasswordHash)[:16] }

// StepUser is whose sign-in a step belongs to.
func (s *Service) StepUser(ctx context.Context, step string) (User, error) {
	data, err := s.tickets.read("step", step, s.Now(), 2)
	if err != nil {
		return User{}, err
	}
	u, err := s.User(ctx, data[0])
	if err == nil && passwordOf(u) != data[1] {
		err = errTicket
	}
	return u, err
}

// SignInFactor ends a sign-in that the first factor began.
func (s *Service) SignInFactor(ctx context.Context, step string, p Proof, from From) (in SignedIn, err error) {
	u, err := s.StepUser(ctx, step)
	if err != nil {
		return in, err
	}
	if p.Code == "" && p.Passkey == "" {
		return in, fault.Bad("code", "Give a code of your app, or a recovery code.")
	}
	if _, err := s.proveFactor(ctx, u, p, from); err != nil {
		s.refused(ctx, err, ActFailed, u.Email, from)
		return in, err
	}
	return s.begin(ctx, u.ID, passwordOf(u), "both factors", from)
}

// SignInPasskey signs in by a passkey alone, which checks who uses it. Nobody
// guesses one, so nothing is counted that could lock anybody out.
func (s *Service) SignInPasskey(ctx context.Context, p Proof, from From) (SignedIn, error) {
	in, err := s.signInPasskey(ctx, p, from)
	if err != nil {
		s.refused(ctx, err, ActFailed, "", from)
	}
	return in, err
}

func (s *Service) signInPasskey(ctx context.Context, p Proof, from From) (in SignedIn, err error) {
	a, err := s.assert(ctx, "any", p.Ticket, p.Passkey)
	if err != nil {
		return in, err
	}
	u, err := s.User(ctx, a.User)
	if err == nil && (!a.Verified || !u.Verified()) {
		err = errPasskey
	}
	if err != nil {
		return in, err
	}
	if err := s.Runner.Update(ctx, func(t tx.Tx) error { return s.usePasskey(t, a) }); err != nil {
		return in, err
	}
	return s.begin(ctx, u.ID, passwordOf(u), "passkey", from)
}

// begin begins the session of a user whose password is still that of a moment.
func (s *Service) begin(ctx context.Context, userID, password, how string, from From) (in SignedIn, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		if passwordOf(u) != password {
			return errTicket
		}
		in, err = s.beginSession(t, u, how, from)
		return err
	})
	return in, err
}
