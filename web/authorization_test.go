package main

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"purse/billing/account"
	"purse/handlers/api"
	"purse/handlers/kit"
	"purse/handlers/routes"
	"purse/static"
)

// fixed are the routes that are in no table: who may use them is written here.
var fixed = map[string]string{
	"POST /webhooks/stripe":    "whoever has the signing secret",
	"GET /livez":               "anyone",
	"GET /readyz":              "anyone",
	"GET /metrics":             "loopback, or whoever has the token",
	"* /v1/*":                  "the API's own table",
	"* " + static.Prefix + "*": "anyone",
}

// What is mounted and not declared fails here.
func TestEveryRouteIsDeclared(t *testing.T) {
	w := newWorld(t)
	declared := map[string]bool{}
	for _, r := range routes.Pages(w.portal, w.admin, w.app.api.Docs(w.kit)) {
		if r.Who == kit.Undeclared {
			t.Errorf("nobody says who may use %s %s", r.Method, r.Pattern)
		}
		declared[r.Method+" "+r.Pattern] = true
		if r.Method == http.MethodGet {
			declared["HEAD "+r.Pattern] = true
		}
	}
	mounted := 0
	err := chi.Walk(w.router().(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		mounted++
		if !declared[method+" "+pattern] && fixed[method+" "+pattern] == "" && fixed["* "+pattern] == "" {
			t.Errorf("%s %s is mounted and in no table", method, pattern)
		}
		delete(declared, method+" "+pattern)
		return nil
	})
	w.check(err)
	for r := range declared {
		t.Errorf("%s is in the table and not mounted", r)
	}

	declared = map[string]bool{}
	for _, r := range api.Routes() {
		declared[r.Method+" "+r.Path] = true
	}
	w.check(w.app.api.Walk(func(method, path string) {
		mounted++
		if !declared[method+" "+path] {
			t.Errorf("the API has %s %s, which is not in its table", method, path)
		}
		delete(declared, method+" "+path)
	}))
	for r := range declared {
		if r != "POST /v1/usage" { // has a way of its own, tried below
			t.Errorf("%s is in the API's table and not mounted", r)
		}
	}
	t.Logf("%d routes are mounted", mounted)
}

// denied is what a route declared for who must answer to a visitor who may not
// use it: 0 when the visitor may.
func denied(who kit.Who, v visitor) (status int, location string) {
	signedIn := v.user.ID != "" && !v.revoked
	switch {
	case who == kit.Anyone:
		return 0, ""
	case !signedIn:
		return 303, "/sign-in"
	case who == kit.SignedIn:
		return 0, ""
	case who == kit.Staff && v.user.Staff == account.NoStaff, who == kit.StaffAdmin && v.user.Staff == account.NoStaff:
		return 404, ""
	case who == kit.Staff:
		return 0, ""
	case who == kit.StaffAdmin && v.user.Staff != account.Admin:
		return 403, ""
	case who == kit.StaffAdmin:
		return 0, ""
	case v.customer == "" && v.user.Staff != account.NoStaff:
		return 303, "/admin"
	case v.customer == "":
		return 303, "/customers/new"
	}
	may := map[kit.Who][]account.Role{
		kit.Member:      {account.Owner, account.Billing, account.Developer, account.Viewer},
		kit.Buyer:       {account.Owner, account.Billing},
		kit.Developer:   {account.Owner, account.Developer},
		kit.AlertEditor: {account.Owner, account.Billing, account.Developer},
		kit.OwnerOnly:   {account.Owner},
	}
	if roles, known := may[who]; !known || !slices.Contains(roles, v.role) {
		return 403, ""
	}
	return 0, ""
}

var inPattern = regexp.MustCompile(`\{([a-z]+)\}`)

// endsSession are routes after which the session is another or none.
func endsSession(r kit.Route) bool {
	return strings.HasPrefix(r.Pattern, "/sign-") || r.Pattern == "/verify" || r.Pattern == "/reset/new" || r.Pattern == "/admin/claim"
}

func TestWhoMayUseWhichPage(t *testing.T) {
	e := newEstate(t)
	spare := e.spares()
	table := routes.Pages(e.portal, e.admin, e.app.api.Docs(e.kit))
	checked := 0
	for _, v := range e.visitors {
		cookie := e.cookieOf(v)
		own := v.customer
		if own == "" {
			own = "a"
		}
		for _, r := range table {
			ids := map[string]string{"customer": e.ids[own]["customer"], "posting": e.ids[own]["posting"], "grant": e.ids[own]["grant"],
				"key": spare["key"], "type": "credits", "pack": spare["pack"], "rate": spare["rate"], "purchase": e.ids[own]["purchase"], "invoice": e.ids[own]["invoice"], "schedule": e.ids[own]["schedule"],
				"endpoint": e.ids[own]["endpoint"], "delivery": e.ids[own]["delivery"], "period": "2026-01-01", "month": time.Now().UTC().Format("2006-01")}
			if deletes(r) { // the others need it
				ids["endpoint"] = "none"
			}
			e.watched(r, e.ids[own]["customer"], ids)
			path := fill(r.Pattern, ids)
			if r.Pattern == "/buy/checkout" {
				path += "?purchase=" + e.ids[own]["purchase"]
			}
			methods := []string{r.Method}
			if r.Method == http.MethodGet {
				methods = append(methods, http.MethodHead)
			}
			for _, method := range methods {
				checked++
				a := e.visit(method, path, cookie)
				where := fmt.Sprintf("%s %s (for %s) by %s", method, path, r.Who, v.name)
				status, location := denied(r.Who, v)
				to, _, _ := strings.Cut(a.header.Get("Location"), "?")
				switch {
				case status != 0 && (a.status != status || to != location):
					t.Errorf("%s: %d to %q, want %d to %q", where, a.status, to, status, location)
				case status == 0 && r.Who != kit.Anyone && (to == "/sign-in" || to == "/customers/new" || to == "/admin" || a.status == 401 || a.status == 403):
					t.Errorf("%s: %d to %q, want to be let in", where, a.status, to)
				case status == 0 && a.status == 404 && !missingAnyway(r):
					t.Errorf("%s: 404, want to be let in: %s", where, tail(a.body, 300))
				case a.status >= 500:
					t.Errorf("%s: %d", where, a.status)
				case a.status == 405:
					t.Errorf("%s: 405", where)
				}
				if cc := a.header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
					t.Errorf("%s: Cache-Control %q", where, cc)
				}
			}
			if endsSession(r) {
				cookie = e.cookieOf(v)
			}
		}
	}
	t.Logf("%d routes, %d visitors, %d requests", len(table), len(e.visitors), checked)
	e.addsUp()

	// To everybody else the console is a page that does not exist.
	nobody := e.signIn(e.visitors[1].user)
	want := e.visit("GET", "/admin-is-not-here", nobody)
	for _, path := range []string{"/admin", "/admin/customers/" + e.a.ID, "/admin/inbox"} {
		if a := e.visit("GET", path, nobody); a.status != 404 || strings.Contains(a.body, "Console") || a.status != want.status {
			t.Errorf("%s to a customer: %d", path, a.status)
		}
	}
}

func deletes(r kit.Route) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.Pattern, "/{endpoint}/delete")
}

// missingAnyway are routes about things that the matrix does not make, and those
// that are not found without a token in the address.
func missingAnyway(r kit.Route) bool {
	for _, p := range []string{"{event}", "{job}", "/checkout/return", "/checkout/cancelled", "/verify", "/reset/new", "/sign-in/link", "/join", "/admin/claim", "/unsubscribe", "/email", "{apikey}", "{member}", "{invitation}", "{factor}", "{staff}",
		"{method}", "/methods/added", "/recharge/{type}"} {
		if strings.Contains(r.Pattern, p) {
			return true
		}
	}
	return deletes(r) || (r.Method == http.MethodPost && r.Pattern == "/customers") // of which organisation?
}

// No other method does anything.
func TestOtherMethods(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	cookie := e.cookieOf(e.visitors[len(e.visitors)-1]) // the admin
	has := map[string]map[string]bool{}
	for _, r := range routes.Pages(e.portal, e.admin, e.app.api.Docs(e.kit)) {
		if has[r.Pattern] == nil {
			has[r.Pattern] = map[string]bool{}
		}
		has[r.Pattern][r.Method] = true
	}
	for pattern, methods := range has {
		for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			if methods[m] {
				continue
			}
			if a := e.visit(m, fill(pattern, e.ids["a"]), cookie); a.status != 405 && a.status != 404 {
				t.Errorf("%s %s: %d", m, pattern, a.status)
			}
		}
	}
	has = map[string]map[string]bool{}
	for _, r := range api.Routes() {
		if has[r.Path] == nil {
			has[r.Path] = map[string]bool{}
		}
		has[r.Path][r.Method] = true
	}
	for path, methods := range has {
		for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			if methods[m] {
				continue
			}
			if a := e.send(m, strings.ReplaceAll(path, "{id}", "x"), nil, "", "Authorization", "Bearer "+e.key); a.status != 405 && a.status != 404 {
				t.Errorf("%s %s: %d %s", m, path, a.status, a.body)
			}
		}
	}
}

// A form of another site's page is refused before anything else happens.
func TestFormsOfOtherSites(t *testing.T) {
	e := newEstate(t)
	cookie := e.cookieOf(e.visitors[1])
	for _, r := range routes.Pages(e.portal, e.admin, e.app.api.Docs(e.kit)) {
		if r.Method != http.MethodPost {
			continue
		}
		for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "same-site"}} {
			a := e.send("POST", fill(r.Pattern, e.ids["a"]), []byte("x=1"), cookie, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, h...)...)
			if a.status != 403 {
				t.Errorf("POST %s with %v: %d", r.Pattern, h, a.status)
			}
		}
	}
}

var requestID = regexp.MustCompile(`req_[0-9a-z]+`)
