package main

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

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
func (w *world) inboxOf(state inbox.State, object string) (found []*inbox.Event) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		events, err := w.purchases.Inbox.Events(t, state, "", 100)
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
	w.inbox.Owners = w.owners()
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
			eventually(t, "an alarm", 10*time.Second, func() bool { return len(w.inboxOf(inbox.Alarm, p.CheckoutSession)) > 0 })
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
			e := w.inboxOf(inbox.Alarm, p.CheckoutSession)[0]
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
		want     inbox.State
	}{
		"no metadata":                             {2500, "", nil, inbox.NotOurs},
		"another installation":                    {2500, "", map[string]string{"purse_installation": "ins_x", "purse_purchase": known.ID, "purse_customer": c.ID}, inbox.NotOurs},
		"no such purchase":                        {2500, "", map[string]string{"purse_installation": w.stamp.installation, "purse_purchase": "pur_lost"}, inbox.Alarm},
		"takes a known purchase":                  {1000, stripeCustomer, ours(known), inbox.Alarm},
		"takes a pending one with another amount": {100, stripeCustomer, ours(pending), inbox.Alarm},
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
