package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"purse/billing/event"
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
			Description: "Signed as Standard Webhooks says. Answer 2xx within 15 seconds; anything else is tried again. The same event may come twice, under the same id.",
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
		out = append(out, docs.EventType{Name: t.Name, Text: t.Text, Customers: t.Customers, Example: b.String()})
	}
	return slices.Clip(out)
}
