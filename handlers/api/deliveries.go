package api

import (
	"context"
	"time"

	"purse/billing/fault"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/billing/usage"
)

type deliveryObject struct {
	Object     string          `json:"object" enum:"delivery"`
	ID         string          `json:"id"`
	Endpoint   string          `json:"endpoint"`
	Event      string          `json:"event"`
	Type       string          `json:"type"`
	Status     string          `json:"status" enum:"pending,succeeded,failed"`
	Attempts   int             `json:"attempts"`
	NextAt     *time.Time      `json:"next_at" doc:"When it is tried next"`
	HTTPStatus *int            `json:"http_status" doc:"Of the last answer"`
	Error      *string         `json:"error" doc:"Why the last try failed"`
	CreatedAt  time.Time       `json:"created_at"`
	Log        []attemptObject `json:"log,omitempty" doc:"Every try, newest first; of a single delivery"`
}

type attemptObject struct {
	At         time.Time `json:"at"`
	URL        string    `json:"url"`
	HTTPStatus *int      `json:"http_status"`
	Error      *string   `json:"error"`
	Answer     string    `json:"answer" doc:"The first 4 kB"`
	DurationMS int64     `json:"duration_ms"`
}

func showDelivery(d notify.Delivery) deliveryObject {
	return deliveryObject{
		Object: "delivery", ID: d.ID, Endpoint: d.Endpoint, Event: d.Event, Type: d.Type, Status: string(d.State), Attempts: d.Attempts,
		NextAt: stampOrNull(d.NextAt), HTTPStatus: numberOrNull(d.Status), Error: orNull(d.Error), CreatedAt: stamp(d.CreatedAt),
	}
}

func numberOrNull(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

type listDeliveriesIn struct {
	ByID
	Page
	Status string `query:"status" enum:"pending,succeeded,failed"`
}

func listDeliveries(a *API, ctx context.Context, in *listDeliveriesIn) (*reply[list[deliveryObject]], error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	var found []notify.Delivery
	err := a.Runner.View(ctx, func(t tx.Tx) error {
		e, err := a.Endpoints.In(t, "", in.ID)
		if err != nil {
			return err
		}
		found, err = a.Endpoints.Store.Deliveries(t, e.ID, notify.DeliveryState(in.Status), notify.Page{After: in.StartingAfter, Before: in.EndingBefore, Limit: in.Limit + 1})
		return err
	})
	if err != nil {
		return nil, err
	}
	found, more := cutPage(found, in.Page)
	return ok(listOf(found, more, showDelivery))
}

func getDelivery(a *API, ctx context.Context, in *ByID) (*reply[deliveryObject], error) {
	var o deliveryObject
	err := a.Runner.View(ctx, func(t tx.Tx) error {
		d, err := a.Endpoints.DeliveryIn(t, "", in.ID)
		if err != nil {
			return err
		}
		attempts, err := a.Endpoints.AttemptsIn(t, d)
		o = showDelivery(d)
		for _, at := range attempts {
			o.Log = append(o.Log, attemptObject{stamp(at.At), at.URL, numberOrNull(at.Status), orNull(at.Error), at.Answer, at.Took.Milliseconds()})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return ok(o)
}

// deliveryAct does something once that makes or repeats a delivery.
func (a *API) deliveryAct(ctx context.Context, once usage.Once, f func(tx.Tx) (notify.Delivery, error)) (*reply[deliveryObject], error) {
	id, replayed, err := a.doOnce(ctx, once, func(t tx.Tx) (string, error) {
		d, err := f(t)
		return d.ID, err
	})
	if err != nil {
		return nil, err
	}
	var d notify.Delivery
	err = a.Runner.View(ctx, func(t tx.Tx) (err error) {
		d, err = a.Endpoints.DeliveryIn(t, "", id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return done(showDelivery(d), replayed)
}

func redeliver(a *API, ctx context.Context, in *endpointActIn) (*reply[deliveryObject], error) {
	return a.deliveryAct(ctx, in.act("deliveries.redeliver", in.ID, a.ownerOfDelivery(ctx, in.ID)), func(t tx.Tx) (notify.Delivery, error) {
		return a.Endpoints.RedeliverIn(t, actor(ctx), "", in.ID)
	})
}

type sinceBody struct {
	Since *time.Time `json:"since" doc:"What failed of what happened from then on"`
}

type redeliverFailedIn struct {
	ByID
	Body body[sinceBody]
}

type redeliveredObject struct {
	Object string `json:"object" enum:"redelivery"`
	Count  int64  `json:"count" doc:"How many are sent again"`
}

func redeliverFailed(a *API, ctx context.Context, in *redeliverFailedIn) (*reply[redeliveredObject], error) {
	if in.Body.V.Since == nil {
		return nil, fault.Bad("since", "Say since when: a time such as 2026-01-31T12:00:00Z.")
	}
	o := redeliveredObject{Object: "redelivery"}
	err := a.Runner.Update(ctx, func(t tx.Tx) (err error) {
		o.Count, err = a.Endpoints.RedeliverFailedIn(t, actor(ctx), "", in.ID, *in.Body.V.Since)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ok(o)
}
