package admin

import (
	"net/http"
	"time"

	"purse/billing/notify"
	"purse/billing/tx"
	"purse/handlers/endpoints"
	"purse/handlers/kit"
	"purse/views/admin"
	"purse/views/portal"
)

const deliveryRows = 50 // on a page

// Deliveries shows everything that is told to webhook endpoints, and those that
// fail.
func (a *Admin) Deliveries(w http.ResponseWriter, r *http.Request) error {
	state := endpoints.State(r.URL.Query().Get("state"))
	page := admin.Deliveries{State: string(state), Zone: time.UTC}
	var failing []notify.Endpoint
	var found []notify.Delivery
	of := map[string]*notify.Endpoint{}
	err := a.view(r.Context(), func(t tx.Tx) error {
		waiting, err := a.Endpoints.Store.Waiting(t)
		if err != nil {
			return err
		}
		page.Pending = waiting.Count
		if failing, err = a.Endpoints.Store.Failing(t, 50); err != nil {
			return err
		}
		if found, err = a.Endpoints.Store.AllDeliveries(t, state, kit.CursorOf(r).After, deliveryRows+1); err != nil {
			return err
		}
		for _, d := range found {
			if of[d.Endpoint] != nil {
				continue
			}
			e, err := a.Endpoints.In(t, "", d.Endpoint)
			if err != nil {
				return err
			}
			of[d.Endpoint] = &e
		}
		return nil
	})
	if err != nil {
		return err
	}
	names := map[string]string{"": ""}
	show := func(e notify.Endpoint) portal.Endpoint {
		if _, known := names[e.Customer]; !known {
			names[e.Customer] = e.Customer
			if c, err := a.Accounts.Customer(r.Context(), e.Customer); err == nil {
				names[e.Customer] = c.Name
			}
		}
		return endpoints.Show(e, names[e.Customer])
	}
	for _, e := range failing {
		page.Failing = append(page.Failing, show(e))
	}
	page.Newer = kit.Newer(r)
	if len(found) > deliveryRows {
		found = found[:deliveryRows]
		page.Older = kit.Older(r, found[deliveryRows-1].ID)
	}
	for _, d := range found {
		row := endpoints.ShowDelivery(d)
		e := show(*of[d.Endpoint])
		row.Endpoint = &e
		page.Rows = append(page.Rows, row)
	}
	return kit.Render(w, r, http.StatusOK, admin.DeliveriesPage(a.frame(r, "Deliveries", "/admin/deliveries"), page))
}
