// Package kit is what page handlers share: rendering, errors to statuses,
// sessions and who may do what, forms, paging, and live pages.
package kit

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"purse/billing/account"
	"purse/views/ui"
)

// Deps is what a Kit needs.
type Deps struct {
	Site     ui.Site
	Accounts *account.Service
	Log      *slog.Logger
	Now      func() time.Time // time.Now when nil
}

// Kit renders pages and knows who looks at them.
type Kit struct {
	Deps
	store   *sessionStore
	secure  bool
	streams openStreams
	// Banner is what the current customer of a visitor must know on every page of
	// the portal, nil for nothing. The portal sets it.
	Banner func(ctx context.Context, v *Visitor) *ui.Banner
}

// New makes a Kit. The session cookie is __Host-purse and Secure unless the
// public URL is plain http, as on a developer's loopback.
func New(d Deps) *Kit {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Site.Brand == "" {
		d.Site.Brand = "Purse"
	}
	d.Site.PublicURL = strings.TrimRight(d.Site.PublicURL, "/")
	k := &Kit{Deps: d, secure: !strings.HasPrefix(d.Site.PublicURL, "http://")}
	k.store = newSessionStore(d.Accounts, k.secure)
	return k
}

// Handler is a page or an action: it answers, or says why not.
type Handler func(w http.ResponseWriter, r *http.Request) error

// URL is the absolute address of a path of ours.
func (k *Kit) URL(path string) string { return k.Site.PublicURL + path }

// SafeNext is where to go after signing in: a path of ours, else "/". Nothing
// that a browser could read as another host passes.
func SafeNext(next string) string {
	if next == "" || len(next) > 2000 || next[0] != '/' || strings.ContainsAny(next, "\\\t\r\n") || strings.HasPrefix(next, "//") {
		return "/"
	}
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return next
}

// IsPart says whether htmx asks for a part of a page and not for all of it.
func IsPart(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") != "true"
}

// Go answers 303 to a path of ours or to an address that was checked before, or
// tells htmx to go there.
func Go(w http.ResponseWriter, r *http.Request, path string) error {
	if IsPart(r) {
		w.Header().Set("HX-Redirect", path)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // SafeNext has seen every path that came from outside
	return nil
}
