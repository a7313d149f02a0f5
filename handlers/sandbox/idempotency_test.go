package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/handlers/sandbox"
)

func keyed(key, email string) *stripe.CustomerParams {
	p := &stripe.CustomerParams{Email: stripe.String(email)}
	p.IdempotencyKey = stripe.String(key)
	return p
}

func TestIdempotentReplay(t *testing.T) {
	r := contract(t)
	key := "purse-test-" + time.Now().Format(time.RFC3339Nano)
	a, err := r.api.Customers.New(keyed(key, "a@example.com"))
	must(t, a, err)
	b, err := r.api.Customers.New(keyed(key, "a@example.com"))
	must(t, b, err)
	if a.ID != b.ID || b.LastResponse.Header.Get("Idempotent-Replayed") != "true" || a.LastResponse.Header.Get("Idempotent-Replayed") == "true" {
		t.Fatalf("one key made %s and %s, replayed %q", a.ID, b.ID, b.LastResponse.Header.Get("Idempotent-Replayed"))
	}
	_, err = r.api.Customers.New(keyed(key, "b@example.com"))
	if e := refused(t, err, 400, "", ""); e.Type != stripe.ErrorTypeIdempotency {
		t.Errorf("other parameters under one key: %s", e.Type)
	}
	p := &stripe.ProductParams{Name: stripe.String("x")}
	p.IdempotencyKey = stripe.String(key)
	_, err = r.api.Products.New(p)
	if e := refused(t, err, 400, "", ""); e.Type != stripe.ErrorTypeIdempotency {
		t.Errorf("another path under one key: %s", e.Type)
	}
}

// A decline is remembered with its key; a refusal of form is not.
func TestIdempotencyRemembersWhatExecuted(t *testing.T) {
	r := contract(t)
	stamp := time.Now().Format(time.RFC3339Nano)
	charge := func() (*stripe.PaymentIntent, error) {
		p := &stripe.PaymentIntentParams{Amount: stripe.Int64(1000), Currency: stripe.String("usd"), Confirm: stripe.Bool(true),
			PaymentMethod: stripe.String("pm_card_chargeDeclined"), PaymentMethodTypes: stripe.StringSlice([]string{"card"})}
		p.IdempotencyKey = stripe.String("declined-" + stamp)
		return r.api.PaymentIntents.New(p)
	}
	_, err1 := charge()
	_, err2 := charge()
	one, two := refused(t, err1, 402, "card_declined", ""), refused(t, err2, 402, "card_declined", "")
	if one.PaymentIntent.ID != two.PaymentIntent.ID {
		t.Errorf("a cached decline names %s, then %s", one.PaymentIntent.ID, two.PaymentIntent.ID)
	}

	p := keyed("form-"+stamp, "c@example.com")
	p.AddExtra("nonsense", "1")
	_, err := r.api.Customers.New(p)
	refused(t, err, 400, "parameter_unknown", "nonsense")
	if _, err := r.api.Customers.New(keyed("form-"+stamp, "c@example.com")); err != nil {
		t.Errorf("the key of a malformed request was used up: %v", err)
	}
}

func TestIdempotencyForgetsAfterADay(t *testing.T) {
	r := local(t)
	a, err := r.api.Customers.New(keyed("k", "a@example.com"))
	must(t, a, err)
	r.clock.move(23*time.Hour + 59*time.Minute)
	b, err := r.api.Customers.New(keyed("k", "a@example.com"))
	must(t, b, err)
	r.clock.move(2 * time.Minute)
	c, err := r.api.Customers.New(keyed("k", "a@example.com"))
	must(t, c, err)
	if a.ID != b.ID || c.ID == a.ID {
		t.Errorf("%s, then %s, after 24 hours %s", a.ID, b.ID, c.ID)
	}
}

// What was done but answered with 500, or not answered at all, is found again
// under its key.
func TestUnknownOutcome(t *testing.T) {
	r := local(t)
	for _, fault := range []string{sandbox.FaultErrorAfter, sandbox.FaultDropAfter} {
		if err := r.server.SetFaults(sandbox.Faults{API: []sandbox.APIFault{{Action: fault, Method: "POST", Path: "/v1/customers", Count: 1}}}); err != nil {
			t.Fatal(err)
		}
		// After a broken connection net/http itself sends a request with an
		// Idempotency-Key again, so that fault may not show.
		if _, err := r.api.Customers.New(keyed(fault, "u@example.com")); err == nil && fault == sandbox.FaultErrorAfter {
			t.Fatal("the fault did not show")
		}
		c, err := r.api.Customers.New(keyed(fault, "u@example.com"))
		if fault == sandbox.FaultErrorAfter {
			refused(t, err, 500, "", "") // the cached 500
		} else {
			must(t, c, err)
		}
	}
	if n := r.customers(); n != 2 {
		t.Errorf("%d customers after two faults", n)
	}
}

func (r *rig) customers() (n int) {
	for i := r.api.Customers.List(&stripe.CustomerListParams{}); i.Next(); {
		n++
	}
	return n
}

func TestKeys(t *testing.T) {
	r := contract(t)
	r.key = "sk_live_0123456789abcdef"
	r.connect()
	_, err := r.api.Customers.New(keyed("x", "a@example.com"))
	refused(t, err, http.StatusUnauthorized, "", "")
}
