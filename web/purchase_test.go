package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	stripeclient "github.com/stripe/stripe-go/v76/client"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/sandbox"
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
		w.waitState(p, purchase.Paid) // the sweep that runs by itself may be at it
		w.granted(c, 1, "1000")
	})
	t.Run("both are lost, and nobody pays until it expires", func(t *testing.T) {
		c := fresh(t)
		w.faults(dropAll)
		p := w.mustBegin(c, 0)
		w.check(w.gateway.ExpireCheckout(ctx, p.CheckoutSession))
		w.clock.step(61 * time.Second)
		w.check(w.purchases.Sweep(ctx))
		w.waitState(p, purchase.Expired)
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
