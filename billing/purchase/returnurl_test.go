package purchase

import (
	"strings"
	"testing"
)

var returns = &Service{Deps: Deps{PublicURL: "https://billing.example.com", ReturnOrigins: []string{"https://shop.example.com", "https://Other.example.com:8443/"}}}

func TestWhereABuyerMayBeSent(t *testing.T) {
	sandbox := &Service{Deps: Deps{PublicURL: "http://127.0.0.1:8080", AllowLoopback: true}}
	for address, want := range map[string]bool{
		"https://shop.example.com":                      true,
		"https://shop.example.com/thanks?order=1#x":     true,
		"HTTPS://SHOP.example.com/thanks":               true,
		"https://other.example.com:8443/a":              true,
		"https://billing.example.com/ledger":            true,
		"":                                              false,
		"/thanks":                                       false,
		"//shop.example.com/":                           false,
		"http://shop.example.com/":                      false,
		"https://shop.example.com:444/":                 false,
		"https://shop.example.com.evil.example/":        false,
		"https://evil.example/https://shop.example.com": false,
		"https://shop.example.com@evil.example/":        false,
		"https://user:pw@shop.example.com/":             false,
		"https://evil.example\\@shop.example.com/":      false,
		"https://shop.example.com\\.evil.example/":      false,
		"https://shop.example.com%2eevil.example/":      false,
		"https:shop.example.com":                        false,
		"https:///shop.example.com":                     false,
		"javascript://shop.example.com/%0aalert(1)":     false,
		"javascript:alert(1)":                           false,
		"data:text/html,x":                              false,
		" https://shop.example.com/":                    false,
		"https://shop.example.com/\r\nSet-Cookie: a":    false,
		"https://shop.example.com/a b":                  false,
		"http://127.0.0.1:3000/":                        false,
		"http://localhost/":                             false,
	} {
		if got := returns.allowed(address); got != want {
			t.Errorf("%q: allowed %t, want %t", address, got, want)
		}
	}
	for address, want := range map[string]bool{
		"http://localhost:3000/thanks": true, "http://127.0.0.1:3000/": true, "http://[::1]:3000/": true, "http://127.9.9.9/": true,
		"http://localhost.evil.example/": false, "http://127.0.0.1.evil.example/": false, "http://10.0.0.1/": false, "http://0.0.0.0/": false,
		"ftp://127.0.0.1/": false, "http://2130706433/": false,
	} {
		if got := sandbox.allowed(address); got != want {
			t.Errorf("in the sandbox %q: allowed %t, want %t", address, got, want)
		}
	}
}

// FuzzReturnURL holds what is allowed to a rule that is simpler than any parser:
// the text begins with an allowed origin, and what follows ends a host.
func FuzzReturnURL(f *testing.F) {
	for _, s := range []string{"https://shop.example.com/x", "https://shop.example.com@evil", "https://Shop.Example.com?a#b", "//x", "https://other.example.com:8443", "http://127.0.0.1:1/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if !returns.allowed(address) {
			return
		}
		for _, o := range append([]string{returns.PublicURL}, returns.ReturnOrigins...) {
			o = strings.TrimSuffix(o, "/")
			if len(address) >= len(o) && strings.EqualFold(address[:len(o)], o) && (len(address) == len(o) || strings.ContainsRune("/?#", rune(address[len(o)]))) {
				return
			}
		}
		t.Errorf("%q is allowed", address)
	})
}

// FuzzSession holds ids of Checkouts to what is safe in a path.
func FuzzSession(f *testing.F) {
	f.Add("cs_test_a1")
	f.Add("cs_../../v1/balance")
	f.Fuzz(func(t *testing.T, id string) {
		if isSession(id) && (strings.ContainsAny(id, "/?#%.&= \\") || strings.TrimPrefix(id, "cs_") == id) {
			t.Errorf("%q is taken for a Checkout", id)
		}
	})
}
