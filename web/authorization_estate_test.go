package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/schedule"
	"purse/handlers/kit"
)

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
	ids["endpoint"] = must(201, e.world.api("POST", "/v1/webhook_endpoints", `{"url":"https://hooks.example.invalid/of-`+c.Name+`","customer":"`+c.ID+`"}`)).str("id")
	ids["delivery"] = must(200, e.world.api("POST", "/v1/webhook_endpoints/"+ids["endpoint"]+"/test", "")).str("id")
	in, err := e.invoices.Draft(ctx, audit.System, invoice.NewInvoice{Customer: c.ID, CreditType: "credits", Credits: credits("10"), Price: money.Money{Amount: 100, Currency: "usd"}})
	e.check(err)
	if in, err = e.invoices.Issue(ctx, audit.System, in.ID); err != nil || in.Invoice == "" {
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
