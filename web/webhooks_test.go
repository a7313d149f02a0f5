package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"purse/billing/account"
	"purse/billing/event"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/db"
	"purse/db/freshdb"
)

// arrived is a webhook as its receiver saw it.
type arrived struct {
	header http.Header
	body   []byte
	at     time.Time
	event.Object
}

// receiver is somebody's system that is told of events.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []arrived
	answer func(w http.ResponseWriter, r *http.Request, n int) // 200 when nil
}

func newReceiver(t testing.TB, answer func(http.ResponseWriter, *http.Request, int)) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		a := arrived{header: req.Header.Clone(), body: body, at: time.Now()}
		_ = json.Unmarshal(body, &a.Object)
		r.mu.Lock()
		r.got = append(r.got, a)
		n := len(r.got)
		r.mu.Unlock()
		if r.answer != nil {
			r.answer(w, req, n)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []arrived {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// wait waits until n webhooks have arrived.
func (r *receiver) wait(t testing.TB, n int) []arrived {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got := r.all(); len(got) >= n {
			return got
		}
	}
	t.Fatalf("%d of %d webhooks arrived", len(r.all()), n)
	return nil
}

func unmarshal(t testing.TB, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

func private(s *settings) { s.WebhookAllowPrivate = true }

// endpoint makes a webhook endpoint and answers its id and secret.
func (w *world) endpoint(body string) (id, secret string) {
	w.Helper()
	a := w.api("POST", "/v1/webhook_endpoints", body)
	if a.status != 201 {
		w.Fatal(a.body)
	}
	return a.str("id"), a.str("secret")
}

func (w *world) delivery(endpoint string, n int) sent {
	w.Helper()
	list := w.api("GET", "/v1/webhook_endpoints/"+endpoint+"/deliveries", "")
	return w.api("GET", "/v1/deliveries/"+list.str("data", n, "id"), "")
}

// until waits for something to become true.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatal("never: " + what)
}

func TestEventsArriveSignedAndCustomersHearOnlyOfThemselves(t *testing.T) {
	w := newWorld(t, private)
	w.shop()
	a, b := w.customer("a", ""), w.customer("b", "")
	vendor, own := newReceiver(t, nil), newReceiver(t, nil)
	_, secret := w.endpoint(`{"url":"` + vendor.URL + `","types":["credits.granted","customer.updated"]}`)
	w.endpoint(`{"url":"` + own.URL + `","customer":"` + a.ID + `","types":["credits.granted"]}`)
	w.grant(a, "10")
	w.grant(b, "20")
	if x := w.api("POST", "/v1/customers/"+a.ID, `{"name":"A renamed"}`); x.status != 200 {
		t.Fatal(x.body)
	}
	got := vendor.wait(t, 3)
	wh, err := standardwebhooks.NewWebhook(secret)
	w.check(err)
	var types []string
	for _, g := range got {
		if err := wh.Verify(g.body, g.header); err != nil {
			t.Errorf("%s: %v", g.ID, err)
		}
		if g.header.Get("webhook-id") != g.ID || g.Object.Object != "event" {
			t.Errorf("%s with the webhook-id %s", g.body, g.header.Get("webhook-id"))
		}
		types = append(types, g.Type)
	}
	slices.Sort(types)
	if want := []string{"credits.granted", "credits.granted", "customer.updated"}; !slices.Equal(types, want) {
		t.Errorf("the vendor was told of %v", types)
	}
	w.grant(a, "5")
	for _, g := range own.wait(t, 2) {
		if g.Type != "credits.granted" || g.Customer == nil || *g.Customer != a.ID || g.Sequence == nil {
			t.Errorf("the customer was told %s", g.body)
		}
	}
	time.Sleep(100 * time.Millisecond)
	if n := len(own.all()); n != 2 {
		t.Errorf("the customer was told %d times", n)
	}
}

func TestWhatFailsIsTriedAgainAndTheLogTells(t *testing.T) {
	w := newWorld(t, private)
	w.shop()
	c := w.customer("a", "")
	r := newReceiver(t, func(rw http.ResponseWriter, _ *http.Request, n int) {
		if n == 1 {
			rw.WriteHeader(http.StatusInternalServerError)
			_, _ = rw.Write([]byte("not today"))
		}
	})
	id, _ := w.endpoint(`{"url":"` + r.URL + `","types":["credits.granted"]}`)
	w.grant(c, "10")
	first := r.wait(t, 1)[0]
	until(t, "the first try is written", func() bool {
		return w.delivery(id, 0).str("http_status") == "" && w.delivery(id, 0).at("attempts") != nil && strings.Contains(w.delivery(id, 0).body, "not today")
	})
	d := w.delivery(id, 0)
	if d.str("status") != "pending" || d.str("next_at") == "" || !strings.Contains(d.str("error"), "500") {
		t.Error(d.body)
	}
	w.clock.step(6 * time.Second)
	second := r.wait(t, 2)[1]
	if first.ID != second.ID || string(first.body) != string(second.body) {
		t.Errorf("%s and %s", first.body, second.body)
	}
	until(t, "it has arrived", func() bool { return w.delivery(id, 0).str("status") == "succeeded" })
	if a := w.api("GET", "/v1/webhook_endpoints/"+id, ""); a.str("failing_since") != "" {
		t.Error(a.body)
	}
	// Once more, by hand: the same event under the same id.
	if a := w.api("POST", "/v1/deliveries/"+d.str("id")+"/redeliver", ""); a.status != 200 {
		t.Error(a.body)
	}
	if third := r.wait(t, 3)[2]; third.ID != first.ID {
		t.Error("another id")
	}
}

func TestEveryTryFailsAndTheEndpointIsDisabled(t *testing.T) {
	w := newWorld(t, private)
	w.shop()
	p := w.person("dev@example.com", "")
	c := w.customer("a", p.user.ID)
	r := newReceiver(t, func(rw http.ResponseWriter, req *http.Request, _ int) {
		http.Redirect(rw, req, "/elsewhere", http.StatusFound)
	})
	id, _ := w.endpoint(`{"url":"` + r.URL + `","customer":"` + c.ID + `","types":["credits.granted"]}`)
	w.grant(c, "10")
	var waited []time.Duration
	for n := 1; n <= notify.Tries(); n++ {
		r.wait(t, n)
		var next time.Time
		until(t, "the try is written", func() bool {
			d := w.delivery(id, 0)
			next, _ = time.Parse(time.RFC3339, d.str("next_at"))
			return strings.Contains(d.body, fmt.Sprintf(`"attempts":%d`, n))
		})
		if n < notify.Tries() {
			wait := next.Sub(w.now())
			waited = append(waited, wait)
			w.clock.step(wait)
		}
		w.check(w.endpoints.CheckHealth(ctx))
	}
	if d := w.delivery(id, 0); d.str("status") != "failed" {
		t.Error(d.body)
	}
	for i, want := range []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour} {
		if waited[i] < want-2*time.Second || waited[i] > want+want/10+time.Second {
			t.Errorf("the wait after try %d was %s, want %s", i+1, waited[i], want)
		}
	}
	if a := w.api("GET", "/v1/webhook_endpoints/"+id, ""); a.str("status") != "enabled" {
		t.Error("disabled too early:", a.body)
	}
	w.clock.step(48 * time.Hour)
	w.check(w.endpoints.CheckHealth(ctx))
	if a := w.api("GET", "/v1/webhook_endpoints/"+id, ""); a.str("status") != "disabled" || a.str("disabled_reason") != "failing" {
		t.Error(a.body)
	}
	until(t, "two mails", func() bool {
		n := 0
		for _, m := range w.sandbox.Mailbox().All() {
			if m.To == "dev@example.com" && strings.Contains(strings.ToLower(m.Subject), "webhook") {
				n++
			}
		}
		return n == 2
	})
}

func TestAnEndpointThatIsGoneIsDisabledAtOnce(t *testing.T) {
	w := newWorld(t, private)
	w.shop()
	c := w.customer("a", "")
	r := newReceiver(t, func(rw http.ResponseWriter, _ *http.Request, _ int) { rw.WriteHeader(http.StatusGone) })
	id, _ := w.endpoint(`{"url":"` + r.URL + `","types":["credits.granted"]}`)
	w.grant(c, "10")
	until(t, "it is disabled", func() bool { return w.api("GET", "/v1/webhook_endpoints/"+id, "").str("disabled_reason") == "gone" })
	w.grant(c, "10")
	time.Sleep(100 * time.Millisecond)
	if n := len(r.all()); n != 1 {
		t.Errorf("it was told %d times", n)
	}
}

func TestASlowEndpointDelaysNoOther(t *testing.T) {
	w := newWorld(t, private)
	w.shop()
	c := w.customer("a", "")
	stop := make(chan struct{})
	slow := newReceiver(t, func(_ http.ResponseWriter, r *http.Request, _ int) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	defer close(stop)
	for range 5 {
		w.endpoint(`{"url":"` + slow.URL + `"}`)
	}
	fast := newReceiver(t, nil)
	w.endpoint(`{"url":"` + fast.URL + `"}`)
	for range 40 {
		w.grant(c, "1")
	}
	start := time.Now()
	fast.wait(t, 40)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("40 events took %s beside endpoints that hang", took)
	}
}

// The time from the commit to the first attempt.
func TestWebhooksAreFast(t *testing.T) {
	w := newWorld(t, private)
	w.shop()
	c := w.customer("a", "")
	r := newReceiver(t, nil)
	w.endpoint(`{"url":"` + r.URL + `","types":["credits.granted"]}`)
	var took []time.Duration
	for n := range 60 {
		w.grant(c, "1")
		committed := time.Now()
		took = append(took, r.wait(t, n+1)[n].at.Sub(committed))
	}
	slices.Sort(took)
	t.Logf("from commit to arrival: median %s, 95 %% %s", took[len(took)/2], took[len(took)*95/100])
	if took[len(took)/2] > 250*time.Millisecond {
		t.Errorf("the median from commit to arrival is %s", took[len(took)/2])
	}
}

func TestWithoutPermissionNothingInsideIsReached(t *testing.T) {
	w := newWorld(t)
	w.shop()
	r := newReceiver(t, nil)
	if a := w.api("POST", "/v1/webhook_endpoints", `{"url":"`+r.URL+`"}`); a.status != 422 || a.str("param") != "url" {
		t.Error(a.body)
	}
}

// What is sealed opens under its own key only, and another one stops the start.
func TestSecretsAreSealedAndAnotherKeyStopsTheStart(t *testing.T) {
	s := settings{
		Addr: "127.0.0.1:0", SandboxAddr: "127.0.0.1:0", Sandbox: true, Brand: "Purse", DB: freshdb.Path(t),
		SecretKey: "the-first-key-of-this-test-no-less", WebhookAllowPrivate: true,
	}
	w := startWorld(t, s, &testClock{})
	w.shop()
	id, secret := w.endpoint(`{"url":"http://127.0.0.1:9/"}`)
	w.check(w.db.View(ctx, func(t2 tx.Tx) error {
		e, err := db.EndpointStore{}.Endpoint(t2, id)
		if strings.Contains(e.Secret, strings.TrimPrefix(secret, "whsec_")) {
			t.Error("the secret lies open in the database")
		}
		return err
	}))
	w.check(w.stop())
	for _, key := range []string{"another-key-that-is-long-enough-too", ""} {
		again := s
		again.SecretKey = key
		if a, err := newApp(ctx, again, slog.New(slog.DiscardHandler), time.Now); err == nil || !strings.Contains(err.Error(), "PURSE_SECRET_KEY") {
			t.Errorf("a start with the key %q: %v", key, err)
			if a != nil {
				_ = a.close()
			}
		}
	}
	s.SecretKey = "another-key-that-is-long-enough-too,the-first-key-of-this-test-no-less"
	w = startWorld(t, s, &testClock{}) // while the key is changed, both are given
	w.check(w.stop())
	s.SecretKey, s.SecretKeyLost = "a-third-key-since-the-others-are-lost", true
	w = startWorld(t, s, &testClock{})
	w.key = w.newKey(account.NewKey{Scopes: []account.Scope{account.ScopeAdmin}})
	if a := w.api("POST", "/v1/webhook_endpoints/"+id+"/rotate", ""); !strings.HasPrefix(a.str("secret"), "whsec_") {
		t.Error(a.body)
	}
	w.check(w.stop())
	s.SecretKeyLost = false
	w = startWorld(t, s, &testClock{}) // once is enough
	w.check(w.stop())
}

func TestPayloadsHaveTheFieldsOfTheCatalogue(t *testing.T) {
	w := newWorld(t, private)
	w.shop()
	seen := w.everythingHappens()
	for _, typ := range []string{"balance.low", "balance.depleted", "balance.recovered", "entitlement.changed", "credits.granted", "credits.expired", "credits.voided", "purchase.paid", "purchase.refunded", "customer.created", "customer.updated", "webhook.test"} {
		if seen[typ] == 0 {
			t.Errorf("no %s happened", typ)
		}
	}
	t.Logf("%v", seen)
}

// everythingHappens lets many things happen and checks every event against the
// catalogue.
func (w *world) everythingHappens() map[string]int {
	w.Helper()
	must := func(status int, a sent) sent {
		w.Helper()
		if a.status != status {
			w.Fatalf("%d %s", a.status, a.body)
		}
		return a
	}
	a, b := w.customer("a", ""), w.customer("b", "")
	r := newReceiver(w, nil)
	id, _ := w.endpoint(`{"url":"` + r.URL + `"}`)
	must(200, w.api("POST", "/v1/webhook_endpoints/"+id+"/test", ""))
	w.sell(a, "100")
	for n, units := range []int{60, 25, 12, 3} { // past each level of everybody's alerts
		must(200, w.api("POST", "/v1/usage", fmt.Sprintf(`{"id":"use-%d","customer":%q,"event":"work","properties":{"units":%d}}`, n, a.ID, units)))
	}
	w.grant(a, "200")
	must(200, w.api("POST", "/v1/customers/"+a.ID, `{"name":"Renamed"}`))
	soon := w.now().Add(time.Hour).UTC().Format(time.RFC3339)
	must(201, w.api("POST", "/v1/customers/"+a.ID+"/grants", `{"credit_type":"credits","credits":"5","expires_at":"`+soon+`"}`))
	g := must(201, w.api("POST", "/v1/customers/"+a.ID+"/grants", `{"credit_type":"credits","credits":"7"}`))
	must(200, w.api("POST", "/v1/grants/"+g.str("id")+"/void", `{"reason":"test"}`))
	must(201, w.api("POST", "/v1/customers/"+a.ID+"/adjustments", `{"credit_type":"credits","credits":"-3","reason":"test"}`))
	must(201, w.api("POST", "/v1/customers/"+a.ID+"/adjustments", `{"credit_type":"credits","credits":"2","reason":"test"}`))
	must(201, w.api("POST", "/v1/transfers", `{"from":"`+a.ID+`","to":"`+b.ID+`","credit_type":"credits","credits":"4","reason":"test"}`))
	p := must(201, w.api("POST", "/v1/customers/"+a.ID+"/purchases", `{"pack":"`+w.pack(0)+`"}`))
	w.check(pay(w.sandboxURL, p.str("checkout_session"), "pm_card_visa"))
	until(w, "the purchase is paid", func() bool { return w.api("GET", "/v1/purchases/"+p.str("id"), "").str("status") == "paid" })
	must(201, w.api("POST", "/v1/purchases/"+p.str("id")+"/refunds", `{"amount":{"amount":500,"currency":"usd"},"reason":"test"}`))
	w.clock.step(2 * time.Hour)
	_, err := w.ledger.Sweep(ctx)
	w.check(err)
	return w.checkCatalogue()
}

// checkCatalogue compares every event with its entry, and answers how many there
// are of each type.
func (w *world) checkCatalogue() map[string]int {
	w.Helper()
	seen := map[string]int{}
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		events, err := db.EventStore{}.List(t, event.Query{Limit: 10_000})
		for _, e := range events {
			seen[e.Type]++
			typ, known := event.Find(e.Type)
			if !known {
				w.Errorf("%s is not in the catalogue", e.Type)
				continue
			}
			var has, want map[string]any
			w.check(json.Unmarshal(e.Data, &has))
			w.check(json.Unmarshal([]byte(typ.Example), &want))
			for name := range want {
				if _, ok := has[name]; !ok && !slices.Contains(typ.Optional(), name) {
					w.Errorf("%s lacks %s: %s", e.Type, name, e.Data)
				}
			}
			for name := range has {
				if _, ok := want[name]; !ok && !slices.Contains(typ.Optional(), name) {
					w.Errorf("%s has %s, of which the catalogue tells nothing", e.Type, name)
				}
			}
			if typ.Wallet != (e.Seq > 0) {
				w.Errorf("%s: of a wallet %t, sequence %d", e.Type, typ.Wallet, e.Seq)
			}
		}
		return err
	}))
	return seen
}
