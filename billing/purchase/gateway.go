package purchase

import (
	"context"
	"time"

	"purse/billing/account"
	"purse/billing/card"
	"purse/billing/money"
)

// Gateway is Stripe, as far as purchases need it. Each method answers what
// Stripe says now. A call that changes something takes an idempotency key: with
// the same key and parameters it counts once within 23 hours.
type Gateway interface {
	// EnsureCustomer makes Stripe's customer and answers its id.
	EnsureCustomer(ctx context.Context, p card.CustomerParams, key string) (string, error)
	// CustomerLives says whether Stripe still has a customer: it may have been deleted
	// there, or never been.
	CustomerLives(ctx context.Context, stripeID string) (bool, error)
	// UpdateCustomer makes Stripe's customer bear what is known of it now: name,
	// e-mail, address and tax ids. It may be repeated. What Stripe does not take
	// is an outcome.Refused.
	UpdateCustomer(ctx context.Context, stripeID string, p card.CustomerParams) error
	// CustomerDetails answers what Stripe's customer bears now, outcome.ErrGone when there
	// is none.
	CustomerDetails(ctx context.Context, stripeID string) (account.TypedDetails, error)
	CreateCheckout(ctx context.Context, p CheckoutParams, key string) (Checkout, error)
	// CreateInvoice makes an invoice in place of a Checkout and finalizes it, to be
	// paid with a saved payment method.
	CreateInvoice(ctx context.Context, p CheckoutParams, m card.PaymentMethod, key string) (Checkout, error)
	// PayInvoiceNow charges it for the invoice while the buyer is there. The bank's
	// no is an outcome.Declined; a bank that takes its time has not answered yet.
	PayInvoiceNow(ctx context.Context, invoice, method, key string) (Checkout, error)
	// Checkout answers a session, or such an invoice, with its payment, outcome.ErrGone when
	// there is none. ExpireCheckout takes both too.
	Checkout(ctx context.Context, id string) (Checkout, error)
	// CheckoutOf answers the Checkout of a payment, outcome.ErrGone when there is none.
	CheckoutOf(ctx context.Context, paymentIntent string) (Checkout, error)
	// LookFor finds the Checkout of a purchase, or the invoice in its place, in
	// Stripe's lists: for when the answer to making it was lost. Of p it needs who
	// and what for.
	LookFor(ctx context.Context, p CheckoutParams, since time.Time) (c Checkout, found bool, err error)
	// ExpireCheckout ends an open session; outcome.ErrNotOpen when it is not open, or when a
	// bank is being asked for the money. The draft of an invoice is deleted.
	ExpireCheckout(ctx context.Context, id string) error
	// PaymentIntent answers a payment, outcome.ErrGone when there is none.
	PaymentIntent(ctx context.Context, id string) (PaymentIntent, error)
	// PaymentOf answers the payment that a charge, refund or dispute is about.
	PaymentOf(ctx context.Context, objectID string) (PaymentIntent, error)
	// MoneyBack answers the refunds and the disputes of a payment.
	MoneyBack(ctx context.Context, paymentIntent string) (MoneyBack, error)
	Refund(ctx context.Context, p RefundParams, key string) (ChargeRefund, error)
	// FindRefund looks in Stripe's lists for a refund of ours, by its id in the
	// metadata.
	FindRefund(ctx context.Context, p RefundParams) (r ChargeRefund, found bool, err error)
	// SubmitEvidence answers a dispute: Stripe gives it to the bank at once.
	SubmitEvidence(ctx context.Context, dispute string, e Evidence, key string) error
	// SetupTry answers the payment method of a setup intent, outcome.ErrGone when there is none.
	SetupTry(ctx context.Context, setupIntent string) (card.SetupTry, error)
}

// CheckoutParams describe a Checkout in payment mode for one pack.
type CheckoutParams struct {
	Purchase, Customer, Installation string // ours, for the metadata
	Sold                             Sold   // likewise
	StripeCustomer                   string
	Name, Description                string // of what is sold
	Price                            money.Money
	SuccessURL, CancelURL            string // {CHECKOUT_SESSION_ID} is replaced by Stripe
	ExpiresAt                        time.Time
	SubmitMessage                    string   // shown beside the button, "" for none
	Save                             bool     // keep what pays for payments while the buyer is away
	Promotions                       bool     // let the buyer enter a promotion code
	Methods                          []string // payment methods to offer, none for those of Stripe's dashboard
	BankCountry                      string   // whose accounts take transfers in euros
	AutomaticTax                     bool     // let Stripe add tax, and ask for the address and a tax id
	TaxBehavior                      string   // whether Price contains tax: exclusive, inclusive
	TaxCode                          string   // Stripe's, "" for the account's
	Invoice                          bool     // let Stripe make an invoice of it
	PONumber                         string   // printed on the invoice, "" for none
	KnownAddress                     bool     // the customer has an address: what is typed at Checkout does not replace it
}

// Checkout is a Checkout Session with its payment.
type Checkout struct {
	ID, URL        string
	Status         string // open, complete, expired; of an invoice also draft
	PaymentStatus  string // paid, unpaid, no_payment_required
	Livemode       bool
	StripeCustomer string
	Subtotal       int64
	Total          int64
	Discount       int64
	Tax            int64
	Currency       string
	Purchase       string // metadata: ours
	Customer       string
	Installation   string
	Sold           Sold
	ExpiresAt      time.Time
	Payment        PaymentIntent // zero before confirmation
	InvoiceNumber  string        // of the invoice that was made of it, "" for none
	InvoiceURL     string
	Typed          account.TypedDetails // what the buyer typed there for the tax, zero for nothing
}

// PaymentIntent is a payment and its latest charge.
type PaymentIntent struct {
	ID                   string
	Status               string // Stripe's: succeeded, processing, requires_payment_method, canceled …
	Purchase             string // metadata: ours
	Installation         string
	Invoice              string // Stripe's that it pays, "" for none
	ReceiptURL           string
	CardBrand, CardLast4 string
	// Fingerprint is the same for the same card or bank account, "" for what has none.
	Fingerprint    string
	FailureMessage string
	// Method is Stripe's type of the payment method, "" while there is none.
	Method string
	// Of a bank transfer: what is still missing, the sender's reference, and
	// Stripe's page with instructions. InstructionsURL is "" when none is awaited.
	Remaining                  int64
	Reference, InstructionsURL string
	Took
}

// Took is what a charge took of the buyer.
type Took struct {
	Charged money.Money // as Stripe's charge says, zero before there is one
	// Shown is what the buyer saw and paid where Stripe converted it and the charge
	// keeps the currency of what is paid, zero otherwise.
	Shown money.Money
}

// RefundParams ask for a refund.
type RefundParams struct {
	Refund, Purchase, Installation string // ours, for the metadata
	PaymentIntent                  string
	// Invoice is Stripe's invoice, where there is no payment: it was paid outside
	// Stripe, and goes back outside Stripe; a credit note says so.
	Invoice string
	Amount  int64
	// Charged is what to give back of a charge that is in another currency than
	// Amount, zero where it is in the same.
	Charged money.Money
}

// ChargeRefund is a refund as Stripe has it.
type ChargeRefund struct {
	ID     string
	Ours   string // our id in the metadata, "" for one that was made elsewhere
	Amount int64
	// Currency is the charge's, "" for the purchase's; Charged is what was given back
	// in it, once Amount was converted into the purchase's.
	Currency string
	Charged  money.Money
	Status   string // pending, requires_action, succeeded, failed, canceled
	Problem  string
}

// ChargeDispute is a dispute as Stripe has it.
type ChargeDispute struct {
	ID, Status, Reason string
	Amount             int64
	Currency           string    // "" for the purchase's
	Due                time.Time // until when evidence is taken, zero for no date
	CreatedAt          time.Time
}

// Awaited says whether the bank waits for an answer.
func (d ChargeDispute) Awaited() bool {
	return d.Status == "needs_response" || d.Status == "warning_needs_response"
}

// MoneyBack is what goes back of a payment.
type MoneyBack struct {
	Refunds  []ChargeRefund
	Disputes []ChargeDispute // in parts a payment can be disputed more than once
}
