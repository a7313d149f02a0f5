package recharge

import (
	"context"
	"time"

	"purse/billing/money"
	"purse/billing/purchase"
)

// Gateway is Stripe's invoices. Errors are *outcome.Declined, outcome.ErrStale,
// *outcome.Refused, outcome.ErrGone; anything else is an unknown outcome:
// repeat the call under the same key.
type Gateway interface {
	// PrepareInvoice makes the invoice of a recharge, with its line, and
	// finalizes it. id names one that was found, "" makes it.
	PrepareInvoice(ctx context.Context, p InvoiceParams, id, key string) (Invoice, error)
	// FindInvoice looks through the customer's invoices since a time.
	FindInvoice(ctx context.Context, p InvoiceParams, since time.Time) (Invoice, bool, error)
	// Invoice answers an invoice with its payment.
	Invoice(ctx context.Context, id string) (Invoice, error)
	// PayInvoice charges a saved payment method while the customer is away. A bank
	// that takes its time has not answered yet: PaymentStatus is processing.
	PayInvoice(ctx context.Context, id, method, key string) (Invoice, error)
	// VoidInvoice makes an open invoice one that cannot be paid any more.
	VoidInvoice(ctx context.Context, id, key string) error
	// FraudWarning answers a bank's early fraud warning.
	FraudWarning(ctx context.Context, id string) (Warning, error)
}

// Warning is a bank's suspicion about a payment.
type Warning struct {
	ID, Type   string
	Payment    string // the payment intent
	Actionable bool   // it is neither refunded nor disputed yet
}

// InvoiceParams describe a one-off invoice with one line.
type InvoiceParams struct {
	Recharge, Customer, Installation string // ours, for the metadata
	Purchase                         string // instead of Recharge, for one that the buyer makes
	StripeCustomer                   string
	Method                           string   // that is charged
	Types                            []string // of what may be charged for it
	Description                      string
	Price                            money.Money
	AutomaticTax                     bool
	TaxBehavior, TaxCode             string // whether Price contains tax; Stripe's code, "" for the account's
	PONumber                         string // printed on the invoice, "" for none
}

// Invoice is an invoice of Stripe's with its payment.
type Invoice struct {
	ID, Number, URL          string
	Status                   string // draft, open, paid, void, uncollectible
	Livemode                 bool
	StripeCustomer           string
	Subtotal, Tax, Total     int64
	AmountPaid               int64
	Currency                 string
	Recharge, Installation   string // metadata: ours
	Customer                 string
	Payment                  string // the payment intent
	purchase.Took                   // what the charge took of the buyer
	PaymentStatus            string
	ReceiptURL               string
	MethodType               string // Stripe's, of what was charged last
	CardBrand, CardLast4     string
	FailureCode, DeclineCode string // of the last attempt
	FailureMessage           string
}
