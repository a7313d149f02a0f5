package stripepay

import (
	"encoding/json"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/money"
)

// shownBy reads what a buyer saw where Stripe converted a payment (Adaptive Pricing):
// presentment_details, which this version of stripe-go does not know, of a payment
// intent or of an object that holds one.
func shownBy(r *stripe.APIResponse) money.Money {
	if r == nil {
		return money.Money{}
	}
	type details struct {
		Presentment *struct {
			Amount   int64  `json:"presentment_amount"`
			Currency string `json:"presentment_currency"`
		} `json:"presentment_details"`
	}
	var o struct {
		details
		Payment json.RawMessage `json:"payment_intent"`
	}
	if json.Unmarshal(r.RawJSON, &o) != nil {
		return money.Money{}
	}
	var inner details
	if o.Presentment == nil && len(o.Payment) > 0 && json.Unmarshal(o.Payment, &inner) == nil { // a string where it is not expanded
		o.details = inner
	}
	if o.Presentment == nil {
		return money.Money{}
	}
	return money.Money{Amount: o.Presentment.Amount, Currency: o.Presentment.Currency}
}
