package endpoints

import (
	"net/http"

	"purse/billing/notify"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

// List lists endpoints: the customer's own, or in the console the vendor's or
// those of the customer that the address names.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	return p.list(w, r, &kit.Form{}, r.URL.Query().Get("customer"), nil)
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request, form *kit.Form, customer string, made *portal.NewEndpoint) error {
	f := p.Frame(r, "Webhooks")
	f.Failed = form.Failed()
	page := portal.Webhooks{
		Form: form.Form, Base: p.Base, Admin: p.Admin, MayChange: p.mayChange(r), NoKey: p.Endpoints.Keeper == nil,
		Private: p.Private, Made: made, Zone: f.Zone,
	}
	of := p.scope(r)
	if p.Admin && customer != "" {
		c, err := p.Accounts.Customer(r.Context(), customer)
		if err != nil {
			return err
		}
		of, page.Customer, page.CustomerName = c.ID, c.ID, c.Name
	}
	page.Types = types(form, of != "", nil)
	var found []notify.Endpoint
	err := p.view(r, func(t tx.Tx) (err error) {
		found, err = p.Endpoints.Store.Endpoints(t, of, notify.Page{After: kit.CursorOf(r).After, Limit: rows + 1})
		return err
	})
	if err != nil {
		return err
	}
	page.Newer = kit.Newer(r)
	if len(found) > rows {
		found = found[:rows]
		page.Older = kit.Older(r, found[rows-1].ID)
	}
	for _, e := range found {
		page.List = append(page.List, Show(e, ""))
	}
	return kit.Render(w, r, form.Status(), portal.WebhooksPage(f, page))
}

// ListSend adds an endpoint and shows its secret, the only time.
func (p *Pages) ListSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, labels)
	if err != nil {
		return err
	}
	customer := p.scope(r)
	if p.Admin {
		customer = form.Text("customer")
	}
	form.Require("url", "Give the address that is to be told.")
	if form.Failed() {
		return p.list(w, r, form, customer, nil)
	}
	var e notify.Endpoint
	secret := ""
	err = p.update(r, func(t tx.Tx) (err error) {
		e, secret, err = p.Endpoints.CreateIn(t, kit.Actor(r), notify.NewEndpoint{
			Customer: customer, Kind: notify.Kind(form.Text("kind")), URL: form.Text("url"), Description: form.Text("description"), Types: chosen(form),
		})
		return err
	})
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.list(w, r, form, customer, nil)
	}
	return p.list(w, r, &kit.Form{}, customer, &portal.NewEndpoint{URL: e.URL, Secret: secret, Href: p.path(e)})
}

// say leaves a message and goes to a page.
func (p *Pages) say(w http.ResponseWriter, r *http.Request, tone ui.Tone, text, path string) error {
	if err := p.Kit.Say(w, r, tone, text); err != nil {
		return err
	}
	return kit.Go(w, r, path)
}
