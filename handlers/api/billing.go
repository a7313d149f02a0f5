package api

import (
	"context"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/tx"
)

type billingObject struct {
	Object        string      `json:"object" enum:"billing_details"`
	Customer      string      `json:"customer"`
	Company       *string     `json:"company" doc:"On invoices; null: the customer's name"`
	Email         *string     `json:"email" doc:"Where invoices go; null: the customer's own"`
	Address       addressJSON `json:"address"`
	TaxIDs        []taxIDJSON `json:"tax_ids" nullable:"false"`
	PONumber      *string     `json:"po_number" doc:"Printed on later invoices"`
	Currency      *string     `json:"currency" doc:"The one that the customer pays in; null before the first purchase"`
	CurrencyFixed bool        `json:"currency_fixed" doc:"Whether a payment or your staff has fixed it"`
	Problem       *string     `json:"problem" doc:"What Stripe had against these details"`
	UpdatedAt     *time.Time  `json:"updated_at"`
}

type addressJSON struct {
	Line1      string `json:"line1,omitempty" blank:"yes"`
	Line2      string `json:"line2,omitempty" blank:"yes"`
	City       string `json:"city,omitempty" blank:"yes"`
	State      string `json:"state,omitempty" blank:"yes"`
	PostalCode string `json:"postal_code,omitempty" blank:"yes"`
	Country    string `json:"country,omitempty" blank:"yes" doc:"Two letters" example:"DE"`
}

type taxIDJSON struct {
	Type  string `json:"type" doc:"Stripe's word for its kind" example:"eu_vat"`
	Value string `json:"value" example:"DE123456789"`
}

type billingChange struct {
	Company  *string      `json:"company,omitempty"`
	Email    *string      `json:"email,omitempty"`
	Address  *addressJSON `json:"address,omitempty" doc:"All of it"`
	TaxIDs   *[]taxIDJSON `json:"tax_ids,omitempty" doc:"All of them; [] for none"`
	PONumber *string      `json:"po_number,omitempty" maxLength:"140"`
	Currency *string      `json:"currency,omitempty" doc:"Fixes the currency that the customer pays in"`
}

func (a *API) showBilling(ctx context.Context, customer string) (*reply[billingObject], error) {
	var o billingObject
	err := a.Runner.View(ctx, func(t tx.Tx) error {
		b, err := a.Accounts.BillingIn(t, customer)
		if err != nil {
			return err
		}
		currency, fixed, err := a.Accounts.CurrencyIn(t, customer)
		o = billingObject{
			Object: "billing_details", Customer: customer, Company: orNull(b.Company), Email: orNull(b.Email), Address: addressJSON(b.Address),
			TaxIDs: []taxIDJSON{}, PONumber: orNull(b.PONumber), Currency: orNull(currency), CurrencyFixed: fixed, Problem: orNull(b.Problem), UpdatedAt: stampOrNull(b.UpdatedAt),
		}
		for _, id := range b.TaxIDs {
			o.TaxIDs = append(o.TaxIDs, taxIDJSON(id))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return ok(o)
}

func getBilling(a *API, ctx context.Context, in *InCustomer) (*reply[billingObject], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.showBilling(ctx, c.ID)
}

type updateBillingIn struct {
	InCustomer
	Body body[billingChange]
}

// updateBilling may be repeated: the same change again changes nothing.
func updateBilling(a *API, ctx context.Context, in *updateBillingIn) (*reply[billingObject], error) {
	v := in.Body.V
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if a.Purchases == nil {
		return nil, errNoPurchases
	}
	b, err := a.Accounts.Billing(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range []struct{ to, from *string }{{&b.Company, v.Company}, {&b.Email, v.Email}, {&b.PONumber, v.PONumber}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if v.Address != nil {
		b.Address = account.Address(*v.Address)
	}
	if v.TaxIDs != nil {
		b.TaxIDs = nil
		for _, id := range *v.TaxIDs {
			b.TaxIDs = append(b.TaxIDs, account.TaxID(id))
		}
	}
	if _, err := a.Purchases.SaveBilling(ctx, actor(ctx), b); err != nil {
		return nil, err
	}
	if v.Currency != nil {
		if err := a.Accounts.SetCurrency(ctx, actor(ctx), c.ID, strings.ToLower(*v.Currency)); err != nil {
			return nil, err
		}
	}
	return a.showBilling(ctx, c.ID)
}
