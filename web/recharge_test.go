package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/recharge"
)

// TestARefusedRequestStartsARecharge takes credits away by a correction, which
// starts nothing; the next request that lacks credits does.
func TestARefusedRequestStartsARecharge(t *testing.T) {
	w, c := shopWorld(t)
	p := w.bought(c, "pm_card_visa") // it makes Stripe's customer
	w.use(c, p.Credits-credits("5"))
	c, err := w.accounts.Customer(ctx, c.ID)
	w.check(err)
	card, err := w.stripe().PaymentMethods.Attach("pm_card_visa", &stripe.PaymentMethodAttachParams{Customer: stripe.String(c.StripeCustomerID)})
	w.check(err)
	_, err = w.recharges.Save(ctx, audit.Actor{ID: "usr_owner", Address: "192.0.2.1"}, recharge.Settings{
		Customer: c.ID, CreditType: "credits", Threshold: credits("2"), Pack: p.Pack, Price: p.Price, Cap: money.Money{Amount: 10_000, Currency: "usd"},
		Cooldown: time.Hour, Method: card.ID, Consented: true, Version: recharge.ConsentVersion,
	})
	w.check(err)
	w.apply(ledger.Adjust{Wallet: wallet(c.ID), Credits: -credits("4")})
	time.Sleep(500 * time.Millisecond)
	if got := w.available(c.ID); got != credits("1") {
		t.Fatalf("%s available: a correction started a recharge", got)
	}
	if a := w.api("POST", "/v1/usage", `{"id":"big","customer":"`+c.ID+`","event":"work","properties":{"units":100}}`); a.status != 402 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	eventually(t, "the recharge", 15*time.Second, func() bool { return w.available(c.ID) == credits("1")+p.Credits })
	owner := w.person("owner@example.com", account.NoStaff)
	w.check(w.accounts.AddMember(ctx, audit.System, c.ID, owner.user.ID, account.Owner))
	// The ledger says what the credits are, not only that they came.
	if page := w.send("GET", "/ledger?kind=grant", nil, owner.cookie); !strings.Contains(page.body, "Auto-recharge: Starter for $10.00") {
		t.Errorf("the ledger does not name the recharge: %d", page.status)
	}
	w.addsUp()
}
