package stripepay

import (
	"context"
	"fmt"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/purchase"
)

var _ purchase.TaxGateway = (*Gateway)(nil)

// CalculateTax asks Stripe Tax what tax each line would have.
func (g *Gateway) CalculateTax(ctx context.Context, p purchase.TaxParams) ([]int64, error) {
	n := &stripe.TaxCalculationParams{
		Params: stripe.Params{Context: ctx}, Currency: stripe.String(p.Currency),
		CustomerDetails: &stripe.TaxCalculationCustomerDetailsParams{
			Address: &stripe.AddressParams{Line1: text(p.Address.Line1), Line2: text(p.Address.Line2), City: text(p.Address.City), State: text(p.Address.State),
				PostalCode: text(p.Address.PostalCode), Country: stripe.String(p.Address.Country)},
			AddressSource: stripe.String("billing"),
		},
	}
	n.AddExpand("line_items")
	for _, id := range p.TaxIDs {
		n.CustomerDetails.TaxIDs = append(n.CustomerDetails.TaxIDs, &stripe.TaxCalculationCustomerDetailsTaxIDParams{Type: stripe.String(id.Type), Value: stripe.String(id.Value)})
	}
	for i, l := range p.Lines {
		n.LineItems = append(n.LineItems, &stripe.TaxCalculationLineItemParams{Amount: stripe.Int64(l.Amount), Reference: stripe.String(p.Ref(i)),
			TaxBehavior: text(l.Behavior), TaxCode: text(l.Code)})
	}
	c, err := g.api.TaxCalculations.New(n)
	if err != nil {
		return nil, translate(err)
	}
	by := map[string]int64{}
	if c.LineItems != nil {
		for _, l := range c.LineItems.Data {
			by[l.Reference] = l.AmountTax
		}
	}
	out := make([]int64, len(p.Lines))
	for i := range p.Lines {
		tax, ok := by[p.Ref(i)]
		switch {
		case ok:
			out[i] = tax
		case len(p.Lines) == 1:
			out[i] = c.TaxAmountExclusive + c.TaxAmountInclusive
		default:
			return nil, fmt.Errorf("line %d of Stripe's tax calculation is missing", i)
		}
	}
	return out, nil
}
