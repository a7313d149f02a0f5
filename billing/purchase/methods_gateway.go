package purchase

import (
	"context"
	"time"
)

// MethodGateway is Stripe, as far as saved payment methods need it. No card
// data passes it: Stripe's pages take them.
type MethodGateway interface {
	EnsureCustomer(ctx context.Context, p CustomerParams, key string) (string, error)
	// CustomerLives says whether Stripe still has a customer: it may have been deleted
	// there, or never been.
	CustomerLives(ctx context.Context, stripeID string) (bool, error)
	// Cards answers the cards that are saved for Stripe's customer, newest
	// first, and the id of the one that Stripe takes by default, "" for none.
	Cards(ctx context.Context, stripeCustomer string) (cards []Card, byDefault string, err error)
	// Card answers one card, ErrGone when there is none.
	Card(ctx context.Context, id string) (Card, error)
	// DetachCard removes a card; ErrGone when it is not saved any more.
	DetachCard(ctx context.Context, id string) error
	// SetDefaultCard makes a card the one that Stripe takes by default.
	SetDefaultCard(ctx context.Context, stripeCustomer, id string) error
	// CreateCardSetup opens a Checkout that saves a card and takes no money.
	CreateCardSetup(ctx context.Context, p SetupParams, key string) (Setup, error)
	// CardSetup answers such a Checkout, ErrGone when there is none.
	CardSetup(ctx context.Context, session string) (Setup, error)
	// PortalURL answers a link to Stripe's portal, good for a short time.
	PortalURL(ctx context.Context, stripeCustomer, returnURL string) (string, error)
}

// Card is a saved card as Stripe has it.
type Card struct {
	ID             string
	StripeCustomer string // "" when it is not saved
	Brand, Last4   string
	ExpMonth       int
	ExpYear        int
	Fingerprint    string // the same for the same number, however often it is saved
	CreatedAt      time.Time
}

// Expired says whether the card's last month is over.
func (c Card) Expired(now time.Time) bool {
	return c.ExpYear > 0 && !now.Before(time.Date(c.ExpYear, time.Month(c.ExpMonth)+1, 1, 0, 0, 0, 0, time.UTC))
}

// SetupParams describe a Checkout in setup mode.
type SetupParams struct {
	Customer, Installation string // ours, for the metadata
	Setup                  string // likewise: which opening of the page
	StripeCustomer         string
	SuccessURL, CancelURL  string // {CHECKOUT_SESSION_ID} is replaced by Stripe
}

// SetupTry is a card that somebody tries to save.
type SetupTry struct {
	Customer, Installation, Setup string // metadata: ours
	Fingerprint                   string // of the card that was saved or refused last, "" for none
}

// Setup is a Checkout Session in setup mode.
type Setup struct {
	ID, URL        string
	Status         string // open, complete, expired
	Customer       string // metadata: ours
	Installation   string
	StripeCustomer string
	Card           string // the id of the card that was saved, "" before
}
