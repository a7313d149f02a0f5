package story

import (
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db"
	"purse/handlers/kit/browsertest"
)

// TestACustomerTakesAPurchaseBack is the way from an unused purchase to its
// refund, which there is once, and what the ledger says of it afterwards.
func TestACustomerTakesAPurchaseBack(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	cust := w.person("Northwind Labs", "ada@example.com", "Europe/Berlin", account.NoStaff)
	viewer := w.person("", "vic@example.com", "", account.NoStaff)
	w.check(w.accounts.AddMember(ctx, nobody, cust.customer.ID, viewer.user.ID, account.Viewer))
	w.links(&cust, &viewer)
	first := w.expect(w.pay(cust, 0))
	second := w.expect(w.pay(cust, 1))
	p := b.Page(t, 1280, false)
	p.Go(cust.link)
	p.Go(w.url + "/buy")
	p.WaitText("An unused purchase can be taken back within 24 hours, once. For anything else ask us.")
	p.Go(w.url + "/purchases")
	p.WaitText(first.PackName)
	p.Go(w.url + "/purchases/" + first.ID)
	p.WaitText("can be taken back until")
	p.ClickText("Take it back")
	p.WaitText("Nothing has happened yet.")
	p.Eval(`document.querySelector("button[data-variant=danger]").click()`, nil)
	p.WaitText("goes back the way it was paid")
	p.WaitText("refunded")
	p.WaitText("Taken back by your organisation")
	p.Go(w.url + "/ledger?kind=refund")
	p.WaitText("Refunded " + first.PackName)
	p.ClickText("Refunded " + first.PackName)
	p.WaitText("Taken back")
	p.WaitText("The purchase")
	p.ClickText("See it")
	p.Wait(`location.pathname === "/purchases/` + first.ID + `"`)

	// Once; the page says so, and the address of the form leads there.
	p.Go(w.url + "/purchases/" + second.ID + "/refund")
	p.Wait(`location.pathname === "/purchases/` + second.ID + `"`)
	p.WaitText("this can be done once")

	p.Go(viewer.link)
	p.Go(w.url + "/purchases/" + second.ID)
	p.WaitText("this can be done once")
	p.Go(w.url + "/purchases/" + second.ID + "/refund")
	p.WaitText("Not allowed")
	p.Problems()

	csv := w.get(w.client(cust), "/ledger.csv?kind=refund").body
	if !strings.Contains(csv, "Refunded "+first.PackName+": "+purchase.SelfReason) || !strings.Contains(csv, first.ID) {
		t.Errorf("the export does not say what was refunded: %s", csv)
	}
}

// TestTheWindowEnds: a purchase that is used, or older than the window, stays.
func TestTheWindowEnds(t *testing.T) {
	w := newWorld(t)
	w.fillCatalog()
	cust := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	w.links(&cust)
	bought := w.expect(w.pay(cust, 0))
	c := w.client(cust)
	path := "/purchases/" + bought.ID
	if s := w.get(c, path).body; !strings.Contains(s, "can be taken back until") {
		t.Error("a fresh purchase cannot be taken back")
	}
	w.clock.Step(25 * time.Hour)
	if s := w.get(c, path).body; strings.Contains(s, path+"/refund") || !strings.Contains(s, "is over") {
		t.Error("an old purchase can be taken back, or the page does not say why not")
	}
}

// TestFrozenCreditsSayWhy: whose credits are all frozen has not used them up,
// and reads that a payment is in question.
func TestFrozenCreditsSayWhy(t *testing.T) {
	w := newWorld(t)
	w.fillCatalog()
	cust := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	w.links(&cust)
	w.dispute(w.pay(cust, 0), "needs_response")
	c := w.client(cust)
	if s := w.get(c, "/purchases").body; !strings.Contains(s, "a payment is in question") || strings.Contains(s, "are left") {
		t.Error("all credits are frozen, and the page does not say why requests are refused")
	}
	w.expect(w.pay(cust, 1))
	if s := w.get(c, "/purchases").body; !strings.Contains(s, "A payment is in question") {
		t.Error("some credits are frozen, and the page does not say so")
	}
	warned := w.expect(w.pay(cust, 2))
	w.check(w.db.Update(ctx, func(t tx.Tx) error {
		return db.PurchaseStore{}.PutWarning(t, purchase.Warning{ID: "issfr_1", Purchase: warned.ID, Type: "misc", Actionable: true, CreatedAt: t.Now()})
	}))
	if s := w.get(c, "/purchases/"+warned.ID).body; !strings.Contains(s, "The payment is in question") {
		t.Error("the credits of a purchase that the bank warns of are frozen, and its page does not say so")
	}
}

// TestPurchasesComeInPages: the first page has the newest, the next the rest.
func TestPurchasesComeInPages(t *testing.T) {
	w := newWorld(t)
	w.fillCatalog()
	cust := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	w.links(&cust)
	var ids []string
	for range 53 {
		ids = append(ids, w.expect(w.pay(cust, 0)).ID)
	}
	c := w.client(cust)
	first := w.get(c, "/purchases").body
	_, older, more := strings.Cut(first, `href="/purchases?after=`)
	older, _, _ = strings.Cut(older, `"`)
	if !more || older != ids[3] || strings.Count(first, `<tr role="row" id=`) != 50 || !strings.Contains(first, ids[52]) || strings.Contains(first, `id="`+ids[2]) {
		t.Fatalf("the first page goes on after %s: %v", older, more)
	}
	rest := w.get(c, "/purchases?after="+older).body
	if strings.Count(rest, `<tr role="row" id=`) != 3 || !strings.Contains(rest, ids[0]) || strings.Contains(rest, "?after=") || !strings.Contains(rest, `rel="prev"`) {
		t.Error("the last page does not have the rest and the way back")
	}
}
