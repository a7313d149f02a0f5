package admin

import (
	"net/http"
	"strings"

	"purse/billing/account"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/admin"
	"purse/views/ui"
)

var editLabels = map[string]string{"name": "Name", "email": "E-mail address", "external_id": "External id", "stripe_customer_id": "Stripe customer", "timezone": "Time zone", "currency": "Pays in"}

// Edit shows what can be changed of a customer itself.
func (a *Admin) Edit(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	return a.editPage(w, r, c, &kit.Form{})
}

func (a *Admin) editPage(w http.ResponseWriter, r *http.Request, c *account.Customer, form *kit.Form) error {
	currency := ""
	err := a.view(r.Context(), func(t tx.Tx) (err error) {
		currency, _, err = a.Accounts.CurrencyIn(t, c.ID)
		return err
	})
	if err != nil {
		return err
	}
	f := a.frame(r, "Edit "+c.Name, "/admin")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.EditPage(f, c.ID, c.Name, admin.CatalogForm{
		Form: form.Form, Title: "Edit " + c.Name, Action: "/admin/customers/" + c.ID + "/edit", Button: "Save",
		Fields: []admin.FormField{
			{Field: ui.Field{Name: "name", Label: "Name", Value: c.Name, Required: true, MaxLength: 200}},
			{Field: ui.Field{Name: "email", Label: "E-mail address", Type: "email", Value: c.Email, Optional: true}},
			{Field: ui.Field{Name: "external_id", Label: "External id", Value: c.ExternalID, Optional: true, Hint: "Your own id: the API finds the customer by ext: and it."}},
			{Field: ui.Field{Name: "stripe_customer_id", Label: "Stripe customer", Value: c.StripeCustomerID, Optional: true}},
			{Field: ui.Field{Name: "timezone", Label: "Time zone", Value: c.Timezone}},
			{Field: ui.Field{Name: "currency", Label: "Pays in", Value: currency, Optional: true, MaxLength: 3, Hint: "One currency for each customer. Empty: the first purchase decides."}},
		},
	}))
}

// EditSend changes a customer itself.
func (a *Admin) EditSend(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, editLabels)
	if err != nil {
		return err
	}
	field := func(name string) *string { s := form.Text(name); return &s }
	if id := form.Text("stripe_customer_id"); a.Purchases != nil && strings.HasPrefix(id, "cus_") && id != c.StripeCustomerID {
		if err := form.Take(a.Purchases.CheckStripeCustomer(r.Context(), id)); err != nil {
			return err
		}
		if form.Failed() {
			return a.editPage(w, r, c, form)
		}
	}
	_, err = a.Accounts.UpdateCustomer(r.Context(), kit.Actor(r), c.ID, account.CustomerChange{
		Name: field("name"), Email: field("email"), ExternalID: field("external_id"),
		StripeCustomerID: field("stripe_customer_id"), Timezone: field("timezone"),
	})
	if currency := form.Text("currency"); err == nil && currency != "" {
		err = a.setCurrency(r, c.ID, currency)
	}
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return a.editPage(w, r, c, form)
	}
	if err := a.Kit.Say(w, r, ui.Good, "Saved."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/customers/"+c.ID)
}

// setCurrency fixes the customer's currency where it is another than before: a
// form that leaves it as it was fixes nothing.
func (a *Admin) setCurrency(r *http.Request, customer, currency string) error {
	now := ""
	err := a.view(r.Context(), func(t tx.Tx) (err error) {
		now, _, err = a.Accounts.CurrencyIn(t, customer)
		return err
	})
	if err != nil || strings.EqualFold(now, currency) {
		return err
	}
	return a.Accounts.SetCurrency(r.Context(), kit.Actor(r), customer, currency)
}
