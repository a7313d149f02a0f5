package portal

import (
	"strconv"
	"time"

	"purse/views/ui"
)

// Webhooks is the page of webhook endpoints: a customer's in the portal, the
// vendor's or a customer's in the admin console.
type Webhooks struct {
	Form                   ui.Form
	Base                   string // "/webhooks" or "/admin/webhooks"
	Admin                  bool
	Customer, CustomerName string // whose, in the console; "" for the vendor's
	MayChange              bool
	NoKey                  bool // nothing can be sealed here: no endpoint can be made
	Private                bool // http and private addresses are allowed, for development
	Made                   *NewEndpoint
	Types                  []EventType
	List                   []Endpoint
	Newer, Older           string
	Zone                   *time.Location
}

// NewEndpoint is an endpoint whose secret is shown, the only time.
type NewEndpoint struct{ URL, Secret, Href string }

// EventType is a type of event to choose.
type EventType struct {
	Name, Text string
	Chosen     bool
}

func (t EventType) field() string { return "type_" + t.Name }

// Endpoint is one of the list.
type Endpoint struct {
	ID, URL, Description, Kind string
	Customer                   string // its id, "" for the vendor's
	CustomerName               string
	State                      string // enabled, disabled
	Reason                     string
	FailingSince, Last         time.Time
	Status                     int // of the last answer
	Types                      []string
	Created, Disabled          time.Time
	RotatingUntil              time.Time
}

func (e Endpoint) badge() (ui.Tone, string) {
	switch {
	case e.State == "disabled" && e.Reason == "gone":
		return ui.Bad, "disabled: gone"
	case e.State == "disabled" && e.Reason == "failing":
		return ui.Bad, "disabled: failing"
	case e.State == "disabled":
		return ui.Plain, "disabled"
	case !e.FailingSince.IsZero():
		return ui.Warn, "failing"
	case e.Last.IsZero():
		return ui.Info, "not told yet"
	}
	return ui.Good, "working"
}

func (e Endpoint) told() string {
	switch len(e.Types) {
	case 0:
		return "everything"
	case 1:
		return e.Types[0]
	}
	return e.Types[0] + " and " + strconv.Itoa(len(e.Types)-1) + " more"
}

func (e Endpoint) kindName() string {
	if e.Kind == "slack" {
		return "Slack"
	}
	return "Webhook"
}

// WebhookPage is one endpoint with what was sent to it.
type WebhookPage struct {
	Endpoint
	Base, Back   string
	Admin        bool
	MayChange    bool
	Made         *NewEndpoint
	Form         ui.Form // of sending again
	Shown        string  // state that is filtered by
	Since        string  // a day
	List         []Delivery
	Newer, Older string
	Zone         *time.Location
	DisablesAt   time.Time
}

func (p WebhookPage) path() string { return p.Base + "/" + p.ID }

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID, Type, Event, State, Error string
	Endpoint                      *Endpoint // in lists of several endpoints
	Attempts, Status              int
	Next, Created, Finished       time.Time
}

func (d Delivery) badge() (ui.Tone, string) {
	switch d.State {
	case "succeeded":
		return ui.Good, "arrived"
	case "failed":
		return ui.Bad, "failed"
	}
	if d.Attempts > 0 {
		return ui.Warn, "tried again"
	}
	return ui.Info, "on its way"
}

// Attempt is one try.
type Attempt struct {
	ID, Headers, Error, Answer string
	Status                     int
	Took                       time.Duration
	At                         time.Time
}

func (a Attempt) title() string {
	if a.Status == 0 {
		return "no answer"
	}
	return strconv.Itoa(a.Status)
}

func (a Attempt) took() string { return ui.Number(a.Took.Milliseconds()) + " ms" }

// DeliveryPage is one delivery with every try.
type DeliveryPage struct {
	Delivery
	Base      string
	Admin     bool
	MayChange bool
	Of        Endpoint
	Body      string // what is sent
	Log       []Attempt
	Zone      *time.Location
}

// EditWebhook is the page on which an endpoint is changed.
type EditWebhook struct {
	Endpoint
	Form  ui.Form
	Base  string
	Admin bool
	Types []EventType
	Zone  *time.Location
}

var deliveryStates = []ui.Option{{Value: "", Text: "All"}, {Value: "pending", Text: "On their way"}, {Value: "succeeded", Text: "Arrived"}, {Value: "failed", Text: "Failed"}}

var endpointKinds = []ui.Option{{Value: "webhook", Text: "Signed JSON (Standard Webhooks)"}, {Value: "slack", Text: "Slack or compatible: messages for people"}}
