package main

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"purse/billing/passkey"
)

// named turns the address of this machine in a URL into its name: passkeys belong
// to names.
func named(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err != nil || !ip.IsLoopback() {
		return address
	}
	u.Host = net.JoinHostPort("localhost", u.Port())
	return u.String()
}

// toName leads browsers that came to pages by a number to their name, base. It
// leaves what is not named alone, and the sandbox's API.
func toName(base string, named bool, next http.Handler) http.Handler {
	if !named {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		ip, err := netip.ParseAddr(host)
		if err == nil && ip.IsLoopback() && strings.HasPrefix(r.URL.RequestURI(), "/") && !strings.HasPrefix(r.URL.Path, "/v1/") && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusTemporaryRedirect) //nolint:gosec // base is ours, and a path follows
			return
		}
		next.ServeHTTP(w, r)
	})
}

// openFactors says how second factors are checked and who needs one.
func (a *app) openFactors() error {
	keys, err := passkey.New(a.settings.PublicURL, a.settings.Brand)
	if err != nil {
		return err
	}
	a.accounts.Passkeys, a.accounts.Issuer, a.accounts.MembersNeed = keys, a.settings.Brand, a.settings.RequireFactor
	a.accounts.AuditFor = time.Duration(a.settings.AuditDays) * 24 * time.Hour
	if a.endpoints.Keeper != nil {
		a.accounts.Keeper = a.endpoints.Keeper
	}
	return nil
}
