package api

import (
	"context"
	"time"

	"purse/billing/fault"
	"purse/billing/notify"
	"purse/billing/tx"
)

type endpointObject struct {
	Object         string     `json:"object" enum:"webhook_endpoint"`
	ID             string     `json:"id"`
	Kind           string     `json:"kind" enum:"webhook,slack"`
	URL            string     `json:"url" doc:"Of a Slack address without its secret part"`
	Description    string     `json:"description"`
	Customer       *string    `json:"customer" doc:"Whose own system it is; null for yours"`
	Types          []string   `json:"types" nullable:"false" doc:"What it is told of; empty for everything"`
	Status         string     `json:"status" enum:"enabled,disabled"`
	DisabledReason *string    `json:"disabled_reason" doc:"owner, gone (it answered 410) or failing"`
	FailingSince   *time.Time `json:"failing_since" doc:"Since when nothing arrives"`
	RotatingUntil  *time.Time `json:"rotating_until" doc:"Until when the old secret signs too"`
	Secret         string     `json:"secret,omitempty" doc:"whsec_…, shown once: when the endpoint is made or its secret rotated"`
	CreatedAt      time.Time  `json:"created_at"`
}

func (a *API) showEndpoint(e notify.Endpoint) endpointObject {
	o := endpointObject{
		Object: "webhook_endpoint", ID: e.ID, Kind: string(e.Kind), URL: e.URL, Description: e.Description, Customer: orNull(e.Customer),
		Types: e.Types, Status: string(e.State), DisabledReason: orNull(e.Reason), FailingSince: stampOrNull(e.FailingSince), CreatedAt: stamp(e.CreatedAt),
	}
	if o.Types == nil {
		o.Types = []string{}
	}
	if e.OldSecret != "" {
		o.RotatingUntil = stampOrNull(e.OldUntil)
	}
	return o
}

type newEndpoint struct {
	URL         string   `json:"url" maxLength:"2000" doc:"https, on port 443, reached from the internet" example:"https://example.com/webhooks"`
	Types       []string `json:"types,omitempty" doc:"What it is told of; everything by default"`
	Description string   `json:"description,omitempty" blank:"yes" maxLength:"200"`
	Customer    string   `json:"customer,omitempty" doc:"A customer's own system: it is told of that customer's events only. Without it, yours"`
	Kind        string   `json:"kind,omitempty" enum:"webhook,slack" doc:"webhook by default; slack sends messages to a Slack-compatible incoming webhook"`
}

type createEndpointIn struct {
	OnceKey
	Body body[newEndpoint]
}

func createEndpoint(a *API, ctx context.Context, in *createEndpointIn) (*reply[endpointObject], error) {
	v := in.Body.V
	n := notify.NewEndpoint{Customer: v.Customer, Kind: notify.Kind(v.Kind), URL: v.URL, Description: v.Description, Types: v.Types}
	byDefault(&v.Kind, string(notify.Webhook))
	v.Customer, v.Types = a.customerID(ctx, v.Customer), set(v.Types)
	var secret string
	id, replayed, err := a.doOnce(ctx, in.once(asked{operation: "endpoints.create", customer: v.Customer, sent: in.Body.sent, meaning: v}), func(t tx.Tx) (string, error) {
		var e notify.Endpoint
		var err error
		e, secret, err = a.Endpoints.CreateIn(t, actor(ctx), n)
		return e.ID, err
	})
	if err != nil {
		return nil, err
	}
	o, err := a.endpoint(ctx, id)
	if err != nil {
		return nil, err
	}
	if !replayed {
		o.Secret = secret
	}
	return made(o, replayed)
}

func (a *API) endpoint(ctx context.Context, id string) (o endpointObject, err error) {
	err = a.Runner.View(ctx, func(t tx.Tx) error {
		e, err := a.Endpoints.In(t, "", id)
		o = a.showEndpoint(e)
		return err
	})
	return o, err
}

func getEndpoint(a *API, ctx context.Context, in *ByID) (*reply[endpointObject], error) {
	o, err := a.endpoint(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return ok(o)
}

type listEndpointsIn struct {
	Page
	Customer string `query:"customer" doc:"The endpoints of one customer; without it yours"`
}

func listEndpoints(a *API, ctx context.Context, in *listEndpointsIn) (*reply[list[endpointObject]], error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	customer := ""
	if in.Customer != "" {
		c, err := a.customer(ctx, in.Customer)
		if err != nil {
			return nil, err
		}
		customer = c.ID
	}
	var found []notify.Endpoint
	err := a.Runner.View(ctx, func(t tx.Tx) (err error) {
		found, err = a.Endpoints.Store.Endpoints(t, customer, notify.Page{After: in.StartingAfter, Before: in.EndingBefore, Limit: in.Limit + 1})
		return err
	})
	if err != nil {
		return nil, err
	}
	found, more := cutPage(found, in.Page)
	return ok(listOf(found, more, a.showEndpoint))
}

type endpointChange struct {
	URL         *string   `json:"url,omitempty" maxLength:"2000"`
	Types       *[]string `json:"types,omitempty" doc:"Replaces the list; empty for everything"`
	Description *string   `json:"description,omitempty" maxLength:"200"`
	Status      *string   `json:"status,omitempty" enum:"enabled,disabled"`
}

type updateEndpointIn struct {
	ByID
	Body body[endpointChange]
}

func updateEndpoint(a *API, ctx context.Context, in *updateEndpointIn) (*reply[endpointObject], error) {
	v := in.Body.V
	ch := notify.EndpointChange{URL: v.URL, Description: v.Description, Types: v.Types}
	if v.Status != nil {
		enabled := *v.Status == string(notify.Enabled)
		if !enabled && *v.Status != string(notify.Disabled) {
			return nil, fault.Bad("status", "The status of an endpoint is enabled or disabled.")
		}
		ch.Enabled = &enabled
	}
	var o endpointObject
	err := a.Runner.Update(ctx, func(t tx.Tx) error {
		e, err := a.Endpoints.ChangeIn(t, actor(ctx), "", in.ID, ch)
		o = a.showEndpoint(e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ok(o)
}

type deletedObject struct {
	Object  string `json:"object" enum:"webhook_endpoint"`
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

func deleteEndpoint(a *API, ctx context.Context, in *ByID) (*reply[deletedObject], error) {
	err := a.Runner.Update(ctx, func(t tx.Tx) error {
		_, err := a.Endpoints.DeleteIn(t, actor(ctx), "", in.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ok(deletedObject{"webhook_endpoint", in.ID, true})
}

type endpointActIn struct {
	ByID
	OnceKey
}

func rotateEndpoint(a *API, ctx context.Context, in *endpointActIn) (*reply[endpointObject], error) {
	var secret string
	id, replayed, err := a.doOnce(ctx, in.act("endpoints.rotate", in.ID, a.ownerOfEndpoint(ctx, in.ID)), func(t tx.Tx) (string, error) {
		e, s, err := a.Endpoints.RotateIn(t, actor(ctx), "", in.ID)
		secret = s
		return e.ID, err
	})
	if err != nil {
		return nil, err
	}
	o, err := a.endpoint(ctx, id)
	if err != nil {
		return nil, err
	}
	if !replayed {
		o.Secret = secret
	}
	return done(o, replayed)
}

func testEndpoint(a *API, ctx context.Context, in *endpointActIn) (*reply[deliveryObject], error) {
	return a.deliveryAct(ctx, in.act("endpoints.test", in.ID, a.ownerOfEndpoint(ctx, in.ID)), func(t tx.Tx) (notify.Delivery, error) {
		return a.Endpoints.TestIn(t, actor(ctx), "", in.ID)
	})
}
