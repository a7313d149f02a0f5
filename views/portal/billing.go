package portal

import (
	"strconv"
	"strings"

	"purse/billing/account"
	"purse/views/ui"
)

// Billing is whom invoices are addressed to.
type Billing struct {
	Form           ui.Form
	Company, Email string
	Name, Mail     string // the customer's own, which stand in
	Address        Address
	TaxIDs         []TaxID // rows: some are empty
	PONumber       string
	Problem        string // what Stripe had against it
	Currency       string // "USD", "" before the first purchase
	Fixed          bool
	MayChange      bool
	Countries      []ui.Option
	Types          []ui.Option
}

// Address is a postal address.
type Address account.Address

// Lines are the lines of an address as it is printed.
func (a Address) Lines() []string {
	var out []string
	for _, l := range []string{a.Line1, a.Line2, strings.TrimSpace(a.PostalCode + " " + a.City), a.State, a.Country} {
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}

// TaxID is a tax id with its kind.
type TaxID account.TaxID

// Text is a tax id for people.
func (id TaxID) Text() string { return account.TaxID(id).Name() + " " + id.Value }

func nth(name string, i int) string { return name + "_" + strconv.Itoa(i) }

func nthText(i int) string { return strconv.Itoa(i + 1) }

func mailHint(mail string) string {
	if mail == "" {
		return ""
	}
	return "Empty: " + mail + "."
}
