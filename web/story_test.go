package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"purse/handlers/kit/browsertest"
)

// TestTheStoryInABrowser is the main job, end to end, in the whole program: a
// customer signs up, buys, is metered, sees the balance fall and why, and is
// refused at zero. At two widths, in both schemes, with axe finding nothing.
func TestTheStoryInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	for _, width := range []int{1280, 390} {
		t.Run(fmt.Sprint(width), func(t *testing.T) { theStory(t, b.Page(t, width, false)) })
	}
}

func theStory(t *testing.T, p *browsertest.Page) {
	w := newWorld(t)
	w.shop()
	clean := func(step string) {
		t.Helper()
		for _, dark := range []bool{true, false} {
			p.Scheme(dark)
			p.Clean(step)
		}
	}

	// Signing up leads to the mailbox, and the mail in it back.
	p.Go(w.url + "/")
	p.ClickText("Create an account")
	p.WaitText("Create your account")
	clean("sign-up")
	p.Type("#email", "new@example.com")
	p.ClickText("Send me the link")
	p.WaitText("Check your mail")
	clean("check your mail")
	w.mailArrives("Verify your e-mail address")
	p.ClickText("Open the mailbox")
	p.ClickText("Verify your e-mail address for Purse")
	p.Wait(`document.querySelector("a[href*='/verify?token=']")`)
	var link string
	p.Eval(`document.querySelector("a[href*='/verify?token=']").href`, &link)
	p.Problems() // the mailbox has tests of its own
	p.Go(link)
	p.WaitText("Finish your account")
	clean("finish the account")
	p.Type("#password", "correct horse battery")
	p.ClickText("Verify and go on")
	p.WaitText("Name your organisation")
	clean("name the organisation")
	p.Type("#name", "Northwind Labs")
	p.ClickText("Go on")
	p.WaitText("3 steps left")
	clean("checklist")

	// Leaving Checkout, a declined card, and one that pays.
	p.Go(w.url + "/buy")
	clean("buy")
	p.ClickText("Go on to payment")
	p.WaitText("Test cards")
	p.Eval(`[...document.querySelectorAll("a")].find((a) => a.innerText.includes("Back to")).click()`, nil)
	p.WaitText("Nothing was charged")
	clean("cancelled")
	p.ClickText("Back to Checkout")
	p.WaitText("Test cards")
	payWith(p, "Declined", "4000000000000002")
	p.WaitText("Your card was declined.")
	payWith(p, "Pays", "4242424242424242")
	p.WaitText("1,000 credits added")
	p.WaitText("Available now: 1,000.00 credits")
	p.Problems()
	clean("paid")
	p.ClickText("See the overview")
	p.WaitText("2 steps left")

	// Usage moves the open page; each charge has its explanation.
	p.ClickText("Send 20 sample requests")
	p.WaitText("20 sample requests were sent")
	p.Wait(`document.documentElement.dataset.live === "on"`)
	customer := w.onlyCustomer()
	used := w.api(http.MethodPost, "/v1/usage", `{"id":"by-api","customer":"`+customer+`","event":"work","properties":{"units":250}}`)
	if used.status != http.StatusOK {
		t.Fatalf("usage: %d %s", used.status, used.body)
	}
	p.WaitText("250 work")
	clean("overview with usage")
	p.Eval(`[...document.querySelectorAll("#live-recent tr")].find((r) => r.innerText.includes("250 work")).querySelector("a").click()`, nil)
	p.WaitText("Why was I charged?")
	p.WaitText("by-api")
	p.WaitText("1 credit each")
	clean("why")

	// At zero the API answers 402, and the open page says so.
	p.Go(w.url + "/")
	p.Wait(`document.documentElement.dataset.live === "on"`)
	refused := w.api(http.MethodPost, "/v1/usage", `{"id":"too-much","customer":"`+customer+`","event":"work","properties":{"units":5000}}`)
	if refused.status != http.StatusPaymentRequired {
		t.Fatalf("beyond the balance: %d %s", refused.status, refused.body)
	}
	w.api(http.MethodPost, "/v1/usage", `{"id":"done-already","mode":"record","customer":"`+customer+`","event":"work","properties":{"units":5000}}`)
	p.WaitText("Requests are refused (402)")
	clean("empty")
	p.Go(w.url + "/buy")
	p.WaitText("owed =")
	clean("buy with debt")
	p.Go(w.url + "/ledger")
	p.WaitText("Download CSV")
	clean("ledger")
	p.Go(w.url + "/grants")
	clean("grants")
}

// payWith pays at Checkout with the test card of a name and number.
func payWith(p *browsertest.Page, name, number string) {
	p.ClickText(name)
	p.Wait(`document.readyState === "complete" && document.querySelector("#number")?.value.replace(/ /g, "") === "` + number + `"`)
	p.Click(".details .pay")
}

// mailArrives waits until the sandbox's mailbox holds a mail.
func (w *world) mailArrives(subject string) {
	w.Helper()
	eventually(w, "a mail: "+subject, 10*time.Second, func() bool {
		s, err := send(w.sandboxURL+"/mail", http.MethodGet, nil, "")
		return err == nil && strings.Contains(s.body, subject)
	})
}

// onlyCustomer is the id of the one customer that there is.
func (w *world) onlyCustomer() string {
	w.Helper()
	list := w.api(http.MethodGet, "/v1/customers", "")
	return list.str("data", 0, "id")
}
