package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"purse/handlers/kit"
)

// Behind a trusted proxy, the client's address is read however proxies write it.
func TestForwardedAddresses(t *testing.T) {
	for header, want := range map[string]string{
		"203.0.113.7":                     "203.0.113.7",
		"203.0.113.7:51234":               "203.0.113.7",
		"[2001:db8::7]:51234":             "2001:db8::7",
		"[2001:db8::7]":                   "2001:db8::7",
		"2001:db8::7":                     "2001:db8::7",
		"::ffff:203.0.113.7":              "203.0.113.7",
		"198.51.100.1, 203.0.113.7:80":    "203.0.113.7",
		"203.0.113.7:80, 10.0.0.9:4711":   "203.0.113.7",
		"unknown":                         "10.0.0.1",
		"203.0.113.7, unknown, 10.0.0.9":  "10.0.0.9",
		"":                                "10.0.0.1",
		"203.0.113.7:notaport, 10.0.0.22": "10.0.0.22",
	} {
		got := ""
		h := trustProxies([]string{"10.0.0.0/8"})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = kit.Address(r) }))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "10.0.0.1:1234"
		if header != "" {
			r.Header.Set("X-Forwarded-For", header)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != want {
			t.Errorf("%q is read as %s, want %s", header, got, want)
		}
		r.RemoteAddr = "192.0.2.99:1234" // a proxy that nobody trusts
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != "192.0.2.99" {
			t.Errorf("%q by a stranger is read as %s", header, got)
		}
	}
}
