// Package passkey is the adapter to WebAuthn: it makes the options that a browser
// asks an authenticator with, and judges what the authenticator answered.
package passkey

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"purse/billing/account"
)

// Party is the relying party: the host of the address at which browsers reach
// Purse.
type Party struct {
	auth *webauthn.WebAuthn
	why  string
}

var _ account.Passkeys = (*Party)(nil)

// New makes the relying party of a public URL. Where no browser would make a
// passkey for it, Why says why.
func New(publicURL, brand string) (*Party, error) {
	u, err := url.Parse(publicURL)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return &Party{why: "Passkeys belong to a name, and this address is a number."}, nil
	}
	if u.Scheme != "https" && u.Hostname() != "localhost" {
		return &Party{why: "Passkeys need an address that begins with https."}, nil
	}
	auth, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: brand, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationPreferred,
		},
	})
	return &Party{auth: auth}, err
}

// Why says why there are no passkeys here, "" when there are.
func (p *Party) Why() string { return p.why }

var errNone = errors.New("passkey: there are none at this address")

// person is a user as webauthn wants to see it.
type person struct {
	account.PasskeyUser
}

func (u person) WebAuthnID() []byte          { return []byte(u.ID) }
func (u person) WebAuthnName() string        { return u.Email }
func (u person) WebAuthnDisplayName() string { return u.Email }
func (u person) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, 0, len(u.Records))
	for _, r := range u.Records {
		var c webauthn.Credential
		if json.Unmarshal([]byte(r), &c) == nil {
			out = append(out, c)
		}
	}
	return out
}

func begun(options any, session *webauthn.SessionData, err error) (account.Ceremony, error) {
	if err != nil {
		return account.Ceremony{}, err
	}
	o, err := json.Marshal(options)
	if err != nil {
		return account.Ceremony{}, err
	}
	s, err := json.Marshal(session)
	return account.Ceremony{Options: string(o), State: string(s), Challenge: session.Challenge}, err
}

// BeginRegistration implements account.Passkeys.
func (p *Party) BeginRegistration(u account.PasskeyUser) (account.Ceremony, error) {
	if p.auth == nil {
		return account.Ceremony{}, errNone
	}
	who := person{u}
	var have []protocol.CredentialDescriptor
	for _, c := range who.WebAuthnCredentials() {
		have = append(have, c.Descriptor())
	}
	options, session, err := p.auth.BeginRegistration(who, webauthn.WithExclusions(have))
	return begun(options, session, err)
}

// Register implements account.Passkeys.
func (p *Party) Register(u account.PasskeyUser, state, response string) (id, record string, err error) {
	if p.auth == nil {
		return "", "", errNone
	}
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(state), &session); err != nil {
		return "", "", err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(response))
	if err != nil {
		return "", "", err
	}
	c, err := p.auth.CreateCredential(person{u}, session, parsed)
	if err != nil {
		return "", "", err
	}
	return stored(c)
}

func stored(c *webauthn.Credential) (id, record string, err error) {
	b, err := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(c.ID), string(b), err
}

// BeginLogin implements account.Passkeys.
func (p *Party) BeginLogin(u *account.PasskeyUser) (account.Ceremony, error) {
	if p.auth == nil {
		return account.Ceremony{}, errNone
	}
	if u == nil {
		options, session, err := p.auth.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
		return begun(options, session, err)
	}
	options, session, err := p.auth.BeginLogin(person{*u})
	return begun(options, session, err)
}

// Login implements account.Passkeys.
func (p *Party) Login(state, response string, find func(user string) (account.PasskeyUser, error)) (a account.Assertion, err error) {
	if p.auth == nil {
		return a, errNone
	}
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(state), &session); err != nil {
		return a, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(response))
	if err != nil {
		return a, err
	}
	var credential *webauthn.Credential
	if len(session.UserID) == 0 {
		var u webauthn.User
		u, credential, err = p.auth.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
			found, err := find(string(handle))
			return person{found}, err
		}, session, parsed)
		if err == nil {
			a.User = string(u.WebAuthnID())
		}
	} else {
		a.User = string(session.UserID)
		found, ferr := find(a.User)
		if ferr != nil {
			return a, ferr
		}
		credential, err = p.auth.ValidateLogin(person{found}, session, parsed)
	}
	if err != nil {
		return a, err
	}
	if credential.Authenticator.CloneWarning {
		return a, errors.New("passkey: its counter went back, so there may be a copy of it")
	}
	a.Verified = parsed.Response.AuthenticatorData.Flags.HasUserVerified()
	a.ID, a.Record, err = stored(credential)
	return a, err
}
