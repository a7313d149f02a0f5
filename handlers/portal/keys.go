package portal

import (
	"net/http"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

const keyRows = 50 // on a page

var keyLabels = map[string]string{"name": "Name"}

// Keys lists the customer's own keys.
func (p *Portal) Keys(w http.ResponseWriter, r *http.Request) error {
	return p.keysPage(w, r, &kit.Form{}, nil)
}

func (p *Portal) keysPage(w http.ResponseWriter, r *http.Request, form *kit.Form, made *ui.NewKey) error {
	v := kit.VisitorOf(r)
	page := portal.Keys{Form: form.Form, Made: made, URL: p.Kit.URL("/v1/customers/" + v.Customer.ID + "/balance"), Zone: v.Customer.Location()}
	keys, more, err := p.Accounts.ListKeys(r.Context(), v.Customer.ID, account.Page{After: kit.CursorOf(r).After, Limit: keyRows})
	if err != nil {
		return err
	}
	members, err := p.memberNames(r)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if own(k, members) {
			page.List = append(page.List, show.Key(k, members[k.CreatedBy]))
		}
	}
	page.Newer = kit.Newer(r)
	if more {
		page.Older = kit.Older(r, keys[len(keys)-1].ID)
	}
	f := p.Kit.Frame(r, "API keys", "/keys")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.KeysPage(f, page))
}

// own says whether a key is the customer's to see and to end: one that reads,
// or one that a member made. Keys that the vendor made for itself are not.
func own(k account.Key, members map[string]string) bool {
	return !k.Vendors() || members[k.CreatedBy] != ""
}

// memberNames are the members of the visitor's customer by id.
func (p *Portal) memberNames(r *http.Request) (map[string]string, error) {
	members, err := p.Accounts.Members(r.Context(), kit.VisitorOf(r).Customer.ID)
	names := map[string]string{}
	for _, m := range members {
		names[m.User] = m.Email
	}
	return names, err
}

// KeysSend makes a key and shows it, the only time.
func (p *Portal) KeysSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, keyLabels)
	if err != nil {
		return err
	}
	v := kit.VisitorOf(r)
	if form.Require("name", "Give the key a name, to recognise it by."); form.Failed() {
		return p.keysPage(w, r, form, nil)
	}
	k, secret, err := p.Accounts.CreateKey(r.Context(), kit.Actor(r), account.NewKey{Name: form.Text("name"), Customer: v.Customer.ID, ForCustomer: true})
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.keysPage(w, r, form, nil)
	}
	return p.keysPage(w, r, &kit.Form{}, &ui.NewKey{Name: k.Name, Secret: secret})
}

// RevokeKey asks once more before a key ends.
func (p *Portal) RevokeKey(w http.ResponseWriter, r *http.Request) error {
	return p.revokePage(w, r, &kit.Form{})
}

// ownKey is the key that the address names, where it is the customer's own.
func (p *Portal) ownKey(r *http.Request) (account.Key, error) {
	k, err := p.Accounts.Key(r.Context(), r.PathValue("apikey"))
	if err != nil {
		return k, err
	}
	members, err := p.memberNames(r)
	if err == nil && (k.Customer != kit.VisitorOf(r).Customer.ID || !own(k, members)) {
		err = fault.Missing("key")
	}
	return k, err
}

func (p *Portal) revokePage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	k, err := p.ownKey(r)
	if err != nil {
		return err
	}
	if !k.RevokedAt.IsZero() {
		return kit.Go(w, r, "/keys")
	}
	f := p.Kit.Frame(r, "Revoke "+k.Name, "/keys")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.RevokeKeyPage(f, portal.RevokeKey{
		Form: form.Form, Name: k.Name, Prefix: k.Prefix, Used: k.LastUsedAt, Action: "/keys/" + k.ID + "/revoke", Back: "/keys",
		Zone: f.Zone,
	}))
}

// RevokeKeySend ends a key.
func (p *Portal) RevokeKeySend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, keyLabels)
	if err != nil {
		return err
	}
	k, err := p.ownKey(r)
	if err != nil {
		return err
	}
	_, err = p.Accounts.RevokeKey(r.Context(), kit.Actor(r), k.Customer, k.ID)
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.revokePage(w, r, form)
	}
	if err := p.Kit.Say(w, r, ui.Good, "The key “"+k.Name+"” is revoked."); err != nil {
		return err
	}
	return kit.Go(w, r, "/keys")
}
