package stripepay

import (
	"context"

	"purse/billing/purchase"

	"github.com/stripe/stripe-go/v76"
)

// FraudWarning fetches an early fraud warning.
func (g *Gateway) FraudWarning(ctx context.Context, id string) (purchase.BankWarning, error) {
	w, err := g.api.RadarEarlyFraudWarnings.Get(id, &stripe.RadarEarlyFraudWarningParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return purchase.BankWarning{}, translate(err)
	}
	o := purchase.BankWarning{ID: w.ID, Type: string(w.FraudType), Actionable: w.Actionable}
	if w.PaymentIntent != nil {
		o.Payment = w.PaymentIntent.ID
	}
	return o, nil
}
