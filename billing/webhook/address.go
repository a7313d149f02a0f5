package webhook

import (
	"net/netip"
	"net/url"
	"strings"
)

// public is the part of IPv6 that is routed on the internet; everything outside
// it is refused, mapped, translated and site-local addresses among it.
var public = netip.MustParsePrefix("2000::/3")

// inside are the addresses that lead to this machine, its network or nowhere, or
// into IPv4 by another way.
var inside = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// allowed says whether an address is one of the internet's. An IPv4 address in
// IPv6 clothes is none.
func allowed(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" || (a.Is6() && !public.Contains(a)) {
		return false
	}
	for _, p := range inside {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// check says what is wrong with an address as it is written.
func (p *Poster) check(address string) (*url.URL, string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "" || len(address) > 2000:
		return nil, "This is not an address such as https://example.com/webhooks."
	case u.User != nil:
		return nil, "An address has no user name or password in it."
	case u.Fragment != "":
		return nil, "An address has no # in it."
	case p.allowPrivate && (u.Scheme == "http" || u.Scheme == "https"):
		return u, ""
	case u.Scheme != "https":
		return nil, "The address must begin with https://."
	case strings.HasSuffix(u.Host, ":"), u.Port() != "" && u.Port() != "443":
		return nil, "The address must be on port 443."
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if a, err := netip.ParseAddr(host); err == nil {
		if !allowed(a) {
			return nil, "This address leads inside, or nowhere. Give one that is reached from the internet."
		}
		return u, ""
	}
	if host == "" || number(host[strings.LastIndexByte(host, '.')+1:]) {
		return nil, "This is no host: write an IP address as four decimal numbers, or better a name."
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return nil, "This address leads inside, or nowhere. Give one that is reached from the internet."
	}
	return u, ""
}

// number says whether the end of a host is what C libraries read as a number:
// then the whole host may be an address in disguise.
func number(label string) bool {
	if label == "" {
		return true
	}
	if rest, hex := strings.CutPrefix(label, "0x"); hex {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}
