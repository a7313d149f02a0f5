package account

import (
	"context"
	"errors"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// What happens at the doors, as the audit log calls it. What anybody can cause is
// gathered.
const (
	ActSession       = "session.started"
	ActFailed        = "sign_in.failed"    // gathered
	ActThrottled     = "sign_in.throttled" // gathered
	ActReset         = "password.reset_asked"
	ActConfirmed     = "session.confirmed"
	ActConfirmFailed = "confirm.failed"  // gathered
	ActMailThrottled = "mail.throttled"  // gathered
	ActKeyRefused    = "api_key.refused" // gathered
)

// SecurityActions are the acts that concern who may do what, by group: what the
// owners of a customer may read of it.
var SecurityActions = map[string][]string{
	"sign_in":  {ActSession, ActFailed, ActThrottled, "admin.claimed"},
	"proof":    {ActConfirmed, ActConfirmFailed},
	"password": {ActReset, ActMailThrottled, "user.password_changed", "user.email_changed"},
	"factor":   {"factor.added", "factor.removed", "recovery_codes.made", "factor_rule.set", "factor_reset.asked", "factor_reset.cancelled", "factor_reset.done"},
	"key":      {"key.created", "key.revoked", ActKeyRefused},
	"role":     {"member.put", "member.removed", "invitation.created", "invitation.revoked", "join_link.created"},
	"staff":    {"admin_link.created", "staff.invited", "staff.invitation_revoked", "staff.changed", "staff.removed", "admin.claimed"},
}

// by is a person at an address, for the audit log.
func (f From) by(user string) audit.Actor {
	return audit.Actor{ID: user, Address: f.Address, Device: f.UserAgent}
}

// fromNetwork stands for the network that a request came from, without saying which.
func fromNetwork(from From) string { return throttleName("network", Network(from.Address)) }

// refused gathers a refusal at a door, for the person that was meant, if there is
// one, else for the network that it came from.
func (s *Service) refused(ctx context.Context, err error, failed, email string, from From) {
	action := ""
	switch {
	case fault.HasCode(err, "too_many_attempts"):
		action = ActThrottled
	case fault.Is(err, fault.Unauthorized), fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		action = failed
	default:
		return
	}
	r := audit.Record{Actor: from.by(""), Action: action, Object: fromNetwork(from), Email: email}
	if email != "" {
		if u, err := s.UserByEmail(ctx, email); err == nil {
			r.Object = u.ID
		}
	}
	s.Audit.Gather(r)
}

// SignIn starts a session, or its second step. Every failure is the same in text
// and time: an unknown address, a wrong password, an address that is not verified.
func (s *Service) SignIn(ctx context.Context, email, password string, from From) (SignedIn, error) {
	in, err := s.signIn(ctx, email, password, from)
	if err != nil && !fault.HasCode(err, "email_invalid") {
		s.refused(ctx, err, ActFailed, email, from)
	}
	return in, err
}

// RequestReset mails a link to choose a new password. The answer is the same
// whether the address is known.
func (s *Service) RequestReset(ctx context.Context, email string, from From) error {
	err := s.requestReset(ctx, email, from)
	switch {
	case fault.HasCode(err, "too_many_attempts"):
		s.Audit.Gather(audit.Record{Actor: from.by(""), Action: ActMailThrottled, Object: fromNetwork(from)})
	case err == nil:
		if u, err := s.UserByEmail(ctx, email); err == nil {
			s.Audit.Gather(audit.Record{Actor: from.by(""), Action: ActReset, Object: u.ID})
		}
	}
	return err
}

// confirmFailed gathers that a proof of who is there was not right.
func (s *Service) confirmFailed(err error, userID string, from From) {
	switch {
	case fault.HasCode(err, "too_many_attempts"):
		s.Audit.Gather(audit.Record{Actor: from.by(userID), Action: ActThrottled, Object: userID})
	case fault.HasCode(err, "password_wrong"), fault.HasCode(err, "code_wrong"), fault.HasCode(err, "code_used"), fault.HasCode(err, "passkey_wrong"):
		s.Audit.Gather(audit.Record{Actor: from.by(userID), Action: ActConfirmFailed, Object: userID})
	}
}

// KeyRefused gathers that a key was refused: which, if it is one that exists.
func (s *Service) KeyRefused(k *Key, why string, from From) {
	r := audit.Record{Actor: from.by(""), Action: ActKeyRefused, Object: fromNetwork(from), Reason: why}
	if k != nil {
		r.Object, r.Customer = k.ID, k.Customer
	}
	s.Audit.Gather(r)
}

// Forget deletes the words beside entries of the audit log that are older than
// AuditFor.
func (s *Service) Forget(ctx context.Context) error {
	if s.AuditFor <= 0 {
		return nil
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		_, err := s.Audit.Forget(t, t.Now().Add(-s.AuditFor))
		return err
	})
}

// AuditList reads the audit log. A person is named by id or e-mail address; one
// that nobody has finds nothing.
func (s *Service) AuditList(ctx context.Context, q audit.Query) (out []audit.Entry, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		if email, err := NormalEmail(q.Person); err == nil {
			u, err := s.Store.UserByEmail(t, email)
			if err != nil && !errors.Is(err, tx.ErrNotFound) {
				return err
			}
			q.Person = u.ID
			if err != nil {
				q.Person = email // the id of nobody
			}
		}
		out, err = s.Audit.List(t, q)
		return err
	})
	return out, err
}
