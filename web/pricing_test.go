package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// anyPack makes a pack for any amount: a credit at a cent or a yen, cheaper from
// 1,001 on, and a bonus of a tenth from 500 on that lives for 30 days.
func (w *world) anyPack() string {
	w.Helper()
	p, err := w.catalog.CreatePack(ctx, audit.System, catalog.NewPack{
		Name: "Any amount", CreditType: "credits", Any: &catalog.Range{Min: credits("100"), Max: credits("100000"), Step: credits("50")},
		Prices: []catalog.Price{
			{Currency: "usd", Model: catalog.Graduated, Tiers: []catalog.Tier{{UpTo: credits("1000"), Unit: "0.01"}, {Unit: "0.008"}}},
			{Currency: "jpy", Model: catalog.Volume, Tiers: []catalog.Tier{{UpTo: credits("1000"), Unit: "1.5"}, {Unit: "1.255"}}},
		},
		Bonuses: []catalog.Bonus{{From: credits("500"), Percent: "10", ExpiresAfterDays: 30}},
	})
	w.check(err)
	return p.ID
}

func (w *world) beginAny(c *account.Customer, pack, amount, currency string) (*purchase.Purchase, error) {
	return w.purchases.Begin(ctx, audit.Actor{ID: "test"}, purchase.Begin{Customer: c.ID, Pack: pack, Credits: credits(amount), Currency: currency})
}

func (w *world) buyAny(c *account.Customer, pack, amount, currency string) *purchase.Purchase {
	w.Helper()
	p, err := w.beginAny(c, pack, amount, currency)
	w.check(err)
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	return w.waitState(p, purchase.Paid)
}

func (w *world) lot(customer string, id ledger.GrantID) (g ledger.Grant) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) { g, _, err = w.ledger.Grant(t, customer, id); return err }))
	return g
}

func TestAnyAmountWithBonus(t *testing.T) {
	w, c := shopWorld(t)
	pack := w.anyPack()
	p := w.buyAny(c, pack, "2000", "")
	if p.Price.Amount != 1000+800 || p.Price.Currency != "usd" || p.Credits != credits("2000") || p.Bonus != credits("200") {
		t.Fatalf("%+v", p)
	}
	paid, bonus := w.lot(c.ID, p.Grant), w.lot(c.ID, p.BonusGrant)
	if paid.Kind != ledger.Paid || paid.Paid.Amount != 1800 || bonus.Kind != ledger.Promotional || bonus.Amount != credits("200") ||
		bonus.Source != p.ID+":bonus" || bonus.ExpiresAt.Sub(p.PaidAt).Hours() < 29*24 || !paid.ExpiresAt.IsZero() {
		t.Errorf("%+v %+v", paid, bonus)
	}
	w.granted(c, 2, "2200")
	if _, err := w.purchases.FulfilBySession(ctx, p.CheckoutSession); err != nil {
		t.Error(err)
	}
	w.granted(c, 2, "2200") // once
	a := w.api("GET", "/v1/purchases/"+p.ID, "")
	if a.str("bonus") != "200" || a.str("bonus_grant") != p.BonusGrant.String() || a.str("credits") != "2000" {
		t.Error(a.body)
	}
	if _, err := w.beginAny(c, pack, "2000", "jpy"); !fault.HasCode(err, "currency_fixed") {
		t.Errorf("a second currency: %v", err)
	}
	if _, err := w.beginAny(c, pack, "75", ""); err == nil || !strings.Contains(err.Error(), "between 100 and 100,000") {
		t.Errorf("too few: %v", err)
	}
}

func TestAPackInYen(t *testing.T) {
	w, c := shopWorld(t)
	dollars := w.pack(0)
	pack := w.anyPack()
	first, err := w.beginAny(c, pack, "300", "usd") // a choice, not yet fixed
	w.check(err)
	p := w.buyAny(c, pack, "1050", "jpy")
	if p.Price.Amount != 1318 || p.Total != 1318 { // 1,317.75, half up
		t.Errorf("%+v", p)
	}
	if s := w.state(first).State; s != purchase.Expired {
		t.Errorf("the Checkout in the other currency is %s", s)
	}
	if a := w.returnPage(p); !strings.Contains(a.body, "1,050 credits") || !strings.Contains(a.body, "105") {
		t.Errorf("%s", a.body)
	}
	a := w.api("POST", "/v1/customers/"+c.ID+"/purchases", `{"pack":"`+pack+`","credits":"200","currency":"usd"}`)
	if a.status != http.StatusConflict || a.str("param") != "currency" {
		t.Errorf("%d %s", a.status, a.body)
	}
	a = w.api("POST", "/v1/customers/"+c.ID+"/purchases", `{"pack":"`+dollars+`"}`)
	if a.status != http.StatusConflict || a.str("code") != "no_price_in_currency" || a.str("param") != "pack" {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.addsUp()
}

// refundAt makes a refund in Stripe's dashboard, as its webhook tells it.
func (w *world) refundAt(p *purchase.Purchase, amount int64) {
	w.Helper()
	form := url.Values{"payment_intent": {p.PaymentIntent}, "amount": {fmt.Sprint(amount)}}.Encode()
	a, err := send(w.sandboxURL+"/v1/refunds", http.MethodPost, []byte(form), "", "Authorization", "Bearer "+sandboxKey, "Content-Type", "application/x-www-form-urlencoded")
	w.check(err)
	if a.status != http.StatusOK {
		w.Fatal(a.body)
	}
	_, err = w.purchases.SyncMoney(ctx, p.ID)
	w.check(err)
}

// TestTheBonusGoesBackWithThePurchase takes back paid and bonus credits together,
// unused first, to the same end in either order.
func TestTheBonusGoesBackWithThePurchase(t *testing.T) {
	t.Parallel()
	for _, parts := range [][]int64{{450, 900}, {900, 450}} {
		t.Run(fmt.Sprint(parts), func(t *testing.T) {
			w, c := shopWorld(t)
			p := w.buyAny(c, w.anyPack(), "2000", "") // 2,200 credits for $18
			w.refundAt(p, parts[0])
			w.refundAt(p, parts[1])
			p = w.state(p)
			if p.Refunded != 1350 || p.Clawed != credits("1650") || p.State != purchase.PartiallyRefunded {
				t.Errorf("%+v", p)
			}
			if got := w.available(c.ID); got != credits("550") {
				t.Errorf("%s are left", got)
			}
			w.addsUp()
			w.refundAt(p, 450)
			if p = w.state(p); p.State != purchase.Refunded || w.available(c.ID) != 0 {
				t.Errorf("%+v, %s are left", p, w.available(c.ID))
			}
			w.addsUp()
		})
	}
	t.Run("what was used becomes debt, and staff may refund the unused part", func(t *testing.T) {
		w, c := shopWorld(t)
		p := w.buyAny(c, w.anyPack(), "2000", "")
		if a := w.api("POST", "/v1/usage", `{"id":"u","customer":"`+c.ID+`","event":"work","properties":{"units":1100}}`); a.status != 200 {
			t.Fatal(a.body)
		}
		w.check(w.db.View(ctx, func(t tx.Tx) error {
			m, err := w.purchases.Refundable(t, p)
			if m.Amount != 900 {
				w.Errorf("%+v may be refunded: half of the credits is unused", m)
			}
			return err
		}))
		w.refundAt(p, 1800)
		if got := w.available(c.ID); got != credits("-1100") {
			t.Errorf("%s available", got)
		}
		w.addsUp()
	})
}

func TestADisputeFreezesTheBonusToo(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"won", "lost"} {
		t.Run(end, func(t *testing.T) {
			w, c := shopWorld(t)
			p, err := w.beginAny(c, w.anyPack(), "2000", "")
			w.check(err)
			w.check(w.pay(p.CheckoutSession, "pm_card_createDispute"))
			p = w.waitState(p, purchase.Disputed)
			if got := w.available(c.ID); got != 0 || !w.lot(c.ID, p.BonusGrant).Frozen || !w.lot(c.ID, p.Grant).Frozen {
				t.Errorf("%s available while it is disputed", got)
			}
			evidence := map[string]string{"won": "winning_evidence", "lost": "losing_evidence"}[end]
			form := url.Values{"evidence[uncategorized_text]": {evidence}, "submit": {"true"}}.Encode()
			a, err := send(w.sandboxURL+"/v1/disputes/"+p.Dispute, http.MethodPost, []byte(form), "", "Authorization", "Bearer "+sandboxKey, "Content-Type", "application/x-www-form-urlencoded")
			w.check(err)
			if a.status != 200 {
				t.Fatal(a.body)
			}
			_, err = w.purchases.SyncMoney(ctx, p.ID)
			w.check(err)
			want := map[string]string{"won": "2200", "lost": "0"}[end]
			if got := w.available(c.ID); got != credits(want) || w.lot(c.ID, p.BonusGrant).Frozen {
				t.Errorf("%s available after it is %s", got, end)
			}
			w.addsUp()
		})
	}
}

// TestAPromotionCodeOnAnyAmount: a free purchase brings promotional credits, the
// bonus too.
func TestAPromotionCodeOnAnyAmount(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.PromotionCodes = true })
	pack := w.anyPack()
	p, err := w.beginAny(c, pack, "2000", "")
	w.check(err)
	w.checkoutPage(p.CheckoutSession, url.Values{"fill": {"promotion"}, "promotion": {"SAVE20"}})
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	if p = w.waitState(p, purchase.Paid); p.Discount != 360 || p.Total != 1440 || w.lot(c.ID, p.Grant).Paid.Amount != 1440 {
		t.Errorf("%+v", p)
	}
	free, err := w.beginAny(c, pack, "500", "")
	w.check(err)
	w.checkoutPage(free.CheckoutSession, url.Values{"fill": {"promotion"}, "promotion": {"FREE"}})
	w.checkoutPage(free.CheckoutSession, url.Values{"name": {"Demo"}, "country": {"US"}, "email": {"demo@example.com"}})
	free = w.waitState(free, purchase.Paid)
	if g := w.lot(c.ID, free.Grant); free.Total != 0 || g.Kind != ledger.Promotional || w.lot(c.ID, free.BonusGrant).Amount != credits("50") {
		t.Errorf("%+v %+v", free, g)
	}
	w.addsUp()
}

// TestAPriceThatContainsTax: the total is the price, and the basis is net of tax.
func TestAPriceThatContainsTax(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.AutomaticTax, s.TaxBehavior, s.TaxCode = true, "inclusive", "txcd_10103001" })
	_, err := send(w.sandboxURL+"/sandbox/tax", http.MethodPost, []byte("percent=25"), "", "Content-Type", "application/x-www-form-urlencoded")
	w.check(err)
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	p = w.waitState(p, purchase.Paid)
	if g := w.grantOf(p); p.Tax != 200 || p.Total != 1000 || g.Paid.Amount != 800 {
		t.Errorf("%+v %+v", p, g)
	}
	w.addsUp()
}

// TestBillingDetailsReachTheInvoice carries name, address, tax id and PO number to
// the invoice of a purchase; later edits concern later invoices.
func TestBillingDetailsReachTheInvoice(t *testing.T) {
	w, c := shopWorld(t)
	a := w.api("POST", "/v1/customers/"+c.ID+"/billing", `{"company":"Acme Books Ltd","address":{"line1":"1 Demo Street","city":"Berlin","postal_code":"10115","country":"de"},
		"tax_ids":[{"type":"eu_vat","value":"DE 123456789"}],"po_number":"PO 4711"}`)
	if a.status != 200 || a.str("address", "country") != "DE" {
		t.Fatal(a.body)
	}
	buy := func() (p *purchase.Purchase, page string) {
		p = w.mustBegin(c, 0)
		w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
		w.waitState(p, purchase.Paid)
		var q *purchase.Quote
		w.check(w.db.View(ctx, func(t tx.Tx) (err error) { q, err = w.purchases.QuoteOf(t, p); return err }))
		if q.InvoiceURL == "" || q.InvoiceNumber == "" {
			t.Fatalf("%+v", q)
		}
		shown, err := send(q.InvoiceURL, http.MethodGet, nil, "")
		w.check(err)
		return p, shown.body
	}
	_, first := buy()
	for _, want := range []string{"Acme Books Ltd", "1 Demo Street", "EU VAT DE123456789", "PO 4711"} {
		if !strings.Contains(first, want) {
			t.Errorf("the invoice does not say %s: %s", want, first)
		}
	}
	if a := w.api("POST", "/v1/customers/"+c.ID+"/billing", `{"po_number":"PO 4712","tax_ids":[]}`); a.status != 200 {
		t.Fatal(a.body)
	}
	_, second := buy()
	if !strings.Contains(second, "PO 4712") || strings.Contains(second, "EU VAT") || !strings.Contains(second, "Acme Books Ltd") {
		t.Errorf("the next invoice: %s", second)
	}
	// What Stripe does not take hinders nothing, and is told.
	if a := w.api("POST", "/v1/customers/"+c.ID+"/billing", `{"tax_ids":[{"type":"eu_vat","value":"DE000000000"}]}`); a.status != 200 || a.str("problem") == "" {
		t.Errorf("%d %s", a.status, a.body)
	}
	buy()
	if a := w.api("POST", "/v1/customers/"+c.ID+"/billing", `{"tax_ids":[{"type":"eu_vat","value":"12"}]}`); a.status != 422 || a.str("param") != "tax_ids[0].value" {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.addsUp()
}
