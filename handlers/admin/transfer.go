package admin

import (
	"net/http"

	"purse/billing/account"
	"purse/billing/credit"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
)

// Transfer shows the form that moves credits to another customer.
func (a *Admin) Transfer(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	return a.transferPage(w, r, c, &kit.Form{})
}

func (a *Admin) transferPage(w http.ResponseWriter, r *http.Request, c *account.Customer, form *kit.Form) error {
	f := a.frame(r, "Transfer credits", "/admin")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.TransferPage(f, admin.TransferForm{
		Form: form.Form, ID: c.ID, Name: c.Name, Types: typeOptions(a.Catalog.Snapshot()), Nonce: nonce(r, form),
	}))
}

// TransferSend previews or makes a transfer.
func (a *Admin) TransferSend(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, actLabels)
	if err != nil {
		return err
	}
	n := credit.NewTransfer{From: c.ID, CreditType: form.Text("credit_type"), Credits: form.Credits("credits")}
	to, err := a.Accounts.Customer(r.Context(), form.Require("to", "Say who gets them: a customer's id, or ext: and your own."))
	switch {
	case fault.Is(err, fault.NotFound):
		if form.Error("to") == "" {
			form.Fail("to", "There is no such customer.")
		}
		to = &account.Customer{}
	case err != nil:
		return err
	}
	n.To = to.ID
	if s := form.Text("grant"); s != "" {
		var ok bool
		if n.Grant, ok = ledger.ParseGrantID(s); !ok {
			form.Fail("grant", "This is not the id of a grant: they look like gr_….")
		}
	}
	reasonOf(form)
	unit := show.Unit(a.Catalog.Snapshot(), n.CreditType)
	moved, bad := a.Credit.Transfer(n)
	from := "They come from the lots without a scope, in the order in which they are used."
	if n.Grant != 0 {
		from = "They come from the grant " + n.Grant.String() + " alone."
	}
	return a.carryOut(w, r, c, form, act{
		title: "Transfer credits", button: "Transfer " + unit.Amount(n.Credits), done: unit.Amount(n.Credits) + " went to " + to.Name + ".",
		key: "credits.transferred", path: "/transfer", Act: moved,
		says: []string{unit.Does(n.Credits, "goes", "go") + " from " + c.Name + " to " + to.Name + ". Each lot keeps its kind, dates, scope and what was paid for it.", from},
	}, bad, func() error { return a.transferPage(w, r, c, form) })
}
