// Package charge is how Purse asks Stripe for money by itself: by one invoice of
// Stripe's, whatever it is for. Terms say what is asked of whom, Invoice is what
// Stripe has of it, Gateway the calls between them.
package charge

import (
	"strings"
	"time"

	"purse/billing/money"
)

// Of is the kind of what an invoice is for. An invoice's metadata at Stripe names it.
type Of string

const (
	OfPurchase Of = "purchase" // paid at once with a saved payment method
	OfRecharge Of = "recharge"
	OfInvoice  Of = "invoice" // that staff sends, or a schedule charges
)

// Owner is what an invoice is for.
type Owner struct {
	Of Of
	ID string
}

var ofPrefix = map[string]Of{"pur": OfPurchase, "rch": OfRecharge, "inv": OfInvoice}

// OwnerOf is what a reference in the ledger names of what is charged or bought; its kind
// is "" for another thing's. An id begins with what it is of.
func OwnerOf(ref string) Owner {
	kind, _, _ := strings.Cut(ref, "_")
	return Owner{Of: ofPrefix[kind], ID: ref}
}

// Terms describe an invoice to Stripe.
type Terms struct {
	Owner                  Owner
	Customer, Installation string // ours, for the metadata
	StripeCustomer         string
	Currency               string
	Lines                  []Line
	Memo                   string // printed above the lines
	PONumber               string // printed on it, "" for none
	// Method is the saved payment method that is charged, "" for one that the customer
	// chooses; Types are Stripe's types of what may be charged for it besides cards.
	Method string
	Types  []string
	// Send lets the customer pay on Stripe's page, NetDays after it was made or until
	// DueAt, if that is not zero. Otherwise a saved payment method is charged.
	Send    bool
	NetDays int
	DueAt   time.Time
	// TaxExempt is what Stripe is to know of the customer's tax, "" for what it knows.
	TaxExempt    string
	AutomaticTax bool
	// Replaces is an invoice of Stripe's that this one must not be taken for.
	Replaces string
	// Sells is what the customer gets for it.
	Sells Sale
}

// Line is a line of an invoice.
type Line struct {
	Description string
	Quantity    int64       // 0 is 1
	Price       money.Money // of all of it
	TaxBehavior string      // whether Price contains tax: "exclusive", "inclusive", "" for the account's
	TaxCode     string      // Stripe's, "" for the account's
}
