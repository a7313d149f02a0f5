package admin

import (
	"net/http"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
)

// Void asks why a grant is to be taken back.
func (a *Admin) Void(w http.ResponseWriter, r *http.Request) error {
	return a.void(w, r, nil)
}

// VoidSend previews the taking back of a grant, or does it.
func (a *Admin) VoidSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, actLabels)
	if err != nil {
		return err
	}
	return a.void(w, r, form)
}

func (a *Admin) void(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	gid, ok := ledger.ParseGrantID(r.PathValue("grant"))
	if !ok {
		return fault.Missing("grant")
	}
	taken, grant, err := a.Credit.Void(r.Context(), c.ID, gid)
	if err != nil {
		return err
	}
	unit := show.Unit(a.Catalog.Snapshot(), taken.Wallet.CreditType)
	path := "/grants/" + gid.String() + "/void"
	page := func() error {
		if form == nil {
			form = &kit.Form{}
		}
		f := a.frame(r, "Void a grant", "/admin")
		f.Failed = form.Failed()
		return kit.Render(w, r, form.Status(), admin.ReasonPage(f, admin.ReasonForm{
			Form: form.Form, Title: "Void a grant", Name: c.Name, Back: "/admin/customers/" + c.ID, Nonce: nonce(r, form),
			Text:   "Takes back the " + unit.Amount(grant.Free()) + " that are left of it. What a hold has set aside goes when the hold ends.",
			Action: "/admin/customers/" + c.ID + path, Button: "Void", Danger: true,
		}))
	}
	if form == nil {
		return page()
	}
	reasonOf(form)
	return a.carryOut(w, r, c, form, act{
		title: "Void a grant", button: "Take back " + unit.Amount(grant.Free()), done: "The grant was voided.", danger: true,
		key: "grant.voided", path: path, Act: taken,
		says: []string{c.Name + " loses the " + unit.Amount(grant.Free()) + " that are left of this grant of " + unit.Amount(grant.Amount) + "."},
	}, nil, page)
}
