package charge

import (
	"context"
	"time"
)

// Gateway is Stripe's invoices. Errors are those of package outcome; anything else is
// an unknown outcome: repeat the call under the same key.
type Gateway interface {
	// PrepareInvoice makes an invoice with its lines and finalizes it. id names one
	// that was found, "" makes it.
	PrepareInvoice(ctx context.Context, terms Terms, id, key string) (Invoice, error)
	// FindInvoice looks through the customer's invoices since a time.
	FindInvoice(ctx context.Context, terms Terms, since time.Time) (Invoice, bool, error)
	// Invoice answers an invoice with its payment.
	Invoice(ctx context.Context, id string) (Invoice, error)
	// PayInvoice charges a saved payment method while the customer is away. A bank
	// that takes its time has not answered yet: PaymentStatus is processing.
	PayInvoice(ctx context.Context, id, method, key string) (Invoice, error)
	// VoidInvoice makes an open invoice one that cannot be paid any more.
	VoidInvoice(ctx context.Context, id, key string) error
	// SendInvoice lets Stripe mail it to the customer.
	SendInvoice(ctx context.Context, id, key string) error
	// MarkUncollectible gives an invoice up; it can still be paid.
	MarkUncollectible(ctx context.Context, id, key string) error
	// RecordPayment marks an invoice as paid outside Stripe.
	RecordPayment(ctx context.Context, id, key string) error
}
