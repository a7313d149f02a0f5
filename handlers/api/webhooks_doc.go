package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"purse/billing/event"
	"purse/billing/notify"
	"purse/views/docs"
)

// exampleEvent is one of a type, as its receivers see it.
func exampleEvent(t event.Type) event.Event {
	e := event.Event{
		ID: "evt_06h009hchvm6s4qgpdfhxqrvew", Type: t.Name, Customer: "cus_06h009hchvm6s4qgpdfhxqrvew", Data: json.RawMessage(t.Example),
		CreatedAt: time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC),
	}
	if t.Wallet {
		e.Seq = 12
	}
	return e
}

// describeWebhooks writes the catalogue of events into the document.
func (a *API) describeWebhooks() {
	o := a.open
	schema := o.Components.Schemas.Schema(reflect.TypeFor[eventObject](), true, "")
	header := func(name, text string) *huma.Param {
		return &huma.Param{Name: name, In: "header", Required: true, Description: text, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	o.Webhooks = map[string]*huma.PathItem{}
	for _, t := range event.Catalogue() {
		o.Webhooks[t.Name] = &huma.PathItem{Post: &huma.Operation{
			OperationID: "on." + t.Name, Tags: []string{"Webhooks"}, Summary: t.Text,
			Description: "Signed as Standard Webhooks says. Answer 2xx within " + span(notify.AnswerWithin) + "; anything else is tried again. The same event may come twice, under the same id.",
			Parameters: []*huma.Param{
				header("webhook-id", "The event's id"), header("webhook-timestamp", "Seconds since 1970, of this try"),
				header("webhook-signature", "v1, and the signature; two with a space between them while the secret is rotated"),
			},
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
				Schema: schema, Example: json.RawMessage(event.Body(exampleEvent(t))),
			}}},
			Responses: map[string]*huma.Response{"2XX": {Description: "It arrived"}, "410": {Description: "Nothing is wanted any more: the endpoint is disabled"}},
		}}
	}
}

// eventTypes is the catalogue for the page.
func eventTypes() []docs.EventType {
	var out []docs.EventType
	for _, t := range event.Catalogue() {
		var b bytes.Buffer
		if err := json.Indent(&b, event.Body(exampleEvent(t)), "", "  "); err != nil {
			panic(err) // an example of ours
		}
		out = append(out, docs.EventType{Name: t.Name, Text: t.Text, Customers: t.Customers, Optional: strings.Join(t.Optional(), ", "), Example: b.String()})
	}
	return slices.Clip(out)
}

// retries are the waits between tries, in words.
func retries() string {
	var out []string
	for _, d := range notify.Schedule() {
		out = append(out, span(d))
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}

// span is a time in words, in its greatest whole unit.
func span(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0 && d > 24*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + " days"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + " hours"
	case d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + " minutes"
	}
	return strconv.Itoa(int(d/time.Second)) + " seconds"
}
