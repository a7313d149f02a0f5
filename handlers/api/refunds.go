package api

import (
	"context"
	"strings"
	"time"

	"purse/billing/fault"
	"purse/billing/purchase"
	"purse/billing/tx"
)

type refundObject struct {
	Object    string    `json:"object" enum:"refund"`
	ID        string    `json:"id"`
	Purchase  string    `json:"purchase"`
	Amount    price     `json:"amount"`
	Status    string    `json:"status" enum:"pending,succeeded,failed"`
	Reason    string    `json:"reason"`
	Problem   *string   `json:"problem" doc:"Why it failed; the credits came back then"`
	CreatedAt time.Time `json:"created_at"`
}

func showRefund(r *purchase.Refund, currency string) refundObject {
	return refundObject{
		Object: "refund", ID: r.ID, Purchase: r.Purchase, Amount: price{r.Amount, currency}, Status: string(r.State), Reason: r.Reason,
		Problem: orNull(r.Problem), CreatedAt: stamp(r.CreatedAt),
	}
}

type newRefund struct {
	Amount *price `json:"amount,omitempty" doc:"At most what was paid for the unused credits; all of that by default"`
	Reason string `json:"reason" maxLength:"500" doc:"Why; the customer sees it"`
}

type createRefundIn struct {
	ByID
	OnceKey
	Body body[newRefund]
}

func createRefund(a *API, ctx context.Context, in *createRefundIn) (*reply[refundObject], error) {
	if a.Purchases == nil {
		return nil, errNoPurchases
	}
	v := in.Body.V
	p, err := a.Purchases.Purchase(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	amount, err := v.Amount.money("amount")
	if err != nil {
		return nil, err
	}
	if v.Amount != nil && (amount.Currency != p.Price.Currency || amount.Amount == 0) {
		return nil, fault.Bad("amount", "The purchase was paid in %s, and a refund is of more than nothing.", strings.ToUpper(p.Price.Currency))
	}
	var r *purchase.Refund
	err = a.sameOnce(ctx, in.once(asked{operation: "refunds.create/" + p.ID, sent: in.Body.sent, path: in.ID, object: p.ID, meaning: v}), func() (string, error) {
		r, err = a.Purchases.Refund(ctx, actor(ctx), purchase.NewRefund{Purchase: p.ID, Amount: amount.Amount, Reason: v.Reason, Key: in.IdempotencyKey})
		if err != nil {
			return "", err
		}
		return r.ID, nil
	})
	if err != nil {
		return nil, err
	}
	if v.Amount != nil && r.Amount != amount.Amount { // asked before, for another amount
		return nil, onceParam(fault.New(fault.Conflict, "idempotency_mismatch", "", ""))
	}
	return made(showRefund(r, p.Price.Currency), false)
}

func listRefunds(a *API, ctx context.Context, in *ByID) (*reply[list[refundObject]], error) {
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
	var refunds []*purchase.Refund
	err = a.Runner.View(ctx, func(t tx.Tx) error { refunds, err = a.Purchases.Refunds(t, p.ID); return err })
	if err != nil {
		return nil, err
	}
	return ok(listOf(newestFirst(refunds), false, func(r *purchase.Refund) refundObject { return showRefund(r, p.Price.Currency) }))
}
