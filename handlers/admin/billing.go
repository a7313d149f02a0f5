package admin

import (
	"strings"

	"purse/billing/tx"
	"purse/views/admin"
	"purse/views/portal"
	"purse/views/ui"
)

// billing is whom a customer's invoices are addressed to, and the currency.
func (a *Admin) billing(t tx.Tx, customer string) ([]admin.Pair, error) {
	b, err := a.Accounts.BillingIn(t, customer)
	if err != nil {
		return nil, err
	}
	currency, fixed, err := a.Accounts.CurrencyIn(t, customer)
	var out []admin.Pair
	add := func(name, value string) {
		if value != "" {
			out = append(out, admin.Pair{Name: name, Value: value})
		}
	}
	paysIn := ui.Code(currency)
	if currency != "" && !fixed {
		paysIn += " (chosen, nothing paid yet)"
	}
	add("Pays in", paysIn)
	add("Company", b.Company)
	add("Invoices to", b.Email)
	add("Address", strings.Join(portal.Address(b.Address).Lines(), ", "))
	for _, id := range b.TaxIDs {
		add("Tax id", portal.TaxID(id).Text())
	}
	add("PO number", b.PONumber)
	add("Stripe did not take", b.Problem)
	return out, err
}
