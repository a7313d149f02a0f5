package main

import (
	"net/http"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/handlers/routes"
	"purse/views/ui"
)

// A place in a list that is none is refused on every page that lists, not taken for
// the beginning or the end.
func TestCursorsThatAreNone(t *testing.T) {
	e := newEstate(t)
	var owner, admin string
	for _, v := range e.visitors {
		switch v.name {
		case "owner of a":
			owner = e.cookieOf(v)
		case "admin":
			admin = e.cookieOf(v)
		}
	}
	checked := 0
	for _, r := range routes.Pages(e.portal, e.admin, e.app.api.Docs(e.kit)) {
		if r.Method != http.MethodGet {
			continue
		}
		cookie := owner
		if strings.HasPrefix(r.Pattern, "/admin") {
			cookie = admin
		}
		for _, q := range []string{"after=junk", "before=junk", "after=" + strings.Repeat("x", 300), "after=..%2F..", "trail=junk&after=2030-01-01"} {
			checked++
			if a := e.visit("GET", fill(r.Pattern, e.ids["a"])+"?"+q, cookie); a.status != 422 {
				t.Errorf("GET %s?%s: %d", r.Pattern, q, a.status)
			}
		}
	}
	for _, path := range []string{"/ledger?after=cus_06h009hchvm6s4qgpdfhxqrvew", "/ledger?before=2030-01-01", "/admin/reports?after=2030-02-31"} {
		if a := e.visit("GET", path, map[bool]string{true: admin, false: owner}[strings.HasPrefix(path, "/admin")]); a.status != 422 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	for _, path := range []string{"/v1/customers", "/v1/events", "/v1/keys", "/v1/webhook_endpoints", "/v1/packs", "/v1/rates", "/v1/customers/" + e.a.ID + "/grants", "/v1/customers/" + e.a.ID + "/invoices"} {
		for _, q := range []string{"?starting_after=junk", "?ending_before=junk"} {
			if a := e.api("GET", path+q, ""); a.status != 422 {
				t.Errorf("%s%s: %d", path, q, a.status)
			}
		}
	}
	t.Logf("%d addresses", checked)
}

// A message that no session can hold is shortened: what it tells of is done.
func TestALongMessageIsShortened(t *testing.T) {
	w := newWorld(t)
	w.shop()
	who := w.person("who@example.com", account.NoStaff)
	w.customer("acme", who.user.ID)
	for _, text := range []string{strings.Repeat("<&> ", 2000), strings.Repeat("🪙", 3000), strings.Repeat("\x01", 5000)} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/", nil)
		w.check(err)
		r.Header.Set("Cookie", who.cookie)
		if err := w.app.kit.Say(discard{}, r, ui.Good, text); err != nil {
			t.Errorf("%d bytes: %v", len(text), err)
		}
		if a := w.send("GET", "/", nil, who.cookie); a.status != 200 || !strings.Contains(a.body, "…") {
			t.Errorf("the page with it answers %d", a.status)
		}
	}
}

// discard is a ResponseWriter of which nobody reads.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
