package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"purse/billing/catalog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	stripeclient "github.com/stripe/stripe-go/v76/client"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

var (
	stormPurchases = flag.Int("purchases", 60, "purchases in the storm of webhooks")
	stormCopies    = flag.Int("copies", 3, "how often the storm delivers each event")
)

// shopWorld is a running program with a catalog and one customer.
func shopWorld(t testing.TB, change ...func(*settings)) (*world, *account.Customer) {
	t.Helper()
	w := newWorld(t, change...)
	w.shop()
	return w, w.customer("acme", "")
}

// pack is the nth pack, the cheapest first.
func (w *world) pack(n int) string {
	packs := slices.Clone(w.catalog.Snapshot().OnSale())
	slices.SortFunc(packs, func(a, b *catalog.Pack) int { return cmp.Compare(a.Price.Amount, b.Price.Amount) })
	return packs[n].ID
}

// begin begins to buy the nth pack.
func (w *world) begin(c *account.Customer, n int, key string) (*purchase.Purchase, error) {
	return w.purchases.Begin(ctx, audit.Actor{ID: "test"}, purchase.Begin{Customer: c.ID, Pack: w.pack(n), Key: key})
}

func (w *world) mustBegin(c *account.Customer, n int) *purchase.Purchase {
	w.Helper()
	p, err := w.begin(c, n, "")
	w.check(err)
	if p.CheckoutURL == "" || p.State != purchase.Created {
		w.Fatalf("begun as %+v", p)
	}
	return p
}

// pay completes a Checkout with a test card, as Stripe's command-line client
// does. It answers Stripe's error.
func (w *world) pay(session, card string) error { return pay(w.sandboxURL, session, card) }

func pay(sandboxURL, session, card string) error {
	form := url.Values{"payment_method": {card}}.Encode()
	a, err := send(sandboxURL+"/v1/payment_pages/"+session+"/confirm", http.MethodPost, []byte(form), "",
		"Authorization", "Bearer "+sandboxKey, "Content-Type", "application/x-www-form-urlencoded")
	if err == nil && a.status != http.StatusOK {
		err = fmt.Errorf("%d %s", a.status, a.body)
	}
	return err
}

func (w *world) state(p *purchase.Purchase) *purchase.Purchase {
	w.Helper()
	now, err := w.purchases.Purchase(ctx, p.ID)
	w.check(err)
	return now
}

func (w *world) waitState(p *purchase.Purchase, want purchase.State) *purchase.Purchase {
	w.Helper()
	var now *purchase.Purchase
	eventually(w, fmt.Sprintf("%s is %s", p.ID, want), 10*time.Second, func() bool {
		now = w.state(p)
		return now.State == want
	})
	return now
}

// returnPage is what the buyer's browser shows on the way back.
func (w *world) returnPage(p *purchase.Purchase) sent {
	w.Helper()
	return w.send("GET", "/checkout/return?session_id="+url.QueryEscape(p.CheckoutSession), nil, "")
}

// grantsOf counts the grants that a customer's wallet has ever had and what
// they add up to.
func (w *world) grantsOf(customer string) (n int, sum money.Credits) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		n, sum = 0, 0
		page, err := w.ledger.Postings(t, ledger.Query{Wallet: wallet(customer), Kind: ledger.PostGrant, Limit: 100})
		if err != nil {
			return err
		}
		for _, p := range page.Postings {
			n++
			sum += p.Amount
		}
		return nil
	}))
	return n, sum
}

// granted asserts that a customer was granted exactly that, and nothing twice.
func (w *world) granted(c *account.Customer, times int, sum string) {
	w.Helper()
	if n, got := w.grantsOf(c.ID); n != times || got != credits(sum) {
		w.Errorf("%d grants of %s credits together, want %d of %s", n, got, times, sum)
	}
	if got := w.available(c.ID); got != credits(sum) {
		w.Errorf("%s credits are available, want %s", got, sum)
	}
	w.addsUp()
}

func (w *world) faults(f sandbox.Faults) {
	w.Helper()
	w.check(w.sandbox.SetFaults(f))
}

var dropAll = sandbox.Faults{Deliveries: []sandbox.DeliveryFault{{Action: sandbox.FaultDrop, Count: -1}}}

// stripe is a client of the sandbox that is not Purse's own.
func (w *world) stripe() *stripeclient.API {
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(w.sandboxURL), HTTPClient: testClient, MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, EnableTelemetry: stripe.Bool(false),
	})
	return stripeclient.New(sandboxKey, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
}

func TestAPurchaseEndsRightEachWay(t *testing.T) {
	w, _ := shopWorld(t)
	n := 0
	fresh := func(t *testing.T) *account.Customer {
		w.TB = t
		n++
		w.faults(sandbox.Faults{})
		return w.customer(fmt.Sprint("buyer", n), "")
	}
	t.Run("pays, and the return page is first", func(t *testing.T) {
		c := fresh(t)
		p := w.mustBegin(c, 0)
		w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
		if a := w.returnPage(p); a.status != 200 || !strings.Contains(a.body, "1,000 credits added") {
			t.Errorf("the return page: %d %s", a.status, a.body)
		}
		p = w.waitState(p, purchase.Paid)
		if p.CardLast4 != "4242" || p.ReceiptURL == "" || p.Total != 1000 || p.Grant == 0 {
			t.Errorf("%+v", p)
		}
		w.granted(c, 1, "1000")
		if a := w.api("GET", "/v1/customers/"+c.ID+"/grants", ""); a.str("data", 0, "kind") != "paid" {
			t.Errorf("the grant: %s", a.body)
		}
	})
	t.Run("declined, then pays", func(t *testing.T) {
		c := fresh(t)
		p := w.mustBegin(c, 0)
		if err := w.pay(p.CheckoutSession, "pm_card_chargeDeclined"); err == nil || !strings.Contains(err.Error(), "card_declined") {
			t.Fatalf("declined: %v", err)
		}
		if a := w.returnPage(p); a.status != 200 || strings.Contains(a.body, "credits added") {
			t.Errorf("after a decline the return page says %d %s", a.status, a.body)
		}
		w.granted(c, 0, "0")
		w.check(w.pay(p.CheckoutSession, "pm_card_mastercard"))
		w.waitState(p, purchase.Paid)
		w.granted(c, 1, "1000")
	})
	t.Run("cancelled, and taken up again", func(t *testing.T) {
		c := fresh(t)
		p := w.mustBegin(c, 0)
		if a := w.send("GET", "/checkout/cancelled?purchase="+p.ID, nil, ""); a.status != 200 || !strings.Contains(a.body, "Nothing was charged") {
			t.Errorf("the way back without paying: %d %s", a.status, a.body)
		}
		w.granted(c, 0, "0")
		w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
		w.waitState(p, purchase.Paid)
		w.granted(c, 1, "1000")
	})
	t.Run("expired", func(t *testing.T) {
		c := fresh(t)
		p := w.mustBegin(c, 0)
		w.check(w.gateway.ExpireCheckout(ctx, p.CheckoutSession))
		w.waitState(p, purchase.Expired) // by the webhook
		if a := w.returnPage(p); a.status != 200 || !strings.Contains(a.body, "expired") {
			t.Errorf("the return page: %d %s", a.status, a.body)
		}
		if err := w.pay(p.CheckoutSession, "pm_card_visa"); err == nil {
			t.Error("an expired Checkout was paid")
		}
		w.granted(c, 0, "0")
	})
	t.Run("the tab is closed: the webhook alone", func(t *testing.T) {
		c := fresh(t)
		p := w.mustBegin(c, 0)
		w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
		w.waitState(p, purchase.Paid)
		w.granted(c, 1, "1000")
	})
	t.Run("the webhook is lost: the return page alone", func(t *testing.T) {
		c := fresh(t)
		w.faults(dropAll)
		p := w.mustBegin(c, 0)
		w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
		if s := w.state(p).State; s != purchase.Created {
			t.Fatalf("%s before anybody came back: the webhook was not dropped", s)
		}
		if a := w.returnPage(p); !strings.Contains(a.body, "1,000 credits added") {
			t.Errorf("the return page: %d %s", a.status, a.body)
		}
		w.granted(c, 1, "1000")
	})
	t.Run("both are lost: the sweep", func(t *testing.T) {
		c := fresh(t)
		w.faults(dropAll)
		p := w.mustBegin(c, 0)
		w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
		w.check(w.purchases.Sweep(ctx))
		if s := w.state(p).State; s != purchase.Created {
			t.Fatalf("the sweep looked before its time, now %s", s)
		}
		w.clock.step(61 * time.Second)
		w.check(w.purchases.Sweep(ctx))
		if s := w.state(p).State; s != purchase.Paid {
			t.Errorf("after the sweep it is %s", s)
		}
		w.granted(c, 1, "1000")
	})
	t.Run("both are lost, and nobody pays until it expires", func(t *testing.T) {
		c := fresh(t)
		w.faults(dropAll)
		p := w.mustBegin(c, 0)
		w.check(w.gateway.ExpireCheckout(ctx, p.CheckoutSession))
		w.clock.step(61 * time.Second)
		w.check(w.purchases.Sweep(ctx))
		if s := w.state(p).State; s != purchase.Expired {
			t.Errorf("after the sweep it is %s", s)
		}
		w.granted(c, 0, "0")
	})
	t.Run("with debt: it is repaid first", func(t *testing.T) {
		c := fresh(t)
		if a := w.api("POST", "/v1/usage", `{"id":"d","customer":"`+c.ID+`","event":"work","mode":"record","properties":{"units":300}}`); a.status != 200 {
			t.Fatal(a.body)
		}
		p := w.mustBegin(c, 0)
		w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
		if p = w.waitState(p, purchase.Paid); p.DebtRepaid != credits("300") {
			t.Errorf("%s of debt repaid", p.DebtRepaid)
		}
		if got := w.available(c.ID); got != credits("700") {
			t.Errorf("%s available", got)
		}
		w.addsUp()
	})
}

// A Checkout that cannot be opened for sure is opened by trying again with the
// same form, and once only.
func TestAnUnknownAnswerToOpeningACheckout(t *testing.T) {
	for _, action := range []string{sandbox.FaultError, sandbox.FaultErrorAfter, sandbox.FaultDropAfter, sandbox.FaultRateLimit} {
		for _, path := range []string{"/v1/checkout/sessions", "/v1/customers"} {
			t.Run(action+" "+path, func(t *testing.T) {
				t.Parallel() // most of it is waiting
				w, c := shopWorld(t)
				w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: action, Method: "POST", Path: path, Count: 1}}})
				p, err := w.begin(c, 0, "nonce")
				if err != nil {
					if !fault.Is(err, fault.Unavailable) {
						t.Fatalf("the first try failed with %v, which does not say that it may be tried again", err)
					}
					p, err = w.begin(c, 0, "nonce") // the buyer presses the button again
				}
				w.check(err)
				if p.State != purchase.Created || p.CheckoutURL == "" {
					t.Fatalf("%+v", p)
				}
				w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
				w.waitState(p, purchase.Paid)
				w.granted(c, 1, "1000")
				list := w.api("GET", "/v1/customers/"+c.ID+"/grants", "")
				if len(list.at("data").([]any)) != 1 {
					t.Errorf("%s", list.body)
				}
			})
		}
	}
}

func TestTwoTabs(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	t.Run("one after the other", func(t *testing.T) {
		w.TB = t
		first, second := w.mustBegin(c, 0), w.mustBegin(c, 0)
		if s := w.state(first).State; s != purchase.Expired {
			t.Errorf("the older one is %s", s)
		}
		if err := w.pay(first.CheckoutSession, "pm_card_visa"); err == nil {
			t.Error("the older Checkout could still be paid")
		}
		w.check(w.pay(second.CheckoutSession, "pm_card_visa"))
		w.waitState(second, purchase.Paid)
		w.granted(c, 1, "1000")
	})
	t.Run("the older is being paid meanwhile", func(t *testing.T) {
		w.TB = t
		w.faults(dropAll)
		c := w.customer("meanwhile", "")
		first := w.mustBegin(c, 0)
		w.check(w.pay(first.CheckoutSession, "pm_card_visa"))
		w.mustBegin(c, 0)
		if s := w.state(first).State; s != purchase.Paid {
			t.Errorf("the older one was paid and is %s", s)
		}
		w.granted(c, 1, "1000")
		w.faults(sandbox.Faults{})
	})
	t.Run("the same form twice at once", func(t *testing.T) {
		w.TB = t
		c := w.customer("double", "")
		sessions := sync.Map{}
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				p, err := w.begin(c, 0, "same")
				if err != nil {
					t.Error(err)
					return
				}
				sessions.Store(p.CheckoutSession, p)
			})
		}
		all.Wait()
		n := 0
		sessions.Range(func(k, _ any) bool { n++; return k != "" })
		if n != 1 {
			t.Errorf("%d Checkouts", n)
		}
	})
	t.Run("many at the same moment", func(t *testing.T) {
		w.TB = t
		for round := range 5 {
			c := w.customer(fmt.Sprint("race", round), "")
			var mu sync.Mutex
			var begun []*purchase.Purchase
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					p, err := w.begin(c, 0, "")
					if err != nil && !fault.Is(err, fault.Conflict) {
						t.Error(err)
					}
					if err == nil {
						mu.Lock()
						begun = append(begun, p)
						mu.Unlock()
					}
				})
			}
			all.Wait()
			payable := 0
			for _, p := range begun {
				if w.pay(p.CheckoutSession, "pm_card_visa") == nil {
					payable++
					w.waitState(p, purchase.Paid)
				}
			}
			if payable > 1 {
				t.Errorf("%d Checkouts of one pack could be paid", payable)
			}
			if payable == 0 {
				t.Error("none of the Checkouts could be paid")
			}
			n, _ := w.grantsOf(c.ID)
			if n != payable {
				t.Errorf("%d payments and %d grants", payable, n)
			}
		}
	})
}

// signed is a webhook as Stripe would send it.
func signed(secret string, at time.Time, payload []byte) []string {
	return []string{"Stripe-Signature", sandbox.Signature(at, payload, secret), "Content-Type", "application/json"}
}

// TestStorm delivers every event of many purchases several times, in any order
// and at once, while buyers reload the return page.
func TestStorm(t *testing.T) {
	w, _ := shopWorld(t)
	w.faults(dropAll) // the test delivers
	type bought struct {
		c *account.Customer
		p *purchase.Purchase
	}
	var all []bought
	for i := range *stormPurchases {
		if i%2 == 0 {
			c := w.customer(fmt.Sprint("c", i), "")
			all = append(all, bought{c, w.mustBegin(c, 0)}, bought{c, w.mustBegin(c, 1)})
		}
	}
	unpaid := map[string]bool{}
	var paying sync.WaitGroup
	for i, b := range all {
		if i%10 == 9 { // some never pay
			unpaid[b.p.ID] = true
			continue
		}
		paying.Go(func() {
			if err := w.pay(b.p.CheckoutSession, "pm_card_visa"); err != nil {
				t.Error(err)
			}
		})
	}
	paying.Wait()

	payloads := w.events()
	var deliveries [][]byte
	for range *stormCopies {
		deliveries = append(deliveries, payloads...)
	}
	rand.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	queue := make(chan func())
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for f := range queue {
				f()
			}
		})
	}
	began := time.Now()
	for i, d := range deliveries {
		queue <- func() {
			if a := w.send("POST", "/webhooks/stripe", d, "", signed(w.settings.StripeWebhookSecret, time.Now(), d)...); a.status != 200 {
				t.Errorf("a webhook was answered %d %s", a.status, a.body)
			}
		}
		if i%(len(deliveries)/len(all)+1) == 0 {
			p := all[rand.IntN(len(all))].p
			queue <- func() {
				if a := w.returnPage(p); a.status != 200 {
					t.Errorf("the return page: %d %s", a.status, a.body)
				}
			}
		}
	}
	close(queue)
	workers.Wait()
	t.Logf("%d purchases, %d deliveries of %d events in %s", len(all), len(deliveries), len(payloads), time.Since(began).Round(time.Millisecond))
	eventually(t, "the inbox is empty", 60*time.Second, func() bool {
		n, _, err := w.purchases.InboxLag(ctx)
		return err == nil && n == 0
	})
	want := map[*account.Customer]money.Credits{}
	times := map[*account.Customer]int{}
	for _, b := range all {
		p := w.state(b.p)
		if unpaid[p.ID] {
			if p.State != purchase.Created {
				t.Errorf("%s was not paid and is %s", p.ID, p.State)
			}
			continue
		}
		want[b.c] += p.Credits
		times[b.c]++
		if p.State != purchase.Paid || p.Problem != "" {
			t.Errorf("%s was paid and is %s %s", p.ID, p.State, p.Problem)
		}
	}
	for c, sum := range want {
		if n, got := w.grantsOf(c.ID); n != times[c] || got != sum {
			t.Errorf("%s has %d grants of %s, want %d of %s", c.ID, n, got, times[c], sum)
		}
	}
	w.addsUp()
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		inbox, err := w.purchases.Inbox(t, purchase.Alarm, "", 10)
		for _, e := range inbox {
			w.Errorf("an alarm about %s: %s", e.ObjectID, e.Error)
		}
		return err
	}))
	receipts := 0
	eventually(t, "a receipt for each payment is in the mailbox, and no more", 20*time.Second, func() bool {
		receipts = len(w.sandbox.Mailbox().All())
		return receipts >= len(all)-len(unpaid)
	})
	if receipts != len(all)-len(unpaid) {
		t.Errorf("%d receipts for %d payments", receipts, len(all)-len(unpaid))
	}
}

// events are the events of the sandbox as it would deliver them.
func (w *world) events() (payloads [][]byte) {
	w.Helper()
	after := ""
	for {
		a, err := send(w.sandboxURL+"/v1/events?limit=100"+after, "GET", nil, "", "Authorization", "Bearer "+sandboxKey)
		w.check(err)
		var page struct {
			Data []json.RawMessage `json:"data"`
			More bool              `json:"has_more"`
		}
		w.check(json.Unmarshal([]byte(a.body), &page))
		for _, e := range page.Data {
			payloads = append(payloads, e)
		}
		if !page.More {
			return payloads
		}
		var last struct{ ID string }
		w.check(json.Unmarshal(page.Data[len(page.Data)-1], &last))
		after = "&starting_after=" + last.ID
	}
}

// tampered is Stripe with some answers changed.
type tampered struct {
	purchase.Gateway
	mu     sync.Mutex
	change func(*purchase.Checkout)
}

func (g *tampered) Checkout(ctx context.Context, id string) (purchase.Checkout, error) {
	c, err := g.Gateway.Checkout(ctx, id)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil && g.change != nil {
		g.change(&c)
	}
	return c, err
}

func (g *tampered) set(f func(*purchase.Checkout)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.change = f
}

// inboxOf are the events about an object that a person must see.
func (w *world) inboxOf(state purchase.InboxState, object string) (found []*purchase.InboxEvent) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		events, err := w.purchases.Inbox(t, state, "", 100)
		found = nil
		for _, e := range events {
			if object == "" || e.ObjectID == object {
				found = append(found, e)
			}
		}
		return err
	}))
	return found
}

// A paid Checkout that is not what was sold grants nothing, and a person sees it.
func TestAPaymentThatDoesNotMatch(t *testing.T) {
	w, _ := shopWorld(t)
	g := &tampered{Gateway: w.gateway}
	w.purchases.Gateway = g
	for name, change := range map[string]func(*purchase.Checkout){
		"amount":       func(c *purchase.Checkout) { c.Subtotal, c.Total = 1, 1 },
		"more":         func(c *purchase.Checkout) { c.Subtotal, c.Total = 100000, 100000 },
		"currency":     func(c *purchase.Checkout) { c.Currency = "jpy" },
		"total":        func(c *purchase.Checkout) { c.Total = c.Subtotal - 999 },
		"customer":     func(c *purchase.Checkout) { c.StripeCustomer = "cus_other" },
		"no customer":  func(c *purchase.Checkout) { c.StripeCustomer = "" },
		"installation": func(c *purchase.Checkout) { c.Installation = "ins_other" },
		"purchase":     func(c *purchase.Checkout) { c.Purchase = "pur_other" },
		"metadata":     func(c *purchase.Checkout) { c.Customer = "cus_other" },
		"livemode":     func(c *purchase.Checkout) { c.Livemode = true },
	} {
		t.Run(name, func(t *testing.T) {
			w.TB = t
			g.set(nil)
			c := w.customer("mismatch-"+strings.ReplaceAll(name, " ", ""), "")
			p := w.mustBegin(c, 0)
			g.set(change)
			w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
			eventually(t, "an alarm", 10*time.Second, func() bool { return len(w.inboxOf(purchase.Alarm, p.CheckoutSession)) > 0 })
			if a := w.returnPage(p); a.status != 200 || strings.Contains(a.body, "credits added") {
				t.Errorf("the return page says %d %s", a.status, a.body)
			}
			w.clock.step(2 * time.Minute) // the sweep changes nothing either
			w.check(w.purchases.Sweep(ctx))
			w.clock.step(-2 * time.Minute)
			if s := w.state(p); s.State == purchase.Paid || s.Problem == "" {
				t.Errorf("it is %s, problem %q", s.State, s.Problem)
			}
			w.granted(c, 0, "0")

			// A person looks, it was a mistake of Stripe's answer: replaying grants.
			g.set(nil)
			e := w.inboxOf(purchase.Alarm, p.CheckoutSession)[0]
			if a := w.api("POST", "/v1/stripe_events/"+e.ID+"/replay", ""); a.status != 200 || a.str("status") != "done" {
				t.Errorf("replayed: %d %s", a.status, a.body)
			}
			w.granted(c, 1, "1000")
		})
	}
	g.set(nil)
}

// foreign makes a Checkout at the same Stripe account that Purse did not make.
func (w *world) foreign(amount int64, customer string, meta map[string]string) *stripe.CheckoutSession {
	w.Helper()
	s, err := w.stripe().CheckoutSessions.New(&stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), SuccessURL: stripe.String("http://127.0.0.1/other"),
		Params: stripe.Params{Metadata: meta}, Customer: orNil(customer),
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: meta},
		LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String("usd"), UnitAmount: stripe.Int64(amount),
			ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("Another product")},
		}}},
	})
	w.check(err)
	return s
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// What somebody else sells on the same Stripe account is not ours, whatever its
// metadata says.
func TestPaymentsOfOthersOnTheSameAccount(t *testing.T) {
	w, c := shopWorld(t)
	known := w.mustBegin(c, 0)
	stripeCustomer := func() string { now, _ := w.accounts.Customer(ctx, c.ID); return now.StripeCustomerID }()

	// A purchase whose Checkout could not be opened: nothing is known of it yet.
	w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultRateLimit, Path: "/v1/checkout/sessions", Count: -1}}})
	if _, err := w.begin(c, 1, "pending"); !fault.Is(err, fault.Unavailable) {
		t.Fatal(err)
	}
	w.faults(sandbox.Faults{})
	var pending *purchase.Purchase
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		list, err := w.purchases.List(t, c.ID, "", "", 1)
		pending = list[0]
		return err
	}))
	ours := func(p *purchase.Purchase) map[string]string {
		return map[string]string{"purse_installation": w.stamp.installation, "purse_purchase": p.ID, "purse_customer": c.ID}
	}
	for name, x := range map[string]struct {
		amount   int64
		customer string
		meta     map[string]string
		want     purchase.InboxState
	}{
		"no metadata":                             {2500, "", nil, purchase.NotOurs},
		"another installation":                    {2500, "", map[string]string{"purse_installation": "ins_x", "purse_purchase": known.ID, "purse_customer": c.ID}, purchase.NotOurs},
		"no such purchase":                        {2500, "", map[string]string{"purse_installation": w.stamp.installation, "purse_purchase": "pur_lost"}, purchase.Alarm},
		"takes a known purchase":                  {1000, stripeCustomer, ours(known), purchase.Alarm},
		"takes a pending one with another amount": {100, stripeCustomer, ours(pending), purchase.Alarm},
	} {
		t.Run(name, func(t *testing.T) {
			w.TB = t
			s := w.foreign(x.amount, x.customer, x.meta)
			w.check(w.pay(s.ID, "pm_card_visa"))
			eventually(t, "the event is "+string(x.want), 10*time.Second, func() bool { return len(w.inboxOf(x.want, s.ID)) > 0 })
			if a := w.send("GET", "/checkout/return?session_id="+s.ID, nil, ""); strings.Contains(a.body, "credits added") {
				t.Errorf("the return page: %d %s", a.status, a.body)
			}
			w.granted(c, 0, "0")
		})
	}
	t.Run("the known one is not disturbed", func(t *testing.T) {
		w.TB = t
		w.check(w.pay(known.CheckoutSession, "pm_card_visa"))
		w.waitState(known, purchase.Paid)
		w.granted(c, 1, "1000")
	})
}

func TestWebhooksThatStripeDidNotSign(t *testing.T) {
	w, c := shopWorld(t)
	w.faults(dropAll)
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	secret, now := w.settings.StripeWebhookSecret, time.Now()
	event := func(id, object string, live bool) []byte {
		return fmt.Appendf(nil, `{"id":%q,"object":"event","type":"checkout.session.completed","livemode":%t,"created":%d,"data":{"object":{"id":%q,"object":"checkout.session"}}}`,
			id, live, now.Unix(), object)
	}
	good := event("evt_good", p.CheckoutSession, false)
	if secret == "" {
		t.Fatal("no secret")
	}
	for name, x := range map[string]struct {
		payload []byte
		headers []string
	}{
		"unsigned":         {good, nil},
		"another secret":   {good, signed("whsec_other", now, good)},
		"empty secret":     {good, signed("", now, good)},
		"another body":     {event("evt_other", p.CheckoutSession, false), signed(secret, now, good)},
		"stale":            {good, signed(secret, now.Add(-6*time.Minute), good)},
		"from the future":  {good, signed(secret, now.Add(6*time.Minute), good)},
		"of the live mode": {event("evt_live", p.CheckoutSession, true), signed(secret, now, event("evt_live", p.CheckoutSession, true))},
		"not an event":     {[]byte(`{"object":"charge"}`), signed(secret, now, []byte(`{"object":"charge"}`))},
		"not JSON":         {[]byte(`hello`), signed(secret, now, []byte(`hello`))},
		"nothing":          {[]byte(``), signed(secret, now, []byte(``))},
		"too large":        {make([]byte, 2<<20), signed(secret, now, make([]byte, 2<<20))},
		"garbage":          {good, []string{"Stripe-Signature", "t=x,v1=zz,v0=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.TB = t
			a := w.send("POST", "/webhooks/stripe", x.payload, "", x.headers...)
			if a.status != 400 || a.str("error") == "" {
				t.Errorf("%d %s", a.status, a.body)
			}
			if n := len(w.inboxOf("", "")); n != 0 {
				t.Errorf("%d events were stored", n)
			}
		})
	}
	if s := w.state(p).State; s != purchase.Created {
		t.Errorf("it is %s", s)
	}
	t.Run("about nothing that Stripe knows", func(t *testing.T) {
		w.TB = t
		body := event("evt_gone", "cs_test_gone", false)
		if a := w.send("POST", "/webhooks/stripe", body, "", signed(secret, now, body)...); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		eventually(t, "it is not ours", 10*time.Second, func() bool { return len(w.inboxOf(purchase.NotOurs, "cs_test_gone")) == 1 })
	})
	t.Run("signed", func(t *testing.T) {
		w.TB = t
		if a := w.send("POST", "/webhooks/stripe", good, "", signed(secret, now.Add(-4*time.Minute), good)...); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		w.waitState(p, purchase.Paid)
		w.granted(c, 1, "1000")
	})
}

// Stripe is away while a webhook is processed: it is tried again until it works.
func TestStripeIsAwayForAWhile(t *testing.T) {
	w, c := shopWorld(t)
	p := w.mustBegin(c, 0)
	w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultError, Method: "GET", Path: "/v1/checkout/sessions", Count: 8}}})
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	w.waitState(p, purchase.Paid)
	w.granted(c, 1, "1000")
	eventually(t, "the event is done", 15*time.Second, func() bool { return len(w.inboxOf(purchase.Done, p.CheckoutSession)) == 1 })
}
