package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"purse/billing/notify"
	"purse/handlers/kit"
	"purse/views/docs"
)

// Docs is the page /docs: the reference, made from the document.
func (a *API) Docs(k *kit.Kit) kit.Handler {
	page := a.reference()
	return func(w http.ResponseWriter, r *http.Request) error {
		f := k.Frame(r, "API reference", "")
		f.Wide = true
		return kit.Render(w, r, http.StatusOK, docs.View(f, page))
	}
}

// reference turns the document into what the page shows.
func (a *API) reference() docs.Page {
	p := docs.Page{BaseURL: a.PublicURL, Events: eventTypes(), Retries: retries(), Answer: span(notify.AnswerWithin), Disabled: span(notify.DisableAfter), Errors: errorCodes}
	for _, r := range table() {
		if r.successor != "" {
			continue
		}
		item := a.open.Paths[r.Path]
		o := item.Post
		switch r.Method {
		case http.MethodGet:
			o = item.Get
		case http.MethodPatch:
			o = item.Patch
		case http.MethodDelete:
			o = item.Delete
		}
		i := slices.IndexFunc(p.Sections, func(s docs.Section) bool { return s.Name == r.tag })
		if i < 0 {
			i = len(p.Sections)
			p.Sections = append(p.Sections, docs.Section{Name: r.tag})
		}
		p.Sections[i].Operations = append(p.Sections[i].Operations, a.operation(r, o))
	}
	return p
}

func (a *API) operation(r Route, o *huma.Operation) docs.Operation {
	out := docs.Operation{ID: o.OperationID, Method: r.Method, Path: r.Path, Summary: o.Summary, Description: o.Description, Example: examples[o.OperationID]}
	for _, p := range o.Parameters {
		out.Parameters = append(out.Parameters, docs.Field{Name: p.Name, Type: p.In + ", " + a.typeOf(p.Schema), Text: p.Description, Required: p.Required})
	}
	if o.RequestBody != nil {
		out.Body = a.fields(o.RequestBody.Content["application/json"])
	}
	for _, status := range []string{"200", "201"} {
		if res := o.Responses[status]; res != nil && res.Content != nil {
			out.Answer = a.fields(res.Content["application/json"])
		}
	}
	return out
}

func (a *API) fields(m *huma.MediaType) (out []docs.Field) {
	if m == nil || m.Schema == nil {
		return nil
	}
	s := a.resolve(m.Schema)
	if len(s.OneOf) > 0 {
		s = a.resolve(s.OneOf[0])
	}
	if data := s.Properties["data"]; data != nil && data.Type == huma.TypeArray { // of a list, its elements
		s = a.resolve(data.Items)
	}
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int {
		if d := rank(s, x) - rank(s, y); d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	for _, name := range names {
		f := s.Properties[name]
		text := f.Description
		if text == "" {
			text = a.resolve(f).Description
		}
		out = append(out, docs.Field{Name: name, Type: a.typeOf(f), Text: text, Required: slices.Contains(s.Required, name)})
	}
	return out
}

// rank puts object and id first, then what is required.
func rank(s *huma.Schema, name string) int {
	switch {
	case name == "object":
		return 0
	case name == "id":
		return 1
	case slices.Contains(s.Required, name):
		return 2
	}
	return 3
}

func (a *API) resolve(s *huma.Schema) *huma.Schema {
	if s.Ref == "" {
		return s
	}
	return a.open.Components.Schemas.SchemaFromRef(s.Ref)
}

func (a *API) typeOf(s *huma.Schema) string {
	s = a.resolve(s)
	switch {
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			words[i] = fmt.Sprint(e)
		}
		return strings.Join(words, " | ")
	case s.Type == huma.TypeArray:
		return "list of " + a.typeOf(s.Items)
	case s.Format == "date-time":
		return "time"
	}
	return s.Type
}

var examples = map[string]string{
	"reportUsage":           `{"id": "req_1", "customer": "ext:your-id", "event": "llm.completion", "properties": {"input_tokens": 4808, "output_tokens": 10}}`,
	"createCustomer":        `{"name": "Their name", "external_id": "your-id", "email": "billing@example.com", "timezone": "Europe/Berlin"}`,
	"createGrant":           `{"credit_type": "credits", "credits": "100", "kind": "promotional", "expires_at": "2030-01-01T00:00:00Z"}`,
	"createCreditType":      `{"key": "credits", "name": "Credits", "unit": "credit", "units": "credits", "decimals": 2}`,
	"createMeter":           `{"key": "input_tokens", "event": "llm.completion", "aggregation": "sum", "property": "input_tokens"}`,
	"createRate":            `{"meter": "input_tokens", "credit_type": "credits", "credits": "3", "per": 1000000, "match": {"model": "m"}}`,
	"createPack":            `{"credit_type": "credits", "credits": "1000", "price": {"amount": 2500, "currency": "usd"}, "expires_after_days": 365}`,
	"createHold":            `{"customer": "ext:your-id", "credit_type": "credits", "credits": "5"}`,
	"captureHold":           `{"credits": "3.2"}`,
	"createPurchase":        `{"pack": "pack_…", "success_url": "https://your.app/billing"}`,
	"createWebhookEndpoint": `{"url": "https://your.app/purse", "types": ["balance.low", "balance.depleted", "entitlement.changed"]}`,
	"redeliverFailed":       `{"since": "2030-01-01T00:00:00Z"}`,
	"createKey":             `{"name": "their backend", "scopes": ["usage"], "customer": "ext:your-id"}`,
}

// errorCodes are the codes that callers meet, for the page that types of
// problems lead to.
var errorCodes = []docs.ErrorCode{
	{Code: "invalid_json", Status: 400, Text: "The body is not the JSON that it should be: broken, a name twice, nested too deeply, something after it."},
	{Code: "missing_key", Status: 401, Text: "No API key was sent."},
	{Code: "invalid_key", Status: 401, Text: "The API key is misspelt or revoked."},
	{Code: "insufficient_credits", Status: 402, Text: "Credits lack: nothing was booked, and this id stays refused. Buy credits, then use a new id."},
	{Code: "spend_limit_reached", Status: 402, Text: "A spend limit is reached, or less of it is left than the request needs. It starts anew at resets_at."},
	{Code: "scope_missing", Status: 403, Text: "The key lacks the scope that the path needs."},
	{Code: "key_limited", Status: 403, Text: "The key reaches one customer only, the path concerns all."},
	{Code: "customer_suspended", Status: 403, Text: "The customer is suspended. Recorded usage and captures are still booked."},
	{Code: "backdating_forbidden", Status: 403, Text: "Only a key with the scope admin may backdate events."},
	{Code: "not_found", Status: 404, Text: "There is no such thing, or it is not yours."},
	{Code: "unknown_customer", Status: 404, Text: "The event or hold names a customer that does not exist, or that the key does not reach."},
	{Code: "unknown_path", Status: 404, Text: "There is nothing at this path."},
	{Code: "method_not_allowed", Status: 405, Text: "The path does not take this method."},
	{Code: "idempotency_mismatch", Status: 409, Text: "The id or Idempotency-Key was used for another request."},
	{Code: "key_taken", Status: 409, Text: "A credit type or meter has this key."},
	{Code: "external_id_taken", Status: 409, Text: "Another customer has this external id."},
	{Code: "rate_exists", Status: 409, Text: "There is a version of this rate with the same effective date."},
	{Code: "rate_ambiguous", Status: 409, Text: "An event could match this rate and another equally well."},
	{Code: "hold_ended", Status: 409, Text: "The hold was captured or released before."},
	{Code: "hold_expired", Status: 409, Text: "The hold expired. Report work that is done with mode record."},
	{Code: "exceeds_available", Status: 409, Text: "An adjustment or transfer takes more than is available."},
	{Code: "endpoint_disabled", Status: 409, Text: "The webhook endpoint is disabled: enable it first."},
	{Code: "too_many_endpoints", Status: 409, Text: "There are as many webhook endpoints as are possible."},
	{Code: "no_secret", Status: 409, Text: "Messages to Slack are not signed: there is no secret to rotate."},
	{Code: "nothing_left", Status: 409, Text: "Nothing is left of the grant."},
	{Code: "body_too_large", Status: 413, Text: "A single event has at most 1 MiB, a batch 5 MiB, everything else 1 MiB."},
	{Code: "unsupported_media_type", Status: 415, Text: "Send Content-Type: application/json."},
	{Code: "invalid", Status: 422, Text: "A field or parameter is not what it should be: param names it."},
	{Code: "unknown_field", Status: 422, Text: "There is no such field."},
	{Code: "unknown_event", Status: 422, Text: "No meter reads events of this name."},
	{Code: "no_rate", Status: 422, Text: "No rate of a meter matches the event at its time."},
	{Code: "missing_property", Status: 422, Text: "The event lacks a property that a meter counts."},
	{Code: "invalid_property", Status: 422, Text: "A property that a meter counts is not a number, zero or more."},
	{Code: "out_of_range", Status: 422, Text: "The event would cost more than any amount may be."},
	{Code: "timestamp_in_future", Status: 422, Text: "The event is more than 5 minutes ahead."},
	{Code: "timestamp_too_old", Status: 422, Text: "The event is more than 35 days old and not backdated."},
	{Code: "unknown_credit_type", Status: 422, Text: "There is no such credit type."},
	{Code: "url_refused", Status: 422, Text: "The address of a webhook endpoint must be https on port 443, and lead to the internet."},
	{Code: "unknown_cursor", Status: 422, Text: "The stream cannot go on after this event: it is not kept any more."},
	{Code: "unknown_meter", Status: 422, Text: "There is no such meter."},
	{Code: "unknown_pack", Status: 422, Text: "There is no such pack for sale."},
	{Code: "rate_limited", Status: 429, Text: "The key sends too many requests: wait as Retry-After says."},
	{Code: "internal", Status: 500, Text: "A mistake of ours. Quote the request_id."},
	{Code: "no_secret_key", Status: 503, Text: "Whoever runs this Purse has not set the key that seals the secrets of webhooks."},
	{Code: "too_many_streams", Status: 503, Text: "Too many streams of events are open: try again later."},
	{Code: "unknown_outcome", Status: 503, Text: "It is not known whether this was done. Send it again with the same id or Idempotency-Key."},
	{Code: "stopping", Status: 503, Text: "Purse is stopping. Send it again with the same id or Idempotency-Key."},
}
