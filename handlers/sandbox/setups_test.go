package sandbox_test

import (
	"net/url"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

func (r *rig) setUp(customer, method string) (*stripe.SetupIntent, error) {
	return r.api.SetupIntents.New(&stripe.SetupIntentParams{Customer: stripe.String(customer), PaymentMethod: stripe.String(method),
		Confirm: stripe.Bool(true), PaymentMethodTypes: stripe.StringSlice([]string{"card"}), Usage: stripe.String("off_session")})
}

// A card that was set up pays while the customer is away.
func TestSetupIntent(t *testing.T) {
	r := contract(t)
	cus := r.customer("setup@example.com").ID
	si, err := r.setUp(cus, "pm_card_visa")
	must(t, si, err)
	if si.Status != "succeeded" {
		t.Fatal(si.Status)
	}
	pi, err := r.charge(si.PaymentMethod.ID, cus, true)
	must(t, pi, err)
	if pi.Status != "succeeded" {
		t.Error(pi.Status)
	}
	_, err = r.setUp(cus, "pm_card_visa_chargeDeclined")
	refused(t, err, 402, "card_declined", "")
}

// 4000 0025 0000 3155 asks once, when it is set up, and then no more.
func TestAuthenticationOnSetup(t *testing.T) {
	r := local(t)
	cus := r.customer("setup@example.com").ID
	si, err := r.setUp(cus, "pm_card_authenticationRequiredOnSetup")
	must(t, si, err)
	if si.Status != "requires_action" {
		t.Fatal(si.Status)
	}
	r.browse("POST", "/3ds/"+si.ID, url.Values{"outcome": {"complete"}})
	si, err = r.api.SetupIntents.Get(si.ID, nil)
	must(t, si, err)
	pi, err := r.charge(si.PaymentMethod.ID, cus, true)
	must(t, pi, err)
	if pi.Status != "succeeded" {
		t.Errorf("off-session after set-up: %s", pi.Status)
	}
	other, err := r.api.PaymentMethods.Attach("pm_card_authenticationRequiredOnSetup", &stripe.PaymentMethodAttachParams{Customer: stripe.String(cus)})
	must(t, other, err)
	_, err = r.charge(other.ID, cus, true)
	refused(t, err, 402, "authentication_required", "")
}

// Checkout in setup mode saves a card and takes nothing.
func TestCheckoutSetup(t *testing.T) {
	r := local(t)
	cus := r.customer("setup@example.com").ID
	s := session(t)(r.api.CheckoutSessions.New(&stripe.CheckoutSessionParams{Mode: stripe.String("setup"), Customer: stripe.String(cus),
		Currency: stripe.String("usd"), SuccessURL: stripe.String("http://127.0.0.1:8080/saved")}))
	if status, _, to := r.browse("POST", "/c/pay/"+s.ID, card("5555555555554444")); status != 303 || to != "http://127.0.0.1:8080/saved" {
		t.Fatalf("%d to %s", status, to)
	}
	s = session(t)(r.api.CheckoutSessions.Get(s.ID, expand("setup_intent")))
	if s.Status != "complete" || s.PaymentStatus != "no_payment_required" || s.SetupIntent.Status != "succeeded" || s.PaymentIntent != nil {
		t.Errorf("%s %s %+v", s.Status, s.PaymentStatus, s.SetupIntent)
	}
	n := 0
	for i := r.api.PaymentMethods.List(&stripe.PaymentMethodListParams{Customer: stripe.String(cus)}); i.Next(); {
		n++
	}
	if n != 1 {
		t.Errorf("%d saved cards", n)
	}
}

// A card saved at Checkout pays again while the customer is away.
func TestCheckoutSavesCard(t *testing.T) {
	r := local(t)
	cus := r.customer("save@example.com").ID
	p := sessionParams(cus)
	p.PaymentIntentData.SetupFutureUsage = stripe.String("off_session")
	s := session(t)(r.api.CheckoutSessions.New(p))
	if err := r.pay(s.ID, "pm_card_visa"); err != nil {
		t.Fatal(err)
	}
	s = session(t)(r.api.CheckoutSessions.Get(s.ID, expand("payment_intent")))
	pi, err := r.charge(s.PaymentIntent.PaymentMethod.ID, cus, true)
	must(t, pi, err)
	if pi.Status != "succeeded" {
		t.Error(pi.Status)
	}
}

// Disputes: a chargeback forbids refunds, an inquiry does not.
func TestDisputes(t *testing.T) {
	r := local(t)
	for method, status := range map[string]stripe.DisputeStatus{"pm_card_createDispute": "needs_response", "pm_card_createDisputeInquiry": "warning_needs_response"} {
		pi, err := r.charge(method, "", false)
		must(t, pi, err)
		i := r.api.Disputes.List(&stripe.DisputeListParams{PaymentIntent: stripe.String(pi.ID)})
		if !i.Next() || i.Dispute().Status != status || i.Dispute().Amount != 2500 {
			t.Errorf("%s: %+v", method, i.Dispute())
		}
		_, err = r.api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(pi.ID)})
		if refunded := err == nil; refunded != (status == "warning_needs_response") {
			t.Errorf("%s: refund: %v", method, err)
		}
	}
}
