package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// describe completes the document with what huma cannot know: the keys, and the
// route that reads its body by hand.
func (a *API) describe() {
	o := a.open
	o.Info.Description = "Prepaid credits: report usage and get a decision in the same call, durably. Credits are decimal strings, " +
		"times are RFC 3339 in UTC, lists are newest first, errors are application/problem+json."
	o.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {
		Type: "http", Scheme: "bearer",
		Description: "An API key: sk_… with the scopes usage, read and admin, or a customer's own ck_…, which reads.",
	}}
	o.Servers = []*huma.Server{{URL: a.PublicURL}}
	if a.PublicURL == "" {
		o.Servers = []*huma.Server{{URL: "/"}}
	}
	a.describeWebhooks()
	for _, r := range table() {
		if r.id != "reportUsage" {
			continue
		}
		schemas := o.Components.Schemas
		one := schemas.Schema(reflect.TypeFor[usageEvent](), true, "")
		batch := schemas.Schema(reflect.TypeFor[usageBatch](), true, "")
		receipt := schemas.Schema(reflect.TypeFor[usageReceipt](), true, "")
		wrong := schemas.Schema(reflect.TypeFor[problem](), true, "")
		answer := func(text, media string, s *huma.Schema) *huma.Response {
			return &huma.Response{Description: text, Content: map[string]*huma.MediaType{media: {Schema: s}}}
		}
		o.AddOperation(&huma.Operation{
			Method: r.Method, Path: r.Path, OperationID: r.id, Tags: []string{r.tag}, Summary: r.summary, Security: security(r),
			Description: who(r) + " An event's id counts once per customer. A refused single event is 402; a batch that can be read " +
				"is 200, with a receipt or a problem for each event, in order.",
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
				"application/json": {Schema: &huma.Schema{OneOf: []*huma.Schema{one, batch}}},
			}},
			Responses: map[string]*huma.Response{
				"200": answer("What was booked", "application/json", &huma.Schema{OneOf: []*huma.Schema{receipt, {
					Type: huma.TypeObject, Required: []string{"object", "data", "has_more"}, Properties: map[string]*huma.Schema{
						"object":   {Type: huma.TypeString, Enum: []any{"list"}},
						"has_more": {Type: huma.TypeBoolean},
						"data":     {Type: huma.TypeArray, Items: &huma.Schema{OneOf: []*huma.Schema{receipt, wrong}}},
					},
				}}}),
				"402":     answer("Credits lack: nothing was booked", "application/problem+json", wrong),
				"default": answer("Error", "application/problem+json", wrong),
			},
		})
	}
}

// usageEvent documents what billing/usage reads by hand.
type usageEvent struct {
	ID         string         `json:"id" minLength:"1" maxLength:"255" doc:"Counts once per customer"`
	Customer   string         `json:"customer" doc:"An id, or ext: and your own" example:"ext:acme"`
	Event      string         `json:"event" maxLength:"100" example:"llm.completion"`
	Timestamp  *time.Time     `json:"timestamp,omitempty" doc:"Now by default. From 35 days back to 5 minutes ahead; chooses the rate and the report's hour"`
	Mode       string         `json:"mode,omitempty" enum:"decide,record" doc:"decide (default) allows or refuses; record books work that is done, what is missing becomes debt"`
	Backdated  bool           `json:"backdated,omitempty" doc:"Lifts the floor of timestamp; needs the scope admin"`
	Caller     string         `json:"caller,omitempty" maxLength:"255" doc:"The key, seat or agent of the customer"`
	FormerID   string         `json:"former_id,omitempty" minLength:"1" maxLength:"255" doc:"An id by which this event may have been sent before: if it was, this is its replay. For who makes ids in another way now"`
	Properties map[string]any `json:"properties,omitempty" doc:"What meters count and rates match on"`
}

type usageBatch struct {
	Events []usageEvent `json:"events" minItems:"1" maxItems:"1000" nullable:"false"`
}

type usageReceipt struct {
	Object   string          `json:"object" enum:"usage_receipt"`
	ID       string          `json:"id"`
	Allowed  bool            `json:"allowed"`
	Replayed bool            `json:"replayed" doc:"Whether this was booked before"`
	Mode     string          `json:"mode" enum:"decide,record"`
	Charges  []receiptCharge `json:"charges" nullable:"false"`
	Unpriced bool            `json:"unpriced,omitempty" doc:"Recorded, and kept until a rate prices it: charges is empty, and nothing was booked yet"`
	Throttle bool            `json:"throttle,omitempty" doc:"Allowed below zero: slow the customer down to rate_per_minute"`
	Rate     int             `json:"rate_per_minute,omitempty"`
}

type receiptCharge struct {
	Posting    string `json:"posting"`
	CreditType string `json:"credit_type"`
	Credits    string `json:"credits"`
	Available  string `json:"available" doc:"Now, of a replayed receipt too"`
}

// openAPI serves the document.
func (a *API) openAPI() http.HandlerFunc {
	doc, err := json.Marshal(a.open)
	return func(w http.ResponseWriter, r *http.Request) {
		if err != nil {
			a.write(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(doc)
	}
}
