package endpoints

import (
	"net/http"
	"slices"
	"time"

	"purse/billing/fault"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/billing/words"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

// One shows an endpoint with what was sent to it.
func (p *Pages) One(w http.ResponseWriter, r *http.Request) error {
	return p.one(w, r, &kit.Form{}, nil)
}

func (p *Pages) one(w http.ResponseWriter, r *http.Request, form *kit.Form, made *portal.NewEndpoint) error {
	state := State(r.URL.Query().Get("state"))
	var e notify.Endpoint
	var found []notify.Delivery
	now := p.Kit.Now()
	err := p.view(r, func(t tx.Tx) (err error) {
		if e, err = p.endpoint(r, t); err != nil {
			return err
		}
		found, err = p.Endpoints.Store.Deliveries(t, e.ID, state, notify.Page{After: kit.CursorOf(r).After, Limit: rows + 1})
		return err
	})
	if err != nil {
		return err
	}
	f := p.Frame(r, e.URL)
	f.Failed = form.Failed()
	page := portal.WebhookPage{
		Endpoint: Show(e, p.customerName(r, e.Customer)), Base: p.Base, Back: p.back(e), Admin: p.Admin, MayChange: p.mayChange(r), Made: made,
		Form: form.Form, Shown: string(state), Since: now.In(zone(f)).AddDate(0, 0, -1).Format(time.DateOnly), Zone: f.Zone,
	}
	if !e.FailingSince.IsZero() {
		page.DisablesAt = e.FailingSince.Add(notify.DisableAfter)
	}
	if e.Rotating(now) {
		page.RotatingUntil = e.OldUntil
	}
	page.Newer = kit.Newer(r)
	if len(found) > rows {
		found = found[:rows]
		page.Older = kit.Older(r, found[rows-1].ID)
	}
	for _, d := range found {
		page.List = append(page.List, ShowDelivery(d))
	}
	return kit.Render(w, r, form.Status(), portal.WebhookView(f, page))
}

func zone(f ui.Frame) *time.Location {
	if f.Zone == nil {
		return time.UTC
	}
	return f.Zone
}

// State reads a filter of deliveries, "" for all.
func State(s string) notify.DeliveryState {
	if d := notify.DeliveryState(s); slices.Contains([]notify.DeliveryState{notify.DeliveryPending, notify.DeliverySucceeded, notify.DeliveryFailed}, d) {
		return d
	}
	return ""
}

// Test sends a test event.
func (p *Pages) Test(w http.ResponseWriter, r *http.Request) error {
	var d notify.Delivery
	err := p.update(r, func(t tx.Tx) (err error) {
		d, err = p.Endpoints.TestIn(t, kit.Actor(r), p.scope(r), r.PathValue("endpoint"))
		return err
	})
	if err != nil {
		return err
	}
	return p.say(w, r, ui.Info, "The test is on its way. Load the page again to see what was answered.", p.Base+"/"+d.Endpoint+"/deliveries/"+d.ID)
}

// Redeliver sends again what failed since a day.
func (p *Pages) Redeliver(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, labels)
	if err != nil {
		return err
	}
	since, err := time.ParseInLocation(time.DateOnly, form.Text("since"), zone(p.Frame(r, "")))
	if err != nil {
		form.Fail("since", "Give a day, such as 2030-01-31.")
		return p.one(w, r, form, nil)
	}
	var n int64
	id := r.PathValue("endpoint")
	err = p.update(r, func(t tx.Tx) (err error) {
		n, err = p.Endpoints.RedeliverFailedIn(t, kit.Actor(r), p.scope(r), id, since)
		return err
	})
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.one(w, r, form, nil)
	}
	switch n {
	case 0:
		return p.say(w, r, ui.Info, "Nothing has failed since then.", p.Base+"/"+id)
	case 1:
		return p.say(w, r, ui.Good, "1 event is sent again.", p.Base+"/"+id)
	}
	return p.say(w, r, ui.Good, words.Count(n, "event")+" are sent again.", p.Base+"/"+id)
}

// Delivery shows one delivery with every try.
func (p *Pages) Delivery(w http.ResponseWriter, r *http.Request) error {
	var page portal.DeliveryPage
	var e notify.Endpoint
	err := p.view(r, func(t tx.Tx) error {
		var err error
		if e, err = p.endpoint(r, t); err != nil {
			return err
		}
		d, err := p.delivery(r, t, e)
		if err != nil {
			return err
		}
		attempts, err := p.Endpoints.AttemptsIn(t, d)
		if err != nil {
			return err
		}
		page = portal.DeliveryPage{Delivery: ShowDelivery(d), Base: p.Base, Admin: p.Admin, MayChange: p.mayChange(r), Of: Show(e, "")}
		for _, a := range attempts {
			page.Log = append(page.Log, portal.Attempt{ID: a.ID, Headers: a.Headers, Error: a.Error, Answer: a.Answer, Status: a.Status, Took: a.Took, At: a.At})
		}
		ev, err := p.Endpoints.Events.Get(t, d.Event, "")
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err == nil {
			page.Body = pretty(p.Endpoints.Body(e, ev))
		}
		return err
	})
	if err != nil {
		return err
	}
	f := p.Frame(r, page.Type)
	page.Zone = f.Zone
	return kit.Render(w, r, http.StatusOK, portal.DeliveryView(f, page))
}

// delivery is the delivery that the address names, of this endpoint.
func (p *Pages) delivery(r *http.Request, t tx.Tx, e notify.Endpoint) (notify.Delivery, error) {
	d, err := p.Endpoints.DeliveryIn(t, p.scope(r), r.PathValue("delivery"))
	if err == nil && d.Endpoint != e.ID {
		err = fault.Missing("delivery")
	}
	return d, err
}

// DeliveryAgain sends one event again.
func (p *Pages) DeliveryAgain(w http.ResponseWriter, r *http.Request) error {
	var d notify.Delivery
	err := p.update(r, func(t tx.Tx) error {
		e, err := p.endpoint(r, t)
		if err != nil {
			return err
		}
		if d, err = p.delivery(r, t, e); err != nil {
			return err
		}
		d, err = p.Endpoints.RedeliverIn(t, kit.Actor(r), p.scope(r), d.ID)
		return err
	})
	if err != nil {
		return err
	}
	return p.say(w, r, ui.Good, "The event is sent again. Load the page again to see what was answered.", p.Base+"/"+d.Endpoint+"/deliveries/"+d.ID)
}
