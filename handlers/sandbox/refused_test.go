package sandbox_test

import (
	"slices"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"purse/handlers/sandbox"
)

// counts is how many objects of what a refused request might make there are.
func (r *rig) counts() (out []int) {
	r.Helper()
	count := func(next func() bool, err func() error) {
		n := 0
		for next() {
			n++
		}
		if err() != nil {
			r.Fatal(err())
		}
		out = append(out, n)
	}
	customers, intents, charges := r.api.Customers.List(nil), r.api.PaymentIntents.List(nil), r.api.Charges.List(nil)
	count(customers.Next, customers.Err)
	count(intents.Next, intents.Err)
	count(charges.Next, charges.Err)
	events, methods := r.api.Events.List(nil), r.api.CheckoutSessions.List(nil)
	count(events.Next, events.Err)
	count(methods.Next, methods.Err)
	return out
}

// What the sandbox does not do it refuses by its name, and changes nothing.
func TestRefusesWhatItDoesNotDo(t *testing.T) {
	r := local(t)
	cus := r.customer("refused@example.com").ID
	intent := func(method string) *stripe.PaymentIntentParams {
		return &stripe.PaymentIntentParams{Amount: stripe.Int64(2500), Currency: stripe.String("usd"), Confirm: stripe.Bool(true),
			PaymentMethod: stripe.String(method), PaymentMethodTypes: stripe.StringSlice([]string{"card"})}
	}
	for param, send := range map[string]func() error{
		"capture_method": func() error {
			p := intent("pm_card_visa")
			p.CaptureMethod = stripe.String("manual")
			return second(r.api.PaymentIntents.New(p))
		},
		"payment_method_options[card][capture_method]": func() error {
			p := intent("pm_card_visa")
			p.PaymentMethodOptions = &stripe.PaymentIntentPaymentMethodOptionsParams{Card: &stripe.PaymentIntentPaymentMethodOptionsCardParams{CaptureMethod: stripe.String("manual")}}
			return second(r.api.PaymentIntents.New(p))
		},
		"transfer_data[destination]": func() error { // a card that declines does not hide it
			p := intent("pm_card_visa_chargeDeclined")
			p.TransferData = &stripe.PaymentIntentTransferDataParams{Destination: stripe.String("acct_1")}
			return second(r.api.PaymentIntents.New(p))
		},
		"confirmation_method": func() error {
			p := intent("pm_card_visa")
			p.ConfirmationMethod = stripe.String("manual")
			return second(r.api.PaymentIntents.New(p))
		},
		"payment_intent_data[capture_method]": func() error {
			p := sessionParams(cus)
			p.PaymentIntentData.CaptureMethod = stripe.String("manual")
			return second(r.api.CheckoutSessions.New(p))
		},
		"payment_intent_data[transfer_data][destination]": func() error {
			p := sessionParams(cus)
			p.PaymentIntentData.TransferData = &stripe.CheckoutSessionPaymentIntentDataTransferDataParams{Destination: stripe.String("acct_1")}
			return second(r.api.CheckoutSessions.New(p))
		},
		"mode": func() error {
			p := sessionParams(cus)
			p.Mode = stripe.String("subscription")
			return second(r.api.CheckoutSessions.New(p))
		},
		"coupon": func() error {
			return second(r.api.Customers.New(&stripe.CustomerParams{Email: stripe.String("c@example.com"), Coupon: stripe.String("save20")}))
		},
		"promotion_code": func() error {
			return second(r.api.Customers.Update(cus, &stripe.CustomerParams{Name: stripe.String("Changed"), PromotionCode: stripe.String("promo_1")}))
		},
		"balance": func() error {
			return second(r.api.Customers.Update(cus, &stripe.CustomerParams{Name: stripe.String("Changed"), Balance: stripe.Int64(100)}))
		},
	} {
		before := r.counts()
		e := refused(t, send(), 400, "", param)
		if e.Type != stripe.ErrorTypeInvalidRequest {
			t.Errorf("%s: %s", param, e.Type)
		}
		if after := r.counts(); !slices.Equal(before, after) {
			t.Errorf("%s was refused and changed something: %v, then %v", param, before, after)
		}
	}
	c, err := r.api.Customers.Get(cus, nil)
	if must(t, c, err).Name != "" {
		t.Errorf("the customer is called %s", c.Name)
	}
	p := &stripe.CustomerParams{}
	p.AddExtra("shoe_size", "43")
	refused(t, second(r.api.Customers.New(p)), 400, "parameter_unknown", "shoe_size")
}

func second[T any](_ T, err error) error { return err }

// What asks for nothing but what happens anyway is taken.
func TestDefaultsAreTaken(t *testing.T) {
	r := contract(t)
	pi, err := r.api.PaymentIntents.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(2500), Currency: stripe.String("usd"), PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		CaptureMethod: stripe.String("automatic"), ConfirmationMethod: stripe.String("automatic"), Confirm: stripe.Bool(true), OffSession: stripe.Bool(false),
		ErrorOnRequiresAction: stripe.Bool(false), UseStripeSDK: stripe.Bool(false), PaymentMethod: stripe.String("pm_card_visa"),
		PaymentMethodOptions: &stripe.PaymentIntentPaymentMethodOptionsParams{Card: &stripe.PaymentIntentPaymentMethodOptionsCardParams{RequestThreeDSecure: stripe.String("automatic")}}})
	if must(t, pi, err).Status != "succeeded" {
		t.Error(pi.Status)
	}
	s := sessionParams("")
	s.UIMode, s.Locale, s.BillingAddressCollection = stripe.String("hosted"), stripe.String("auto"), stripe.String("auto")
	s.PhoneNumberCollection = &stripe.CheckoutSessionPhoneNumberCollectionParams{Enabled: stripe.Bool(false)}
	made, err := r.api.CheckoutSessions.New(s)
	must(t, made, err)
}

// A refused request does not use up its idempotency key.
func TestRefusedRequestKeepsTheKeyFree(t *testing.T) {
	r := local(t)
	send := func(balance *int64) error {
		p := &stripe.CustomerParams{Email: stripe.String("key@example.com"), Balance: balance}
		p.SetIdempotencyKey("once")
		return second(r.api.Customers.New(p))
	}
	refused(t, send(stripe.Int64(5)), 400, "", "balance")
	if err := send(nil); err != nil {
		t.Error(err)
	}
}

// A refused request takes no fault with it, and starts no delivery.
func TestRefusedRequestUsesNothingUp(t *testing.T) {
	r := local(t)
	r.server.EnsureEndpoint("http://127.0.0.1:9/hooks")
	set := sandbox.Faults{Charges: []sandbox.ChargeFault{{Code: "card_declined", Count: 1}}, Deliveries: []sandbox.DeliveryFault{{Action: sandbox.FaultDrop, Count: 1}}}
	if err := r.server.SetFaults(set); err != nil {
		t.Fatal(err)
	}
	p := &stripe.PaymentIntentParams{Amount: stripe.Int64(2500), Currency: stripe.String("usd"), Confirm: stripe.Bool(true), PaymentMethod: stripe.String("pm_card_visa"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}), OnBehalfOf: stripe.String("acct_1")}
	refused(t, second(r.api.PaymentIntents.New(p)), 400, "", "on_behalf_of")
	if f := r.server.Faults(); len(f.Charges) != 1 || f.Charges[0] != set.Charges[0] || len(f.Deliveries) != 1 {
		t.Errorf("%+v", f)
	}
	if !r.server.Settled() {
		t.Error("deliveries wait")
	}
	r.reopen()
	if f := r.server.Faults(); len(f.Charges) != 1 || len(f.Deliveries) != 1 {
		t.Errorf("after a restart: %+v", f)
	}
}
