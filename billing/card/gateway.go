package card

import (
	"context"
	"time"
)

// Gateway is Stripe, as far as saved payment methods need it. No number of a
// card or an account passes it: Stripe's pages take them.
type Gateway interface {
	EnsureCustomer(ctx context.Context, p CustomerParams, key string) (string, error)
	// CustomerLives says whether Stripe still has a customer: it may have been deleted
	// there, or never been.
	CustomerLives(ctx context.Context, stripeID string) (bool, error)
	// PaymentMethods answers what is saved for Stripe's customer, newest first, and
	// the id of the one that Stripe takes by default, "" for none.
	PaymentMethods(ctx context.Context, stripeCustomer string) (all []PaymentMethod, byDefault string, err error)
	// PaymentMethod answers one, outcome.ErrGone when there is none.
	PaymentMethod(ctx context.Context, id string) (PaymentMethod, error)
	// Detach removes one; outcome.ErrGone when it is not saved any more.
	Detach(ctx context.Context, id string) error
	// SetDefault makes one what Stripe takes by default.
	SetDefault(ctx context.Context, stripeCustomer, id string) error
	// CreateSetup opens a Checkout that saves a payment method and takes no money.
	CreateSetup(ctx context.Context, p SetupParams, key string) (Setup, error)
	// SetupSession answers such a Checkout, outcome.ErrGone when there is none.
	SetupSession(ctx context.Context, session string) (Setup, error)
	// Mandate answers what an event says about a mandate, the permission to debit a
	// bank account: of which payment method, and whether it stands. outcome.ErrGone when
	// Stripe does not know the event any more.
	Mandate(ctx context.Context, event string) (Mandate, error)
	// PortalURL answers a link to Stripe's portal, good for a short time.
	PortalURL(ctx context.Context, stripeCustomer, returnURL string) (string, error)
}

// PaymentMethod is a saved payment method as Stripe has it.
type PaymentMethod struct {
	ID             string
	StripeCustomer string // "" when it is not saved
	Type           string // Stripe's
	// Brand is what people know it by beside its last digits: the brand of a card,
	// the bank of an account ("" where Stripe does not name it), the address or tag
	// of a wallet, which has no digits.
	Brand, Last4 string
	ExpMonth     int // of a card
	ExpYear      int
	Fingerprint  string // the same for the same number, however often it is saved; "" for wallets
	CreatedAt    time.Time
}

// Expired says whether a card's last month is over.
func (m PaymentMethod) Expired(now time.Time) bool {
	return m.ExpYear > 0 && !now.Before(time.Date(m.ExpYear, time.Month(m.ExpMonth)+1, 1, 0, 0, 0, 0, time.UTC))
}

// Mandate is the permission to debit a bank account.
type Mandate struct {
	PaymentMethod string
	Ended         bool // it was revoked or rejected: nothing can be charged any more
}

// SetupParams describe a Checkout in setup mode.
type SetupParams struct {
	Customer, Installation string // ours, for the metadata
	Setup                  string // likewise: which opening of the page
	StripeCustomer         string
	// Types are what can be saved; none for those of Stripe's dashboard, which
	// depend on Currency.
	Types                 []string
	Currency              string // that it is to pay in later
	SuccessURL, CancelURL string // {CHECKOUT_SESSION_ID} is replaced by Stripe
}

// SetupTry is a payment method that somebody tries to save.
type SetupTry struct {
	Customer, Installation, Setup string // metadata: ours
	Fingerprint                   string // of what was saved or refused last, "" for none
}

// Setup is a Checkout Session in setup mode.
type Setup struct {
	ID, URL        string
	Status         string // open, complete, expired
	Customer       string // metadata: ours
	Installation   string
	StripeCustomer string
	Method         string // the id of what was saved, "" before
	Verifying      bool   // the bank account is looked at first, which takes a day or two
}
