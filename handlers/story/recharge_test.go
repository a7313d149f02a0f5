package story

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/ledger"
	"purse/billing/recharge"
	"purse/handlers/kit/browsertest"
)

// saveCard saves one of the sandbox's test cards, from a page with the button
// that begins it.
func (w *world) saveCard(p *browsertest.Page, button, card, number string) {
	p.ClickText(button)
	p.WaitText("Test cards")
	p.ClickText(card)
	p.Wait(`document.readyState === "complete" && document.querySelector("#number")?.value.replace(/ /g, "") === "` + number + `"`)
	p.Click(".details .pay")
	p.WaitText("•" + number[len(number)-4:] + " is saved.")
}

// cleanAll lets axe look at a page at 1280 and 320 pixels in both schemes.
func cleanAll(p *browsertest.Page, name string, width int) {
	for _, w := range []int{1280, 320} {
		p.Width(w)
		for _, dark := range []bool{false, true} {
			p.Scheme(dark)
			p.Clean(name + " at " + strconv.Itoa(w))
		}
	}
	p.Width(width)
	p.Scheme(width == 390)
}

// TestAutoRechargeInABrowser turns it on with a saved card, sees it buy when
// usage crosses the threshold, and sees it pause when the card is declined.
func TestAutoRechargeInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	for _, width := range []int{1280, 390} {
		w := newWorld(t)
		w.fillCatalog()
		w.catchMails()
		cust := w.person("Northwind Labs", "ada@example.com", "Europe/Berlin", account.NoStaff)
		boss := w.person("", "boss@example.com", "", account.Admin)
		w.links(&cust, &boss)
		w.grant(cust, "200", ledger.Promotional, 0, 0)
		p := b.Page(t, width, width == 390)
		p.Go(cust.link)
		p.Go(w.url + "/methods")
		p.WaitText("No payment method is saved")
		p.Clean("methods, none")
		p.Go(w.url + "/recharge")
		p.WaitText("Auto-recharge is off")
		p.Clean("recharge, no card")
		shot(p, "recharge-no-card")
		w.saveCard(p, "Save a payment method first", "Pays", "4242424242424242")
		p.Wait(`location.pathname === "/recharge"`)
		p.Problems()
		cleanAll(p, "recharge, off", width)
		shot(p, "recharge-off")
		w.clock.Step(account.ConfirmedFor + time.Minute)

		// What can never work is refused beside its field, and nothing is lost.
		p.Type("#threshold", "50")
		p.Type("#cap", "5")
		p.ClickText("Preview")
		p.WaitText("with this cap none would ever run")
		p.Wait(`document.querySelector("#threshold").value === "50" && document.querySelector("#cap").getAttribute("aria-invalid") === "true"`)
		p.Problems()
		cleanAll(p, "recharge, refused", width)
		shot(p, "recharge-refused")
		p.Type("#cap", "30")
		p.ClickText("Preview")
		p.WaitText("Nothing is charged now: 200.00 credits are available")
		p.WaitText("At most 3 a day, and one in 1 hour.")
		p.Wait(`!document.querySelector("#consent").checked`)
		p.Clean("recharge, preview")
		shot(p, "recharge-preview")
		p.ClickText("Save")
		p.WaitText("Is it you?")
		p.Problems()
		p.ClickText("Go on")
		p.WaitText("Give your password once more.")
		p.Problems()
		p.Type("#again_password", "correct horse battery")
		p.ClickText("Go on")
		p.WaitText("Tick the box to agree")
		p.Problems()
		cleanAll(p, "recharge, not agreed", width)
		p.Click("#consent")
		p.ClickText("Save")
		p.WaitText("Saved. Auto-recharge is on.")
		p.Clean("recharge, on")
		shot(p, "recharge-on")

		// Usage crosses the threshold while the page is open.
		w.debit(cust, "160")
		p.WaitText("1,040.00 credits")
		p.WaitText("$10.00 of $30.00")
		p.Reload()
		p.WaitText("Paid")
		cleanAll(p, "recharge, paid", width)
		shot(p, "recharge-paid")
		p.Go(w.url + "/")
		p.WaitText("When available reaches 50 credits or less, Visa •4242 is charged $10.00.")
		p.Clean("overview with auto-recharge")

		p.Go(w.url + "/buy")
		p.Wait(`document.querySelector("#save_card") && !document.querySelector("#save_card").checked`)

		// Another card becomes the policy's, and is declined.
		p.Go(w.url + "/methods")
		w.saveCard(p, "Add a payment method", "Saves, declined later", "4000000000000341")
		p.WaitText("Make default")
		p.Problems()
		cleanAll(p, "methods, two", width)
		shot(p, "methods")
		// The first one stays the default until another is chosen.
		p.Eval(`document.querySelector("button[aria-label='Make default: Visa •0341']").click()`, nil)
		p.WaitText("Visa •0341 is the default now.")
		p.Eval(`document.querySelector("button[aria-label='Make default: Visa •4242']").click()`, nil)
		p.WaitText("Visa •4242 is the default now.")
		p.Go(w.url + "/recharge")
		p.Eval(`(() => { const s = document.querySelector("#method"); s.value = [...s.options].find((o) => o.text.includes("0341")).value })()`, nil)
		p.ClickText("Preview")
		p.WaitText("Charges Visa •0341.")
		p.Click("#consent")
		p.ClickText("Save")
		p.WaitText("Saved. Auto-recharge is on.")
		w.clock.Step(2 * time.Hour)
		w.debit(cust, "1000")
		p.WaitText("Visa •0341 was declined")
		p.WaitText("after decline 1 of " + strconv.Itoa(charge.MaxTries))
		p.Clean("recharge, waiting to try again")
		shot(p, "recharge-waits")
		for _, d := range charge.Backoffs {
			w.clock.Step(d + time.Minute)
			w.check(errors.Join(w.recharges.Tick(ctx), w.charges.Tick(ctx)))
		}
		p.WaitText("Auto-recharge is paused: payment declined")
		p.Wait(`[...document.querySelectorAll("#recharge-now a.btn")].some((a) => a.innerText === "Pay $10.00 on Stripe's page" && a.href.startsWith(` + quote(w.boxURL) + `))`)
		cleanAll(p, "recharge, paused", width)
		shot(p, "recharge-paused")
		if n := len(w.runs(cust)); n != 2 {
			t.Fatalf("%d recharges", n)
		}

		// Staff sees it, pauses with a reason and lets it go on; the customer
		// cannot, meanwhile.
		p.Go(boss.link)
		p.Go(w.url + "/admin/customers/" + cust.customer.ID + "/recharge")
		p.WaitText("Payment declined")
		cleanAll(p, "staff, recharge", width)
		shot(p, "admin-recharge")
		p.ClickText("Pause")
		p.Type("#reason", "Asked on the phone")
		p.ClickText("Preview")
		p.WaitText("Nothing has happened yet.")
		p.ClickText("Pause")
		p.WaitText("Auto-recharge is paused.")
		p.WaitText("Paused by our staff")
		again := w.person("", "cleo@example.com", "", account.NoStaff)
		w.check(w.accounts.AddMember(ctx, audit.System, cust.customer.ID, again.user.ID, account.Billing))
		w.links(&again)
		p.Go(again.link)
		p.Go(w.url + "/recharge")
		p.WaitText("Please get in touch with us.")
		p.Wait(`!document.querySelector("#threshold") && !document.querySelector("form[action='/recharge/resume']")`)
		p.Clean("recharge, paused by staff")
		w.links(&boss)
		p.Go(boss.link)
		p.Go(w.url + "/admin/customers/" + cust.customer.ID + "/recharge")
		p.ClickText("Let it go on")
		p.Type("#reason", "Settled")
		p.ClickText("Preview")
		p.ClickText("Let it go on")
		p.WaitText("Auto-recharge goes on.")
		if q, err := w.recharges.Policy(ctx, cust.customer.ID, "credits"); err != nil || q.State == recharge.Paused {
			t.Fatalf("%+v %v", q, err)
		}
	}
}

// TestForeignCards: another customer's card is as missing as one that does not
// exist, and nothing is done about it.
func TestForeignCards(t *testing.T) {
	w := newWorld(t)
	w.fillCatalog()
	ada := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	eve := w.person("Curious Ltd", "eve@example.com", "UTC", account.NoStaff)
	w.links(&ada, &eve)
	card := w.attach(ada, "pm_card_visa")
	c := w.client(eve)
	if a, none := w.get(c, "/methods/"+card+"/remove"), w.get(c, "/methods/pm_none/remove"); a.status != http.StatusNotFound || a != none {
		t.Errorf("%d and %d", a.status, none.status)
	}
	for path, form := range map[string]url.Values{"/remove": nil, "/use": {"as": {"default"}}} {
		res, err := c.PostForm(w.url+"/methods/"+card+path, form) //nolint:noctx // a test
		w.check(err)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s: %s", path, res.Status)
		}
	}
	// Another's card cannot be charged either.
	res, err := c.PostForm(w.url+"/recharge", url.Values{"threshold": {"50"}, "pack": {w.catalog.Snapshot().OnSale()[0].ID}, "cap": {"100"}, "method": {card}}) //nolint:noctx // a test
	w.check(err)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a foreign card in the form: %s", res.Status)
	}
	if list, err := w.methods.List(ctx, ada.customer.ID); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
}

// TestSavingNeedsConsentAndPassword: without both, nothing is saved.
func TestSavingNeedsConsentAndPassword(t *testing.T) {
	w := newWorld(t)
	w.fillCatalog()
	ada := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	w.links(&ada)
	card := w.attach(ada, "pm_card_visa")
	c := w.client(ada)
	w.clock.Step(account.ConfirmedFor + time.Minute)
	send := func(more url.Values) int {
		form := url.Values{"threshold": {"50"}, "pack": {w.catalog.Snapshot().OnSale()[0].ID}, "cap": {"1000"}, "method": {card}, "confirmed": {"yes"}, "price": {strconv.FormatInt(w.catalog.Snapshot().OnSale()[0].Price.Amount, 10)}, "currency": {"usd"}, "version": {recharge.ConsentVersion}}
		for k, v := range more {
			form[k] = v
		}
		res, err := c.PostForm(w.url+"/recharge", form) //nolint:noctx // a test
		w.check(err)
		_ = res.Body.Close()
		return res.StatusCode
	}
	for _, more := range []url.Values{
		{}, {"consent": {"yes"}}, {"consent": {"yes"}, "again_password": {"wrong"}}, {"again_password": {"correct horse battery"}},
		{"consent": {"yes"}, "again_password": {"correct horse battery"}, "price": {"900"}},
		{"consent": {"yes"}, "again_password": {"correct horse battery"}, "version": {"2020-01"}},
	} {
		if status := send(more); status < 400 || status >= 500 {
			t.Errorf("%v: %d", more, status)
		}
		if q, err := w.recharges.Policy(ctx, ada.customer.ID, "credits"); err == nil {
			t.Fatalf("%v saved %+v", more, q)
		}
	}
	if status := send(url.Values{"consent": {"yes"}, "again_password": {"correct horse battery"}}); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	q, err := w.recharges.Policy(ctx, ada.customer.ID, "credits")
	w.check(err)
	if q.Consent.User != ada.user.ID || q.Consent.Version != recharge.ConsentVersion || q.Consent.Address == "" {
		t.Errorf("%+v", q.Consent)
	}
}
