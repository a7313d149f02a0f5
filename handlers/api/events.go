package api

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/tx"
)

// eventObject is event.Object, whose data is raw JSON.
type eventObject struct {
	Object     string    `json:"object" enum:"event"`
	ID         string    `json:"id" doc:"Stays the same however often it is delivered: the key to count it once by"`
	Type       string    `json:"type"`
	CreatedAt  time.Time `json:"created_at"`
	Customer   *string   `json:"customer" doc:"Whom it is about"`
	CreditType *string   `json:"credit_type" doc:"With the customer, the wallet that it belongs to"`
	Sequence   *int64    `json:"sequence" doc:"Order within the wallet. Events of one posting share it: the greater id is the later. Numbers may be left out"`
	Data       eventData `json:"data" doc:"What the type's entry in the catalogue shows"`
}

// eventData is what an event tells, as it was written.
type eventData json.RawMessage

// MarshalJSON writes the data as they are.
func (d eventData) MarshalJSON() ([]byte, error) { return d, nil }

// Schema says that it is an object.
func (eventData) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

func showEvent(e event.Event) eventObject {
	o := event.Show(e)
	return eventObject{o.Object, o.ID, o.Type, o.CreatedAt, o.Customer, o.CreditType, o.Sequence, eventData(o.Data)}
}

type listEventsIn struct {
	Page
	Type     string `query:"type" doc:"Of this type only; several with commas" example:"credits.granted"`
	Customer string `query:"customer" doc:"About this customer only: an id, or ext: and your own"`
}

// eventFilter reads what a request wants to know of, within what its key may.
func (a *API) eventFilter(ctx context.Context, types, customer string) (event.Query, error) {
	q := event.Query{}
	k := keyOf(ctx)
	if types != "" {
		for name := range strings.SplitSeq(types, ",") {
			if _, ok := event.Find(name); !ok {
				return q, fault.Bad("type", "There is no type of event %q. See /docs#events.", name)
			}
			q.Types = append(q.Types, name)
		}
	}
	if customer == "" {
		customer = k.Customer
	}
	if customer != "" {
		c, err := a.customer(ctx, customer)
		if err != nil {
			return q, err
		}
		q.Customer = c.ID
	}
	if k.Customer == "" {
		return q, nil
	}
	// Who is no vendor with all customers is told what customers are told.
	visible := append(event.Names(true), event.EndpointTested)
	if len(q.Types) == 0 {
		q.Types = visible
		return q, nil
	}
	var both []string
	for _, name := range q.Types {
		if event.ForCustomers(name) {
			both = append(both, name)
		}
	}
	if len(both) == 0 {
		both = []string{"none"}
	}
	q.Types = both
	return q, nil
}

func listEvents(a *API, ctx context.Context, in *listEventsIn) (*reply[list[eventObject]], error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	q, err := a.eventFilter(ctx, in.Type, in.Customer)
	if err != nil {
		return nil, err
	}
	q.After, q.Before, q.Limit = in.StartingAfter, in.EndingBefore, in.Limit+1
	var found []event.Event
	err = a.Runner.View(ctx, func(t tx.Tx) (err error) {
		found, err = a.Events.List(t, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	found, more := cutPage(found, in.Page)
	return ok(listOf(found, more, showEvent))
}

// cutPage takes the row off that was asked for to see whether there are more.
func cutPage[T any](rows []T, p Page) ([]T, bool) {
	if len(rows) <= p.Limit {
		return rows, false
	}
	if p.EndingBefore != "" {
		return rows[len(rows)-p.Limit:], true
	}
	return rows[:p.Limit], true
}

func getEvent(a *API, ctx context.Context, in *ByID) (*reply[eventObject], error) {
	var e event.Event
	err := a.Runner.View(ctx, func(t tx.Tx) (err error) {
		e, err = a.Events.Get(t, in.ID, keyOf(ctx).Customer)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ok(showEvent(e))
}
