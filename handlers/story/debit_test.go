package story

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/billing/recharge"
	"purse/handlers/kit/browsertest"
	"purse/views/ui"
)

// TestBankDebitInABrowser saves a bank account, lets auto-recharge debit it, and
// reads on every page what is waited for and until when.
func TestBankDebitInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	width := 1280
	w := newWorld(t)
	w.fillCatalog()
	w.catchMails()
	cust := w.person("Northwind Labs", "ada@example.com", "Europe/Berlin", account.NoStaff)
	w.links(&cust)
	w.grant(cust, "60", ledger.Promotional, 0, 0)
	p := b.Page(t, width, false)
	p.Go(cust.link)
	p.Go(w.url + "/recharge")
	p.ClickText("Save a payment method first")
	p.ClickText("US bank account")
	p.WaitText("Save US bank account")
	p.ClickText("Pays")
	p.Wait(`document.readyState === "complete" && document.querySelector("#account")?.value === "000123456789"`)
	p.Click(".details .pay")
	p.WaitText("STRIPE TEST BANK •6789 is saved.")
	p.Problems()

	p.Type("#threshold", "50")
	p.Type("#cap", "30")
	p.ClickText("Preview")
	p.WaitText("Charges STRIPE TEST BANK •6789.")
	p.WaitText("I agree that this payment method is charged automatically")
	p.Click("#consent")
	p.ClickText("Save")
	p.WaitText("Saved. Auto-recharge is on.")
	w.debit(cust, "20")
	p.WaitText("Waiting for the bank")
	now := w.clock.Now().In(cust.customer.Location())
	p.WaitText("Waiting for a bank debit of $10.00, started on " + now.Format("2 January 2006") + "; usually there by ")
	p.Reload()
	cleanAll(p, "recharge, a bank is asked", width)
	shot(p, "recharge-debit")
	var text string
	p.Eval(`document.body.innerText`, &text)
	if strings.Contains(text, "next usage starts") || strings.Contains(text, "is charged $10.00.") {
		t.Errorf("the page promises another: %s", text)
	}
	p.Go(w.url + "/")
	p.WaitText("A payment is being processed")
	p.WaitText("usually there by ")
	var pending string
	p.Eval(`[...document.querySelectorAll(".stats > *")].find((s) => s.innerText.includes("Pending")).innerText`, &pending)
	if runs := w.runs(cust); len(runs) != 1 || !strings.Contains(pending, ui.CreditsCut(runs[0].Credits+runs[0].Bonus, 2)) {
		t.Errorf("while a recharge is on its way the page says %q", pending)
	}
	p.Clean("overview, a bank is asked")
	p.Go(w.url + "/buy")
	p.WaitText("STRIPE TEST BANK •6789, about 4 business days")
	p.WaitText("Waiting for a bank debit of $10.00")
	cleanAll(p, "buy, with an account", width)
	p.Go(w.url + "/methods")
	p.WaitText("charged by auto-recharge")
	cleanAll(p, "methods, an account", width)
	shot(p, "methods-account")
	p.ClickText("Remove")
	p.WaitText("Auto-recharge charges this payment method: it pauses until you choose another.")
	p.Clean("methods, remove an account")

	w.clock.Step(5 * 24 * time.Hour)
	w.check(errors.Join(w.recharges.Tick(ctx), w.charges.Tick(ctx)))
	p.Go(w.url + "/recharge")
	p.WaitText("Paid")
	if runs := w.runs(cust); len(runs) != 1 || runs[0].State() != recharge.Succeeded {
		t.Errorf("%s recharges", strconv.Itoa(len(runs)))
	}
	p.Problems()
}
