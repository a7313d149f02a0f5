package story

import (
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/handlers/kit/browsertest"
)

// TestArchivingAsksAndCanBeTakenBack is staff who archives each thing of the
// catalog: the page says what ends and for whom, and brings it back. Meanwhile
// what was archived breaks nothing: samples, old postings, previews.
func TestArchivingAsksAndCanBeTakenBack(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.fillCatalog()
	boss := w.person("", "boss@example.com", "", account.Admin)
	ada := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	w.links(&boss, &ada)
	w.grant(ada, "1000", ledger.Paid, 365, 1000)
	w.use(ada, rand.New(rand.NewPCG(1, 2)), 3, "large")
	w.grant(ada, "1", ledger.Promotional, 0, 0) // which writes back what was used
	customer := w.client(ada)
	old := w.newest(ada, ledger.PostDebit)

	p := b.Page(t, 1280, false)
	p.Go(boss.link)
	shop := w.catalog.Snapshot()
	var large string
	for _, r := range shop.Rates {
		if r.Meter == "input_tokens" && r.Match["model"] == "large" {
			large = r.ID()
		}
	}
	for _, x := range []struct{ path, says string }{
		{"/admin/catalog/rates/" + large, "no rate prices events with model=large"},
		{"/admin/catalog/meters/input_tokens", "go on: 1 other of their meters"},
		{"/admin/catalog/packs/" + shop.Packs[0].ID, "can be bought no more"},
		{"/admin/catalog/credit-types/credits", "4 rates and 5 packs on sale"},
	} {
		p.Width(1280)
		p.Go(w.url + x.path + "/archive")
		p.WaitText(x.says)
		if strings.Contains(x.path, "/rates/") || strings.Contains(x.path, "/meters/") {
			p.WaitText("Northwind Labs")
		}
		p.Clean("asking before " + x.path)
		p.Width(390)
		p.Clean("asking before " + x.path + ", narrow")
		shot(p, "admin-archive-"+strings.Split(x.path, "/")[3])
		p.Eval(`document.querySelector("button[data-variant=danger], main form button").click()`, nil)
		p.WaitText("is archived. It can be brought back.")
		for _, path := range []string{"/", "/ledger", "/ledger/" + old, "/buy", "/alerts", "/recharge"} {
			if a := w.get(customer, path); a.status != 200 {
				t.Errorf("with %s archived, %s answers %d", x.path, path, a.status)
			}
		}
		if strings.Contains(x.path, "/rates/") || strings.Contains(x.path, "/meters/") {
			before := w.newest(ada, ledger.PostDebit)
			res, err := customer.PostForm(w.url+"/samples", url.Values{}) //nolint:noctx // a test
			w.check(err)
			w.check(res.Body.Close())
			if res.StatusCode >= 400 || w.newest(ada, ledger.PostDebit) == before {
				t.Errorf("with %s archived, samples answer %d and charge nothing", x.path, res.StatusCode)
			}
		}
		p.Go(w.url + x.path + "/archive")
		p.WaitText("Bring it back")
		p.Clean("asking before it comes back")
		p.ClickText("Bring it back")
		p.WaitText("is in use again.")
	}
	for _, r := range w.catalog.Snapshot().Rates {
		if !r.ArchivedAt.IsZero() {
			t.Errorf("%s is still archived", r.ID())
		}
	}
}
