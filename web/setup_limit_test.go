package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/purchase"
)

// addCard opens the page that saves a card, from an address.
func (w *world) addCard(c *account.Customer, nonce, address string) (session string, err error) {
	page, err := w.methods.Add(ctx, purchase.AddMethod{Customer: c.ID, Key: nonce, Address: address, ReturnPath: "/methods/added", CancelPath: "/methods"})
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
