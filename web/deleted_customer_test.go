package main

import (
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/audit"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/recharge"
)

// TestACustomerThatWasDeletedAtStripeIsMadeAnew: purchases go on with a new one, made
// once though several begin at a time, and the old one's cards are not offered.
func TestACustomerThatWasDeletedAtStripeIsMadeAnew(t *testing.T) {
	w, c := shopWorld(t)
	w.savedCard(c, "pm_card_visa")
	before, err := w.purchases.EnsureCustomer(ctx, c.ID)
	w.check(err)
	_, err = w.stripe().Customers.Del(before, nil)
	w.check(err)
	var begun sync.WaitGroup
	for n := range 2 {
		begun.Go(func() {
			p, err := w.purchases.Begin(ctx, audit.Actor{ID: "test"}, purchase.Begin{Customer: c.ID, Pack: w.pack(n)})
			if err != nil || p.CheckoutURL == "" {
				t.Errorf("purchase %d: %+v, %v", n, p, err)
			}
		})
	}
	begun.Wait()
	now, err := w.accounts.Customer(ctx, c.ID)
	w.check(err)
	live := 0
	list := w.stripe().Customers.List(&stripe.CustomerListParams{})
	for list.Next() {
		if list.Customer().Metadata["purse_customer"] == c.ID {
			live++
		}
	}
	if now.StripeCustomerID == before || live != 1 {
		t.Errorf("Stripe has %d live customers, ours is %s after %s", live, now.StripeCustomerID, before)
	}
	if cards, err := w.methods.List(ctx, c.ID); err != nil || len(cards) != 0 {
		t.Errorf("cards of the deleted one: %v, %v", cards, err)
	}
	p, err := w.purchases.Begin(ctx, audit.Actor{ID: "test"}, purchase.Begin{Customer: c.ID, Pack: w.pack(0)})
	w.check(err)
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	w.returnPage(p)
	w.granted(c, 1, "1000")
}

// TestRechargesPauseWithTheirCards: with Stripe's customer its cards are gone, and a
// recharge that charges one asks for another.
func TestRechargesPauseWithTheirCards(t *testing.T) {
	w, c := shopWorld(t)
	card := w.savedCard(c, "pm_card_visa")
	pack := w.catalog.Snapshot().Pack(w.pack(0))
	_, err := w.recharges.Save(ctx, audit.Actor{ID: "usr_owner", Address: "192.0.2.1"}, recharge.Settings{
		Customer: c.ID, CreditType: "credits", Threshold: 0, Pack: pack.ID, Price: pack.Price, Cap: money.Money{Amount: 10_000, Currency: "usd"},
		Cooldown: time.Hour, Method: card.ID, Consented: true, Version: recharge.ConsentVersion,
	})
	w.check(err)
	eventually(t, "the recharge", 20*time.Second, func() bool { return w.available(c.ID) == pack.Credits })
	id, err := w.purchases.EnsureCustomer(ctx, c.ID)
	w.check(err)
	_, err = w.stripe().Customers.Del(id, nil)
	w.check(err)
	eventually(t, "the pause", 20*time.Second, func() bool {
		p, err := w.recharges.Policy(ctx, c.ID, "credits")
		w.check(err)
		return p.State == recharge.Paused && p.Reason == recharge.NoCard
	})
}

// TestAnUnknownStripeCustomerIsRefused where it is linked, by the API and by staff.
func TestAnUnknownStripeCustomerIsRefused(t *testing.T) {
	w, c := shopWorld(t)
	for _, a := range []sent{
		w.api("POST", "/v1/customers", `{"name":"x","stripe_customer_id":"cus_nobody"}`),
		w.api("POST", "/v1/customers/"+c.ID, `{"stripe_customer_id":"cus_nobody"}`),
	} {
		if a.status != 422 || a.str("code") != "unknown_stripe_customer" || a.str("param") != "stripe_customer_id" {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	known, err := w.stripe().Customers.New(&stripe.CustomerParams{Name: stripe.String("Known")})
	w.check(err)
	if a := w.api("POST", "/v1/customers", `{"name":"x","stripe_customer_id":"`+known.ID+`"}`); a.status != 201 {
		t.Errorf("a known one: %d %s", a.status, a.body)
	}
}
