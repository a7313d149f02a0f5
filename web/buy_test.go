package main

import (
	"net/url"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// member is a browser in which somebody is signed in.
type member struct {
	w      *world
	cookie string
}

func (m member) get(path string) sent { return m.w.send("GET", path, nil, m.cookie) }

func (m member) post(path string, form url.Values) sent {
	return m.w.send("POST", path, []byte(form.Encode()), m.cookie, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
}

// TestBuyingAnyAmountInABrowser chooses a currency and an amount without
// JavaScript, gets it wrong first, and keeps what was typed.
func TestBuyingAnyAmountInABrowser(t *testing.T) {
	w := newWorld(t)
	w.shop()
	pack := w.anyPack()
	who := w.person("owner@example.com", account.NoStaff)
	c := w.customer("acme", who.user.ID)
	owner := member{w, w.signIn(who.user)}
	field := "amount-" + pack
	page := owner.get("/buy?currency=jpy")
	for _, want := range []string{"Pay in", "JPY", "¥150", "between 100 and 100,000 credits, in steps of 50"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("Buy in yen does not say %q", want)
		}
	}
	if strings.Contains(page.body, "Starter") {
		t.Error("a pack without a price in yen is shown")
	}
	form := url.Values{"pack": {pack}, "currency": {"jpy"}, "nonce": {"n1"}, "company": {"Acme Books Ltd"}, "po_number": {"PO 1"}, "tax_type": {""}, "tax_id": {""}}
	send := func(amount string, more ...string) sent {
		form.Set(field, amount)
		form.Del("do")
		if len(more) > 0 {
			form.Set("do", more[0])
		}
		return owner.post("/buy", form)
	}
	if a := send("1,020"); a.status != 422 || !strings.Contains(a.body, `value="1,020"`) || !strings.Contains(a.body, "Choose 1,000 or 1,050") || !strings.Contains(a.body, `value="PO 1"`) {
		t.Errorf("a wrong amount: %d", a.status)
	}
	if a := send("many"); a.status != 422 || !strings.Contains(a.body, `value="many"`) || !strings.Contains(a.body, "is not a decimal number") {
		t.Errorf("no amount: %d", a.status)
	}
	if a := send("1,050", "show"); a.status != 200 || !strings.Contains(a.body, "¥1,318") || !strings.Contains(a.body, "plus 105 credits as a bonus") {
		t.Errorf("the price: %d", a.status)
	}
	form.Set("tax_id", "nonsense")
	if a := send("1,050"); a.status != 422 || !strings.Contains(a.body, "Choose the kind of number") || !strings.Contains(a.body, `value="nonsense"`) {
		t.Errorf("a tax id without a kind: %d", a.status)
	}
	form.Set("tax_type", "jp_trn")
	form.Set("tax_id", "T1234567891234")
	if a := send("1,050"); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var p *purchase.Purchase
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) { p, err = w.purchases.Open(t, c.ID); return err }))
	if p == nil || p.Price != (money.Money{Amount: 1318, Currency: "jpy"}) || p.Bonus != credits("105") {
		t.Fatalf("%+v", p)
	}
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	p = w.waitState(p, purchase.Paid)
	bought := owner.get("/purchases/" + p.ID)
	receipt := owner.get("/purchases/" + p.ID + "/receipt")
	for _, want := range []string{"Acme Books Ltd", "PO 1", "T1234567891234", "¥1,318", "Bonus, 105 credits"} {
		if !strings.Contains(receipt.body, want) {
			t.Errorf("the receipt does not say %q", want)
		}
	}
	if !strings.Contains(bought.body, "Invoice") {
		t.Error("the purchase does not lead to its invoice")
	}
	if page := owner.get("/buy"); strings.Contains(page.body, "Pay in") || !strings.Contains(page.body, "¥150") {
		t.Error("after a payment in yen, Buy offers other currencies")
	}
	if page := owner.get("/billing"); !strings.Contains(page.body, "You pay in JPY") || !strings.Contains(page.body, "Acme Books Ltd") {
		t.Error("the billing page does not say what was saved while buying")
	}
}
