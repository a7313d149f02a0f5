package event

import (
	"encoding/json"
	"time"
)

// Object is an event as everybody is told of it: in the API, in the stream and
// in webhooks.
type Object struct {
	Object     string          `json:"object" enum:"event"`
	ID         string          `json:"id" doc:"Stays the same however often it is delivered: the key to count it once by"`
	Type       string          `json:"type"`
	CreatedAt  time.Time       `json:"created_at"`
	Customer   *string         `json:"customer" doc:"Whom it is about"`
	CreditType *string         `json:"credit_type" doc:"With the customer, the wallet that it belongs to"`
	Sequence   *int64          `json:"sequence" doc:"Order within the wallet. Events of one posting share it: the greater id is the later. Numbers may be left out"`
	Data       json.RawMessage `json:"data" doc:"What the type's entry in the catalogue shows"`
}

// Show makes the object of an event.
func Show(e Event) Object {
	o := Object{Object: "event", ID: e.ID, Type: e.Type, CreatedAt: e.CreatedAt.UTC().Truncate(time.Microsecond), Data: e.Data}
	if e.Customer != "" {
		o.Customer = &e.Customer
	}
	var of struct {
		CreditType string `json:"credit_type"`
	}
	if err := json.Unmarshal(e.Data, &of); err == nil && of.CreditType != "" {
		o.CreditType = &of.CreditType
	}
	if e.Seq > 0 {
		o.Sequence = &e.Seq
	}
	return o
}

// Body is the object as JSON: the body of a webhook.
func Body(e Event) []byte {
	b, err := json.Marshal(Show(e))
	if err != nil { // its data was JSON when it was written
		panic("event: " + e.ID + ": " + err.Error())
	}
	return b
}
