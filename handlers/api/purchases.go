package api

import (
	"context"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
)

type purchaseObject struct {
	Object          string      `json:"object" enum:"purchase"`
	ID              string      `json:"id"`
	Customer        string      `json:"customer"`
	Pack            string      `json:"pack"`
	Status          string      `json:"status" enum:"created,processing,paid,partially_refunded,refunded,disputed,failed,expired"`
	Problem         *string     `json:"problem" doc:"Why it failed, or what does not match"`
	CreditType      string      `json:"credit_type"`
	Credits         string      `json:"credits"`
	Bonus           string      `json:"bonus" doc:"Credits that come for nothing with it"`
	Price           price       `json:"price" doc:"Without tax and discount"`
	Lines           []quoteLine `json:"lines" nullable:"false" doc:"How the price came about; they add up to it. None of purchases that were made before lines were kept"`
	AmountPaid      *price      `json:"amount_paid" doc:"With tax, less discount; null until it is paid"`
	AmountRefunded  *price      `json:"amount_refunded" doc:"Refunds that succeeded or are on their way; null until it is paid"`
	CheckoutSession *string     `json:"checkout_session"`
	CheckoutURL     *string     `json:"checkout_url" doc:"Send the customer there; null when it cannot be paid any more"`
	Grant           *string     `json:"grant" doc:"The credits, once it is paid"`
	BonusGrant      *string     `json:"bonus_grant" doc:"The bonus, once it is paid"`
	ReceiptURL      *string     `json:"receipt_url"`
	ExpiresAt       *time.Time  `json:"expires_at" doc:"When the Checkout closes"`
	PaidAt          *time.Time  `json:"paid_at"`
	CreatedAt       time.Time   `json:"created_at"`
}

// purchaseWith is a purchase with how its price came about.
func (a *API) purchaseWith(ctx context.Context, p *purchase.Purchase) (o purchaseObject, err error) {
	o = a.showPurchase(p)
	err = a.Runner.View(ctx, func(t tx.Tx) error {
		q, err := a.Purchases.QuoteOf(t, p)
		if err == nil {
			o.Lines = showLines(q.Lines)
		}
		return err
	})
	return o, err
}

func (a *API) showPurchase(p *purchase.Purchase) purchaseObject {
	o := purchaseObject{
		Object: "purchase", ID: p.ID, Lines: []quoteLine{}, Customer: p.Customer, Pack: p.Pack, Status: string(p.State), Problem: orNull(p.Problem),
		CreditType: p.CreditType, Credits: p.Credits.String(), Bonus: p.Bonus.String(), Price: price{p.Price.Amount, p.Price.Currency},
		CheckoutSession: orNull(p.CheckoutSession), ReceiptURL: orNull(p.ReceiptURL), ExpiresAt: stampOrNull(p.CheckoutExpiresAt),
		PaidAt: stampOrNull(p.PaidAt), CreatedAt: stamp(p.CreatedAt),
	}
	if p.State == purchase.Created {
		o.CheckoutURL = orNull(p.CheckoutURL)
	}
	if p.Granted() {
		o.AmountPaid, o.AmountRefunded = &price{p.Total, p.Price.Currency}, &price{p.Refunded, p.Price.Currency}
	}
	if p.BonusGrant != 0 {
		o.BonusGrant = orNull(p.BonusGrant.String())
	}
	if p.Grant != 0 {
		o.Grant = orNull(p.Grant.String())
	}
	return o
}

type newPurchase struct {
	Pack       string `json:"pack"`
	Credits    string `json:"credits,omitempty" doc:"How many, of a pack for any amount" example:"2500"`
	Currency   string `json:"currency,omitempty" doc:"The customer's by default, or the pack's first"`
	SuccessURL string `json:"success_url,omitempty" doc:"Where Purse sends the customer on after payment, with purchase= added; on an origin that the settings allow"`
	CancelURL  string `json:"cancel_url,omitempty"`
}

type createPurchaseIn struct {
	InCustomer
	OnceKey
	Body body[newPurchase]
}

var errNoPurchases = fault.New(fault.Unavailable, "no_purchases", "", "This Purse sells nothing: it was started without Stripe.")

func createPurchase(a *API, ctx context.Context, in *createPurchaseIn) (*reply[purchaseObject], error) {
	if a.Purchases == nil {
		return nil, errNoPurchases
	}
	v := in.Body.V
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if c.Status == account.Suspended {
		return nil, fault.New(fault.Forbidden, "customer_suspended", "", "The customer is suspended and cannot buy. Resume it first.")
	}
	amount, err := moreThanNone("credits", v.Credits)
	if err != nil {
		return nil, err
	}
	begin := purchase.Begin{Customer: c.ID, Pack: v.Pack, Credits: amount, Currency: v.Currency, SuccessURL: v.SuccessURL, CancelURL: v.CancelURL}
	if in.IdempotencyKey != "" {
		begin.Key = "api:" + in.IdempotencyKey
	}
	m := v
	m.Credits, m.Currency = money.Number(v.Credits), strings.ToLower(v.Currency)
	var p *purchase.Purchase
	err = a.sameOnce(ctx, in.once(asked{operation: "purchases.create/" + c.ID, sent: in.Body.sent, path: in.ID, object: c.ID, meaning: m}), func() (string, error) {
		if p, err = a.Purchases.Begin(ctx, actor(ctx), begin); err != nil {
			return "", err
		}
		return p.ID, nil
	})
	if err != nil {
		return nil, onceParam(err)
	}
	if p.SuccessURL != v.SuccessURL || p.CancelURL != v.CancelURL { // begun before, by another request under this key
		return nil, onceParam(fault.New(fault.Conflict, "idempotency_mismatch", "", ""))
	}
	o, err := a.purchaseWith(ctx, p)
	if err != nil {
		return nil, err
	}
	return made(o, false)
}

func getPurchase(a *API, ctx context.Context, in *ByID) (*reply[purchaseObject], error) {
	if a.Purchases == nil {
		return nil, errNoPurchases
	}
	p, err := a.Purchases.Purchase(ctx, in.ID)
	if err == nil && !keyOf(ctx).Reaches(p.Customer) {
		err = fault.Missing("purchase")
	}
	if err != nil {
		return nil, err
	}
	o, err := a.purchaseWith(ctx, p)
	if err != nil {
		return nil, err
	}
	return ok(o)
}

type stripeEventObject struct {
	Object      string     `json:"object" enum:"stripe_event"`
	ID          string     `json:"id"`
	Type        string     `json:"type"`
	Status      string     `json:"status"`
	Attempts    int        `json:"attempts"`
	Error       *string    `json:"error"`
	Purchase    *string    `json:"purchase"`
	ReceivedAt  time.Time  `json:"received_at"`
	ProcessedAt *time.Time `json:"processed_at"`
}

func replayStripeEvent(a *API, ctx context.Context, in *ByID) (*reply[stripeEventObject], error) {
	if a.Purchases == nil {
		return nil, errNoPurchases
	}
	e, err := a.Purchases.Inbox.Replay(ctx, actor(ctx), in.ID)
	if err != nil {
		return nil, gone(err, "Stripe event")
	}
	return ok(stripeEventObject{
		"stripe_event", e.ID, e.Type, string(e.State), e.Attempts, orNull(e.Why), orNull(e.Purchase), stamp(e.ReceivedAt), stampOrNull(e.ProcessedAt),
	})
}
