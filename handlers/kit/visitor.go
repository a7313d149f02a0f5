package kit

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/views/ui"
)

// Visitor is the person who looks at a page, when somebody is signed in.
type Visitor struct {
	Session     account.Session
	User        account.User
	Memberships []account.Membership
	Customer    *account.Customer // the current one, nil for none
	Role        account.Role      // in Customer
	Learned     bool              // has seen why a charge was made
	HasFactor   bool              // a second one
	MustEnrol   bool              // needs a second factor and has none
	flash       *ui.Flash
}

type visitorKey struct{}

// VisitorOf is who is signed in, nil for nobody. Behind a route that asks for
// more than Anyone it is never nil; behind one for members its Customer is not.
func VisitorOf(r *http.Request) *Visitor {
	v, _ := r.Context().Value(visitorKey{}).(*Visitor)
	return v
}

// Actor is the visitor for the audit log.
func Actor(r *http.Request) audit.Actor {
	a := audit.Actor{Address: Address(r), Device: shortened(r.UserAgent())}
	if v := VisitorOf(r); v != nil {
		a.ID = v.User.ID
	}
	return a
}

func shortened(s string) string { return strings.ToValidUTF8(s[:min(len(s), 300)], "") }

// From is where the request came from, as account wants to know it.
func From(r *http.Request) account.From {
	return account.From{Address: Address(r), UserAgent: shortened(r.UserAgent()), Device: deviceOf(r)}
}

// Address is the network address that the request came from. Behind a proxy
// that is trusted, the server's middleware has put the client's there.
func Address(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// identify reads the session and puts the Visitor into the request. The message
// that waits is taken only by GETs of whole pages.
func (k *Kit) identify(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	if _, err := r.Cookie(k.store.name); err != nil || VisitorOf(r) != nil {
		return r, nil
	}
	session, err := k.store.Get(r, k.store.name)
	if err != nil {
		return r, err
	}
	if session.IsNew {
		return r, nil
	}
	v := &Visitor{}
	v.Session, _ = session.Values[valueSession].(account.Session)
	v.User, _ = session.Values[valueUser].(account.User)
	state, _ := session.Values[valueState].(remembered)
	v.Learned = state.Learned
	if v.Memberships, err = k.Accounts.Memberships(r.Context(), v.User.ID); err != nil {
		return r, err
	}
	needs := false
	if v.HasFactor, needs, err = k.Accounts.FactorState(r.Context(), v.User); err != nil {
		return r, err
	}
	v.MustEnrol = needs && !v.HasFactor
	for i := range v.Memberships {
		m := &v.Memberships[i]
		if v.Customer == nil || m.Customer.ID == state.Customer {
			v.Customer, v.Role = &m.Customer, m.Role
		}
	}
	r = r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
	if state.Flash != nil && r.Method == http.MethodGet && !IsPart(r) && r.Header.Get("Accept") != "text/event-stream" {
		v.flash = state.Flash
		if err := k.remember(w, r, func(m *remembered) { m.Flash = nil }); err != nil {
			return r, err
		}
	}
	return r, nil
}

// toSignIn sends a visitor who is not signed in to the page where one signs in,
// and back afterwards.
func (k *Kit) toSignIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.RequestURI()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		next = "/"
	}
	if IsPart(r) {
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil {
			next = u.RequestURI()
		}
	}
	path := "/sign-in"
	if next = SafeNext(next); next != "/" {
		path += "?next=" + url.QueryEscape(next)
	}
	return Go(w, r, path)
}
