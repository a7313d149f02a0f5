package stripepay

import (
	"context"
	"slices"
	"time"

	"purse/billing/inbox"

	"github.com/stripe/stripe-go/v76"
)

// taxID is the kind of a tax id. An event about one is kept as one about its
// customer: the details are looked at as a whole.
const taxID = "tax_id"

// EventsSince lists the account's events since a time, newest first, and tells
// those of the types that Purse listens to. Of their payload only the object's
// id is read: it may have another version's shape.
func (g *Gateway) EventsSince(ctx context.Context, since time.Time, f func(inbox.Event) error) error {
	p := &stripe.EventListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
	p.Context, p.Limit = ctx, stripe.Int64(100)
	events := g.api.Events.List(p)
	for events.Next() {
		e := events.Event()
		if !slices.Contains(Events, string(e.Type)) || e.Data == nil {
			continue
		}
		object, _ := e.Data.Object["id"].(string)
		if kind, _ := e.Data.Object["object"].(string); kind == taxID {
			object, _ = e.Data.Object["customer"].(string)
		}
		if object == "" {
			continue
		}
		err := f(inbox.Event{ID: e.ID, Type: string(e.Type), ObjectID: object, Livemode: e.Livemode, CreatedAt: instant(e.Created)})
		if err != nil {
			return err
		}
	}
	return translate(events.Err())
}
