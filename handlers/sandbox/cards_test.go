package sandbox_test

import (
	"testing"

	"github.com/stripe/stripe-go/v76"
)

func (r *rig) charge(method, customer string, offSession bool) (*stripe.PaymentIntent, error) {
	p := &stripe.PaymentIntentParams{Amount: stripe.Int64(2500), Currency: stripe.String("usd"), Confirm: stripe.Bool(true),
		PaymentMethod: stripe.String(method), PaymentMethodTypes: stripe.StringSlice([]string{"card"})}
	if customer != "" {
		p.Customer = stripe.String(customer)
	}
	if offSession {
		p.OffSession = stripe.Bool(true)
	}
	p.AddExpand("latest_charge")
	return r.api.PaymentIntents.New(p)
}

// Each test card does what Stripe documents.
func TestCards(t *testing.T) {
	r := contract(t)
	for method, brand := range map[string]string{"pm_card_visa": "visa", "pm_card_mastercard": "mastercard", "pm_card_amex": "amex"} {
		pi, err := r.charge(method, "", false)
		must(t, pi, err)
		if pi.Status != "succeeded" || string(pi.LatestCharge.PaymentMethodDetails.Card.Brand) != brand || pi.AmountReceived != 2500 {
			t.Errorf("%s: %s %s", method, pi.Status, pi.LatestCharge.PaymentMethodDetails.Card.Brand)
		}
	}
	for _, test := range []struct{ method, code, reason, param string }{
		{"pm_card_visa_chargeDeclined", "card_declined", "generic_decline", ""},
		{"pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", ""},
		{"pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card", ""},
		{"pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card", ""},
		{"pm_card_chargeDeclinedExpiredCard", "expired_card", "", "exp_month"},
		{"pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "", "cvc"},
		{"pm_card_chargeDeclinedProcessingError", "processing_error", "", ""},
	} {
		t.Run(test.method, func(t *testing.T) {
			_, err := r.charge(test.method, "", false)
			e := refused(t, err, 402, test.code, test.param)
			if string(e.DeclineCode) != test.reason && test.reason != "" {
				t.Errorf("decline code %q, want %q", e.DeclineCode, test.reason)
			}
			if e.PaymentIntent == nil || e.PaymentIntent.Status != "requires_payment_method" || e.PaymentIntent.LastPaymentError == nil {
				t.Errorf("the error's intent: %+v", e.PaymentIntent)
			}
		})
	}
}

// A card that declines cannot be saved, unless it is made to fail later.
func TestAttach(t *testing.T) {
	r := contract(t)
	cus := r.customer("attach@example.com").ID
	attach := func(method string) (*stripe.PaymentMethod, error) {
		return r.api.PaymentMethods.Attach(method, &stripe.PaymentMethodAttachParams{Customer: stripe.String(cus)})
	}
	_, err := attach("pm_card_visa_chargeDeclined")
	refused(t, err, 402, "card_declined", "")
	pm, err := attach("pm_card_chargeCustomerFail")
	must(t, pm, err)
	_, err = r.charge(pm.ID, cus, true)
	refused(t, err, 402, "card_declined", "")
	good, err := attach("pm_card_visa")
	must(t, good, err)
	pi, err := r.charge(good.ID, cus, true)
	must(t, pi, err)
	if pi.Status != "succeeded" {
		t.Errorf("off-session with a saved card: %s", pi.Status)
	}
	other := r.customer("other@example.com").ID
	if _, err := r.charge(good.ID, other, true); err == nil {
		t.Error("one customer paid with another's card")
	}
	n := 0
	for i := r.api.PaymentMethods.List(&stripe.PaymentMethodListParams{Customer: stripe.String(cus), Type: stripe.String("card")}); i.Next(); {
		n++
	}
	if n != 2 {
		t.Errorf("%d saved cards, want 2", n)
	}
}

// Authentication: asked for while the customer is there, refused when not.
func TestAuthentication(t *testing.T) {
	r := contract(t)
	cus := r.customer("auth@example.com").ID
	pi, err := r.charge("pm_card_authenticationRequired", "", false)
	must(t, pi, err)
	if pi.Status != "requires_action" || pi.NextAction == nil {
		t.Fatalf("%s %+v", pi.Status, pi.NextAction)
	}
	pm, err := r.api.PaymentMethods.Attach("pm_card_authenticationRequired", &stripe.PaymentMethodAttachParams{Customer: stripe.String(cus)})
	must(t, pm, err)
	_, err = r.charge(pm.ID, cus, true)
	if e := refused(t, err, 402, "authentication_required", ""); e.PaymentIntent == nil {
		t.Error("the refusal names no payment intent")
	}
}

func TestRefunds(t *testing.T) {
	r := contract(t)
	pi, err := r.charge("pm_card_visa", "", false)
	must(t, pi, err)
	refund := func(amount int64) (*stripe.Refund, error) {
		return r.api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(pi.ID), Amount: stripe.Int64(amount)})
	}
	first, err := refund(1000)
	must(t, first, err)
	if first.Status != "succeeded" || first.Amount != 1000 {
		t.Errorf("%+v", first)
	}
	_, err = refund(2000)
	refused(t, err, 400, "", "amount")
	must(t, first, second(refund(1500)))
	_, err = refund(1)
	refused(t, err, 400, "charge_already_refunded", "")
	ch, err := r.api.Charges.Get(pi.LatestCharge.ID, nil)
	must(t, ch, err)
	if !ch.Refunded || ch.AmountRefunded != 2500 {
		t.Errorf("charge: refunded %v %d", ch.Refunded, ch.AmountRefunded)
	}
}

// A refund that fails later gives the amount back to the charge.
func TestRefundFails(t *testing.T) {
	r := local(t)
	pi, err := r.charge("pm_card_refundFail", "", false)
	must(t, pi, err)
	re, err := r.api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(pi.ID)})
	must(t, re, err)
	r.clock.move(3 * 1e9)
	re, err = r.api.Refunds.Get(re.ID, nil)
	must(t, re, err)
	ch, err := r.api.Charges.Get(pi.LatestCharge.ID, nil)
	must(t, ch, err)
	if re.Status != "failed" || ch.AmountRefunded != 0 || ch.Refunded || len(r.events("charge.refund.updated")) != 1 {
		t.Errorf("refund %s, charge refunded %d", re.Status, ch.AmountRefunded)
	}
}
