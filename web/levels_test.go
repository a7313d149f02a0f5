package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/handlers/kit/browsertest"
)

// TestToldInTime is what people see of alerts and limits, in the whole program:
// an open page and a mail tell of a low balance, who wants no mails gets none,
// and a limit set in the page stops requests and says so.
func TestToldInTime(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t)
	w := newWorld(t)
	w.shop()
	ada, bob := w.person("ada@example.com", account.NoStaff), w.person("bob@example.com", account.NoStaff)
	c := w.customer("acme", ada.user.ID)
	w.check(w.accounts.AddMember(ctx, audit.System, c.ID, bob.user.ID, account.Viewer))
	// A share is one of what was bought.
	if a := w.api("POST", "/v1/customers/"+c.ID+"/grants", `{"credit_type":"credits","credits":"1000","kind":"paid","amount_paid":{"amount":1000,"currency":"usd"}}`); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	use := func(from, n int) {
		t.Helper()
		var events []string
		for i := range n {
			events = append(events, fmt.Sprintf(`{"id":"%d","customer":"%s","event":"work","properties":{"units":10}}`, from+i, c.ID))
		}
		if a := w.api(http.MethodPost, "/v1/usage", `{"events":[`+strings.Join(events, ",")+`]}`); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}

	// 150 of 1,000 are left: the open page says so by itself, and a mail comes.
	p := b.Page(t, 1280, false)
	p.Go(ada.link)
	p.ClickText("Sign in")
	p.WaitText("Available")
	p.Go(w.url + "/")
	p.Wait(`document.documentElement.dataset.live === "on" && !document.querySelector("#banner").innerText.trim()`)
	use(0, 85)
	began := time.Now()
	p.Wait(`document.querySelector("#banner").innerText.includes("Credits are running low")`)
	p.WaitText("Available fell to 200.00 credits or less")
	t.Logf("the open page said so after %s", time.Since(began).Round(time.Millisecond))
	p.Clean("overview, low")
	if text := w.mailTo("ada@example.com"); !strings.Contains(text, "200.00 credits left: acme") {
		t.Errorf("ada was mailed: %s", text)
	}

	// Bob's mail program ends his mails with one click, without cookies.
	link := regexp.MustCompile(`/unsubscribe\?token=[\w-]+`).FindString(w.mailTo("bob@example.com"))
	if a := w.send("GET", link, nil, ""); link == "" || a.status != 200 || !strings.Contains(a.body, "End these mails") {
		t.Fatalf("%q answers %d %s", link, a.status, a.body)
	}
	if w.choice(c.ID, bob.user.ID) != notify.Now {
		t.Error("looking at the link ended something")
	}
	a := w.send("POST", link, []byte("List-Unsubscribe=One-Click"), "", "Content-Type", "application/x-www-form-urlencoded")
	if a.status != 200 || !strings.Contains(a.body, "You get no more mails about a low balance of acme.") {
		t.Errorf("one click: %d %s", a.status, a.body)
	}
	if got := w.choice(c.ID, bob.user.ID); got != notify.Off {
		t.Errorf("after one click bob's choice is %q", got)
	}
	if a := w.send("POST", link[:len(link)-1], nil, ""); a.status != 404 {
		t.Errorf("a link that is not ours: %d", a.status)
	}

	// Ada chooses none either: the next level is told in the page alone.
	p.Go(w.url + "/notifications")
	p.Eval(`document.querySelector("#balance").value = "off"`, nil)
	p.ClickText("Save")
	p.WaitText("Saved.")
	mails := len(w.sandbox.Mailbox().All())
	p.Go(w.url + "/")
	p.Wait(`document.documentElement.dataset.live === "on"`)
	use(100, 11)
	p.WaitText("Available fell to 50.00 credits or less")
	time.Sleep(2500 * time.Millisecond) // longer than messages are collected
	if got := len(w.sandbox.Mailbox().All()); got != mails {
		t.Errorf("%d mails came to those who want none", got-mails)
	}

	// A limit, previewed and set in the page, stops requests.
	p.Go(w.url + "/alerts")
	p.Type("#credits", "965")
	p.Eval(`document.querySelector("#period").value = "day"`, nil)
	p.Eval(`document.querySelector("#add-limit button[name=preview]").click()`, nil)
	p.WaitText("In the last 30 days this would never have stopped requests.")
	p.Wait(`document.querySelector("#credits").value === "965"`)
	p.ClickText("Add the limit")
	p.WaitText("The limit is set.")
	p.WaitText("960.00 of 965 credits spent")
	a = w.api(http.MethodPost, "/v1/usage", `{"id":"over","customer":"`+c.ID+`","event":"work","properties":{"units":10}}`)
	if a.status != http.StatusPaymentRequired || a.str("code") != "spend_limit_reached" {
		t.Fatalf("over the limit: %d %s", a.status, a.body)
	}
	for _, want := range []string{`"limit"`, `"spent"`, `"resets_at"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the refusal does not say %s: %s", want, a.body)
		}
	}
	// 5 are left: that one did not fit, and the customer may go on.
	if got := w.api(http.MethodGet, "/v1/customers/"+c.ID+"/limits", "").body; !strings.Contains(got, `"spent":"960","held":"0","reached":false`) {
		t.Errorf("after a request that did not fit: %s", got)
	}
	if got := w.api(http.MethodGet, "/v1/customers/"+c.ID+"/entitlement", "").body; !strings.Contains(got, `"allowed":true`) {
		t.Errorf("after a request that did not fit: %s", got)
	}
	p.Reload()
	p.WaitText("960.00 of 965 credits spent")
	var says bool
	p.Eval(`document.body.innerText.includes("Reached: requests are refused") || document.body.innerText.includes("Spend limit reached")`, &says)
	if says {
		t.Error("the page says that the limit is reached")
	}
	if a = w.api(http.MethodPost, "/v1/usage", `{"id":"fits","customer":"`+c.ID+`","event":"work","properties":{"units":5}}`); a.status != http.StatusOK {
		t.Fatalf("what fits: %d %s", a.status, a.body)
	}
	p.Wait(`document.querySelector("#banner").innerText.includes("Spend limit reached: 965 credits a day")`) // without a reload
	p.Problems()
	p.Reload()
	p.WaitText("Reached: requests are refused")
	p.Clean("alerts, limit reached")
}

// mailTo is the text of the newest mail to an address.
func (w *world) mailTo(address string) (text string) {
	w.Helper()
	eventually(w, "a mail to "+address, 10*time.Second, func() bool {
		for _, m := range w.sandbox.Mailbox().All() {
			if m.To == address && strings.Contains(m.Text, "/unsubscribe") {
				text = m.Text
			}
		}
		return text != ""
	})
	return text
}

// choice is what a member chose about mails of a low balance.
func (w *world) choice(customer, user string) (out notify.Choice) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		all, err := w.messages.Preferences(t, customer, user)
		for _, p := range all {
			if p.Category == notify.Balance {
				out = p.Choice
			}
		}
		return err
	}))
	return out
}
