package endpoints

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/a-h/templ"

	"purse/billing/notify"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

// Edit is the page on which an endpoint is changed.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	return p.edit(w, r, &kit.Form{}, "Change the endpoint", portal.EditWebhookPage)
}

func (p *Pages) edit(w http.ResponseWriter, r *http.Request, form *kit.Form, title string, view func(ui.Frame, portal.EditWebhook) templ.Component) error {
	var e notify.Endpoint
	err := p.view(r, func(t tx.Tx) (err error) {
		e, err = p.endpoint(r, t)
		return err
	})
	if err != nil {
		return err
	}
	f := p.Frame(r, title)
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), view(f, portal.EditWebhook{
		Endpoint: Show(e, ""), Form: form.Form, Base: p.Base, Admin: p.Admin, Types: types(form, e.Customer != "", e.Types), Zone: f.Zone,
	}))
}

// EditSend saves what was changed, rotates the secret, or switches the endpoint
// off or on: whatever button was pressed.
func (p *Pages) EditSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, labels)
	if err != nil {
		return err
	}
	id := r.PathValue("endpoint")
	secret := ""
	var e notify.Endpoint
	if err := p.view(r, func(t tx.Tx) (err error) { e, err = p.endpoint(r, t); return err }); err != nil {
		return err
	}
	err = p.update(r, func(t tx.Tx) (err error) {
		if form.Text("act") == "rotate" {
			e, secret, err = p.Endpoints.RotateIn(t, kit.Actor(r), p.scope(r), id)
			return err
		}
		e, err = p.Endpoints.ChangeIn(t, kit.Actor(r), p.scope(r), id, change(form, e.Kind))
		return err
	})
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.edit(w, r, form, "Change the endpoint", portal.EditWebhookPage)
	}
	if secret != "" {
		return p.one(w, r, &kit.Form{}, &portal.NewEndpoint{URL: e.URL, Secret: secret})
	}
	return p.say(w, r, ui.Good, map[string]string{"enable": "The endpoint is enabled.", "disable": "The endpoint is disabled."}[form.Text("act")]+
		map[bool]string{true: "Saved."}[form.Text("act") != "enable" && form.Text("act") != "disable"], p.path(e))
}

// change is what the pressed button asks for.
func change(form *kit.Form, kind notify.Kind) notify.EndpointChange {
	switch form.Text("act") {
	case "enable", "disable":
		on := form.Text("act") == "enable"
		return notify.EndpointChange{Enabled: &on}
	}
	url, description, told := form.Text("url"), form.Text("description"), chosen(form)
	ch := notify.EndpointChange{URL: &url, Description: &description, Types: &told}
	if kind == notify.Slack && url == "" { // it is not shown, so it was not typed
		ch.URL = nil
	}
	return ch
}

// Delete asks once more before an endpoint is deleted.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	return p.edit(w, r, &kit.Form{}, "Delete the endpoint", portal.DeleteWebhookPage)
}

// DeleteSend deletes an endpoint.
func (p *Pages) DeleteSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, labels)
	if err != nil {
		return err
	}
	id := r.PathValue("endpoint")
	var e notify.Endpoint
	if err := p.view(r, func(t tx.Tx) (err error) { e, err = p.endpoint(r, t); return err }); err != nil {
		return err
	}
	err = p.update(r, func(t tx.Tx) (err error) {
		e, err = p.Endpoints.DeleteIn(t, kit.Actor(r), p.scope(r), id)
		return err
	})
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.edit(w, r, form, "Delete the endpoint", portal.DeleteWebhookPage)
	}
	return p.say(w, r, ui.Good, "The endpoint "+e.URL+" is deleted.", p.back(e))
}

// pretty writes JSON for people.
func pretty(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return string(body)
	}
	return b.String()
}
