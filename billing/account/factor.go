package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// FactorKind is what a second factor is.
type FactorKind string

const (
	FactorPasskey FactorKind = "passkey" // a key that a device keeps
	FactorTOTP    FactorKind = "totp"    // an app that shows a new code every 30 seconds
)

// Factor is a second factor of a user.
type Factor struct {
	ID, User   string
	Kind       FactorKind
	Name       string // as the person calls it
	Credential string // the id of a passkey
	Record     string `json:"-"` // what a passkey is checked with; the sealed seed of an app
	LastStep   int64  // of an app: the 30 seconds whose code counted last
	CreatedAt  time.Time
	UsedAt     time.Time // zero for never
}

// FactorStore keeps second factors. Rows that are not there are tx.ErrNotFound.
type FactorStore interface {
	InsertFactor(t tx.Tx, f Factor) error
	Factors(t tx.Tx, user string) ([]Factor, error)
	CountFactors(t tx.Tx, user string) (int64, error)
	// UseFactor writes what a use changes. It answers false for a code whose step
	// is not after the last one that counted.
	UseFactor(t tx.Tx, f Factor) (bool, error)
	DeleteFactor(t tx.Tx, user, id string) (bool, error)
	DeleteFactors(t tx.Tx, user string) error

	// ReplaceRecoveryCodes makes these the only codes of a user.
	ReplaceRecoveryCodes(t tx.Tx, user string, hashes []string) error
	UseRecoveryCode(t tx.Tx, user, hash string, at time.Time) (bool, error)
	CountRecoveryCodes(t tx.Tx, user string) (int64, error)

	InsertFactorReset(t tx.Tx, r FactorReset) error
	// OpenFactorReset is the one that waits, FactorReset any.
	OpenFactorReset(t tx.Tx, user string) (FactorReset, error)
	FactorReset(t tx.Tx, id string) (FactorReset, error)
	EndFactorReset(t tx.Tx, id, outcome string, at time.Time) (bool, error)

	FactorRule(t tx.Tx, customer string) (bool, error)
	// FactorRuleOf says whether any customer of a user has a rule.
	FactorRuleOf(t tx.Tx, user string) (bool, error)
	PutFactorRule(t tx.Tx, customer, by string, at time.Time) error
	DeleteFactorRule(t tx.Tx, customer string) error
}

// Sealer seals secrets under a key that is not in the database.
type Sealer interface {
	Seal(object, secret string) string
	Open(object, sealed string) (string, error)
}

// PasskeyUser is a user with the records of the passkeys.
type PasskeyUser struct {
	ID, Email string
	Records   []string
}

// Ceremony is what a browser asks an authenticator with, and what is needed to
// judge the answer.
type Ceremony struct {
	Options   string // JSON for the page
	State     string // for us, not to be changed by anybody
	Challenge string
}

// Assertion is the answer of an authenticator that was right.
type Assertion struct {
	User, ID, Record string
	Verified         bool // it has checked who uses it: both factors at once
}

// Passkeys speaks WebAuthn.
type Passkeys interface {
	// Why says why there are no passkeys at this address, "" when there are.
	Why() string
	BeginRegistration(u PasskeyUser) (Ceremony, error)
	Register(u PasskeyUser, state, response string) (id, record string, err error)
	// BeginLogin asks for a passkey of u, or for any that says whose it is.
	BeginLogin(u *PasskeyUser) (Ceremony, error)
	Login(state, response string, find func(user string) (PasskeyUser, error)) (Assertion, error)
}

// FactorRules is who needs a second factor, and how they are checked.
type FactorRules struct {
	Passkeys Passkeys // nil for none
	Keeper   Sealer   // seals the seeds of apps; nil: no apps
	Issuer   string   // what an app calls this Purse
	// MembersNeed says that everybody needs one, not only staff.
	MembersNeed bool
	// Exempt are staff who need none: those of a demo. May be nil.
	Exempt func(u User) bool
	// Wall is the time that the phones of people show: time.Now when nil. The clock
	// of a sandbox is moved, those of phones are not.
	Wall func() time.Time
}

func (s *Service) wall() time.Time {
	if s.Wall == nil {
		return time.Now()
	}
	return s.Wall()
}

// NoPasskeys says why passkeys cannot be used here, "" when they can.
func (s *Service) NoPasskeys() string {
	if s.Passkeys == nil {
		return "They are not set up here."
	}
	return s.Passkeys.Why()
}

// FactorState says whether a user has a second factor, and whether one is needed.
func (s *Service) FactorState(ctx context.Context, u User) (has, needs bool, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		has, needs, err = s.factorStateIn(t, u)
		return err
	})
	return has, needs, err
}

func (s *Service) factorStateIn(t tx.Tx, u User) (has, needs bool, err error) {
	n, err := s.Store.CountFactors(t, u.ID)
	if err != nil {
		return false, false, err
	}
	if u.Staff != NoStaff {
		needs = s.Exempt == nil || !s.Exempt(u)
	}
	if !needs && s.MembersNeed && u.Staff == NoStaff {
		needs = true
	}
	if !needs {
		needs, err = s.Store.FactorRuleOf(t, u.ID)
	}
	return n > 0, needs, err
}

// FactorList is what a person has and what waits.
type FactorList struct {
	Factors []Factor
	Codes   int64 // recovery codes that were not used
	Reset   *FactorReset
	Needed  bool
}

// Factors lists the second factors of a user.
func (s *Service) Factors(ctx context.Context, userID string) (l FactorList, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		u, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		if _, l.Needed, err = s.factorStateIn(t, u); err != nil {
			return err
		}
		if l.Factors, err = s.Store.Factors(t, userID); err != nil {
			return err
		}
		if l.Codes, err = s.Store.CountRecoveryCodes(t, userID); err != nil {
			return err
		}
		r, err := s.Store.OpenFactorReset(t, userID)
		if errors.Is(err, tx.ErrNotFound) {
			l.Reset = nil
			return nil
		}
		l.Reset = &r
		return err
	})
	return l, err
}

// addFactor keeps a new factor. With the first one the other sessions end, which
// were begun without, and recovery codes are made.
func (s *Service) addFactor(ctx context.Context, by audit.Actor, sessionID string, f Factor) (codes []string, err error) {
	f.Name = strings.TrimSpace(f.Name)
	if f.Name == "" {
		f.Name = map[FactorKind]string{FactorPasskey: "Passkey", FactorTOTP: "Authenticator app"}[f.Kind]
	}
	if len(f.Name) > 100 || !printable(f.Name) {
		return nil, fault.Bad("name", "Give a name of at most 100 characters.")
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		codes = nil
		u, err := s.Store.User(t, f.User)
		if err != nil {
			return missing(err, "user")
		}
		had, err := s.Store.Factors(t, u.ID)
		if err != nil {
			return err
		}
		if len(had) >= 20 {
			return fault.New(fault.Conflict, "too_many_factors", "", "You have 20 already: remove one first.")
		}
		for _, h := range had {
			if f.Kind == FactorTOTP && h.Kind == FactorTOTP {
				return fault.New(fault.Conflict, "app_exists", "", "You have an app already: remove it first.")
			}
		}
		f.ID, f.CreatedAt = id.New("fac", t.Now()), t.Now()
		if err := s.Store.InsertFactor(t, f); err != nil {
			return err
		}
		if len(had) == 0 {
			if codes, err = s.newCodes(t, u.ID); err != nil {
				return err
			}
			s.rightsChanged(t, u.ID)
			if err := s.Store.DeleteSessions(t, u.ID, sessionID); err != nil {
				return err
			}
		}
		if err := s.mailFactor(t, u, "added", f.Name); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Action: "factor.added", Object: u.ID, After: map[string]string{"id": f.ID, "kind": string(f.Kind)}})
	})
	return codes, err
}

// RemoveFactor takes a factor away. The last one of who needs one stays.
func (s *Service) RemoveFactor(ctx context.Context, by audit.Actor, userID, factorID string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		all, err := s.Store.Factors(t, userID)
		if err != nil {
			return err
		}
		i := -1
		for n, f := range all {
			if f.ID == factorID {
				i = n
			}
		}
		if i < 0 {
			return fault.Missing("factor")
		}
		_, needs, err := s.factorStateIn(t, u)
		if err != nil {
			return err
		}
		if needs && len(all) == 1 {
			return fault.New(fault.Conflict, "last_factor", "", "You need a second factor here: add another one first.")
		}
		if _, err := s.Store.DeleteFactor(t, userID, factorID); err != nil {
			return err
		}
		if len(all) == 1 {
			if err := s.Store.ReplaceRecoveryCodes(t, userID, nil); err != nil {
				return err
			}
		}
		if err := s.mailFactor(t, u, "removed", all[i].Name); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Action: "factor.removed", Object: userID, Before: map[string]string{"id": factorID, "kind": string(all[i].Kind)}})
	})
}

// mailFactor tells a person what was done to the second factors.
func (s *Service) mailFactor(t tx.Tx, u User, what, name string) error {
	all, err := s.addresses(t, u)
	for _, to := range all {
		if err == nil {
			err = s.mail(t, Mail{Template: MailFactor, To: to, Data: map[string]string{"what": what, "name": name, "link": FactorsPath}})
		}
	}
	return err
}

// FactorsPath is the page of a person's second factors.
const FactorsPath = "/security/factors"

// RequireFactor says whether the members of a customer need a second factor.
func (s *Service) RequireFactor(ctx context.Context, by audit.Actor, customerID string, required bool) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		had, err := s.Store.FactorRule(t, customerID)
		if err != nil || had == required {
			return err
		}
		if required {
			err = s.Store.PutFactorRule(t, customerID, by.ID, t.Now())
		} else {
			err = s.Store.DeleteFactorRule(t, customerID)
		}
		if err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: customerID, Action: "factor_rule.set", Object: customerID, Before: had, After: required})
	})
}

// FactorRequired says whether a customer's owner requires a second factor of its
// members.
func (s *Service) FactorRequired(ctx context.Context, customerID string) (required bool, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		required, err = s.Store.FactorRule(t, customerID)
		return err
	})
	return required, err
}
