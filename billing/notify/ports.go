package notify

import (
	"context"
	"time"

	"purse/billing/account"
	"purse/billing/tx"
)

// Poster posts to addresses that others chose. It is the only one who opens
// connections to them, and refuses those that lead inside.
type Poster interface {
	// Check says what is wrong with an address, "" when it can be tried. What it
	// resolves to is only known, and checked, when it is dialled.
	Check(url string) string
	// Post sends a body and answers what came back. An error means that nothing
	// did.
	Post(ctx context.Context, p Post) (Answer, error)
}

// AnswerWithin is how long an endpoint may take: a Poster gives up then.
const AnswerWithin = 15 * time.Second

// Post is what is sent: signed with each of the secrets, or not at all.
type Post struct {
	URL     string
	ID      string // the event's, for webhook-id
	At      time.Time
	Secrets []string
	Body    []byte
}

// Answer is what came back.
type Answer struct {
	Status     int
	Body       string // its first 4 kB
	Headers    string // that were sent to be verified
	RetryAfter time.Duration
}

// EndpointStore keeps endpoints and what was delivered to them.
type EndpointStore interface {
	InsertEndpoint(t tx.Tx, e Endpoint) error
	Endpoint(t tx.Tx, id string) (Endpoint, error)
	UpdateEndpoint(t tx.Tx, e Endpoint) error
	// DeleteEndpoint deletes it with its deliveries.
	DeleteEndpoint(t tx.Tx, id string) error
	// Endpoints lists the customer's endpoints, or the vendor's for "".
	Endpoints(t tx.Tx, customer string, p Page) ([]Endpoint, error)
	CountEndpoints(t tx.Tx, customer string) (int64, error)
	EnabledEndpoints(t tx.Tx, customer string) ([]Endpoint, error)
	// Failing are the endpoints that fail or were disabled because of it.
	Failing(t tx.Tx, limit int) ([]Endpoint, error)
	SetHealth(t tx.Tx, e Endpoint, leasedUntil time.Time) error

	// Claim leases endpoints that have something due; Release gives one back.
	Claim(t tx.Tx, until time.Time, limit int) ([]Endpoint, error)
	Release(t tx.Tx, id string) error
	ReleaseAll(t tx.Tx) error
	// Wake says that an endpoint has something due at a time.
	Wake(t tx.Tx, id string, at time.Time) error
	// NextDue is when an endpoint that nobody works on has something due.
	NextDue(t tx.Tx) (time.Time, error)

	// InsertDelivery answers false where the endpoint has the event already.
	InsertDelivery(t tx.Tx, d Delivery) (bool, error)
	Delivery(t tx.Tx, id string) (Delivery, error)
	SetDelivery(t tx.Tx, d Delivery) error
	Due(t tx.Tx, endpoint string, limit int) ([]Delivery, error)
	// Deliveries lists those of an endpoint in a state, "" for any.
	Deliveries(t tx.Tx, endpoint string, state DeliveryState, p Page) ([]Delivery, error)
	AllDeliveries(t tx.Tx, state DeliveryState, after string, limit int) ([]Delivery, error)
	RedeliverFailed(t tx.Tx, endpoint string, since time.Time) (int64, error)
	FailPending(t tx.Tx, endpoint, why string) (int64, error)
	Waiting(t tx.Tx) (Waiting, error)

	InsertAttempt(t tx.Tx, a Attempt) error
	Attempts(t tx.Tx, delivery string, limit int) ([]Attempt, error)
	DeleteAttemptsBefore(t tx.Tx, id string, limit int) (int64, error)
	DeleteDeliveriesBefore(t tx.Tx, id string, limit int) (int64, error)
	// Admins are the vendor's admins, who are told of its endpoints.
	Admins(t tx.Tx) ([]account.User, error)
}

// Waiting is how many deliveries are under way, and since when the oldest waits
// that was never tried.
type Waiting struct {
	Count  int64
	Oldest time.Time
}
