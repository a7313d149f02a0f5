package stripepay_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"purse/billing/card"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/outcome"
	"purse/billing/purchase"
	"purse/billing/stripepay"
	"purse/handlers/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "sk_test_sandbox_0123456789"

// rig is a gateway on a sandbox of its own.
type rig struct {
	*testing.T
	*stripepay.Gateway
	box  *sandbox.Server
	host *httptest.Server
}

func newRig(t *testing.T) *rig {
	box, err := sandbox.Open("", sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, box: box, host: httptest.NewServer(box.Handler())}
	r.Gateway = gateway(t, stripepay.Config{Key: key, URL: r.host.URL, Retries: -1})
	t.Cleanup(func() {
		r.host.Close()
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func gateway(t *testing.T, c stripepay.Config) *stripepay.Gateway {
	t.Helper()
	g, err := stripepay.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func params(customer string) purchase.CheckoutParams {
	return purchase.CheckoutParams{
		Purchase: "pur_1", Customer: "cus_1", Installation: "inst_1", StripeCustomer: customer,
		Name: "Small", Description: "2,500 credits, which do not expire", Price: money.Money{Amount: 2500, Currency: "usd"},
		SuccessURL: "http://127.0.0.1:8080/checkout/return?session_id={CHECKOUT_SESSION_ID}", CancelURL: "http://127.0.0.1:8080/buy",
		ExpiresAt: time.Now().Add(time.Hour).Truncate(time.Second), SubmitMessage: "Credits arrive at once.",
	}
}

func (r *rig) checkout(idem string) purchase.Checkout {
	r.Helper()
	ctx := context.Background()
	customer, err := r.EnsureCustomer(ctx, card.CustomerParams{Customer: "cus_1", Name: "Demo", Email: "demo@example.com", Installation: "inst_1"}, "customer-"+idem)
	if err != nil {
		r.Fatal(err)
	}
	c, err := r.CreateCheckout(ctx, params(customer), idem)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

func (r *rig) pay(session, method string) int {
	r.Helper()
	form := url.Values{"payment_method": {method}, "expected_amount": {"2500"}}
	req, _ := http.NewRequest(http.MethodPost, r.host.URL+"/v1/payment_pages/"+session+"/confirm", strings.NewReader(form.Encode()))
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	_ = res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	return res.StatusCode
}

// A paid Checkout says all that fulfilment compares.
func TestPaid(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	c := r.checkout("pur_1")
	if c.Status != "open" || c.PaymentStatus != "unpaid" || c.URL == "" || c.Payment.ID != "" || c.Livemode || time.Until(c.ExpiresAt) > time.Hour {
		t.Fatalf("opened: %+v", c)
	}
	again := r.checkout("pur_1")
	if again.ID != c.ID {
		t.Fatal("the same key opened two Checkouts")
	}
	if status := r.pay(c.ID, "pm_card_visa_chargeDeclined"); status != 402 {
		t.Fatalf("a declined card: %d", status)
	}
	if c, _ = r.Checkout(ctx, c.ID); c.Payment.FailureMessage != "Your card was declined." || c.PaymentStatus != "unpaid" {
		t.Errorf("declined: %+v", c.Payment)
	}
	if status := r.pay(c.ID, "pm_card_mastercard"); status != 200 {
		t.Fatalf("paying: %d", status)
	}
	c, err := r.Checkout(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if c.Payment.Fingerprint == "" {
		t.Error("a card has a fingerprint")
	}
	want := purchase.PaymentIntent{Fingerprint: c.Payment.Fingerprint, ID: c.Payment.ID, Status: "succeeded", Purchase: "pur_1", Installation: "inst_1", CardBrand: "mastercard", CardLast4: "4444", Method: "card", ReceiptURL: c.Payment.ReceiptURL,
		Took: purchase.Took{Charged: money.Money{Amount: 2500, Currency: "usd"}}}
	if c.Payment != want || !strings.HasPrefix(c.Payment.ReceiptURL, r.host.URL) {
		t.Errorf("payment %+v, want %+v", c.Payment, want)
	}
	if c.Status != "complete" || c.PaymentStatus != "paid" || c.Subtotal != 2500 || c.Total != 2500 || c.Currency != "usd" ||
		c.Purchase != "pur_1" || c.Customer != "cus_1" || c.Installation != "inst_1" || c.StripeCustomer == "" {
		t.Errorf("paid: %+v", c)
	}
	if pi, err := r.PaymentIntent(ctx, c.Payment.ID); err != nil || pi != want {
		t.Errorf("%+v %v", pi, err)
	}
	if err := r.ExpireCheckout(ctx, c.ID); !errors.Is(err, outcome.ErrNotOpen) {
		t.Errorf("expiring a paid Checkout: %v", err)
	}
}

func TestErrors(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	if _, err := r.Checkout(ctx, "cs_test_none"); !errors.Is(err, outcome.ErrGone) {
		t.Errorf("missing: %v", err)
	}
	if _, err := r.PaymentIntent(ctx, "pi_none"); !errors.Is(err, outcome.ErrGone) {
		t.Errorf("missing: %v", err)
	}
	if err := r.ExpireCheckout(ctx, "cs_test_none"); !errors.Is(err, outcome.ErrGone) {
		t.Errorf("missing: %v", err)
	}
	c := r.checkout("k")
	if err := r.ExpireCheckout(ctx, c.ID); err != nil {
		t.Fatal(err)
	}
	p := params("cus_none")
	var no *outcome.Refused
	if _, err := r.CreateCheckout(ctx, p, "k2"); !errors.As(err, &no) || no.Code != "resource_missing" {
		t.Errorf("another's customer: %v", err)
	}
	p = params("")
	p.Price.Amount = 10
	if _, err := r.CreateCheckout(ctx, p, "k3"); !errors.As(err, &no) || no.Code != "amount_too_small" {
		t.Errorf("too little: %v", err)
	}

	// An error that Stripe remembers for the key is looked up, and made anew under
	// another key when nothing was done: asking again is enough.
	for _, f := range []string{sandbox.FaultError, sandbox.FaultErrorAfter} {
		if err := r.box.SetFaults(sandbox.Faults{API: []sandbox.APIFault{{Action: f, Path: "/v1/checkout", Count: 1}}}); err != nil {
			t.Fatal(err)
		}
		p := params("")
		p.Purchase = "pur_" + f
		made, err := r.CreateCheckout(ctx, p, "k-"+f)
		if stripepay.HasOutcome(err, stripepay.Unknown) {
			made, err = r.CreateCheckout(ctx, p, "k-"+f)
		}
		if err != nil || made.URL == "" {
			t.Errorf("%s: %v", f, err)
		}
	}
	for _, f := range []string{sandbox.FaultRateLimit, sandbox.FaultConflict} {
		if err := r.box.SetFaults(sandbox.Faults{API: []sandbox.APIFault{{Action: f, Path: "/v1/checkout", Count: 1}}}); err != nil {
			t.Fatal(err)
		}
		_, err := r.CreateCheckout(ctx, params(""), "k-"+f)
		if !stripepay.HasOutcome(err, stripepay.Unknown) || !fault.Is(err, fault.Unavailable) || errors.As(err, &no) {
			t.Errorf("%s: %v", f, err)
		}
	}
	dead := gateway(t, stripepay.Config{Key: key, URL: "http://127.0.0.1:1", Retries: -1})
	if _, err := dead.Checkout(ctx, "cs_test_x"); !stripepay.HasOutcome(err, stripepay.Unknown) {
		t.Errorf("nobody there: %v", err)
	}
	if _, err := stripepay.New(stripepay.Config{Key: "sk_live_0123456789", URL: r.host.URL}); err == nil {
		t.Error("a live key was accepted for another host than Stripe's")
	}
	for _, bad := range []string{"", "pk_test_1", "sk_test_", "whsec_1"} {
		if _, err := stripepay.New(stripepay.Config{Key: bad}); err == nil {
			t.Errorf("key %q was accepted", bad)
		}
	}
}

// A connection that breaks after the work is done is settled by the retry
// under the same key.
func TestRetriesSettle(t *testing.T) {
	r := newRig(t)
	g := gateway(t, stripepay.Config{Key: key, URL: r.host.URL})
	if err := r.box.SetFaults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultDropAfter, Path: "/v1/customers", Count: 1}, {Action: sandbox.FaultConflict, Path: "/v1/customers", Count: 1}}}); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	p := card.CustomerParams{Customer: "cus_1", Installation: "inst_1"}
	a, err := g.EnsureCustomer(ctx, p, "customer-1")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := g.EnsureCustomer(ctx, p, "customer-1"); err != nil || a != b {
		t.Errorf("%s and %s: %v", a, b, err)
	}
}

func TestSetupAndCheck(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	const at = "https://purse.example.com/webhooks/stripe"
	ok := func() map[string]bool {
		t.Helper()
		list, err := r.Check(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]bool{}
		for _, f := range list {
			m[f.What] = f.OK
			if !f.OK {
				t.Log(f.What, f.Detail)
			}
		}
		return m
	}
	if m := ok(); m["Webhook endpoint"] || !m["Account"] || !m["Write Checkout Sessions"] {
		t.Errorf("before: %v", m)
	}
	e, err := r.Setup(ctx, at, "inst_1")
	if err != nil || !e.Created || !strings.HasPrefix(e.Secret, "whsec_") {
		t.Fatalf("%+v %v", e, err)
	}
	again, err := r.Setup(ctx, at, "inst_1")
	if err != nil || again.Created || again.ID != e.ID || again.Secret != "" {
		t.Errorf("again: %+v %v", again, err)
	}
	if m := ok(); !m["Webhook endpoint"] {
		t.Errorf("after: %v", m)
	}
	if id, live, err := r.Account(ctx); err != nil || live || !strings.HasPrefix(id, "acct_") {
		t.Errorf("%s %v %v", id, live, err)
	}
}
