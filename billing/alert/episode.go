package alert

import (
	"encoding/json"
	"time"

	"purse/billing/money"
)

// Told says what became of the message to people about an episode.
type Told string

const (
	// Sent: the customer's members were told, as far as they want to be.
	Sent Told = "sent"
	// Suppressed: a more severe level was crossed at the same time, or the level
	// had been told of already on that day.
	Suppressed Told = "suppressed"
)

// Episode is one crossing of a level until recovery, one period in which a
// limit was reached, or one notice of credits that expire.
type Episode struct {
	ID, Customer, CreditType string
	// Source is the alert's or the limit's id; Place makes it count once.
	Source, Place string
	Kind          string // of the alert, or "limit"
	Level, Value  money.Credits
	Event         string // the type of its event
	Told          Told
	Detail        json.RawMessage
	OpenedAt      time.Time
	ClosedAt      time.Time // zero while it lasts
}

// Notice is what people are told of.
type Notice struct {
	Customer, CreditType string
	Episode              string
	// Event is the type, Data what the event says, with figures as decimals.
	Event string
	Data  map[string]string
}
