package main

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/handlers/kit/browsertest"
	"purse/handlers/sandbox"
)

var claimLink = regexp.MustCompile(`http://\S+/admin/claim\?token=\S+`)

// The one who runs Purse opens the link that serve printed, becomes the admin,
// sets up what is sold in the console, and grants and voids with a preview.
func TestTheFirstAdminInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	s := &shopProcess{T: t, db: filepath.Join(t.TempDir(), "purse.db")}
	s.process = mustStart(t, s.db, nil)
	eventually(t, "serve prints a link for the first admin", 10*time.Second, func() bool { return claimLink.MatchString(s.said.String()) })
	link := claimLink.FindString(s.said.String())
	s.fill()

	for _, width := range []int{1280, 390} {
		p := b.Page(t, width, false)
		clean := func(step string) {
			t.Helper()
			for _, dark := range []bool{true, false} {
				p.Scheme(dark)
				p.Clean(step)
			}
		}
		if width == 1280 {
			p.Go(link)
			p.WaitText("Become an admin")
			clean("claim")
			p.Type("#email", "boss@example.com")
			p.Type("#password", "correct horse battery")
			p.Authenticator(true)
			p.Click("form button")
			p.WaitText("You need a second factor here")
			clean("a second factor is needed")
			p.Go(s.url + "/admin/catalog")
			p.WaitText("You need a second factor here")
			p.ClickText("Make a passkey")
			p.WaitText("Your passkey is ready.")
			clean("recovery codes")
			p.ClickText("I have kept them")
			p.WaitText("Customers")
			p.Go(s.url + "/admin/catalog")
			clean("catalog")
		} else {
			p.Go(link) // it worked once
			p.WaitText("no longer works")
			p.Problems()
			clean("claimed already")
		}

		p.Go(s.url + "/admin")
		p.WaitText("Customers")
		clean("customers")
		a := s.must("/v1/customers", `{"name":"Northwind `+map[int]string{1280: "Wide", 390: "Phone"}[width]+`"}`)
		customer := a.str("id")
		available := func() string {
			got, err := s.call("GET", "/v1/customers/"+customer+"/balance", "")
			if err != nil || got.status != http.StatusOK {
				t.Fatal(err, got.body)
			}
			for i := 0; got.str("data", i, "credit_type") != ""; i++ {
				if got.str("data", i, "credit_type") == "credits" {
					return got.str("data", i, "available")
				}
			}
			return ""
		}
		p.Go(s.url + "/admin?q=northwind")
		p.ClickText(a.str("name"))
		p.ClickText("Grant credits")
		clean("grant")
		p.Type("#credits", "25.5")
		p.Type("#reason", "An apology for the outage")
		p.ClickText("Preview")
		p.WaitText("Nothing has happened yet.")
		clean("preview of a grant")
		if got := available(); got != "0" {
			t.Errorf("after the preview %s are available", got)
		}
		p.ClickText("Grant 25.5 credits")
		p.WaitText("25.5 credits granted.")
		clean("granted")
		if got := available(); got != "25.5" {
			t.Errorf("after the grant %s are available", got)
		}
		p.Go(s.url + "/admin/customers/" + customer + "/grants")
		clean("grants")
		p.Go(s.url + "/admin/customers/" + customer)
		p.ClickText("Void")
		p.Type("#reason", "Granted to the wrong customer")
		p.ClickText("Preview")
		p.WaitText("Nothing has happened yet.")
		clean("preview of a void")
		if got := available(); got != "25.5" {
			t.Errorf("after the preview %s are available", got)
		}
		p.Click(`form[action$="/void"] button`)
		p.Wait(`!location.pathname.endsWith("/void")`)
		if got := available(); got != "0" {
			t.Errorf("after the void %s are available", got)
		}
		for _, path := range []string{"/ledger", "/audit", ""} {
			p.Go(s.url + "/admin/customers/" + customer + path)
			clean("after the void " + path)
		}
		for _, path := range []string{"/admin/purchases", "/admin/inbox", "/admin/jobs"} {
			p.Go(s.url + path)
			clean(path)
		}
	}
	says(t, nil, []string{"verify", "--db", s.db}, 0)
}

// While Stripe is silent the way back says that the payment was received, and
// turns into the balance by itself. A Checkout that needs authentication ends
// there too.
func TestTheWayBackInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.shop()
	owner := w.person("owner@example.com", account.NoStaff)
	c := w.customer("acme", owner.user.ID)
	p := b.Page(t, 390, true)
	p.Go(owner.link)
	p.ClickText("Sign in")
	p.WaitText("Getting started")
	p.Go(w.url + "/buy")
	p.ClickText("Go on to payment")
	p.WaitText("Test cards")
	w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultError, Method: "GET", Path: "/v1/checkout/sessions", Count: -1}}})
	payWith(p, "Pays", "4242424242424242")
	p.WaitText("Payment received, adding credits")
	p.Problems()
	for _, dark := range []bool{false, true} {
		p.Scheme(dark)
		p.Clean("adding credits")
	}
	if n, _ := w.grantsOf(c.ID); n != 0 {
		t.Errorf("%d grants while Stripe is silent", n)
	}
	if text := strings.ToLower(p.Text("main")); strings.Contains(text, "pay again") {
		t.Errorf("it asks to pay again: %s", text)
	}
	w.faults(sandbox.Faults{})
	p.WaitText("1,000 credits added") // without a reload
	p.WaitText("Available now: 1,000.00 credits")
	p.Clean("credits added")
	w.granted(c, 1, "1000")

	p.Go(w.url + "/buy")
	p.ClickText("Go on to payment")
	p.WaitText("Test cards")
	payWith(p, "Needs authentication", "4000002760003184")
	p.WaitText("Complete")
	p.Eval(`[...document.querySelectorAll("button")].find((b) => /complete/i.test(b.innerText)).click()`, nil)
	p.WaitText("Available now: 2,000.00 credits")
	w.granted(c, 2, "2000")
}
