package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"go.uber.org/goleak"

	"purse/handlers/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testKey = "sk_test_sandbox_0123456789"

// rig is a sandbox, or real test mode, spoken to through stripe-go.
type rig struct {
	*testing.T
	server *sandbox.Server // nil in real test mode
	url    string
	key    string
	api    *client.API
	clock  *clock
	path   string
	opts   sandbox.Options
	host   *http.Server
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// contract is a rig on real test mode when PURSE_TEST_STRIPE_KEY is set, else on
// a sandbox.
func contract(t *testing.T) *rig {
	key := os.Getenv("PURSE_TEST_STRIPE_KEY")
	if key == "" {
		return local(t)
	}
	if !strings.HasPrefix(key, "sk_test_") && !strings.HasPrefix(key, "rk_test_") {
		t.Fatal("PURSE_TEST_STRIPE_KEY is not a test-mode key")
	}
	r := &rig{T: t, clock: &clock{t: time.Now()}, url: "https://api.stripe.com", key: key}
	r.connect()
	return r
}

// local is a rig on a sandbox with a file and a clock of its own.
func local(t *testing.T) *rig {
	r := &rig{T: t, clock: &clock{t: time.Now()}, key: testKey, path: filepath.Join(t.TempDir(), "purse.db.sandbox")}
	r.opts = sandbox.Options{Now: r.clock.now, Backoff: []time.Duration{20 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond}}
	r.start()
	t.Cleanup(r.stop)
	return r
}

func (r *rig) start() {
	r.Helper()
	var err error
	if r.server, err = sandbox.Open(r.path, r.opts); err != nil {
		r.Fatal(err)
	}
	host := httptest.NewServer(r.server.Handler())
	r.host, r.url = host.Config, host.URL
	r.connect()
}

func (r *rig) stop() {
	_ = r.host.Close()
	if err := r.server.Close(); err != nil {
		r.Error(err)
	}
}

func (r *rig) reopen() {
	r.stop()
	r.start()
}

func (r *rig) connect() {
	transport := &http.Transport{}
	r.Cleanup(transport.CloseIdleConnections)
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(r.url), HTTPClient: &http.Client{Transport: transport}, MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, EnableTelemetry: stripe.Bool(false),
	})
	r.api = client.New(r.key, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
}

// must fails the test unless err is nil.
func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// refused asserts a Stripe error with that status, code and param.
func refused(t testing.TB, err error, status int, code, param string) *stripe.Error {
	t.Helper()
	var e *stripe.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a Stripe error %d %s", err, status, code)
	}
	if e.HTTPStatusCode != status || string(e.Code) != code || e.Param != param {
		t.Fatalf("got %d code %q param %q (%s), want %d %q %q", e.HTTPStatusCode, e.Code, e.Param, e.Msg, status, code, param)
	}
	return e
}

func (r *rig) customer(email string) *stripe.Customer {
	r.Helper()
	c, err := r.api.Customers.New(&stripe.CustomerParams{Email: stripe.String(email), Params: meta("purse_installation", "inst_1")})
	must(r, c, err)
	if r.server == nil { // an account is not filled with what tests leave
		r.Cleanup(func() { _, _ = r.api.Customers.Del(c.ID, nil) })
	}
	return c
}

func meta(k, v string) stripe.Params { return stripe.Params{Metadata: map[string]string{k: v}} }

// sessionParams sells one pack of 25 dollars.
func sessionParams(customer string) *stripe.CheckoutSessionParams {
	p := &stripe.CheckoutSessionParams{
		Mode:       stripe.String("payment"),
		SuccessURL: stripe.String("http://127.0.0.1:8080/return?session={CHECKOUT_SESSION_ID}"),
		CancelURL:  stripe.String("http://127.0.0.1:8080/buy"),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String("usd"), UnitAmount: stripe.Int64(2500),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("2,500 credits")},
			},
		}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: map[string]string{"purse_purchase": "pur_1"}},
	}
	if customer != "" {
		p.Customer = stripe.String(customer)
	}
	p.AddMetadata("purse_installation", "inst_1")
	return p
}

func (r *rig) session(customer string) *stripe.CheckoutSession {
	r.Helper()
	s, err := r.api.CheckoutSessions.New(sessionParams(customer))
	return must(r, s, err)
}

// pay completes a session as Stripe's command-line client does.
func (r *rig) pay(session, method string) error {
	r.Helper()
	if r.server == nil {
		r.Skip("payment_pages are the sandbox's alone")
	}
	body := "payment_method=" + method
	req, _ := http.NewRequest(http.MethodPost, r.url+"/v1/payment_pages/"+session+"/confirm", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+testKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	if res.StatusCode == http.StatusOK {
		return nil
	}
	b := new(strings.Builder)
	_, _ = io.Copy(b, res.Body)
	return errors.New(res.Status + " " + b.String())
}
