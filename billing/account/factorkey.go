package account

import (
	"context"
	"net/url"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

func escape(s string) string { return url.PathEscape(s) }

// Question is what a page needs to ask for a passkey; Options is "" where there
// is none to ask for.
type Question struct {
	Options string // JSON for the browser
	Ticket  string // goes back with the answer
}

func (s *Service) question(purpose string, c Ceremony, err error) (Question, error) {
	if err != nil {
		return Question{}, err
	}
	return Question{c.Options, s.tickets.issue(purpose, s.Now(), c.State, c.Challenge)}, nil
}

var errNoPasskeys = fault.New(fault.Unavailable, "no_passkeys", "", "Passkeys cannot be used at this address.")

// BeginPasskey asks a browser to make a passkey for a user.
func (s *Service) BeginPasskey(ctx context.Context, u User) (Question, error) {
	if s.NoPasskeys() != "" {
		return Question{}, errNoPasskeys
	}
	p, err := s.passkeyUser(ctx, u.ID)
	if err != nil {
		return Question{}, err
	}
	c, err := s.Passkeys.BeginRegistration(p)
	return s.question("new:"+u.ID, c, err)
}

var errPasskey = fault.New(fault.Invalid, "passkey_wrong", "passkey", "This passkey could not be checked. Try again, or use another one.")

// AddPasskey keeps a passkey that a browser has made. Codes are recovery codes,
// where it is the first factor: shown once.
func (s *Service) AddPasskey(ctx context.Context, by audit.Actor, sessionID string, u User, ticket, response, name string) (codes []string, err error) {
	if s.NoPasskeys() != "" {
		return nil, errNoPasskeys
	}
	data, err := s.tickets.read("new:"+u.ID, ticket, s.Now(), 2)
	if err != nil {
		return nil, err
	}
	if len(response) > 16<<10 || !s.tickets.once(data[1], s.Now()) {
		return nil, errPasskey
	}
	p, err := s.passkeyUser(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	credential, record, err := s.Passkeys.Register(p, data[0], response)
	if err != nil {
		s.Log.InfoContext(ctx, "a new passkey was refused", "user", u.ID, "error", err)
		return nil, errPasskey
	}
	return s.addFactor(ctx, by, sessionID, Factor{User: u.ID, Kind: FactorPasskey, Name: name, Credential: credential, Record: record})
}

// passkeyUser is a user with the passkeys.
func (s *Service) passkeyUser(ctx context.Context, userID string) (p PasskeyUser, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		u, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		all, err := s.Store.Factors(t, userID)
		p = PasskeyUser{ID: u.ID, Email: u.Email}
		for _, f := range all {
			if f.Kind == FactorPasskey {
				p.Records = append(p.Records, f.Record)
			}
		}
		return err
	})
	return p, err
}

// AskPasskey asks for a passkey of a user; for "" for any that says whose it is.
func (s *Service) AskPasskey(ctx context.Context, userID string) (Question, error) {
	if s.NoPasskeys() != "" {
		return Question{}, nil
	}
	if userID == "" {
		c, err := s.Passkeys.BeginLogin(nil)
		return s.question("any", c, err)
	}
	p, err := s.passkeyUser(ctx, userID)
	if err != nil || len(p.Records) == 0 {
		return Question{}, err
	}
	c, err := s.Passkeys.BeginLogin(&p)
	return s.question("of:"+userID, c, err)
}

// assert judges the answer of an authenticator.
func (s *Service) assert(ctx context.Context, purpose, ticket, response string) (a Assertion, err error) {
	if s.NoPasskeys() != "" {
		return a, errNoPasskeys
	}
	data, err := s.tickets.read(purpose, ticket, s.Now(), 2)
	if err != nil {
		return a, err
	}
	if len(response) > 16<<10 || !s.tickets.once(data[1], s.Now()) {
		return a, errPasskey
	}
	a, err = s.Passkeys.Login(data[0], response, func(user string) (PasskeyUser, error) { return s.passkeyUser(ctx, user) })
	if err != nil {
		s.Log.DebugContext(ctx, "a passkey was refused", "error", err)
		return a, errPasskey
	}
	return a, nil
}

// usePasskey writes what a use of a passkey changes.
func (s *Service) usePasskey(t tx.Tx, a Assertion) error {
	all, err := s.Store.Factors(t, a.User)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Kind == FactorPasskey && f.Credential == a.ID {
			f.Record, f.UsedAt = a.Record, t.Now()
			ok, err := s.Store.UseFactor(t, f)
			if err == nil && !ok {
				err = errPasskey
			}
			return err
		}
	}
	return errPasskey // it was removed meanwhile
}
