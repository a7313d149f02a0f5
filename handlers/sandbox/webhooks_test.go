package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"purse/handlers/sandbox"
)

// receiver is a webhook endpoint that checks signatures with stripe-go's own
// package.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	secret string
	events []stripe.Event
	refuse int // how many deliveries to answer with 500 first
	bad    int
}

func (r *rig) listen(types ...string) *receiver {
	rc := &receiver{}
	rc.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		rc.mu.Lock()
		defer rc.mu.Unlock()
		ev, err := webhook.ConstructEventWithOptions(body, req.Header.Get("Stripe-Signature"), rc.secret, webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
		switch {
		case err != nil:
			rc.bad++
			w.WriteHeader(http.StatusBadRequest)
		case rc.refuse > 0:
			rc.refuse--
			w.WriteHeader(http.StatusInternalServerError)
		default:
			rc.events = append(rc.events, ev)
		}
	}))
	r.Cleanup(rc.Close)
	e, err := r.api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{URL: stripe.String(rc.URL + "/webhooks/stripe"), EnabledEvents: stripe.StringSlice(types)})
	must(r, e, err)
	rc.mu.Lock()
	rc.secret = e.Secret
	rc.mu.Unlock()
	return rc
}

// wait returns the types received once there are n, or fails.
func (rc *receiver) wait(t *testing.T, n int) []stripe.Event {
	t.Helper()
	for end := time.Now().Add(8 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		rc.mu.Lock()
		events, bad := append([]stripe.Event(nil), rc.events...), rc.bad
		rc.mu.Unlock()
		if bad > 0 {
			t.Fatal("a delivery with a bad signature")
		}
		if len(events) >= n {
			return events
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d events", len(events), n)
		}
	}
}

func types(events []stripe.Event) map[string]int {
	m := map[string]int{}
	for _, e := range events {
		m[string(e.Type)]++
	}
	return m
}

func TestDelivery(t *testing.T) {
	r := local(t)
	rc := r.listen("checkout.session.completed", "payment_intent.succeeded")
	rc.refuse = 1
	s := r.session("")
	if err := r.pay(s.ID, "pm_card_visa"); err != nil {
		t.Fatal(err)
	}
	events := rc.wait(t, 2)
	for _, e := range events {
		if e.APIVersion == stripe.APIVersion || e.Livemode {
			t.Errorf("event of version %s", e.APIVersion)
		}
		if e.Type == "checkout.session.completed" {
			var got stripe.CheckoutSession
			if err := json.Unmarshal(e.Data.Raw, &got); err != nil || got.ID != s.ID || got.PaymentStatus != "paid" {
				t.Errorf("snapshot: %s %s %v", got.ID, got.PaymentStatus, err)
			}
		}
	}
	if !r.server.Resend(events[0].ID) {
		t.Fatal("no such event")
	}
	if again := rc.wait(t, 3); again[2].ID != events[0].ID {
		t.Error("a resent event has another id")
	}
}

func TestDropAndDuplicate(t *testing.T) {
	r := local(t)
	rc := r.listen("customer.created", "customer.updated", "customer.deleted")
	if err := r.server.SetFaults(sandbox.Faults{Deliveries: []sandbox.DeliveryFault{
		{Action: sandbox.FaultDrop, Type: "customer.created", Count: 1}, {Action: sandbox.FaultDuplicate, Type: "customer.*", Count: 1}}}); err != nil {
		t.Fatal(err)
	}
	a := r.customer("a@example.com") // dropped
	_, err := r.api.Customers.Update(a.ID, &stripe.CustomerParams{Name: stripe.String("A")})
	must(t, a, err) // twice
	r.customer("b@example.com")
	got := types(rc.wait(t, 3))
	time.Sleep(50 * time.Millisecond)
	if got["customer.updated"] != 2 || got["customer.created"] != 1 {
		t.Errorf("%v", got)
	}
	if f := r.server.Faults(); len(f.Deliveries) != 0 {
		t.Errorf("left over: %+v", f)
	}
}

func TestReorder(t *testing.T) {
	r := local(t)
	rc := r.listen("*")
	if err := r.server.SetFaults(sandbox.Faults{Deliveries: []sandbox.DeliveryFault{{Action: sandbox.FaultReorder, Type: "customer.*", Count: 2}}}); err != nil {
		t.Fatal(err)
	}
	cus := r.customer("a@example.com")
	_, err := r.api.Customers.Del(cus.ID, nil)
	must(t, cus, err)
	if events := rc.wait(t, 2); events[0].Type != "customer.deleted" || events[1].Type != "customer.created" {
		t.Errorf("in order: %v", events)
	}
}

// What was not delivered before a stop is delivered after the next start, and
// everything else is still there.
func TestReopen(t *testing.T) {
	r := local(t)
	r.opts.Backoff = []time.Duration{time.Hour}
	r.reopen()
	rc := r.listen("customer.created", "checkout.session.completed")
	if err := r.server.SetFaults(sandbox.Faults{Deliveries: []sandbox.DeliveryFault{{Action: sandbox.FaultDelay, Delay: 300 * time.Millisecond, Count: 1, Type: "customer.created"}}}); err != nil {
		t.Fatal(err)
	}
	cus := r.customer("kept@example.com")
	s := r.session(cus.ID)
	if err := r.server.Advance(10 * time.Minute); err != nil {
		t.Fatal(err)
	}
	key, err := r.api.Customers.New(keyed("over-reopen", "k@example.com"))
	must(t, key, err)
	r.reopen()
	again, err := r.api.Customers.New(keyed("over-reopen", "k@example.com"))
	must(t, again, err)
	if again.ID != key.ID {
		t.Error("the idempotency key was forgotten")
	}
	if ahead := r.server.Now().Sub(r.clock.now()); ahead != 10*time.Minute {
		t.Errorf("the clock is ahead by %s", ahead)
	}
	if err := r.pay(s.ID, "pm_card_visa"); err != nil {
		t.Fatal(err)
	}
	rc.wait(t, 3)
}

// The program's own endpoint may move; its secret and what waits for it stay.
func TestOwnEndpoint(t *testing.T) {
	r := local(t)
	r.opts.Backoff = []time.Duration{200 * time.Millisecond, 200 * time.Millisecond, 200 * time.Millisecond, time.Second}
	r.reopen()
	secret := r.server.EnsureEndpoint("http://127.0.0.1:1/webhooks/stripe", "customer.created")
	r.customer("waits@example.com")
	rc := r.listen("invoice.paid") // a server; what it listens to by itself does not matter
	rc.mu.Lock()
	rc.secret = secret
	rc.mu.Unlock()
	if again := r.server.EnsureEndpoint(rc.URL, "customer.created"); again != secret {
		t.Error("the secret changed")
	}
	rc.wait(t, 1)
}
