package sandbox_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// browse answers status, text and where a redirect leads.
func (r *rig) browse(method, path string, form url.Values) (int, string, string) {
	r.Helper()
	jar, _ := cookiejar.New(nil)
	c := http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if strings.HasPrefix(path, "/") {
		path = r.url + path
	}
	req, _ := http.NewRequest(method, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b), res.Header.Get("Location")
}

func card(number string) url.Values {
	return url.Values{"email": {"buyer@example.com"}, "name": {"Buyer"}, "country": {"DE"}, "number": {number}, "expiry": {"12 / 34"}, "cvc": {"123"}}
}

// A declined card keeps what was typed; the next one leads back to the vendor.
func TestCheckoutPage(t *testing.T) {
	r := local(t)
	s := r.session("")
	page := "/c/pay/" + s.ID
	if s.URL != r.url+page {
		t.Fatalf("url %s", s.URL)
	}
	if _, text, _ := r.browse("POST", page, url.Values{"fill": {"4000000000009995"}, "name": {"Typed Before"}}); !strings.Contains(text, "4000 0000 0000 9995") || !strings.Contains(text, "Typed Before") {
		t.Error("the test card was not filled in")
	}
	status, text, _ := r.browse("POST", page, card("4000000000009995"))
	if status != 402 || !strings.Contains(text, "insufficient funds") || !strings.Contains(text, "buyer@example.com") || !strings.Contains(text, "<title>Error: ") {
		t.Errorf("declined: %d", status)
	}
	if status, text, _ := r.browse("POST", page, card("4242424242424241")); status != 402 || !strings.Contains(text, "card number is incorrect") {
		t.Errorf("a typing error: %d", status)
	}
	back := "http://127.0.0.1:8080/return?session=" + s.ID
	if status, _, to := r.browse("POST", page, card("4242424242424242")); status != 303 || to != back {
		t.Errorf("paid: %d to %s", status, to)
	}
	if status, _, to := r.browse("GET", page, nil); status != 303 || to != back {
		t.Errorf("a completed session: %d to %s", status, to)
	}
}

func TestCheckoutPageAuthentication(t *testing.T) {
	r := local(t)
	s := r.session(r.customer("c@example.com").ID)
	pay := func(outcome string) string {
		status, _, bank := r.browse("POST", "/c/pay/"+s.ID, card("4000002760003184"))
		if status != 303 || !strings.HasPrefix(bank, "/3ds/pi_") {
			t.Fatalf("%d to %s", status, bank)
		}
		_, _, to := r.browse("POST", bank, url.Values{"outcome": {outcome}})
		_, _, to = r.browse("GET", to, nil)
		return to
	}
	if to := pay("fail"); to != "/c/pay/"+s.ID+"?failed=authentication" {
		t.Errorf("failed: %s", to)
	}
	if to := pay("complete"); to != "/c/pay/"+s.ID {
		t.Errorf("completed: %s", to)
	}
	if s = session(t)(r.api.CheckoutSessions.Get(s.ID, nil)); s.PaymentStatus != "paid" {
		t.Errorf("%s %s", s.Status, s.PaymentStatus)
	}
}

func TestExpiredPage(t *testing.T) {
	r := local(t)
	s := r.session("")
	if status, _, to := r.browse("POST", "/objects/checkout.session/"+s.ID+"/expire", nil); status != 303 {
		t.Fatalf("%d %s", status, to)
	}
	if status, text, _ := r.browse("GET", "/c/pay/"+s.ID, nil); status != 410 || !strings.Contains(text, "http://127.0.0.1:8080/buy") {
		t.Errorf("%d", status)
	}
}

// A discount and tax reconcile to the total.
func TestDiscountAndTax(t *testing.T) {
	r := local(t)
	r.browse("POST", "/sandbox/tax", url.Values{"percent": {"19"}})
	p := sessionParams("")
	p.AllowPromotionCodes = stripe.Bool(true)
	p.AutomaticTax = &stripe.CheckoutSessionAutomaticTaxParams{Enabled: stripe.Bool(true)}
	s := session(t)(r.api.CheckoutSessions.New(p))
	r.browse("POST", "/c/pay/"+s.ID, url.Values{"fill": {"promotion"}, "promotion": {"save20"}})
	s = session(t)(r.api.CheckoutSessions.Get(s.ID, nil))
	if d := s.TotalDetails; s.AmountSubtotal != 2500 || d.AmountDiscount != 500 || d.AmountTax != 380 || s.AmountTotal != 2380 {
		t.Errorf("subtotal %d discount %d tax %d total %d", s.AmountSubtotal, d.AmountDiscount, d.AmountTax, s.AmountTotal)
	}
}

func TestDashboardPages(t *testing.T) {
	r := local(t)
	s := r.session(r.customer("c@example.com").ID)
	if err := r.pay(s.ID, "pm_card_visa"); err != nil {
		t.Fatal(err)
	}
	s = session(t)(r.api.CheckoutSessions.Get(s.ID, expand("payment_intent.latest_charge")))
	for _, path := range []string{"/", "/events", "/settings", "/mail", "/objects/checkout.session", "/objects/checkout.session/" + s.ID,
		"/objects/customer", "/objects/webhook_endpoint", "/objects/event/" + r.events("charge.succeeded")[0], s.PaymentIntent.LatestCharge.ReceiptURL} {
		if status, text, _ := r.browse("GET", path, nil); status != 200 || !strings.Contains(text, "</html>") {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, path := range []string{"/nothing", "/objects/_setting", "/objects/charge/ch_none", "/mail/none", "/c/pay/none"} {
		if status, _, _ := r.browse("GET", path, nil); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func expand(what string) *stripe.CheckoutSessionParams {
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand(what)
	return p
}

// A mail can be read, its links followed, and its HTML runs nothing.
func TestMailbox(t *testing.T) {
	r := local(t)
	if err := r.server.Mailbox().Send(context.Background(), "purse@example.com", "a@example.com", "Verify", "Go to http://127.0.0.1:8080/verify?t=1&u=2.", "<script>alert(1)</script><p>Hi"); err != nil {
		t.Fatal(err)
	}
	r.reopen()
	id := r.server.Mailbox().All()[0].ID
	if _, text, _ := r.browse("GET", "/mail/"+id, nil); !strings.Contains(text, `href="http://127.0.0.1:8080/verify?t=1&amp;u=2"`) || strings.Contains(text, "<script") {
		t.Error(text)
	}
	res, err := http.Get(r.url + "/mail/" + id + "/html")
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	if p := res.Header.Get("Content-Security-Policy"); !strings.Contains(p, "sandbox") || !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "allow-scripts") {
		t.Error(p)
	}
}
