package main

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// trustProxies puts the client's address in the place of a trusted proxy's: the
// last address in X-Forwarded-For that is not itself a trusted proxy's.
func trustProxies(networks []string) func(http.Handler) http.Handler {
	var trusted []netip.Prefix
	for _, n := range networks {
		if p, err := netip.ParsePrefix(n); err == nil { // checked at the start
			trusted = append(trusted, p)
		}
	}
	isTrusted := func(a netip.Addr) bool {
		for _, p := range trusted {
			if p.Contains(a.Unmap()) {
				return true
			}
		}
		return false
	}
	return func(next http.Handler) http.Handler {
		if len(trusted) == 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			peer, err := netip.ParseAddr(host)
			if err == nil && isTrusted(peer) {
				list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
				for i := len(list) - 1; i >= 0; i-- {
					a, ok := forwarded(list[i])
					if !ok {
						break
					}
					r.RemoteAddr = net.JoinHostPort(a.String(), "0")
					if !isTrusted(a) {
						break
					}
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// forwarded reads an address of X-Forwarded-For: some proxies write the client's
// port behind it, and brackets around one of IPv6.
func forwarded(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")); err == nil {
		return a.Unmap(), true
	}
	a, err := netip.ParseAddrPort(s)
	return a.Addr().Unmap(), err == nil
}
