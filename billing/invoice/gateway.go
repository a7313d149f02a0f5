package invoice

import (
	"context"
	"time"

	"purse/billing/money"
	"purse/billing/purchase"
)

// Gateway is Stripe's invoices. Errors are *outcome.Declined,
// outcome.ErrStale, *outcome.Refused, outcome.ErrGone; anything else is
// an unknown outcome: repeat the call under the same key.
type Gateway interface {
	// IssueInvoice makes an invoice with its line and finalizes it. id names one
	// that was found, "" makes it.
	IssueInvoice(ctx context.Context, p Params, id, key string) (Stripe, error)
	// FindIssued looks through the customer's invoices since a time.
	FindIssued(ctx context.Context, p Params, since time.Time) (Stripe, bool, error)
	// IssuedInvoice answers an invoice with its payment.
	IssuedInvoice(ctx context.Context, id string) (Stripe, error)
	// SendInvoice lets Stripe mail it to the customer.
	SendInvoice(ctx context.Context, id, key string) error
	// ChargeInvoice charges a saved payment method while the customer is away.
	ChargeInvoice(ctx context.Context, id, card, key string) (Stripe, error)
	VoidInvoice(ctx context.Context, id, key string) error
	MarkUncollectible(ctx context.Context, id, key string) error
	// RecordPayment marks an invoice as paid outside Stripe.
	RecordPayment(ctx context.Context, id, key string) error
}

// Params describe an invoice with one line.
type Params struct {
	Invoice, Customer, Installation string // ours, for the metadata
	StripeCustomer                  string
	Description, Memo, PONumber     string
	Price                           money.Money
	NetDays                         int       // -1 where a saved payment method is charged
	DueAt                           time.Time // instead of NetDays, zero for none
	Replaces                        string    // Stripe's invoice that it must not be taken for
	Card, MethodType                string    // that is charged, and Stripe's type of it
	TaxExempt                       TaxExempt
	AutomaticTax                    bool
	TaxBehavior, TaxCode            string // whether Price contains tax; Stripe's code, "" for the account's
}

// Stripe is an invoice as Stripe has it.
type Stripe struct {
	ID, Number, URL          string
	Status                   string // draft, open, paid, void, uncollectible
	Livemode                 bool
	StripeCustomer           string
	CustomerGone             bool      // it was deleted
	TaxExempt                TaxExempt // as the customer was when it was issued
	Subtotal, Tax, Total     int64
	AmountPaid               int64
	Currency                 string
	Invoice, Installation    string // metadata: ours
	Customer                 string
	DueAt                    time.Time
	Payment                  string // the payment intent
	purchase.Took                   // what the charge took of the buyer
	PaymentStatus            string
	ReceiptURL               string
	CardBrand, CardLast4     string
	FailureCode, DeclineCode string // of the last attempt
	FailureMessage           string
}
