package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// A paid session carries what fulfilment reads, and the intent's metadata is
// the intent's own.
func TestCheckoutPaid(t *testing.T) {
	r := contract(t)
	cus := r.customer("buyer@example.com")
	s := r.session(cus.ID)
	if s.PaymentIntent != nil || s.Status != "open" || s.PaymentStatus != "unpaid" || s.AmountSubtotal != 2500 || s.AmountTotal != 2500 || s.URL == "" || s.Livemode {
		t.Fatalf("a new session: %+v", s)
	}
	if err := r.pay(s.ID, "pm_card_visa"); err != nil {
		t.Fatal(err)
	}
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("payment_intent.latest_charge")
	p.AddExpand("line_items")
	p.AddExpand("customer")
	s = session(t)(r.api.CheckoutSessions.Get(s.ID, p))
	pi := s.PaymentIntent
	if s.Status != "complete" || s.PaymentStatus != "paid" || pi == nil || pi.Status != "succeeded" || pi.AmountReceived != 2500 {
		t.Fatalf("a paid session: %+v", s)
	}
	if pi.Metadata["purse_purchase"] != "pur_1" || pi.Metadata["purse_installation"] != "" {
		t.Errorf("metadata of the intent: %v", pi.Metadata)
	}
	ch := pi.LatestCharge
	if !ch.Paid || ch.PaymentMethodDetails.Card.Last4 != "4242" || ch.PaymentMethodDetails.Card.Brand != "visa" || !strings.HasPrefix(ch.ReceiptURL, "http") {
		t.Errorf("charge: %+v", ch)
	}
	if s.LineItems.Data[0].Description != "2,500 credits" || s.Customer.Email != "buyer@example.com" {
		t.Errorf("expanded: %+v %+v", s.LineItems.Data[0], s.Customer)
	}
}

// A declined card leaves the session open; another card completes it.
func TestCheckoutDeclinedThenPaid(t *testing.T) {
	r := local(t)
	s := r.session(r.customer("d@example.com").ID)
	err := r.pay(s.ID, "pm_card_visa_chargeDeclinedInsufficientFunds")
	if err == nil || !strings.Contains(err.Error(), `"decline_code":"insufficient_funds"`) || !strings.HasPrefix(err.Error(), "402") {
		t.Fatalf("got %v", err)
	}
	s = session(t)(r.api.CheckoutSessions.Get(s.ID, nil))
	if s.Status != "open" || s.PaymentStatus != "unpaid" {
		t.Fatalf("after a decline: %s %s", s.Status, s.PaymentStatus)
	}
	if err := r.pay(s.ID, "pm_card_mastercard"); err != nil {
		t.Fatal(err)
	}
	if err := r.pay(s.ID, "pm_card_visa"); err == nil {
		t.Fatal("a session was paid twice")
	}
	intents := 0
	for i := r.api.PaymentIntents.List(&stripe.PaymentIntentListParams{}); i.Next(); {
		intents++
	}
	if intents != 1 {
		t.Errorf("%d payment intents for one session", intents)
	}
}

// Nothing to pay: no payment intent, and no_payment_required.
func TestCheckoutFree(t *testing.T) {
	r := local(t)
	p := sessionParams("")
	p.LineItems[0].PriceData.UnitAmount = stripe.Int64(0)
	s := session(t)(r.api.CheckoutSessions.New(p))
	if err := r.pay(s.ID, "pm_card_visa"); err != nil {
		t.Fatal(err)
	}
	s = session(t)(r.api.CheckoutSessions.Get(s.ID, nil))
	if s.PaymentStatus != "no_payment_required" || s.PaymentIntent != nil || s.Status != "complete" {
		t.Fatalf("%+v", s)
	}
}

func TestCheckoutExpires(t *testing.T) {
	r := local(t)
	s := r.session("")
	if e := session(t)(r.api.CheckoutSessions.Expire(s.ID, nil)); e.Status != "expired" {
		t.Fatal(e.Status)
	}
	_, err := r.api.CheckoutSessions.Expire(s.ID, nil)
	refused(t, err, 400, "", "")
	if r.pay(s.ID, "pm_card_visa") == nil {
		t.Fatal("an expired session was paid")
	}
	s = r.session("")
	r.clock.move(24*time.Hour + time.Second)
	if s = session(t)(r.api.CheckoutSessions.Get(s.ID, nil)); s.Status != "expired" {
		t.Fatalf("after 24 hours: %s", s.Status)
	}
	if n := len(r.events("checkout.session.expired")); n != 2 {
		t.Errorf("%d events about two expired sessions", n)
	}
}

func TestCheckoutRefusals(t *testing.T) {
	r := contract(t)
	cus := r.customer("refusals@example.com").ID
	for _, test := range []struct {
		name        string
		change      func(*stripe.CheckoutSessionParams)
		code, param string
	}{
		{"unknown parameter", func(p *stripe.CheckoutSessionParams) { p.AddExtra("foo", "1") }, "parameter_unknown", "foo"},
		{"no success_url", func(p *stripe.CheckoutSessionParams) { p.SuccessURL = nil }, "parameter_missing", "success_url"},
		{"no such customer", func(p *stripe.CheckoutSessionParams) { p.Customer = stripe.String("cus_none") }, "resource_missing", "customer"},
		{"update without customer", func(p *stripe.CheckoutSessionParams) {
			p.Customer = nil
			p.CustomerUpdate = &stripe.CheckoutSessionCustomerUpdateParams{Address: stripe.String("auto")}
		}, "", "customer_update"},
		{"tax without an address", func(p *stripe.CheckoutSessionParams) {
			p.AutomaticTax = &stripe.CheckoutSessionAutomaticTaxParams{Enabled: stripe.Bool(true)}
		}, "customer_tax_location_invalid", ""},
		{"tax id without a name", func(p *stripe.CheckoutSessionParams) {
			p.TaxIDCollection = &stripe.CheckoutSessionTaxIDCollectionParams{Enabled: stripe.Bool(true)}
		}, "", "tax_id_collection"},
		{"too little", func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.UnitAmount = stripe.Int64(10) }, "amount_too_small", ""},
		{"expires too soon", func(p *stripe.CheckoutSessionParams) { p.ExpiresAt = stripe.Int64(r.clock.now().Unix() + 60) }, "", "expires_at"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := sessionParams(cus)
			test.change(p)
			_, err := r.api.CheckoutSessions.New(p)
			refused(t, err, 400, test.code, test.param)
		})
	}
	p := sessionParams(cus)
	p.AddExtra("adaptive_pricing[enabled]", "false")
	p.CustomerUpdate = &stripe.CheckoutSessionCustomerUpdateParams{Address: stripe.String("auto"), Name: stripe.String("auto")}
	if _, err := r.api.CheckoutSessions.New(p); err != nil {
		t.Errorf("what Purse sends was refused: %v", err)
	}
}

// session unwraps the two results of a call about a session.
func session(t *testing.T) func(*stripe.CheckoutSession, error) *stripe.CheckoutSession {
	return func(s *stripe.CheckoutSession, err error) *stripe.CheckoutSession {
		t.Helper()
		return must(t, s, err)
	}
}

// events lists the ids of the events of a type, newest first.
func (r *rig) events(typ string) (ids []string) {
	for i := r.api.Events.List(&stripe.EventListParams{Type: stripe.String(typ)}); i.Next(); {
		ids = append(ids, i.Event().ID)
	}
	return ids
}
