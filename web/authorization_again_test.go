package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/handlers/kit"
	"purse/handlers/routes"
)

// calm are the actions that ask nobody again who is there, each with the reason.
// What moves money, rights, keys, cards, limits or addresses is not among them.
var calm = map[string]string{
	"/samples":                       "uses a few of the customer's own credits, in the sandbox",
	"/scheduled/{schedule}/cancel":   "ends spending",
	"/recharge/off":                  "ends spending",
	"/alerts":                        "tells members, moves nothing",
	"/alerts/{alert}/mute":           "tells members, moves nothing",
	"/alerts/{alert}/end":            "tells members, moves nothing",
	"/notifications":                 "the visitor's own mails",
	"/notifications/again":           "the visitor's own mails",
	"/unsubscribe":                   "mails; who has the link",
	"/webhooks/{endpoint}/test":      "sends to the address that is there",
	"/webhooks/{endpoint}/redeliver": "sends to the address that is there",
	"/webhooks/{endpoint}/deliveries/{delivery}/redeliver":       "sends to the address that is there",
	"/admin/webhooks/{endpoint}/test":                            "sends to the address that is there",
	"/admin/webhooks/{endpoint}/redeliver":                       "sends to the address that is there",
	"/admin/webhooks/{endpoint}/deliveries/{delivery}/redeliver": "sends to the address that is there",
	"/email":                                "who has the link",
	"/again":                                "asks",
	"/customers":                            "chooses what the visitor looks at",
	"/customers/new":                        "makes an organisation of the visitor's own",
	"/join":                                 "the visitor's own rights, by a link",
	"/team/invitations/{invitation}/revoke": "takes an offer back",
	"/admin/customers/{customer}/invitations/{invitation}/revoke": "takes an offer back",
	"/admin/staff/invitations/{invitation}/revoke":                "takes an offer back",
	"/sign-up":                    "nobody is signed in",
	"/verify":                     "nobody is signed in",
	"/sign-in":                    "nobody is signed in",
	"/sign-in/link":               "nobody is signed in",
	"/sign-out":                   "gives up rights",
	"/reset":                      "nobody is signed in",
	"/reset/new":                  "nobody is signed in",
	"/admin/claim":                "nobody is signed in",
	"/admin/inbox/{event}/replay": "does once more what Stripe said, which counts once",
	"/admin/inbox/reconcile":      "reads Stripe",
	"/admin/mails/again":          "sends a mail that was due",
	"/admin/test-clock":           "the sandbox's time",
	"/admin/jobs/{job}/retry":     "does what was due",
	"/security/factors/keep":      "keeps what is there",
	"/sign-in/factor":             "nobody is signed in",
	"/sign-in/passkey":            "nobody is signed in",
}

// What matters asks again who is there when the last proof is old, before it
// does anything, and goes on with what was typed once the proof is there.
func TestWhatMattersAsksAgain(t *testing.T) {
	e := newEstate(t)
	table := routes.Pages(e.portal, e.admin, e.app.api.Docs(e.kit))
	byName := map[string]visitor{}
	for _, v := range e.visitors {
		byName[v.name] = v
	}
	owner, admin := e.cookieOf(byName["owner of a"]), e.cookieOf(byName["admin"])
	e.clock.step(account.ConfirmedFor + time.Minute)
	form := url.Values{"confirmed": {"yes"}, "method": {"pm_1"}, "currency": {"usd"}, "seen": {"100"}, "note": {"kept \"as it was\""}, "password": {"never carried"}}
	asked := 0
	for _, r := range table {
		where := r.Method + " " + r.Pattern
		if r.Again == nil {
			if r.Method == http.MethodPost && calm[r.Pattern] == "" {
				t.Errorf("%s asks nobody again, and nobody says why not", where)
			}
			continue
		}
		if calm[r.Pattern] != "" {
			t.Errorf("%s asks, and is said to be calm", where)
		}
		if r.Pattern == "/security/password" { // asks for the present password itself
			continue
		}
		cookie := owner
		if r.Who == kit.Staff || r.Who == kit.StaffAdmin {
			cookie = admin
		}
		path := fill(r.Pattern, e.ids["a"])
		if r.Method == http.MethodGet {
			if a := e.visit("GET", path, cookie); a.status != http.StatusSeeOther || a.header.Get("Location") != "/again?next="+url.QueryEscape(path) {
				t.Errorf("%s: %d to %q", where, a.status, a.header.Get("Location"))
			}
			continue
		}
		asked++
		a := e.send("POST", path, []byte(form.Encode()), cookie, "Content-Type", "application/x-www-form-urlencoded")
		if a.status != http.StatusForbidden || !strings.Contains(a.body, "Is it you?") || !strings.Contains(a.body, `action="`+path+`"`) {
			t.Errorf("%s: %d %s", where, a.status, tail(a.body, 300))
		}
		if !strings.Contains(a.body, `name="note" value="kept &#34;as it was&#34;"`) || strings.Contains(a.body, "never carried") {
			t.Errorf("%s: the form is not carried along as it was, or a secret is", where)
		}
	}
	if asked < 60 {
		t.Errorf("only %d actions ask", asked)
	}

	// A wrong proof does nothing; the right one goes on with the same form.
	members := func() int {
		ms, err := e.accounts.Members(ctx, e.a.ID)
		e.check(err)
		n := 0
		for _, m := range ms {
			if m.Role == account.Viewer {
				n++
			}
		}
		return n
	}
	target := "/team/" + byName["billing of a"].user.ID
	for _, step := range []struct {
		password string
		status   int
		viewers  int
	}{{"", 403, 1}, {"wrong password", 422, 1}, {password, 303, 2}} {
		f := url.Values{"role": {"viewer"}}
		if step.password != "" {
			f.Set("again_password", step.password)
		}
		a := e.send("POST", target, []byte(f.Encode()), owner, "Content-Type", "application/x-www-form-urlencoded")
		if a.status != step.status || members() != step.viewers {
			t.Errorf("with the password %q: %d, %d viewers", step.password, a.status, members())
		}
	}
}

// A saved card pays without a fresh proof up to the amount that the vendor sets.
func TestSavedCardsAskAboveAnAmount(t *testing.T) {
	w := newWorld(t, func(s *settings) { s.AskAbove = map[string]string{"usd": "20", "jpy": "3000"} })
	for _, c := range []struct {
		method, confirmed, currency, seen string
		asks                              bool
	}{
		{"pm_1", "yes", "usd", "2000", false},
		{"pm_1", "yes", "usd", "2001", true},
		{"pm_1", "yes", "jpy", "3000", false},
		{"pm_1", "yes", "eur", "1", true}, // nothing is set
		{"pm_1", "yes", "usd", "x", true},
		{"pm_1", "", "usd", "2001", false}, // asks for the sum first
		{"", "yes", "usd", "2001", false},  // Stripe's page
	} {
		form := url.Values{"method": {c.method}, "confirmed": {c.confirmed}, "currency": {c.currency}, "seen": {c.seen}}
		if got := w.portal.PaysMuch(form); got != c.asks {
			t.Errorf("%+v: asks %v", c, got)
		}
	}
	s := settings{Sandbox: true, Addr: "127.0.0.1:0", SandboxAddr: "127.0.0.1:0", AskAbove: map[string]string{"usd": "1.234"}}
	if err := s.check(); err == nil || !strings.Contains(err.Error(), "PURSE_ASK_ABOVE") {
		t.Errorf("a bad amount: %v", err)
	}
}

// What was given as a proof is shown by no page that comes after it, also where
// the form goes on to a preview that carries its fields.
func TestAProofIsNeverShown(t *testing.T) {
	w := newWorld(t)
	w.shop()
	boss := w.person("boss@example.com", account.Admin)
	c := w.customer("acme", "")
	w.clock.step(account.ConfirmedFor + time.Minute)
	a := w.form("/admin/customers/"+c.ID+"/invoices/new", boss.cookie, url.Values{
		"credits": {"10"}, "credit_type": {"credits"}, "price": {"5"}, "currency": {"usd"}, "net_days": {"0"}, "every": {"month"},
		"first_day": {w.clock.Now().AddDate(0, 1, 0).Format(time.DateOnly)}, "again_password": {password},
	})
	if a.status != 200 || !strings.Contains(a.body, "Invoices on set days") || strings.Contains(a.body, password) || strings.Contains(a.body, "again_") {
		t.Errorf("%d %s", a.status, tail(a.body, 1500))
	}
}
