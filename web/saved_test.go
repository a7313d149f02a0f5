package main

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/fault"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// savedCard attaches a test card to a customer.
func (w *world) savedCard(c *account.Customer, test string) card.PaymentMethod {
	w.Helper()
	id, err := w.purchases.EnsureCustomer(ctx, c.ID)
	w.check(err)
	pm, err := w.stripe().PaymentMethods.Attach(test, &stripe.PaymentMethodAttachParams{Customer: stripe.String(id)})
	w.check(err)
	return card.PaymentMethod{ID: pm.ID, Type: card.Card, Brand: "visa", Last4: pm.Card.Last4}
}

func (w *world) buySaved(c *account.Customer, n int, m card.PaymentMethod, key string) (*purchase.Purchase, error) {
	return w.purchases.BeginSaved(ctx, audit.Actor{ID: "test"}, purchase.Begin{Customer: c.ID, Pack: w.pack(n), Key: key}, m)
}

func TestASavedCardPaysAtOnce(t *testing.T) {
	w, c := shopWorld(t)
	card := w.savedCard(c, "pm_card_visa")
	p, err := w.buySaved(c, 0, card, "n1")
	w.check(err)
	if p.State != purchase.Paid || p.CardLast4 != "4242" || p.ReceiptURL == "" || p.Total != 1000 || !strings.HasPrefix(p.CheckoutSession, "in_") {
		t.Errorf("%+v", p)
	}
	again, err := w.buySaved(c, 0, card, "n1") // the button pressed twice
	w.check(err)
	if again.ID != p.ID {
		t.Errorf("bought twice: %s and %s", p.ID, again.ID)
	}
	w.granted(c, 1, "1000")
	if a := w.returnPage(p); !strings.Contains(a.body, "1,000 credits added") {
		t.Errorf("%s", a.body)
	}
	// It goes back by the same code.
	r, err := w.purchases.Refund(ctx, audit.System, purchase.NewRefund{Purchase: p.ID, Amount: 500, Reason: "half"})
	w.check(err)
	if r.State != purchase.RefundSucceeded || w.available(c.ID) != credits("500") {
		t.Errorf("%+v, %s available", r, w.available(c.ID))
	}
	w.refundAt(p, 500)
	if s := w.state(p).State; s != purchase.Refunded {
		t.Errorf("it is %s", s)
	}
	w.addsUp()
}

func TestASavedCardIsDeclined(t *testing.T) {
	w, c := shopWorld(t)
	_, err := w.buySaved(c, 0, w.savedCard(c, "pm_card_chargeCustomerFail"), "n1")
	if f, ok := fault.As(err); !ok || f.Code != "card_declined" || f.Param != "method" {
		t.Fatal(err)
	}
	var list []*purchase.Purchase
	w.check(w.db.View(ctx, func(t tx.Tx) error { list, err = w.purchases.List(t, c.ID, "", "", 10); return err }))
	if len(list) != 1 || list[0].State != purchase.Failed {
		t.Fatalf("%d purchases, %+v", len(list), list[0])
	}
	if c, err := w.gateway.Checkout(ctx, list[0].CheckoutSession); err != nil || c.Status != "expired" {
		t.Errorf("the invoice can still be paid: %+v %v", c, err)
	}
	if _, err := w.purchases.Inbox.Reconcile(ctx); err != nil {
		t.Error(err)
	}
	if s := w.state(list[0]).State; s != purchase.Failed {
		t.Errorf("after Stripe's events it is %s", s)
	}
	w.granted(c, 0, "0")
}

// noVoid is a Stripe that answers everything but to end an invoice.
type noVoid struct{ purchase.Gateway }

func (noVoid) ExpireCheckout(context.Context, string) error { return errors.New("no answer") }

// A declined invoice that could not be voided at once is voided later; the buyer
// hears of the card, and the same form again buys nothing.
func TestADeclinedInvoiceIsVoidedLater(t *testing.T) {
	w, c := shopWorld(t)
	card := w.savedCard(c, "pm_card_chargeCustomerFail")
	stripeNow := w.purchases.Gateway
	w.purchases.Gateway = noVoid{stripeNow}
	w.inbox.Owners = w.owners()
	_, err := w.buySaved(c, 0, card, "n1")
	if !fault.HasCode(err, "card_declined") {
		t.Fatalf("the buyer is told: %v", err)
	}
	var list []*purchase.Purchase
	w.check(w.db.View(ctx, func(t tx.Tx) error { list, err = w.purchases.List(t, c.ID, "", "", 10); return err }))
	if len(list) != 1 || list[0].State != purchase.Failed || list[0].CheckAt.IsZero() {
		t.Fatalf("%+v", list)
	}
	again, err := w.buySaved(c, 0, card, "n1")
	if err != nil || again.ID != list[0].ID || again.State != purchase.Failed {
		t.Errorf("%+v %v", again, err)
	}
	w.purchases.Gateway = stripeNow
	w.inbox.Owners = w.owners()
	w.clock.step(2 * time.Minute)
	w.check(w.purchases.Sweep(ctx))
	if c, err := w.gateway.Checkout(ctx, list[0].CheckoutSession); err != nil || c.Status != "expired" {
		t.Errorf("the invoice can still be paid: %+v %v", c, err)
	}
	w.granted(c, 0, "0")
	w.addsUp()
}

// TestASavedCardThatMustBeConfirmed goes on on Stripe's page and ends by the
// webhook.
func TestASavedCardThatMustBeConfirmed(t *testing.T) {
	w, c := shopWorld(t)
	p, err := w.buySaved(c, 0, w.savedCard(c, "pm_card_authenticationRequired"), "n1")
	w.check(err)
	if p.State != purchase.Created || !p.Open(w.now()) || !strings.Contains(p.CheckoutURL, "/i/in_") {
		t.Fatalf("%+v", p)
	}
	w.granted(c, 0, "0")
	payment, err := w.gateway.Checkout(ctx, p.CheckoutSession)
	w.check(err)
	a, err := send(w.sandboxURL+"/3ds/"+payment.Payment.ID, "POST", []byte("outcome=complete"), "", "Content-Type", "application/x-www-form-urlencoded")
	w.check(err)
	if a.status >= 400 {
		t.Fatal(a.body)
	}
	p = w.waitState(p, purchase.Paid)
	w.granted(c, 1, "1000")
	// A dispute finds its purchase.
	if id, ours, err := w.ownPayment(p); id != p.ID || !ours || err != nil {
		t.Errorf("%s %v %v", id, ours, err)
	}
}

func (w *world) ownPayment(p *purchase.Purchase) (string, bool, error) {
	list := []*purchase.Purchase{}
	err := w.db.View(ctx, func(t tx.Tx) (err error) {
		list, err = w.purchases.List(t, "", p.PaymentIntent, "", 2)
		return err
	})
	return p.ID, len(list) == 1 && list[0].ID == p.ID, err
}

// TestBuyingWithASavedCardInABrowser confirms the exact sum in one step more.
func TestBuyingWithASavedCardInABrowser(t *testing.T) {
	w := newWorld(t)
	w.shop()
	who := w.person("owner@example.com", account.NoStaff)
	c := w.customer("acme", who.user.ID)
	owner := member{w, w.signIn(who.user)}
	card := w.savedCard(c, "pm_card_visa")
	if page := owner.get("/buy"); !strings.Contains(page.body, "Visa •4242 now") {
		t.Fatal("Buy does not offer the saved card")
	}
	form := url.Values{"pack": {w.pack(0)}, "currency": {"usd"}, "nonce": {"n1"}, "method": {card.ID}}
	asked := owner.post("/buy", form)
	if asked.status != 200 || !strings.Contains(asked.body, "Pay $10.00 with Visa •4242") || strings.Contains(asked.body, "<script>") {
		t.Fatalf("%d %s", asked.status, asked.body)
	}
	w.granted(c, 0, "0")
	form.Set("confirmed", "yes")
	form.Set("seen", "999")
	if a := owner.post("/buy", form); a.status != 409 || !strings.Contains(a.body, "The price is now") {
		t.Errorf("another price: %d", a.status)
	}
	form.Set("seen", "1000")
	form.Set("method", "pm_of_somebody_else")
	if a := owner.post("/buy", form); a.status != 422 {
		t.Errorf("a card that is not theirs: %d", a.status)
	}
	form.Set("method", card.ID)
	if a := owner.post("/buy", form); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/checkout/return?session_id=in_") {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.granted(c, 1, "1000")
}
