package main

import (
	"fmt"
	"testing"
	"time"

	"purse/billing/inbox"
	"purse/billing/purchase"
	"purse/handlers/sandbox"
)

// signed is a webhook as Stripe would send it.
func signed(secret string, at time.Time, payload []byte) []string {
	return []string{"Stripe-Signature", sandbox.Signature(at, payload, secret), "Content-Type", "application/json"}
}

func TestWebhooksThatStripeDidNotSign(t *testing.T) {
	w, c := shopWorld(t)
	w.faults(dropAll)
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	secret, now := w.settings.StripeWebhookSecret, time.Now()
	event := func(id, object string, live bool) []byte {
		return fmt.Appendf(nil, `{"id":%q,"object":"event","type":"checkout.session.completed","livemode":%t,"created":%d,"data":{"object":{"id":%q,"object":"checkout.session"}}}`,
			id, live, now.Unix(), object)
	}
	good := event("evt_good", p.CheckoutSession, false)
	if secret == "" {
		t.Fatal("no secret")
	}
	for name, x := range map[string]struct {
		payload []byte
		headers []string
	}{
		"unsigned":         {good, nil},
		"another secret":   {good, signed("whsec_other", now, good)},
		"empty secret":     {good, signed("", now, good)},
		"another body":     {event("evt_other", p.CheckoutSession, false), signed(secret, now, good)},
		"stale":            {good, signed(secret, now.Add(-6*time.Minute), good)},
		"from the future":  {good, signed(secret, now.Add(6*time.Minute), good)},
		"of the live mode": {event("evt_live", p.CheckoutSession, true), signed(secret, now, event("evt_live", p.CheckoutSession, true))},
		"not an event":     {[]byte(`{"object":"charge"}`), signed(secret, now, []byte(`{"object":"charge"}`))},
		"not JSON":         {[]byte(`hello`), signed(secret, now, []byte(`hello`))},
		"nothing":          {[]byte(``), signed(secret, now, []byte(``))},
		"too large":        {make([]byte, 2<<20), signed(secret, now, make([]byte, 2<<20))},
		"garbage":          {good, []string{"Stripe-Signature", "t=x,v1=zz,v0=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.TB = t
			a := w.send("POST", "/webhooks/stripe", x.payload, "", x.headers...)
			if a.status != 400 || a.str("error") == "" {
				t.Errorf("%d %s", a.status, a.body)
			}
			if n := len(w.inboxOf("", "")); n != 0 {
				t.Errorf("%d events were stored", n)
			}
		})
	}
	if s := w.state(p).State; s != purchase.Created {
		t.Errorf("it is %s", s)
	}
	t.Run("about nothing that Stripe knows", func(t *testing.T) {
		w.TB = t
		body := event("evt_gone", "cs_test_gone", false)
		if a := w.send("POST", "/webhooks/stripe", body, "", signed(secret, now, body)...); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		eventually(t, "it is not ours", 10*time.Second, func() bool { return len(w.inboxOf(inbox.NotOurs, "cs_test_gone")) == 1 })
	})
	t.Run("signed", func(t *testing.T) {
		w.TB = t
		if a := w.send("POST", "/webhooks/stripe", good, "", signed(secret, now.Add(-4*time.Minute), good)...); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		w.waitState(p, purchase.Paid)
		w.granted(c, 1, "1000")
	})
}

// Stripe is away while a webhook is processed: it is tried again until it works.
func TestStripeIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	p := w.mustBegin(c, 0)
	w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultError, Method: "GET", Path: "/v1/checkout/sessions", Count: 8}}})
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	w.waitState(p, purchase.Paid)
	w.granted(c, 1, "1000")
	eventually(t, "the event is done", 15*time.Second, func() bool { return len(w.inboxOf(inbox.Done, p.CheckoutSession)) == 1 })
}
