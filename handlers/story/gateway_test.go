package story

import (
	"context"
	"fmt"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/card"
	"purse/billing/inbox"
	"purse/billing/outcome"
	"purse/billing/purchase"
)

// fakeGateway is a Stripe that does what a test says. What no story needs of it
// is not there.
type fakeGateway struct {
	purchase.Gateway
	clock    *clock
	url      string
	mu       sync.Mutex
	sessions map[string]*purchase.Checkout
	disputes map[string]*purchase.ChargeDispute // by payment
	events   []inbox.Event                      // that Stripe lists
}

func (g *fakeGateway) CustomerLives(context.Context, string) (bool, error) { return true, nil }

func (g *fakeGateway) EnsureCustomer(_ context.Context, p card.CustomerParams, _ string) (string, error) {
	return "cus_" + p.Customer[4:], nil
}

func (g *fakeGateway) CustomerDetails(context.Context, string) (account.TypedDetails, error) {
	return account.TypedDetails{}, outcome.ErrGone
}

func (g *fakeGateway) UpdateCustomer(context.Context, string, card.CustomerParams) error {
	return nil
}

func (g *fakeGateway) CreateCheckout(_ context.Context, p purchase.CheckoutParams, _ string) (purchase.Checkout, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := fmt.Sprintf("cs_test_%d", len(g.sessions)+1)
	c := &purchase.Checkout{
		ID: id, URL: g.url + "/nowhere?checkout=" + id, Status: "open", PaymentStatus: "unpaid", StripeCustomer: p.StripeCustomer,
		Subtotal: p.Price.Amount, Total: p.Price.Amount, Currency: p.Price.Currency, Purchase: p.Purchase, Customer: p.Customer,
		Installation: p.Installation, ExpiresAt: p.ExpiresAt,
	}
	g.sessions[id] = c
	return *c, nil
}

func (g *fakeGateway) Checkout(_ context.Context, id string) (purchase.Checkout, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.sessions[id]
	if c == nil {
		return purchase.Checkout{}, outcome.ErrGone
	}
	return *c, nil
}

func (g *fakeGateway) SetupTry(context.Context, string) (card.SetupTry, error) {
	return card.SetupTry{}, outcome.ErrGone
}

func (g *fakeGateway) FindRefund(context.Context, purchase.RefundParams) (purchase.ChargeRefund, bool, error) {
	return purchase.ChargeRefund{}, false, nil
}

func (g *fakeGateway) LookFor(context.Context, purchase.CheckoutParams, time.Time) (purchase.Checkout, bool, error) {
	return purchase.Checkout{}, false, nil
}

func (g *fakeGateway) ExpireCheckout(_ context.Context, id string) error {
	g.set(id, func(c *purchase.Checkout) { c.Status = "expired" })
	return nil
}

func (g *fakeGateway) PaymentIntent(context.Context, string) (purchase.PaymentIntent, error) {
	return purchase.PaymentIntent{}, outcome.ErrGone
}

func (g *fakeGateway) MoneyBack(_ context.Context, payment string) (purchase.MoneyBack, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if d := g.disputes[payment]; d != nil {
		return purchase.MoneyBack{Disputes: []purchase.ChargeDispute{*d}}, nil
	}
	return purchase.MoneyBack{}, nil
}

func (g *fakeGateway) EventsSince(_ context.Context, _ time.Time, f func(inbox.Event) error) error {
	for _, e := range g.events {
		if err := f(e); err != nil {
			return err
		}
	}
	return nil
}

func (g *fakeGateway) Refund(_ context.Context, p purchase.RefundParams, key string) (purchase.ChargeRefund, error) {
	return purchase.ChargeRefund{ID: "re_" + key, Ours: p.Refund, Amount: p.Amount, Status: "succeeded"}, nil
}

// set changes a session, as the buyer or Stripe would.
func (g *fakeGateway) set(id string, change func(*purchase.Checkout)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g.sessions[id])
}

// pay completes a session with a card.
func (g *fakeGateway) pay(id string) {
	g.set(id, func(c *purchase.Checkout) {
		c.Status, c.PaymentStatus = "complete", "paid"
		c.Payment = purchase.PaymentIntent{ID: "pi_" + id, Status: "succeeded", Purchase: c.Purchase, Installation: c.Installation, CardBrand: "visa", CardLast4: "4242", ReceiptURL: "https://receipts.example.com/" + id}
	})
}
