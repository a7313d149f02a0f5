package story

import (
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/handlers/kit/browsertest"
)

// TestTheStoryOfAlertsAndLimits sets them in a browser, with and without
// JavaScript: what is wrong is said beside the field and what was typed stays,
// a preview saves nothing, and what is added can be taken away.
func TestTheStoryOfAlertsAndLimits(t *testing.T) {
	b := browsertest.Open(t)
	for _, script := range []bool{true, false} {
		w := newWorld(t)
		w.fillCatalog()
		ada, boss := w.person("Northwind Labs", "ada@example.com", "Europe/Berlin", account.NoStaff), w.person("", "boss@example.com", "", account.Admin)
		w.grant(ada, "1000", ledger.Paid, 365, 1000)
		w.clock.Step(3 * time.Hour) // previews look at hours
		for range 60 {
			w.debit(ada, "10")
		}
		w.links(&ada, &boss)
		p := b.Page(t, 1280, false)
		p.Go(ada.link)
		p.NoScript(!script)

		clean := func(name string) {
			if script { // axe is a script itself
				p.Clean(name)
			}
		}

		// What is wrong is said beside the field.
		p.Go(w.url + "/alerts")
		p.Type("#level", "many")
		p.ClickText("Add the alert")
		p.Wait(`document.title.startsWith("Error:") && document.querySelector("#level").value === "many" && document.querySelector("#level-error")`)
		p.Problems() // the browser notes the status
		clean("a refused alert")

		// A preview says when it would have told, and keeps what was typed.
		p.Go(w.url + "/alerts")
		p.Type("#level", "450")
		p.Click("#add-alert button[name=preview]")
		p.WaitText("In the last 30 days this would have told you on ")
		p.Wait(`document.querySelector("#level").value === "450"`)
		clean("a preview")
		p.ClickText("Add the alert")
		p.WaitText("The alert is added.")
		p.WaitText("Available reaches 450 credits or less")
		p.Eval(`[...document.querySelectorAll("form[action$='/end'] button")].find((b) => b.ariaLabel.includes("450")).click()`, nil)
		p.WaitText("The alert is removed.")
		p.Eval(`document.querySelector("form[action$='/mute'] button").click()`, nil)
		p.WaitText("You are not told of it any more.")
		p.WaitText("Muted")

		// A limit that stops requests is reached at once, and says so on every page.
		p.Type("#credits", "0")
		p.ClickText("Add the limit")
		p.WaitText("Give more than zero credits.")
		p.Problems()
		p.Type("#credits", "700")
		p.Click("#add-limit button[name=preview]")
		p.WaitText("stopped requests")
		p.ClickText("Add the limit")
		p.WaitText("The limit is set.")
		p.WaitText("600.00 of 700 credits spent")
		p.Eval(`document.querySelector("form[action^='/limits/'] button").click()`, nil)
		p.WaitText("The limit is removed.")

		// Members choose their mails.
		p.Go(w.url + "/notifications")
		p.Eval(`document.querySelector("#expiry").value = "daily"`, nil)
		p.ClickText("Save")
		p.WaitText("Saved.")
		p.Wait(`document.querySelector("#expiry").value === "daily"`)

		// Staff sets what happens at zero, with a reason, and the customer reads it.
		p.Go(boss.link)
		p.Go(w.url + "/admin/customers/" + ada.customer.ID + "/zero/credits")
		p.Eval(`document.querySelector("#mode").value = "grace"`, nil)
		p.Type("#reason", "An old customer")
		p.ClickText("Save")
		p.WaitText("more than zero credits")
		p.Problems()
		p.Type("#overdraft", "50")
		p.ClickText("Save")
		p.WaitText("until 50 credits are owed")
		p.Go(w.url + "/admin/customers/" + ada.customer.ID + "/audit")
		p.WaitText("An old customer")
	}
}
