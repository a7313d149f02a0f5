package kit

import (
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gorilla/sessions"

	"purse/billing/account"
	"purse/views/ui"
)

// sessionStore is gorilla's Store over account's sessions: the cookie holds a
// random secret, its state lies in the database under the secret's hash.
type sessionStore struct {
	accounts *account.Service
	name     string
	secure   bool
}

// remembered is what a session keeps for pages.
type remembered struct {
	Customer string    `json:"customer,omitempty"` // the customer chosen
	Flash    *ui.Flash `json:"flash,omitempty"`
	Learned  bool      `json:"learned,omitempty"` // has seen why a charge was made
}

const (
	valueState   = "state"   // remembered
	valueSession = "session" // account.Session
	valueUser    = "user"    // account.User
)

func newSessionStore(accounts *account.Service, secure bool) *sessionStore {
	s := &sessionStore{accounts: accounts, name: "purse", secure: secure}
	if secure {
		s.name = "__Host-purse" // binds the cookie to this host, path / and TLS
	}
	return s
}

// Get answers the request's session, the same one each time it is asked.
func (s *sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New reads the session that the cookie names. Without one that lives it
// answers an empty session with IsNew set.
func (s *sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	session.IsNew = true
	session.Options = s.options(int(account.AbsoluteLimit / time.Second))
	cookie, err := r.Cookie(name)
	if err != nil || cookie.Value == "" {
		return session, nil
	}
	find := s.accounts.SessionBySecret
	if r.Header.Get(pollHeader) != "" {
		find = s.accounts.PeekSession // an open page is nobody at work
	}
	found, user, err := find(r.Context(), cookie.Value)
	if err != nil {
		if ErrorStatus(err) == http.StatusUnauthorized {
			return session, nil
		}
		return session, err
	}
	var state remembered
	_ = json.Unmarshal([]byte(found.Data), &state) // what cannot be read is forgotten
	session.ID, session.IsNew = cookie.Value, false
	session.Values[valueState], session.Values[valueSession], session.Values[valueUser] = state, found, user
	return session, nil
}

// Save stores what the session remembers and sets the cookie. A negative
// MaxAge ends the session.
func (s *sessionStore) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	if session.ID == "" {
		return nil
	}
	if session.Options.MaxAge < 0 {
		http.SetCookie(w, sessions.NewCookie(session.Name(), "", session.Options))
		return s.accounts.SignOut(r.Context(), session.ID)
	}
	state, _ := session.Values[valueState].(remembered)
	data, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if err := s.accounts.SetSessionData(r.Context(), session.ID, string(data)); err != nil {
		return err
	}
	http.SetCookie(w, sessions.NewCookie(session.Name(), session.ID, session.Options))
	return nil
}

func (s *sessionStore) options(maxAge int) *sessions.Options {
	return &sessions.Options{Path: "/", MaxAge: maxAge, Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// Begin signs a visitor in: the browser gets the new session's secret, and the
// session that it had before ends, so that an id known before the sign-in is
// worth nothing after it.
func (k *Kit) Begin(w http.ResponseWriter, r *http.Request, in account.SignedIn) error {
	if in.Step != "" {
		return &stepNeeded{in}
	}
	session, err := k.store.Get(r, k.store.name)
	if err != nil {
		return err
	}
	if old := session.ID; old != "" && old != in.Secret {
		if err := k.Accounts.SignOut(r.Context(), old); err != nil {
			return err
		}
	}
	k.store.knowDevice(w, in.Device)
	session.ID, session.IsNew = in.Secret, false
	session.Options = k.store.options(int(account.AbsoluteLimit / time.Second))
	session.Values = map[any]any{valueState: remembered{}, valueSession: in.Session, valueUser: in.User}
	return session.Save(r, w)
}

// End signs the visitor out.
func (k *Kit) End(w http.ResponseWriter, r *http.Request) error {
	session, err := k.store.Get(r, k.store.name)
	if err != nil {
		return err
	}
	session.Options.MaxAge = -1
	return session.Save(r, w)
}

// Rotate gives the visitor's session a new secret: after a password was given
// again, or changed.
func (k *Kit) Rotate(w http.ResponseWriter, r *http.Request) error {
	session, err := k.store.Get(r, k.store.name)
	if err != nil || session.ID == "" {
		return err
	}
	fresh, err := k.Accounts.RotateSession(r.Context(), session.ID)
	if err != nil {
		return err
	}
	session.ID = fresh
	return session.Save(r, w)
}

// mostSaid is how long a message for the next page is at most, in characters: as
// JSON, each takes six bytes at worst.
const mostSaid = 500

// Say leaves a message for the next page. Visitors who are not signed in have
// no session to leave it in, and get none.
func (k *Kit) Say(w http.ResponseWriter, r *http.Request, tone ui.Tone, text string) error {
	if utf8.RuneCountInString(text) > mostSaid { // a session holds no more, and the deed is done
		text = string([]rune(text)[:mostSaid-1]) + "…"
	}
	return k.remember(w, r, func(m *remembered) { m.Flash = &ui.Flash{Tone: tone, Text: text} })
}

// Choose makes a customer the current one of the visitor's session. The caller
// has checked the membership.
func (k *Kit) Choose(w http.ResponseWriter, r *http.Request, customerID string) error {
	return k.remember(w, r, func(m *remembered) { m.Customer = customerID })
}

// Learn remembers that the visitor has seen why a charge was made.
func (k *Kit) Learn(w http.ResponseWriter, r *http.Request) error {
	if v := VisitorOf(r); v == nil || v.Learned {
		return nil
	}
	return k.remember(w, r, func(m *remembered) { m.Learned = true })
}

func (k *Kit) remember(w http.ResponseWriter, r *http.Request, change func(*remembered)) error {
	session, err := k.store.Get(r, k.store.name)
	if err != nil || session.ID == "" {
		return err
	}
	state, _ := session.Values[valueState].(remembered)
	change(&state)
	session.Values[valueState] = state
	return session.Save(r, w)
}

// pollHeader marks what an open page asks for by itself, again and again.
const pollHeader = "Purse-Poll"
