package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/handlers/sandbox"
)

// addCard opens the page that saves a card, from an address.
func (w *world) addCard(c *account.Customer, nonce, address string) (session string, err error) {
	page, err := w.methods.Add(ctx, card.Adding{Customer: c.ID, Key: nonce, Address: address, ReturnPath: "/methods/added", CancelPath: "/methods"})
	_, session, _ = strings.Cut(page, "/c/pay/")
	return session, err
}

// Cards that are tried where one is saved count as those that are tried for a
// payment, whether they are saved or refused; staff can let a customer through.
func TestCardsToSaveAreLimited(t *testing.T) {
	w, c := shopWorld(t)
	const from = "192.0.2.9"
	for i, card := range []string{"pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_visa_chargeDeclined", "pm_card_visa_debit"} {
		session, err := w.addCard(c, fmt.Sprint(i), from)
		w.check(err)
		err = w.pay(session, card)
		if refused := strings.Contains(card, "Declined"); (err != nil) != refused {
			t.Fatalf("%s: %v", card, err)
		}
	}
	eventually(t, "the limit holds", 10*time.Second, func() bool {
		_, err := w.addCard(c, "more", from)
		return fault.HasCode(err, "too_many_cards")
	})
	if _, err := w.begin(c, 0, ""); !fault.HasCode(err, "too_many_cards") {
		t.Errorf("a purchase after as many cards: %v", err)
	}
	// Another customer at the same address has half as many left.
	other := w.customer("other", "")
	_, err := w.addCard(other, "x", from)
	w.check(err)
	w.check(w.purchases.LetThrough(ctx, staff, c.ID, "known by phone"))
	if _, err := w.addCard(c, "even more", from); err != nil {
		t.Error(err)
	}
	w.advance(25 * time.Hour)
	if _, err := w.addCard(c, "tomorrow", from); err != nil {
		t.Error(err)
	}
}

// Evidence counts what was held first and captured as usage too.
func TestEvidenceCountsCaptures(t *testing.T) {
	w, c := shopWorld(t)
	p := w.disputed(c)
	m := member{w, w.person("staff@example.com", account.Admin).cookie}
	w.grant(c, "500")
	h := w.apply(ledger.NewHold{Wallet: wallet(c.ID), Credits: credits("40"), ExpiresAt: w.now().Add(time.Hour)})
	w.apply(ledger.Capture{Hold: h.Hold, Credits: credits("30")})
	w.use(c, credits("5"))
	if a := m.get("/admin/purchases/" + p.ID + "/answer"); !strings.Contains(a.body, "2 requests for 35 credits") {
		t.Error(a.body)
	}
}

// A person who makes one organisation after the other does not begin more payments
// for it, nor does a network of many people.
func TestPaymentsCountByPersonAndNetwork(t *testing.T) {
	t.Parallel()
	w, _ := shopWorld(t)
	ann := w.person("ann@example.com", account.NoStaff)
	refused := 0
	for i := range 30 {
		c := w.customer(fmt.Sprint("ann", i), ann.user.ID)
		var err error
		if i%2 == 0 {
			_, err = w.purchases.Begin(ctx, audit.Actor{ID: ann.user.ID}, purchase.Begin{Customer: c.ID, Pack: w.pack(0), Address: fmt.Sprintf("192.0.2.%d", i)})
		} else {
			_, err = w.methods.Add(ctx, card.Adding{Customer: c.ID, Key: "k", Person: ann.user.ID, Address: fmt.Sprintf("192.0.2.%d", i), ReturnPath: "/methods/added", CancelPath: "/methods"})
			if err == nil { // the same page, loaded again, is the same
				for range 20 {
					_, err := w.methods.Add(ctx, card.Adding{Customer: c.ID, Key: "k", Person: ann.user.ID, Address: fmt.Sprintf("192.0.2.%d", i), ReturnPath: "/methods/added", CancelPath: "/methods"})
					w.check(err)
				}
			}
		}
		if fault.HasCode(err, "too_many_purchases") {
			refused++
		} else {
			w.check(err)
		}
	}
	if refused != 15 {
		t.Errorf("%d of 30 payments by one person were refused", refused)
	}
	refused = 0
	for i := range 60 {
		who := w.person(fmt.Sprintf("p%d@example.com", i), account.NoStaff)
		c := w.customer(fmt.Sprint("p", i), who.user.ID)
		_, err := w.purchases.Begin(ctx, audit.Actor{ID: who.user.ID}, purchase.Begin{Customer: c.ID, Pack: w.pack(0), Address: fmt.Sprintf("2001:db8::%x", i+1)})
		if fault.HasCode(err, "too_many_purchases") {
			refused++
		} else {
			w.check(err)
		}
	}
	if refused < 28 || refused > 30 {
		t.Errorf("%d of 60 payments from one network were refused", refused)
	}
	// The vendor's own backend begins as many as it likes, and staff lets people through.
	for i := range 40 {
		c := w.customer(fmt.Sprint("api", i), "")
		_, err := w.purchases.Begin(ctx, audit.Actor{ID: "key_1"}, purchase.Begin{Customer: c.ID, Pack: w.pack(0)})
		w.check(err)
	}
	c := w.customer("known", ann.user.ID)
	w.check(w.purchases.LetThrough(ctx, staff, c.ID, "known by phone"))
	_, err := w.purchases.Begin(ctx, audit.Actor{ID: ann.user.ID}, purchase.Begin{Customer: c.ID, Pack: w.pack(0)})
	w.check(err)
}

// Nobody who is not signed in makes Purse ask Stripe for what is not its own.
func TestAnonymousReturnsAskStripeForNothingElse(t *testing.T) {
	w, c := shopWorld(t)
	p, err := w.begin(c, 0, "")
	w.check(err)
	foreign, err := w.stripe().CheckoutSessions.New(&stripe.CheckoutSessionParams{
		Mode: stripe.String("setup"), Currency: stripe.String("usd"), SuccessURL: stripe.String("https://example.com"),
	})
	w.check(err)
	fault := sandbox.APIFault{Action: sandbox.FaultError, Method: "GET", Path: "/v1/checkout/sessions", Count: 1}
	asked := func(session string) bool {
		t.Helper()
		w.faults(sandbox.Faults{API: []sandbox.APIFault{fault}})
		w.send("GET", "/checkout/return?session_id="+session, nil, "")
		return len(w.sandbox.Faults().API) == 0
	}
	for _, session := range []string{foreign.ID, "cs_test_a1b2c3", "in_1234"} {
		if asked(session) {
			t.Errorf("Stripe was asked for %s", session)
		}
	}
	if !asked(p.CheckoutSession) {
		t.Error("a Checkout of ours was not looked at")
	}
}
