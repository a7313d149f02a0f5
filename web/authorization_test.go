package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/schedule"
	"purse/handlers/api"
	"purse/handlers/kit"
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
	for _, r := range pages(w.portal, w.admin, w.app.api.Docs(w.kit)) {
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

// visitor is who looks at pages.
type visitor struct {
	name     string
	user     account.User // zero for nobody
	revoked  bool
	customer string // "a", "b" or ""
	role     account.Role
}

// estate is two customers with everything that has an id.
type estate struct {
	*world
	a, b     *account.Customer
	visitors []visitor
	ids      map[string]map[string]string // by customer, what → id
	made     int
}

func newEstate(t *testing.T) *estate {
	e := &estate{world: newWorld(t), ids: map[string]map[string]string{}}
	e.shop()
	add := func(name, email string, staff account.StaffRole, customer string, role account.Role) account.User {
		u, err := e.accounts.CreateVerifiedUser(ctx, email, "", password, staff)
		e.check(err)
		e.visitors = append(e.visitors, visitor{name: name, user: u, customer: customer, role: role})
		return u
	}
	e.visitors = append(e.visitors, visitor{name: "anonymous"})
	for _, c := range []string{"a", "b"} {
		owner := add("owner of "+c, "owner-"+c+"@example.com", account.NoStaff, c, account.Owner)
		customer := e.customer(c, owner.ID)
		for _, role := range []account.Role{account.Billing, account.Developer, account.Viewer} {
			u := add(string(role)+" of "+c, string(role)+"-"+c+"@example.com", account.NoStaff, c, role)
			e.check(e.accounts.AddMember(ctx, audit.System, customer.ID, u.ID, role))
		}
		if c == "a" {
			e.a = customer
		} else {
			e.b = customer
		}
		e.grant(customer, "100000")
		e.ids[c] = e.things(customer)
	}
	e.visitors = append(e.visitors, visitor{name: "revoked session", user: e.visitors[1].user, revoked: true, customer: "a", role: account.Owner})
	add("user without customer", "lonely@example.com", account.NoStaff, "", "")
	add("support", "support@example.com", account.Support, "", "")
	add("admin", "admin@example.com", account.Admin, "", "")
	return e
}

// things makes one of everything for a customer, and answers the ids.
func (e *estate) things(c *account.Customer) map[string]string {
	e.Helper()
	ids := map[string]string{"customer": c.ID}
	must := func(status int, a sent) sent {
		e.Helper()
		if a.status != status {
			e.Fatalf("%d %s", a.status, a.body)
		}
		return a
	}
	a := must(200, e.world.api("POST", "/v1/usage", `{"id":"1","customer":"`+c.ID+`","event":"work","properties":{"units":3}}`))
	ids["posting"] = a.str("charges", 0, "posting")
	ids["grant"] = must(200, e.world.api("GET", "/v1/customers/"+c.ID+"/grants", "")).str("data", 0, "id")
	ids["hold"] = must(201, e.world.api("POST", "/v1/holds", `{"customer":"`+c.ID+`","credit_type":"credits","credits":"5"}`)).str("id")
	p := must(201, e.world.api("POST", "/v1/customers/"+c.ID+"/purchases", `{"pack":"`+e.pack(0)+`"}`))
	ids["purchase"], ids["session"] = p.str("id"), p.str("checkout_session")
	k := must(201, e.world.api("POST", "/v1/keys", `{"name":"of `+c.Name+`","scopes":["read"],"customer":"`+c.ID+`"}`))
	ids["key"] = k.str("id")
	ids["event"] = must(200, e.world.api("GET", "/v1/events?type=credits.granted&customer="+c.ID, "")).str("data", 0, "id")
	ids["endpoint"] = must(201, e.world.api("POST", "/v1/webhook-endpoints", `{"url":"https://hooks.example.invalid/of-`+c.Name+`","customer":"`+c.ID+`"}`)).str("id")
	ids["delivery"] = must(200, e.world.api("POST", "/v1/webhook-endpoints/"+ids["endpoint"]+"/test", "")).str("id")
	in, err := e.invoices.Draft(ctx, audit.System, invoice.NewInvoice{Customer: c.ID, CreditType: "credits", Credits: credits("10"), Price: money.Money{Amount: 100, Currency: "usd"}})
	e.check(err)
	if in, err = e.invoices.Issue(ctx, audit.System, in.ID); err != nil || in.Stripe == "" {
		e.Fatalf("no invoice: %+v %v", in, err)
	}
	ids["invoice"] = in.ID
	sch, err := e.schedules.Agree(ctx, audit.System, schedule.Agreement{Every: schedule.Yearly, FirstDay: e.clock.Now().AddDate(0, 1, 0).Format(time.DateOnly),
		NewInvoice: invoice.NewInvoice{Customer: c.ID, CreditType: "credits", Credits: credits("10"), Price: money.Money{Amount: 100, Currency: "usd"}}})
	e.check(err)
	ids["schedule"] = sch.ID
	for what, id := range ids {
		if id == "" {
			e.Fatalf("no id of a %s", what)
		}
	}
	return ids
}

// spares are things of the catalog that requests of the matrix may archive.
func (e *estate) spares() map[string]string {
	by := audit.System
	spare := map[string]string{}
	_, err := e.catalog.CreateCreditType(ctx, by, catalog.NewCreditType{Key: "spare", Name: "Spare", Unit: "s", Units: "s"})
	e.check(err)
	_, err = e.catalog.CreateMeter(ctx, by, catalog.NewMeter{Key: "spare", Event: "spare", Aggregation: catalog.Count})
	e.check(err)
	r, err := e.catalog.CreateRate(ctx, by, catalog.NewRate{Meter: "spare", CreditType: "credits", Credits: "1", Per: 1})
	e.check(err)
	p, err := e.catalog.CreatePack(ctx, by, catalog.NewPack{Name: "Spare", CreditType: "credits", Credits: credits("1"), Price: money.Money{Amount: 100, Currency: "usd"}})
	e.check(err)
	spare["key"], spare["rate"], spare["pack"] = "spare", r.ID(), p.ID
	return spare
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
		kit.Member:    {account.Owner, account.Billing, account.Developer, account.Viewer},
		kit.Buyer:     {account.Owner, account.Billing},
		kit.Developer: {account.Owner, account.Developer},
		kit.Minder:    {account.Owner, account.Billing, account.Developer},
		kit.OwnerOnly: {account.Owner},
	}
	if roles, known := may[who]; !known || !slices.Contains(roles, v.role) {
		return 403, ""
	}
	return 0, ""
}

// visit asks for a page and does not wait for the end of a live one.
func (e *estate) visit(method, path, cookie string) sent {
	e.Helper()
	limited, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, method, e.url+path, nil)
	e.check(err)
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := testClient.Do(req)
	e.check(err)
	defer res.Body.Close()
	s := sent{status: res.StatusCode, header: res.Header}
	if res.Header.Get("Content-Type") != "text/event-stream" {
		b, err := io.ReadAll(res.Body)
		e.check(err)
		s.body = string(b)
	}
	return s
}

var inPattern = regexp.MustCompile(`\{([a-z]+)\}`)

// fill puts ids into a pattern.
func fill(pattern string, ids map[string]string) string {
	return inPattern.ReplaceAllStringFunc(pattern, func(name string) string {
		if id := ids[strings.Trim(name, "{}")]; id != "" {
			return url.PathEscape(id)
		}
		return "none"
	})
}

func (e *estate) cookieOf(v visitor) string {
	e.Helper()
	if v.user.ID == "" {
		return ""
	}
	cookie := e.signIn(v.user)
	if v.revoked {
		_, secret, _ := strings.Cut(cookie, "=")
		session, _, err := e.accounts.SessionBySecret(ctx, secret)
		e.check(err)
		e.check(e.accounts.RevokeSession(ctx, v.user.ID, session.ID))
	}
	return cookie
}

// endsSession are routes after which the session is another or none.
func endsSession(r kit.Route) bool {
	return strings.HasPrefix(r.Pattern, "/sign-") || r.Pattern == "/verify" || r.Pattern == "/reset/new" || r.Pattern == "/admin/claim"
}

func TestWhoMayUseWhichPage(t *testing.T) {
	e := newEstate(t)
	spare := e.spares()
	routes := pages(e.portal, e.admin, e.app.api.Docs(e.kit))
	checked := 0
	for _, v := range e.visitors {
		cookie := e.cookieOf(v)
		own := v.customer
		if own == "" {
			own = "a"
		}
		for _, r := range routes {
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
	t.Logf("%d routes, %d visitors, %d requests", len(routes), len(e.visitors), checked)
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

// watched makes the alert or the limit that a route is about.
func (e *estate) watched(r kit.Route, customer string, ids map[string]string) {
	e.Helper()
	if strings.Contains(r.Pattern, "{alert}") {
		ids["alert"] = e.alerts.Defaults()[0].ID
	}
	e.made++
	n := alert.New{CreditType: "credits", Kind: alert.Below, Credits: credits(strconv.Itoa(e.made))}
	switch r.Pattern {
	case "/admin/alerts/{alert}/end":
		customer = ""
		fallthrough
	case "/alerts/{alert}/end":
		a, err := e.alerts.Create(ctx, audit.System, customer, n)
		e.check(err)
		ids["alert"] = a.ID
	case "/limits/{limit}/end":
		l, err := e.alerts.SetLimit(ctx, audit.System, customer, alert.NewLimit{CreditType: "credits", Period: alert.Day, Credits: credits("100000")})
		e.check(err)
		ids["limit"] = l.ID
	}
}

func deletes(r kit.Route) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.Pattern, "/{endpoint}/delete")
}

// missingAnyway are routes about things that the matrix does not make, and those
// that are not found without a token in the address.
func missingAnyway(r kit.Route) bool {
	for _, p := range []string{"{event}", "{job}", "/checkout/return", "/checkout/cancelled", "/verify", "/reset/new", "/sign-in/link", "/join", "/admin/claim", "/unsubscribe", "{apikey}", "{member}",
		"{method}", "/methods/added", "/recharge/{type}"} {
		if strings.Contains(r.Pattern, p) {
			return true
		}
	}
	return deletes(r) || (r.Method == http.MethodPost && r.Pattern == "/customers") // of which organisation?
}

// No other method does anything.
func TestOtherMethods(t *testing.T) {
	e := newEstate(t)
	cookie := e.cookieOf(e.visitors[len(e.visitors)-1]) // the admin
	has := map[string]map[string]bool{}
	for _, r := range pages(e.portal, e.admin, e.app.api.Docs(e.kit)) {
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
	for _, r := range pages(e.portal, e.admin, e.app.api.Docs(e.kit)) {
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

// apiKey is who calls the API.
type apiKey struct {
	name, header string
	scopes       []account.Scope
	customer     string // "a", "b", "" for all
	valid        bool
}

func (e *estate) keys() []apiKey {
	keys := []apiKey{
		{name: "no key"},
		{name: "no secret", header: "Bearer "},
		{name: "malformed", header: "Bearer sk_hello"},
		{name: "basic", header: "Basic " + e.key},
		{name: "only the prefix", header: "Bearer " + e.key[:11]},
		{name: "one letter more", header: "Bearer " + e.key + "0"},
	}
	k, secret, err := e.accounts.CreateKey(ctx, audit.System, account.NewKey{Name: "gone", Scopes: []account.Scope{account.ScopeAdmin}})
	e.check(err)
	if a := e.send("GET", "/v1/keys", nil, "", "Authorization", "Bearer "+secret); a.status != 200 { // now it is known in memory
		e.Fatal(a.body)
	}
	if a := e.world.api("POST", "/v1/keys/"+k.ID+"/revoke", ""); a.status != 200 {
		e.Fatal(a.body)
	}
	keys = append(keys, apiKey{name: "revoked", header: "Bearer " + secret})
	add := func(name, customer string, forCustomer bool, scopes ...account.Scope) {
		n := account.NewKey{Name: name, Scopes: scopes, ForCustomer: forCustomer}
		if customer != "" {
			n.Customer = e.ids[customer]["customer"]
		}
		keys = append(keys, apiKey{name, "Bearer " + e.newKey(n), scopes, customer, true})
	}
	add("usage", "", false, account.ScopeUsage)
	add("read", "", false, account.ScopeRead)
	add("admin", "", false, account.ScopeAdmin)
	add("usage of a", "a", false, account.ScopeUsage)
	add("usage of b", "b", false, account.ScopeUsage)
	add("read of b", "b", false, account.ScopeRead)
	add("ck of a", "a", true, account.ScopeRead)
	add("ck of b", "b", true, account.ScopeRead)
	return keys
}

// idFor is what {id} in a path of the API is.
func (e *estate) idFor(path, customer string, spare map[string]string) string {
	own := e.ids[customer]
	for prefix, id := range map[string]string{
		"/v1/customers/": own["customer"], "/v1/holds/": own["hold"], "/v1/grants/": own["grant"], "/v1/postings/": own["posting"],
		"/v1/purchases/": own["purchase"], "/v1/invoices/": own["invoice"], "/v1/keys/": own["key"], "/v1/credit_types/": "spare", "/v1/meters/": "spare",
		"/v1/events/": own["event"], "/v1/webhook-endpoints/": own["endpoint"], "/v1/deliveries/": own["delivery"],
		"/v1/rates/": spare["rate"], "/v1/packs/": spare["pack"], "/v1/stripe_events/": "none", "/v1/reports/": "2026-01-01",
	} {
		if strings.HasPrefix(path, prefix) {
			return id
		}
	}
	return "none"
}

func (e *estate) call(key apiKey, method, path, body string) sent {
	e.Helper()
	headers := []string{"Content-Type", "application/json"}
	if key.header != "" {
		headers = append(headers, "Authorization", key.header)
	}
	var b []byte
	if method == http.MethodPost {
		b = []byte(body)
	}
	if method == http.MethodGet && path == "/v1/events/stream" { // it does not end
		return e.peek(path, key.header)
	}
	return e.send(method, path, b, "", headers...)
}

// peek asks for a stream and reads it only where it is none.
func (e *estate) peek(path, authorization string) sent {
	e.Helper()
	limited, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, e.url+path, nil)
	e.check(err)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	res, err := testClient.Do(req)
	e.check(err)
	defer res.Body.Close()
	s := sent{status: res.StatusCode, header: res.Header}
	if res.Header.Get("Content-Type") != "text/event-stream" {
		b, err := io.ReadAll(res.Body)
		e.check(err)
		s.body = string(b)
	}
	return s
}

func TestWhichKeyMayUseWhichCall(t *testing.T) {
	e := newEstate(t)
	spare, keys := e.spares(), e.keys()
	checked := 0
	for _, k := range keys {
		for _, r := range api.Routes() {
			for _, of := range []string{"a", "b"} {
				checked++
				id := e.idFor(r.Path, of, spare)
				if r.Method == http.MethodDelete { // the others need it
					id = "none"
				}
				path := strings.NewReplacer("{id}", id, "{month}", time.Now().UTC().Format("2006-01")).Replace(r.Path)
				if strings.HasSuffix(path, "/entitlement") || (strings.HasSuffix(path, "/ledger") && r.Method == http.MethodGet) {
					path += "?credit_type=credits"
				}
				a := e.call(k, r.Method, path, `{"nothing":1}`) // an unknown field: nothing is done
				code, where := a.str("code"), fmt.Sprintf("%s %s (%s, vendor %t) by %s", r.Method, path, r.Scope, r.Vendor, k.name)
				admin := slices.Contains(k.scopes, account.ScopeAdmin)
				wantStatus, wantCode := 0, ""
				switch {
				case r.Scope == "":
				case !k.valid:
					wantStatus = 401
				case !admin && !slices.Contains(k.scopes, r.Scope):
					wantStatus, wantCode = 403, "scope_missing"
				case r.Vendor && k.customer != "":
					wantStatus, wantCode = 403, "key_limited"
				}
				switch {
				case wantStatus != 0 && (a.status != wantStatus || (wantCode != "" && code != wantCode)):
					t.Errorf("%s: %d %s, want %d %s", where, a.status, a.body, wantStatus, wantCode)
				case wantStatus == 0 && (a.status == 401 || a.status == 403):
					t.Errorf("%s: %d %s, want to be let in", where, a.status, a.body)
				case a.status >= 500:
					t.Errorf("%s: %d %s", where, a.status, a.body)
				case a.status == 401 && a.header.Get("WWW-Authenticate") == "":
					t.Errorf("%s: 401 without WWW-Authenticate", where)
				}
				if wantStatus != 0 || r.Method != http.MethodGet || !strings.Contains(r.Path, "{id}") || strings.Contains(r.Path, "stripe_events") {
					continue
				}
				foreign := k.customer != "" && k.customer != of && ofACustomer(r.Path)
				if foreign && a.status != 404 {
					t.Errorf("%s: %d %s, want 404: it is another customer's", where, a.status, a.body)
				}
				if !foreign && a.status != 200 {
					t.Errorf("%s: %d %s, want 200", where, a.status, a.body)
				}
			}
		}
	}
	t.Logf("%d routes, %d keys, %d requests", len(api.Routes()), len(keys), checked)
	e.addsUp()
}

func ofACustomer(path string) bool {
	for _, p := range []string{"/v1/customers/", "/v1/holds/", "/v1/grants/", "/v1/postings/", "/v1/purchases/", "/v1/invoices/", "/v1/events/"} {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

var requestID = regexp.MustCompile(`req_[0-9a-z]+`)

// same asserts that two answers tell the same, but for their request's id and
// the ids that were asked for.
func same(t *testing.T, what string, foreign, none sent, ids ...string) {
	t.Helper()
	plain := func(s string) string {
		s = requestID.ReplaceAllString(s, "req")
		for _, id := range ids {
			s = strings.ReplaceAll(strings.ReplaceAll(s, url.QueryEscape(id), "id"), id, "id")
		}
		return s
	}
	if foreign.status != 404 || none.status != 404 || plain(foreign.body) != plain(none.body) {
		t.Errorf("%s: another's is answered %d %s\nand one that does not exist %d %s", what, foreign.status, tail(foreign.body, 700), none.status, tail(none.body, 700))
	}
}

// What belongs to another customer is answered as what does not exist.
func TestForeignIDs(t *testing.T) {
	e := newEstate(t)
	// Ids of the right form that nobody has: those of a customer in another Purse.
	other := newEstate(t)
	none := other.ids["a"]
	mine, theirs := e.ids["b"], e.ids["a"]
	_ = mine
	before := e.available(e.a.ID)

	bodies := map[string]string{
		"/v1/holds/{id}/capture": `{"credits":"1"}`, "/v1/customers/{id}/purchases": `{"pack":"` + e.pack(0) + `"}`,
	}
	for _, k := range e.keys() {
		if k.customer != "b" {
			continue
		}
		for _, r := range api.Routes() {
			if !ofACustomer(r.Path) || !strings.Contains(r.Path, "{id}") || !slices.Contains(k.scopes, r.Scope) || r.Vendor {
				continue
			}
			ask := func(ids map[string]string) sent {
				path := strings.ReplaceAll(strings.ReplaceAll(r.Path, "{month}", time.Now().UTC().Format("2006-01")), "{id}", (&estate{ids: map[string]map[string]string{"a": ids}}).idFor(r.Path, "a", nil))
				return e.call(k, r.Method, path, bodies[r.Path])
			}
			same(t, r.Method+" "+r.Path+" by "+k.name, ask(theirs), ask(none), theirs["customer"], none["customer"])
		}
		if slices.Contains(k.scopes, account.ScopeRead) {
			foreign, no := e.call(k, "GET", "/v1/customers/ext:a/balance", ""), e.call(k, "GET", "/v1/customers/ext:nobody/balance", "")
			same(t, "an external id by "+k.name, foreign, no)
		}
		if slices.Contains(k.scopes, account.ScopeUsage) {
			for name, body := range map[string]string{
				"POST /v1/usage": `{"id":"x","customer":"%s","event":"work","properties":{"units":1}}`,
				"POST /v1/holds": `{"customer":"%s","credit_type":"credits","credits":"1"}`,
			} {
				method, path, _ := strings.Cut(name, " ")
				same(t, name+" by "+k.name, e.call(k, method, path, fmt.Sprintf(body, theirs["customer"])), e.call(k, method, path, fmt.Sprintf(body, none["customer"])), theirs["customer"], none["customer"])
				same(t, name+" by ext: and "+k.name, e.call(k, method, path, fmt.Sprintf(body, "ext:a")), e.call(k, method, path, fmt.Sprintf(body, "ext:nobody")), "ext:a", "ext:nobody")
			}
		}
	}
	// A vendor's key reaches all, and is told of none that is not there.
	vendor := apiKey{name: "admin", header: "Bearer " + e.key}
	for _, path := range []string{"/v1/customers/{customer}", "/v1/holds/{hold}", "/v1/grants/{grant}", "/v1/postings/{posting}", "/v1/purchases/{purchase}", "/v1/events/{event}",
		"/v1/webhook-endpoints/{endpoint}", "/v1/webhook-endpoints/{endpoint}/deliveries", "/v1/deliveries/{delivery}"} {
		if a := e.call(vendor, "GET", fill(path, theirs), ""); a.status != 200 {
			t.Errorf("GET %s by a vendor's key: %d", path, a.status)
		}
		same(t, "GET "+path, e.call(vendor, "GET", fill(path, none), ""), e.call(vendor, "GET", fill(path, other.ids["b"]), ""))
	}

	for _, v := range e.visitors {
		if v.customer != "b" {
			continue
		}
		cookie := e.cookieOf(v)
		for _, path := range []string{"/ledger/{posting}", "/invoices/{invoice}", "/buy/checkout?purchase={purchase}", "/webhooks/{endpoint}", "/webhooks/{endpoint}/edit", "/webhooks/{endpoint}/deliveries/{delivery}"} {
			if (strings.HasPrefix(path, "/buy") && !v.role.MayBuy()) || (strings.HasPrefix(path, "/webhooks") && !v.role.MayManageKeys()) {
				continue
			}
			same(t, "GET "+path+" by "+v.name, e.visit("GET", fill(path, theirs), cookie), e.visit("GET", fill(path, none), cookie))
			if a := e.visit("GET", fill(path, mine), cookie); a.status != 200 {
				t.Errorf("GET %s of one's own by %s: %d", path, v.name, a.status)
			}
		}
		form := func(id string) sent {
			return e.send("POST", "/customers", []byte("customer="+id), cookie, "Content-Type", "application/x-www-form-urlencoded")
		}
		same(t, "POST /customers by "+v.name, form(theirs["customer"]), form(none["customer"]))
		for _, path := range []string{"/", "/ledger", "/grants", "/ledger.csv", "/buy"} {
			a := e.visit("GET", path, cookie)
			for what, id := range theirs {
				if strings.Contains(a.body, id) {
					t.Errorf("GET %s by %s shows the %s of another customer", path, v.name, what)
				}
			}
		}
		// Whoever came back without paying is told of the purchase, but offered
		// nothing of somebody else's.
		a := e.visit("GET", "/checkout/cancelled?purchase="+theirs["purchase"], cookie)
		if strings.Contains(a.body, theirs["session"]) || strings.Contains(a.body, "/buy/checkout?purchase="+theirs["purchase"]) {
			t.Errorf("%s is offered another customer's Checkout", v.name)
		}
	}
	if after := e.available(e.a.ID); after != before {
		t.Errorf("customer a had %s and has %s", before, after)
	}
	e.addsUp()
}

func TestFixedRoutes(t *testing.T) {
	w := newWorld(t, func(s *settings) { s.MetricsToken = "metrics-secret" })
	w.shop()
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/metrics": 401, "/docs": 200, "/v1/openapi.json": 200, "/v1/nowhere": 404, static.Prefix + "nowhere.css": 404, static.Prefix: 404, "/static": 404} {
		if a := w.send("GET", path, nil, ""); a.status != want {
			t.Errorf("GET %s: %d, want %d", path, a.status, want)
		}
	}
	for header, want := range map[string]int{"Bearer metrics-secret": 200, "Bearer metrics-secre": 401, "Bearer ": 401, "Basic metrics-secret": 401, "Bearer " + w.key: 401} {
		if a := w.send("GET", "/metrics", nil, "", "Authorization", header); a.status != want {
			t.Errorf("GET /metrics with %q: %d, want %d", header, a.status, want)
		}
	}
	m := w.send("GET", "/metrics", nil, "", "Authorization", "Bearer metrics-secret").body
	for _, name := range []string{"purse_engine_queue_depth", "purse_engine_batch_size", "purse_engine_batch_seconds", "purse_decisions_total", "purse_inbox_lag_seconds", "purse_webhooks_refused_total", "purse_jobs_parked"} {
		if !strings.Contains(m, "\n"+name) {
			t.Errorf("/metrics has no %s", name)
		}
	}
	if a := w.send("POST", "/webhooks/stripe", []byte("{}"), "", "Authorization", "Bearer "+w.key); a.status != 400 {
		t.Errorf("a webhook with an API key: %d", a.status)
	}
	open := newWorld(t)
	if a := open.send("GET", "/metrics", nil, ""); a.status != 200 {
		t.Errorf("/metrics without a token, from loopback: %d", a.status)
	}
	if a := open.send("GET", "/metrics", nil, "", "X-Forwarded-For", "203.0.113.9"); a.status != 401 {
		t.Errorf("/metrics without a token, through a proxy: %d", a.status)
	}
}
