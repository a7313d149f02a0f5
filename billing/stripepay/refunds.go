package stripepay

import (
	"context"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/outcome"
	"purse/billing/purchase"
)

// metaRefund is the key of metadata under which a refund names ours.
const metaRefund = "purse_refund"

// PaymentOf fetches the payment that a charge, a refund or a dispute is about.
func (g *Gateway) PaymentOf(ctx context.Context, objectID string) (purchase.PaymentIntent, error) {
	id, err := g.paymentID(ctx, objectID)
	if err != nil {
		return purchase.PaymentIntent{}, translate(err)
	}
	if id == "" {
		return purchase.PaymentIntent{}, outcome.ErrGone
	}
	return g.PaymentIntent(ctx, id)
}

func (g *Gateway) paymentID(ctx context.Context, objectID string) (string, error) {
	var pi *stripe.PaymentIntent
	params := stripe.Params{Context: ctx}
	switch prefix, _, _ := strings.Cut(objectID, "_"); prefix {
	case "ch", "py":
		c, err := g.api.Charges.Get(objectID, &stripe.ChargeParams{Params: params})
		if err != nil {
			return "", err
		}
		pi = c.PaymentIntent
	case "re", "pyr":
		r, err := g.api.Refunds.Get(objectID, &stripe.RefundParams{Params: params})
		if err != nil {
			return "", err
		}
		pi = r.PaymentIntent
	case "dp", "du":
		d, err := g.api.Disputes.Get(objectID, &stripe.DisputeParams{Params: params})
		if err != nil {
			return "", err
		}
		pi = d.PaymentIntent
	}
	if pi == nil {
		return "", nil
	}
	return pi.ID, nil
}

// MoneyBack lists the refunds and the disputes of a payment.
func (g *Gateway) MoneyBack(ctx context.Context, paymentIntent string) (purchase.MoneyBack, error) {
	var m purchase.MoneyBack
	p := &stripe.RefundListParams{PaymentIntent: stripe.String(paymentIntent)}
	p.Context, p.Limit = ctx, stripe.Int64(100)
	refunds := g.api.Refunds.List(p)
	for refunds.Next() {
		m.Refunds = append(m.Refunds, chargeRefund(refunds.Refund()))
	}
	if err := refunds.Err(); err != nil {
		return m, translate(err)
	}
	d := &stripe.DisputeListParams{PaymentIntent: stripe.String(paymentIntent)}
	d.Context, d.Limit = ctx, stripe.Int64(100)
	disputes := g.api.Disputes.List(d)
	for disputes.Next() {
		at := disputes.Dispute()
		d := purchase.ChargeDispute{ID: at.ID, Status: string(at.Status), Reason: string(at.Reason), Amount: at.Amount, Currency: string(at.Currency), CreatedAt: instant(at.Created)}
		if at.EvidenceDetails != nil && at.EvidenceDetails.DueBy > 0 {
			d.Due = instant(at.EvidenceDetails.DueBy)
		}
		m.Disputes = append(m.Disputes, d)
	}
	return m, translate(disputes.Err())
}

// Refund asks for a refund; asked again with the same key it is the same one.
func (g *Gateway) Refund(ctx context.Context, r purchase.RefundParams, key string) (purchase.ChargeRefund, error) {
	if r.PaymentIntent == "" && r.Invoice != "" {
		return g.creditOutside(ctx, r, key)
	}
	p := &stripe.RefundParams{
		Params:        write(ctx, key, map[string]string{metaInstallation: r.Installation, metaPurchase: r.Purchase, metaRefund: r.Refund}),
		PaymentIntent: stripe.String(r.PaymentIntent), Amount: stripe.Int64(r.Amount),
	}
	if r.Charged.Currency != "" {
		p.Amount = stripe.Int64(r.Charged.Amount)
	}
	made, err := again(key, func(key string) (*stripe.Refund, error) {
		p.IdempotencyKey = text(key)
		return g.api.Refunds.New(p)
	}, func() (*stripe.Refund, bool, error) { return g.findRefund(ctx, r) })
	if err != nil {
		return purchase.ChargeRefund{}, translate(err)
	}
	if err := g.credit(ctx, made, r, key); err != nil {
		return purchase.ChargeRefund{}, err // asked again, it is the same refund
	}
	return chargeRefund(made), nil
}

// FindRefund looks for a refund of ours, or for the credit note that stands for
// it.
func (g *Gateway) FindRefund(ctx context.Context, r purchase.RefundParams) (purchase.ChargeRefund, bool, error) {
	if r.PaymentIntent == "" && r.Invoice != "" {
		id, found, err := g.findNote(ctx, r)
		return purchase.ChargeRefund{ID: id, Ours: r.Refund, Amount: r.Amount, Status: "succeeded"}, found, translate(err)
	}
	made, found, err := g.findRefund(ctx, r)
	if err != nil || !found {
		return purchase.ChargeRefund{}, false, translate(err)
	}
	return chargeRefund(made), true, nil
}

func (g *Gateway) findRefund(ctx context.Context, r purchase.RefundParams) (*stripe.Refund, bool, error) {
	l := &stripe.RefundListParams{PaymentIntent: stripe.String(r.PaymentIntent)}
	l.Context, l.Limit = ctx, stripe.Int64(100)
	list := g.api.Refunds.List(l)
	for list.Next() {
		if m := list.Refund().Metadata; m[metaInstallation] == r.Installation && m[metaRefund] == r.Refund {
			return list.Refund(), true, nil
		}
	}
	return nil, false, list.Err()
}

func chargeRefund(r *stripe.Refund) purchase.ChargeRefund {
	return purchase.ChargeRefund{
		ID: r.ID, Ours: r.Metadata[metaRefund], Amount: r.Amount, Currency: string(r.Currency), Status: string(r.Status), Problem: string(r.FailureReason),
	}
}

// SubmitEvidence answers a dispute and submits the answer.
func (g *Gateway) SubmitEvidence(ctx context.Context, dispute string, e purchase.Evidence, key string) error {
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return stripe.String(s)
	}
	p := &stripe.DisputeParams{Params: write(ctx, key, nil), Submit: stripe.Bool(true), Evidence: &stripe.DisputeEvidenceParams{
		ProductDescription: text(e.ProductDescription), CustomerName: text(e.CustomerName), CustomerEmailAddress: text(e.CustomerEmail),
		CustomerPurchaseIP: text(e.PurchaseAddress), AccessActivityLog: text(e.AccessLog), RefundPolicyDisclosure: text(e.RefundPolicy),
		UncategorizedText: text(e.Explanation),
	}}
	_, err := g.api.Disputes.Update(dispute, p)
	return translate(err)
}
