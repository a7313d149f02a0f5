package api

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"purse/billing/credit"
	"purse/billing/fault"
	"purse/billing/tx"
	"purse/billing/usage"
)

type unpricedEvent struct {
	Object     string          `json:"object" enum:"unpriced_event"`
	ID         string          `json:"id"`
	Customer   string          `json:"customer"`
	EventID    string          `json:"event_id" doc:"The id that it came with"`
	Event      string          `json:"event"`
	Caller     *string         `json:"caller"`
	Timestamp  time.Time       `json:"timestamp"`
	Properties json.RawMessage `json:"properties"`
	CreatedAt  time.Time       `json:"created_at"`
}

func showUnpriced(u usage.Unpriced) unpricedEvent {
	return unpricedEvent{
		Object: "unpriced_event", ID: u.ID(), Customer: u.Customer, EventID: u.Event, Event: u.Name, Caller: orNull(u.Caller), Timestamp: stamp(u.At),
		Properties: json.RawMessage(usage.JSON(u.Properties)), CreatedAt: stamp(u.CreatedAt),
	}
}

type listUnpricedIn struct {
	Page
	Customer string `query:"customer" doc:"Only those of one customer"`
}

func unpricedCursor(param, s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, found := usage.ParseUnpricedID(s)
	if !found {
		return 0, unknownCursor(param)
	}
	return n, nil
}

func listUnpriced(a *API, ctx context.Context, in *listUnpricedIn) (*reply[list[unpricedEvent]], error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	before, err := unpricedCursor("starting_after", in.StartingAfter)
	if err != nil {
		return nil, err
	}
	after, err := unpricedCursor("ending_before", in.EndingBefore)
	if err != nil {
		return nil, err
	}
	customer, err := a.onlyCustomer(ctx, in.Customer)
	if err != nil {
		return nil, err
	}
	var found []usage.Unpriced
	err = a.Runner.View(ctx, func(t tx.Tx) (err error) {
		if in.EndingBefore == "" {
			found, err = a.Usage.Unpriced.UnpricedBefore(t, customer, before, in.Limit+1)
			return err
		}
		found, err = a.Usage.Unpriced.UnpricedAfter(t, customer, after, in.Limit+1)
		slices.Reverse(found)
		return err
	})
	if err != nil {
		return nil, err
	}
	found, more := cutPage(found, in.Page)
	return ok(listOf(found, more, showUnpriced))
}

// onlyCustomer is the id of the customer that a filter names, "" for none.
func (a *API) onlyCustomer(ctx context.Context, ref string) (string, error) {
	if ref == "" {
		return "", nil
	}
	c, err := a.customer(ctx, ref)
	if err != nil {
		return "", param(err, "customer")
	}
	return c.ID, nil
}

type pricingObject struct {
	Object string        `json:"object" enum:"unpriced_pricing"`
	Seen   string        `json:"seen" doc:"Names exactly this preview: send it to price what it shows"`
	Data   []pricingLine `json:"data" nullable:"false"`
}

type pricingLine struct {
	Customer string          `json:"customer"`
	Event    string          `json:"event"`
	Events   int64           `json:"events" doc:"How many wait"`
	Priced   int64           `json:"priced" doc:"How many of them a rate prices now"`
	First    time.Time       `json:"first" doc:"When the earliest happened"`
	Last     time.Time       `json:"last"`
	Charges  []pricingCharge `json:"charges" nullable:"false"`
	Missing  *string         `json:"missing" doc:"Why the others wait on"`
}

type pricingCharge struct {
	CreditType string `json:"credit_type"`
	Credits    string `json:"credits"`
}

func showPricing(p usage.Pricing) pricingObject {
	o := pricingObject{Object: "unpriced_pricing", Seen: p.Seen, Data: []pricingLine{}}
	for _, l := range p.Lines {
		line := pricingLine{
			Customer: l.Customer, Event: l.Name, Events: l.Events, Priced: l.Priced, First: stamp(l.First), Last: stamp(l.Last), Charges: []pricingCharge{}, Missing: orNull(l.Missing),
		}
		for _, c := range l.Charges {
			line.Charges = append(line.Charges, pricingCharge{c.CreditType, c.Credits.String()})
		}
		o.Data = append(o.Data, line)
	}
	return o
}

type previewUnpricedIn struct {
	Customer string `query:"customer" doc:"Only what one customer would be charged"`
}

func previewUnpriced(a *API, ctx context.Context, in *previewUnpricedIn) (*reply[pricingObject], error) {
	customer, err := a.onlyCustomer(ctx, in.Customer)
	if err != nil {
		return nil, err
	}
	p, err := a.Usage.PreviewUnpriced(ctx, customer)
	if err != nil {
		return nil, err
	}
	return ok(showPricing(p))
}

type priceUnpricedIn struct {
	Body body[newPricing]
}

type newPricing struct {
	Seen     string `json:"seen" doc:"Of the preview that somebody looked at"`
	Customer string `json:"customer,omitempty" doc:"As in the preview"`
	Reason   string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, for the audit log"`
}

type pricedObject struct {
	Object string `json:"object" enum:"unpriced_priced"`
	Events int    `json:"events" doc:"How many were charged"`
}

func priceUnpriced(a *API, ctx context.Context, in *priceUnpricedIn) (*reply[pricedObject], error) {
	v := in.Body.V
	if v.Seen == "" {
		return nil, fault.Bad("seen", "Look at the preview first, and send its seen.")
	}
	reason, err := credit.Reason(v.Reason)
	if err != nil {
		return nil, err
	}
	customer, err := a.onlyCustomer(ctx, v.Customer)
	if err != nil {
		return nil, err
	}
	n, err := a.Usage.PriceUnpriced(ctx, actor(ctx), customer, v.Seen, reason)
	if err != nil {
		return nil, err
	}
	return ok(pricedObject{"unpriced_priced", n})
}
