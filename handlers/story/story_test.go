package story

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/handlers/kit/browsertest"
)

// TestANewcomersStory is the way from signing up to understanding the first
// charge, in a browser.
func TestANewcomersStory(t *testing.T) {
	b := browsertest.Open(t)
	for _, width := range []int{1280, 390} {
		w := newWorld(t)
		w.fillCatalog()
		mails := w.catchMails()
		p := b.Page(t, width, width == 390)

		p.Go(w.url + "/")
		p.WaitText("Sign in")
		p.ClickText("Create an account")
		p.WaitText("Create your account")

		// A form that fails keeps what was typed, says what is wrong beside the
		// field, takes the focus and says so in the title.
		p.Type("#email", "new at example.com")
		p.ClickText("Send me the link")
		p.WaitText("There is a problem")
		p.Wait(`document.title.startsWith("Error: ")`)
		p.Wait(`document.activeElement.id === "errors"`)
		p.Wait(`document.querySelector("#email").value === "new at example.com"`)
		p.Wait(`document.querySelector("#email").getAttribute("aria-describedby").split(" ").every((id) => document.getElementById(id))`)
		p.Problems() // the browser notes the status
		p.Clean("sign-up refused")
		p.Type("#email", "new@example.com")
		p.ClickText("Send me the link")
		p.WaitText("Check your mail")
		p.Clean("check your mail")

		m := <-mails
		if m.Template != account.MailVerify {
			t.Fatalf("mail %+v", m)
		}
		p.Go(w.url + m.Data["link"])
		p.Clean("verify")
		p.Type("#name", "Nora New")
		p.Type("#password", "short")
		p.ClickText("Verify and go on")
		p.WaitText("There is a problem")
		p.Wait(`document.querySelector("#name").value === "Nora New" && document.querySelector("#password").value === ""`)
		p.Problems()
		p.Clean("verify refused")
		p.Type("#password", "correct horse battery")
		p.ClickText("Verify and go on")
		p.WaitText("Name your organisation")
		p.Type("#name", "Northwind Labs")
		p.ClickText("Go on")
		p.WaitText("Getting started")
		p.WaitText("3 steps left")
		p.Wait(`document.documentElement.dataset.live === "on"`)

		// Buying.
		p.Click(".steps a.btn")
		p.WaitText("Before you pay")
		p.Eval(`document.querySelectorAll("input[name=pack]")[1].click()`, nil)
		p.ClickText("Go on to payment")
		p.Wait(`location.search.includes("checkout=cs_test_1")`)
		p.Problems() // there is nothing at that address
		p.Go(w.url + "/checkout/return?session_id=cs_test_1")
		p.WaitText("Not paid yet")
		w.gateway.pay("cs_test_1")
		p.Reload()
		p.WaitText("2,600 credits added")
		p.WaitText("Available now: 2,600.00 credits")
		p.ClickText("See the overview")
		p.WaitText("2 steps left")

		// Usage moves the open page.
		p.ClickText("Send 20 sample requests")
		p.WaitText("20 sample requests were sent")
		p.WaitText("1 step left")
		before := p.Text("#live-balance .hero-figure")
		me, err := w.accounts.UserByEmail(ctx, "new@example.com")
		w.check(err)
		ms, err := w.accounts.Memberships(ctx, me.ID)
		w.check(err)
		customer := ms[0].Customer
		w.apply(ledger.NewGrant{Wallet: ledger.WalletKey{Customer: customer.ID, CreditType: "credits"}, Credits: credits("5000"), Kind: ledger.Promotional, Priority: 50}, ledger.Note{Reason: "Welcome"})
		p.Wait(`document.querySelector("#live-balance .hero-figure").innerText !== ` + quote(before))
		p.WaitText("Welcome")
		p.Clean("overview, live")

		p.ClickText("Explain the last charge")
		p.WaitText("Why was I charged?")
		p.WaitText("How it was computed")
		p.Go(w.url + "/")
		p.Wait(`!document.body.innerText.includes("Getting started")`)
		p.Eval(`document.querySelector("form[action='/sign-out'] button").click()`, nil)
		p.WaitText("You are signed out.")
		p.Go(w.url + "/ledger")
		p.Wait(`location.pathname === "/sign-in" && location.search === "?next=%2Fledger"`)
	}
}

// shot takes a picture to look at, where PURSE_SHOTS says so.
func shot(p *browsertest.Page, name string) {
	if dir := os.Getenv("PURSE_SHOTS"); dir != "" {
		p.Shot(filepath.Join(dir, name+".png"))
	}
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, "\n", `\n`) + `"` }

// catchMails runs the jobs and hands out the mails.
func (w *world) catchMails() <-chan account.Mail {
	mails := make(chan account.Mail, 20)
	w.jobs.Handle(account.MailJob, func(_ context.Context, j job.Job) error {
		var m account.Mail
		err := j.Decode(&m)
		if err == nil && m.Link != "" {
			m.Data = map[string]string{}
			m.Data["link"], err = w.accounts.MintLink(ctx, m.Link)
		}
		mails <- m
		return err
	})
	running, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { _ = w.jobs.Run(running); close(done) }()
	w.t.Cleanup(func() { stop(); <-done })
	return mails
}

// TestStaffActsWithReasonAndPreview is an admin's work on a customer.
func TestStaffActsWithReasonAndPreview(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	cust := w.person("Northwind Labs", "ada@example.com", "Europe/Berlin", account.NoStaff)
	twin := w.person("Northwind Robotics", "rob@example.com", "Europe/Berlin", account.NoStaff)
	boss := w.person("", "boss@example.com", "", account.Admin)
	w.links(&cust, &boss)
	w.grant(cust, "100", ledger.Paid, 0, 1000)
	p := b.Page(t, 1280, false)
	p.Go(boss.link)
	p.WaitText("Customers")
	p.Type("#q", "northw")
	p.ClickText("Search")
	p.Wait(`location.search === "?q=northw" && document.readyState === "complete"`)
	p.ClickText("Northwind Labs")
	p.WaitText("Recent activity")

	p.ClickText("Grant credits")
	p.Type("#credits", "25.5")
	p.ClickText("Preview")
	p.WaitText("Say why")
	p.Wait(`document.querySelector("#credits").value === "25.5"`)
	p.Problems()
	p.Clean("grant refused")
	shot(p, "grant-refused")
	p.Type("#reason", "An apology for the outage")
	p.ClickText("Preview")
	p.WaitText("Nothing has happened yet.")
	p.WaitText("125.5 credits")
	p.Clean("preview")
	shot(p, "preview")
	p.ClickText("Grant 25.5 credits")
	p.WaitText("25.5 credits granted.")
	p.WaitText("125.50")

	// All that was filled in is shown again, and what stands for the rest was.
	p.Go(w.url + "/admin/customers/" + cust.customer.ID + "/grant")
	p.Type("#credits", "7")
	p.Type("#reason", "As agreed")
	p.Wait(`(document.querySelector("#kind").value = "committed", true)`)
	p.Wait(`[...document.querySelectorAll("details")].every(d => d.open = true)`)
	p.Type("#priority", "20")
	p.Type("#amount_paid", "5.00")
	p.Type("#currency", "eur")
	p.Type("#meters", "input_tokens")
	p.ClickText("Preview")
	p.WaitText("Nothing has happened yet.")
	for _, want := range []string{"Their kind: committed.", "They can be used at once.", "They never expire.", "Their priority is 20", "Only input_tokens can draw them.", "Paid for them: €5.00."} {
		p.WaitText(want)
	}

	// What is taken away corrects nothing.
	p.Go(w.url + "/admin/customers/" + cust.customer.ID + "/adjust")
	p.Type("#credits", "1")
	p.Wait(`(document.querySelector("#direction").value = "down", true)`)
	p.Type("#corrects", "pst_1-1")
	p.Type("#reason", "The wrong way round")
	p.ClickText("Preview")
	p.WaitText("A posting can only be given back")
	p.Wait(`document.querySelector("#corrects").getAttribute("aria-invalid") === "true"`)
	p.Problems()
	p.Go(w.url + "/admin/customers/" + cust.customer.ID)

	p.ClickText("Transfer")
	p.Type("#to", "cus_nobody")
	p.Type("#credits", "20")
	p.Type("#reason", "Both are one company now")
	p.ClickText("Preview")
	p.WaitText("There is no such customer.")
	p.Problems()
	p.Type("#to", twin.customer.ID)
	p.ClickText("Preview")
	p.WaitText("Northwind Robotics: available")
	p.WaitText("105.5 credits")
	shot(p, "preview-transfer")
	p.ClickText("Transfer 20 credits")
	p.WaitText("20 credits went to Northwind Robotics.")

	p.Go(w.url + "/admin/customers/" + cust.customer.ID + "/suspend")
	p.Type("#reason", "Card testing")
	p.ClickText("Preview")
	p.ClickText("Suspend")
	p.WaitText("is suspended.")
	p.WaitText("Card testing")
	p.Go(w.url + "/admin/customers/" + cust.customer.ID + "/audit")
	p.WaitText("grant.created")
	p.WaitText("An apology for the outage")
	p.WaitText("customer.suspended")

	other := b.Page(t, 390, false)
	other.Go(cust.link)
	other.WaitText("This account is suspended")
	other.Go(w.url + "/admin")
	other.WaitText("Not found")
}

// TestStaffRefundsWhatIsUnused is a refund with its preview, and its end in the
// customer's ledger.
func TestStaffRefundsWhatIsUnused(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	cust := w.person("Northwind Labs", "ada@example.com", "Europe/Berlin", account.NoStaff)
	boss := w.person("", "boss@example.com", "", account.Admin)
	w.links(&cust, &boss)
	session := w.begin(cust, 0)
	w.gateway.pay(session)
	bought, err := w.purchases.FulfilBySession(ctx, session)
	w.check(err)
	p := b.Page(t, 1280, false)
	p.Go(boss.link)
	p.Go(w.url + "/admin/purchases/" + bought.ID)
	p.WaitText("Can be refunded")
	p.ClickText("Refund")
	p.Type("#amount", "2500")
	p.Type("#reason", "Bought by mistake")
	p.ClickText("Preview")
	p.WaitText("There is a problem") // the hint says "at most" on the page before, too
	p.Problems()
	p.Type("#amount", bought.Price.Decimal())
	p.ClickText("Preview")
	p.WaitText("are taken back at once")
	p.Problems() // the browser noted the refusal
	p.Clean("refund preview")
	shot(p, "refund-preview")
	p.Eval(`document.querySelector("button[data-variant=danger]").click()`, nil)
	p.WaitText("goes back to Northwind Labs")
	p.WaitText("refunded")
	p.Clean("refunded")
	p.Go(cust.link)
	p.WaitText("Refund")
	p.WaitText("Bought by mistake")
	p.Go(w.url + "/checkout/return?session_id=" + session)
	p.WaitText("This purchase was refunded")
	p.Clean("return of a refunded purchase")
}

// TestEverythingWorksWithoutJavaScript signs in, filters, and buys with the
// scripts of pages switched off.
func TestEverythingWorksWithoutJavaScript(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	cust := w.person("Northwind Labs", "ada@example.com", "Europe/Berlin", account.NoStaff)
	w.links(&cust)
	w.grant(cust, "100", ledger.Paid, 0, 1000)
	p := b.Page(t, 390, false)
	p.Go(w.url + "/sign-in")
	p.NoScript(true)
	p.Go(w.url + "/sign-in?next=/buy")
	p.Type("#email", "ada@example.com")
	p.Type("#password", "correct horse battery")
	p.Key("\r")
	p.NoScript(false) // waiting needs scripts of our own
	p.WaitText("Before you pay")
	p.NoScript(true)
	p.Click("form[action='/buy'] button")
	time.Sleep(2500 * time.Millisecond)
	p.NoScript(false)
	if u, err := url.Parse(p.URL()); err != nil || u.Query().Get("checkout") != "cs_test_1" {
		t.Errorf("the refresh led to %s (%v)", p.URL(), err)
	}
	p.NoScript(true)
	p.Go(w.url + "/")
	p.NoScript(false)
	if s := p.Text("#live-balance"); !strings.Contains(s, "Updated at ") {
		t.Errorf("the balance has no time without scripts: %s", s)
	}
}

// TestTheKeyboardAndTheFocus goes round with the Tab key, and keeps the focus
// where it is while the page changes under it.
func TestTheKeyboardAndTheFocus(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	cust := w.person("Northwind Labs", "ada@example.com", "Europe/Berlin", account.NoStaff)
	w.links(&cust)
	w.grant(cust, "100", ledger.Paid, 0, 1000)
	p := b.Page(t, 1280, false)
	p.Go(cust.link)
	p.Wait(`document.documentElement.dataset.live === "on"`)
	p.Key("\t")
	p.Wait(`document.activeElement.classList.contains("skip") && document.activeElement.getBoundingClientRect().top >= 0`)
	p.Key("\r")
	p.Wait(`document.activeElement.id === "content"`)

	p.Eval(`document.querySelector("#live-recent a.row-link").focus()`, nil)
	var before string
	p.Eval(`document.activeElement.href`, &before)
	for range 3 {
		w.grant(cust, "7", ledger.Promotional, 0, 0)
	}
	p.Wait(`document.querySelectorAll("#live-recent tbody tr").length === 4`)
	var after string
	p.Eval(`document.activeElement.href ?? document.activeElement.tagName`, &after)
	if after != before {
		t.Errorf("the focus went from %s to %s", before, after)
	}

	// The state is announced when it changes, and not at every charge.
	p.Eval(`(window.said = 0, new MutationObserver(() => window.said++).observe(document.getElementById("banner"), {childList: true, subtree: true, characterData: true}))`, nil)
	w.grant(cust, "7", ledger.Promotional, 0, 0)
	p.Wait(`document.querySelectorAll("#live-recent tbody tr").length === 5`)
	var said int
	p.Eval(`window.said`, &said)
	if said != 0 {
		t.Errorf("a change of the balance alone was announced %d times", said)
	}
	_, err := w.accounts.Suspend(ctx, audit.System, cust.customer.ID, "Test")
	w.check(err)
	w.hub.Notify(cust.customer.ID)
	p.Wait(`window.said > 0 && document.getElementById("banner").innerText.includes("suspended")`)
}
