package admin

import (
	"net/http"
	"time"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/portal"
	"purse/views/ui"
)

const keyRows = 50 // on a page

var keyLabels = map[string]string{"name": "Name", "scopes": "Scopes", "customer": "Customer"}

// Keys lists the vendor's keys: those that reach every customer, or those of
// the customer that the address names.
func (a *Admin) Keys(w http.ResponseWriter, r *http.Request) error {
	return a.keysPage(w, r, &kit.Form{}, r.URL.Query().Get("customer"), nil)
}

func (a *Admin) keysPage(w http.ResponseWriter, r *http.Request, form *kit.Form, customer string, made *ui.NewKey) error {
	page := admin.Keys{Form: form.Form, Made: made, MayChange: mayChange(r), Zone: time.UTC}
	if customer != "" {
		c, err := a.Accounts.Customer(r.Context(), customer)
		if err != nil {
			return err
		}
		page.Customer, page.CustomerName = c.ID, c.Name
	}
	keys, more, err := a.Accounts.ListKeys(r.Context(), page.Customer, account.Page{After: kit.CursorOf(r).After, Limit: keyRows})
	if err != nil {
		return err
	}
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.CreatedBy)
	}
	names := a.names(r.Context(), ids)
	for _, k := range keys {
		page.List = append(page.List, show.Key(k, names[k.CreatedBy]))
	}
	page.Newer = kit.Newer(r)
	if more {
		page.Older = kit.Older(r, keys[len(keys)-1].ID)
	}
	f := a.frame(r, "API keys", "/admin/keys")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.KeysPage(f, page))
}

// KeysSend makes a key and shows it, the only time.
func (a *Admin) KeysSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, keyLabels)
	if err != nil {
		return err
	}
	n := account.NewKey{Name: form.Require("name", "Give the key a name, to recognise it by."), Customer: form.Text("customer")}
	for _, s := range []account.Scope{account.ScopeUsage, account.ScopeRead, account.ScopeAdmin} {
		if form.Checked("scope_" + string(s)) {
			n.Scopes = append(n.Scopes, s)
		}
	}
	if len(n.Scopes) == 0 {
		form.Fail("scopes", "Choose what the key may do.")
	}
	shown := form.Text("list") // of which customer's keys the page is
	if form.Failed() {
		return a.keysPage(w, r, form, shown, nil)
	}
	k, secret, err := a.Accounts.CreateKey(r.Context(), kit.Actor(r), n)
	if fault.Is(err, fault.NotFound) {
		err = fault.Bad("customer", "There is no such customer. Give its id, or ext: and your own.")
	}
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return a.keysPage(w, r, form, shown, nil)
	}
	return a.keysPage(w, r, &kit.Form{}, k.Customer, &ui.NewKey{Name: k.Name, Secret: secret})
}

// RevokeKey asks once more before a key ends.
func (a *Admin) RevokeKey(w http.ResponseWriter, r *http.Request) error {
	return a.revokePage(w, r, &kit.Form{})
}

func keysPath(k account.Key) string {
	if k.Customer == "" {
		return "/admin/keys"
	}
	return "/admin/keys?customer=" + k.Customer
}

func (a *Admin) revokePage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	k, err := a.Accounts.Key(r.Context(), r.PathValue("apikey"))
	if err != nil {
		return err
	}
	if !k.RevokedAt.IsZero() {
		return kit.Go(w, r, keysPath(k))
	}
	f := a.frame(r, "Revoke "+k.Name, "/admin/keys")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.RevokeKeyPage(f, portal.RevokeKey{
		Form: form.Form, Name: k.Name, Prefix: k.Prefix, Used: k.LastUsedAt, Action: "/admin/keys/" + k.ID + "/revoke", Back: keysPath(k),
		Zone: time.UTC,
	}))
}

// RevokeKeySend ends a key.
func (a *Admin) RevokeKeySend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, keyLabels)
	if err != nil {
		return err
	}
	k, err := a.Accounts.Key(r.Context(), r.PathValue("apikey"))
	if err != nil {
		return err
	}
	_, err = a.Accounts.RevokeKey(r.Context(), kit.Actor(r), "", k.ID)
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return a.revokePage(w, r, form)
	}
	if err := a.Kit.Say(w, r, ui.Good, "The key “"+k.Name+"” is revoked."); err != nil {
		return err
	}
	return kit.Go(w, r, keysPath(k))
}
