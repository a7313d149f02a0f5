package stripepay

import (
	"context"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/recharge"
)

var _ recharge.Warnings = (*Gateway)(nil)

// FraudWarning fetches an early fraud warning.
func (g *Gateway) FraudWarning(ctx context.Context, id string) (recharge.Warning, error) {
	w, err := g.api.RadarEarlyFraudWarnings.Get(id, &stripe.RadarEarlyFraudWarningParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return recharge.Warning{}, translate(err)
	}
	o := recharge.Warning{ID: w.ID, Type: string(w.FraudType), Actionable: w.Actionable}
	if w.PaymentIntent != nil {
		o.Payment = w.PaymentIntent.ID
	}
	return o, nil
}
