package main

import (
	"net/http"
	"net/url"
	"testing"

	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// checkoutPage sends the sandbox's Checkout form.
func (w *world) checkoutPage(session string, form url.Values) {
	w.Helper()
	a, err := send(w.sandboxURL+"/c/pay/"+session, http.MethodPost, []byte(form.Encode()), "", "Content-Type", "application/x-www-form-urlencoded")
	w.check(err)
	if a.status != http.StatusSeeOther && a.status != http.StatusOK {
		w.Fatalf("%d %s", a.status, a.body)
	}
}

func (w *world) grantOf(p *purchase.Purchase) (g ledger.Grant) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) { g, _, err = w.ledger.Grant(t, p.Customer, p.Grant); return err }))
	return g
}

// TestAPromotionCode is recorded and reconciles to the total; the cost basis is
// what was paid. What is free is promotional.
func TestAPromotionCode(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.PromotionCodes = true })
	p := w.mustBegin(c, 0)
	w.checkoutPage(p.CheckoutSession, url.Values{"fill": {"promotion"}, "promotion": {"SAVE20"}})
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	p = w.waitState(p, purchase.Paid)
	if g := w.grantOf(p); p.Discount != 200 || p.Total != 800 || g.Kind != ledger.Paid || g.Paid.Amount != 800 || g.Amount != p.Credits {
		t.Errorf("%+v %+v", p, g)
	}
	free := w.mustBegin(c, 1)
	w.checkoutPage(free.CheckoutSession, url.Values{"fill": {"promotion"}, "promotion": {"FREE"}})
	w.checkoutPage(free.CheckoutSession, url.Values{"name": {"Demo"}, "country": {"US"}, "email": {"demo@example.com"}})
	free = w.waitState(free, purchase.Paid)
	if g := w.grantOf(free); free.Total != 0 || g.Kind != ledger.Promotional || g.Paid.Amount != 0 {
		t.Errorf("%+v %+v", free, g)
	}
	w.addsUp()
}

// TestTaxIsNotCostBasis lets Stripe add tax: the subtotal is the price, the
// grant's basis is net of it.
func TestTaxIsNotCostBasis(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.AutomaticTax = true })
	_, err := send(w.sandboxURL+"/sandbox/tax", http.MethodPost, []byte("percent=19"), "", "Content-Type", "application/x-www-form-urlencoded")
	w.check(err)
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	p = w.waitState(p, purchase.Paid)
	if g := w.grantOf(p); p.Tax != 190 || p.Total != 1190 || g.Paid.Amount != 1000 {
		t.Errorf("%+v %+v", p, g)
	}
	w.addsUp()
}
