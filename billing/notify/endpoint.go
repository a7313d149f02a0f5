package notify

import (
	"slices"
	"time"

	"purse/billing/event"
)

// Kind is what an endpoint speaks.
type Kind string

const (
	Webhook Kind = "webhook" // Standard Webhooks: signed JSON
	Slack   Kind = "slack"   // a Slack-compatible incoming webhook: messages for people
)

// EndpointState says whether an endpoint is told of anything.
type EndpointState string

const (
	Enabled  EndpointState = "enabled"
	Disabled EndpointState = "disabled"
)

// Why an endpoint is disabled.
const (
	ByOwner        = "owner"   // somebody switched it off
	BecauseGone    = "gone"    // it answered 410
	BecauseFailing = "failing" // nothing arrived for days
)

// Endpoint is who is told of events: the vendor's own system, or one of a
// customer's.
type Endpoint struct {
	ID          string
	Customer    string // "" for the vendor's
	Kind        Kind
	URL         string // of a Slack endpoint without its secret end
	Description string
	Types       []string // none: all that it may be told of

	// Secret and OldSecret are sealed. The old one signs too until OldUntil. Of a
	// Slack endpoint the secret is the whole URL.
	Secret, OldSecret string
	OldUntil          time.Time

	State  EndpointState
	Reason string
	// FailingSince is the first failure since something arrived last, zero when
	// all is well; ExhaustedAt when a delivery was first given up since then.
	FailingSince, ExhaustedAt, WarnedAt time.Time
	LastAt                              time.Time // of the last attempt
	LastStatus                          int       // 0 for no answer

	CreatedBy                        string
	CreatedAt, UpdatedAt, DisabledAt time.Time
}

// Wants says whether the endpoint is told of an event. What happened before it
// was made is not told.
func (e *Endpoint) Wants(ev event.Event) bool {
	switch {
	case e.State != Enabled || ev.CreatedAt.Before(e.CreatedAt):
		return false
	case e.Customer != "" && (ev.Customer != e.Customer || !event.ForCustomers(ev.Type)):
		return false
	}
	return len(e.Types) == 0 || slices.Contains(e.Types, ev.Type)
}

// Rotating says whether two secrets sign.
func (e *Endpoint) Rotating(now time.Time) bool { return e.OldSecret != "" && now.Before(e.OldUntil) }

// DeliveryState is how far telling one endpoint of one event is.
type DeliveryState string

const (
	DeliveryPending   DeliveryState = "pending"
	DeliverySucceeded DeliveryState = "succeeded"
	DeliveryFailed    DeliveryState = "failed"
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID, Endpoint, Customer, Event, Type string
	State                               DeliveryState
	Attempts                            int // in all
	Step                                int // in the schedule of tries
	NextAt                              time.Time
	Status                              int    // of the last answer, 0 for none
	Error                               string // of the last try, "" where it arrived
	CreatedAt, FinishedAt               time.Time
}

// Attempt is one try.
type Attempt struct {
	ID, Delivery, Endpoint string
	URL                    string
	Headers                string // those that were sent to be verified, a line each
	Status                 int    // 0 for no answer
	Error                  string // why it counts as failed
	Answer                 string // its first 4 kB
	Took                   time.Duration
	At                     time.Time
}

// Page asks for a part of a list, newest first.
type Page struct {
	After, Before string
	Limit         int
}
