package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"

	view "purse/views/sandbox"
)

// tokenCookie keeps that a browser has shown the token. It holds a hash of it.
const tokenCookie = "sandbox-token"

// TokenParam is the parameter of an address that brings the token.
const TokenParam = "token"

// guarded lets only those see a page who have the token, where there is one: it
// shows mails with links that sign in. Pages that stand in for those of Stripe's
// which buyers see, Checkout and receipts, are not behind it; nor is the API, which
// takes a key.
func (s *Server) guarded(next http.HandlerFunc) http.HandlerFunc {
	if s.opts.Token == "" {
		return next
	}
	sum := sha256.Sum256([]byte("sandbox page\x00" + s.opts.Token))
	want := hex.EncodeToString(sum[:])
	same := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	return func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(tokenCookie); err == nil && same(c.Value, want) {
			next(w, r)
			return
		}
		given := r.URL.Query().Get(TokenParam)
		if same(given, s.opts.Token) && r.Method == http.MethodGet {
			http.SetCookie(w, &http.Cookie{Name: tokenCookie, Value: want, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // a sandbox has no TLS
			q := r.URL.Query()
			q.Del(TokenParam)
			to := *r.URL
			to.Scheme, to.Host, to.RawQuery = "", "", q.Encode()
			http.Redirect(w, r, to.Path+query(to.RawQuery), http.StatusSeeOther) //nolint:gosec // a path of this server's
			return
		}
		s.show(w, r, http.StatusUnauthorized, view.TokenPage(view.Token{Path: r.URL.Path, Wrong: given != ""}))
	}
}

func query(q string) string {
	if q == "" {
		return ""
	}
	return "?" + q
}
