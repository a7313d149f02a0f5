package admin

import (
	"net/http"

	"purse/billing/account"
	"purse/billing/credit"
	"purse/billing/ledger"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

// Adjust shows the form that corrects a balance.
func (a *Admin) Adjust(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	return a.adjustPage(w, r, c, &kit.Form{})
}

func (a *Admin) adjustPage(w http.ResponseWriter, r *http.Request, c *account.Customer, form *kit.Form) error {
	f := a.frame(r, "Adjust the balance", "/admin")
	f.Failed = form.Failed()
	page := admin.AdjustForm{Form: form.Form, ID: c.ID, Name: c.Name, Types: typeOptions(a.Catalog.Snapshot()), Nonce: nonce(r, form)}
	if p, ok := ledger.ParsePostingID(r.URL.Query().Get("corrects")); ok {
		page.Corrects = p.String()
	}
	return kit.Render(w, r, form.Status(), admin.AdjustPage(f, page))
}

// AdjustSend previews or makes a correction.
func (a *Admin) AdjustSend(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, actLabels)
	if err != nil {
		return err
	}
	n := credit.Adjustment{Customer: c.ID, CreditType: form.Text("credit_type"), Credits: form.Credits("credits"), Corrects: form.Text("corrects")}
	if n.Credits <= 0 && form.Error("credits") == "" {
		form.Fail("credits", "Give an amount above zero, and choose the direction.")
	}
	amount, verb := n.Credits, "gets back"
	if form.Text("direction") == "down" {
		n.Credits, verb = -n.Credits, "loses"
	}
	if n.Corrects != "" {
		n.CreditType = "" // that of the posting
	}
	reasonOf(form)
	says := "The correction is a posting of its own."
	if n.Corrects != "" {
		says = "It gives back what the posting " + n.Corrects + " drew, in a posting of its own."
	}
	var correction *credit.Act
	var bad error
	unit := show.Unit(a.Catalog.Snapshot(), n.CreditType)
	if !form.Failed() {
		if correction, bad = a.Credit.Adjust(r.Context(), n); bad == nil {
			unit = show.Unit(a.Catalog.Snapshot(), correction.Wallet.CreditType)
		}
	}
	return a.carryOut(w, r, c, form, act{
		title: "Adjust the balance", button: "Adjust by " + ui.Signed(n.Credits), done: "The balance was adjusted by " + unit.Amount(n.Credits) + ".",
		danger: n.Credits < 0, key: "balance.adjusted", path: "/adjust", Act: correction,
		says: []string{c.Name + " " + verb + " " + unit.Amount(amount) + ".", says},
	}, bad, func() error { return a.adjustPage(w, r, c, form) })
}
