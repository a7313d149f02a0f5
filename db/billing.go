package db

import (
	"encoding/json"

	"purse/billing/account"
	"purse/billing/tx"
	"purse/db/gen"
)

// Billing implements account.BillingStore.
func (AccountStore) Billing(t tx.Tx, customer string) (account.BillingDetails, error) {
	ctx, q := q(t)
	r, err := q.BillingDetails(ctx, customer)
	if err != nil {
		return account.BillingDetails{}, notFound(err)
	}
	b := account.BillingDetails{
		Customer: r.CustomerID, Company: r.Company, Email: r.Email, PONumber: r.PoNumber, Problem: r.Problem, Version: r.Version, Synced: r.Synced,
		Address:   account.Address{Line1: r.Line1, Line2: r.Line2, City: r.City, State: r.State, PostalCode: r.PostalCode, Country: r.Country},
		UpdatedAt: instant(r.UpdatedAt),
	}
	return b, json.Unmarshal([]byte(r.TaxIds), &b.TaxIDs)
}

// PutBilling implements account.BillingStore.
func (AccountStore) PutBilling(t tx.Tx, b account.BillingDetails) error {
	ctx, q := q(t)
	ids, err := json.Marshal(b.TaxIDs)
	if err != nil {
		return err
	}
	return q.PutBillingDetails(ctx, gen.PutBillingDetailsParams{
		CustomerID: b.Customer, Company: b.Company, Email: b.Email, Line1: b.Line1, Line2: b.Line2, City: b.City, State: b.State,
		PostalCode: b.PostalCode, Country: b.Country, TaxIds: string(ids), PoNumber: b.PONumber, Problem: b.Problem, Version: b.Version,
		Synced: b.Synced, UpdatedAt: micros(b.UpdatedAt),
	})
}

// Currency implements account.BillingStore.
func (AccountStore) Currency(t tx.Tx, customer string) (string, bool, error) {
	ctx, q := q(t)
	r, err := q.BillingCurrency(ctx, customer)
	return r.Currency, r.Fixed != 0, notFound(err)
}

// PutCurrency implements account.BillingStore.
func (AccountStore) PutCurrency(t tx.Tx, customer, currency string, fixed bool) error {
	ctx, q := q(t)
	return q.PutBillingCurrency(ctx, gen.PutBillingCurrencyParams{CustomerID: customer, Currency: currency, Fixed: flag(fixed), UpdatedAt: micros(t.Now())})
}
