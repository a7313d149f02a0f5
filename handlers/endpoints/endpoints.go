// Package endpoints is the pages of webhook endpoints, which the portal and the
// admin console share: one file per page.
package endpoints

import (
	"net/http"
	"strings"

	"purse/billing/account"
	"purse/billing/event"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

// Pages answers the pages below Base. Each exported method with the signature of
// a kit.Handler is one route.
type Pages struct {
	Kit       *kit.Kit
	Runner    tx.Runner
	Accounts  *account.Service
	Endpoints *notify.Endpoints
	// Base is the path of the list.
	Base string
	// Admin says that these are the console's, which reach every endpoint. The
	// portal's reach those of the visitor's customer alone.
	Admin bool
	// Frame makes the frame of a page.
	Frame func(r *http.Request, title string) ui.Frame
	// Private says that addresses inside are allowed.
	Private bool
}

const rows = 50 // on a page

var labels = map[string]string{"url": "Address", "kind": "Kind", "description": "Description", "types": "Told of", "since": "Since"}

// scope is the customer whose endpoints the visitor may reach, "" for all.
func (p *Pages) scope(r *http.Request) string {
	if p.Admin {
		return ""
	}
	return kit.VisitorOf(r).Customer.ID // behind a route for members it is there
}

func (p *Pages) mayChange(r *http.Request) bool {
	return !p.Admin || kit.VisitorOf(r).User.Staff == account.Admin
}

func (p *Pages) view(r *http.Request, f func(tx.Tx) error) error {
	return p.Runner.View(r.Context(), f)
}

func (p *Pages) update(r *http.Request, f func(tx.Tx) error) error {
	return p.Runner.Update(r.Context(), f)
}

// endpoint is the endpoint that the address names.
func (p *Pages) endpoint(r *http.Request, t tx.Tx) (notify.Endpoint, error) {
	return p.Endpoints.In(t, p.scope(r), r.PathValue("endpoint"))
}

// Show shows an endpoint.
func Show(e notify.Endpoint, customerName string) portal.Endpoint {
	return portal.Endpoint{
		ID: e.ID, URL: e.URL, Description: e.Description, Kind: string(e.Kind), Customer: e.Customer, CustomerName: customerName,
		State: string(e.State), Reason: e.Reason, FailingSince: e.FailingSince, Last: e.LastAt, Status: e.LastStatus, Types: e.Types,
		Created: e.CreatedAt, Disabled: e.DisabledAt,
	}
}

// ShowDelivery shows a delivery.
func ShowDelivery(d notify.Delivery) portal.Delivery {
	return portal.Delivery{
		ID: d.ID, Type: d.Type, Event: d.Event, State: string(d.State), Error: d.Error, Attempts: d.Attempts, Status: d.Status,
		Next: d.NextAt, Created: d.CreatedAt, Finished: d.FinishedAt,
	}
}

// types are the boxes of a form: as they were sent, else as they are chosen.
func types(form *kit.Form, customer bool, chosen []string) []portal.EventType {
	has := map[string]bool{}
	for _, name := range chosen {
		has[name] = true
	}
	sent := len(form.Values) > 0
	var out []portal.EventType
	for _, name := range event.Names(customer) {
		t, _ := event.Find(name)
		box := portal.EventType{Name: name, Text: t.Text, Chosen: has[name]}
		if sent {
			box.Chosen = form.Checked("type_" + name)
		}
		out = append(out, box)
	}
	return out
}

// chosen are the types whose boxes are ticked.
func chosen(form *kit.Form) []string {
	out := []string{}
	for _, name := range event.Names(false) {
		if form.Checked("type_" + name) {
			out = append(out, name)
		}
	}
	return out
}

// customerName is a customer's name, "" for the vendor.
func (p *Pages) customerName(r *http.Request, id string) string {
	if id == "" {
		return ""
	}
	c, err := p.Accounts.Customer(r.Context(), id)
	if err != nil {
		return id
	}
	return c.Name
}

// back is the list that an endpoint is in.
func (p *Pages) back(e notify.Endpoint) string {
	if p.Admin && e.Customer != "" {
		return p.Base + "?customer=" + e.Customer
	}
	return p.Base
}

func (p *Pages) path(e notify.Endpoint, more ...string) string {
	return strings.Join(append([]string{p.Base, e.ID}, more...), "/")
}
