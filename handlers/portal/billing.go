package portal

import (
	"fmt"
	"net/http"
	"strings"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

// billingRows is how many tax ids the page has rows for.
const billingRows = 3

// Billing shows whom invoices are addressed to.
func (p *Portal) Billing(w http.ResponseWriter, r *http.Request) error {
	return p.billingPage(w, r, &kit.Form{})
}

func (p *Portal) billingPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := kit.VisitorOf(r)
	page := portal.Billing{Form: form.Form, MayChange: v.Role.MayBuy(), Countries: show.Countries(), Types: taxTypes()}
	err := p.view(r.Context(), func(t tx.Tx) error {
		b, err := p.Accounts.BillingIn(t, v.Customer.ID)
		if err != nil {
			return err
		}
		currency, fixed, err := p.Accounts.CurrencyIn(t, v.Customer.ID)
		page.Currency, page.Fixed = ui.Code(currency), fixed
		page.Company, page.Email, page.Address, page.PONumber, page.Problem = b.Company, b.Email, portal.Address(b.Address), b.PONumber, b.Problem
		page.Name, page.Mail = v.Customer.Name, v.Customer.Email
		page.TaxIDs = nil
		for i := range max(billingRows, len(b.TaxIDs)) {
			var id portal.TaxID
			if i < len(b.TaxIDs) {
				id = portal.TaxID(b.TaxIDs[i])
			}
			page.TaxIDs = append(page.TaxIDs, id)
		}
		return err
	})
	if err != nil {
		return err
	}
	f := p.Kit.Frame(r, "Billing details", "/billing")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.BillingPage(f, page))
}

// taxTypes are the kinds of tax ids to choose from.
func taxTypes() []ui.Option {
	out := []ui.Option{{Value: "", Text: "None"}}
	for _, t := range account.TaxIDTypes() {
		out = append(out, ui.Option{Value: t.Type, Text: t.Name})
	}
	return out
}

// BillingSend saves them.
func (p *Portal) BillingSend(w http.ResponseWriter, r *http.Request) error {
	labels := map[string]string{"company": "Company", "email": "E-mail for invoices", "line1": "Street", "line2": "Second line", "city": "City", "state": "State or region",
		"postal_code": "Postal code", "country": "Country", "po_number": "PO number"}
	form, err := kit.ReadForm(w, r, labels)
	if err != nil {
		return err
	}
	b := account.BillingDetails{
		Customer: kit.VisitorOf(r).Customer.ID, Company: form.Text("company"), Email: form.Text("email"), PONumber: form.Text("po_number"),
		Address: account.Address{Line1: form.Text("line1"), Line2: form.Text("line2"), City: form.Text("city"), State: form.Text("state"),
			PostalCode: form.Text("postal_code"), Country: form.Text("country")},
	}
	rows := map[string]string{} // what a refusal names, and the field here
	for i := range 5 {
		typ, id := fmt.Sprintf("tax_type_%d", i), fmt.Sprintf("tax_id_%d", i)
		labels[typ], labels[id] = "Kind of tax id", "Tax id"
		if form.Text(id) == "" {
			continue
		}
		at := fmt.Sprintf("tax_ids[%d]", len(b.TaxIDs))
		rows[at+".type"], rows[at+".value"] = typ, id
		b.TaxIDs = append(b.TaxIDs, account.TaxID{Type: form.Text(typ), Value: form.Text(id)})
	}
	saved, err := p.Purchases.SaveBilling(r.Context(), kit.Actor(r), b)
	if f, ok := fault.As(err); ok && rows[f.Param] != "" {
		err = fault.Bad(rows[f.Param], "%s", f.Detail)
	}
	if err != nil {
		if err := form.Take(err); err != nil {
			return err
		}
		return p.billingPage(w, r, form)
	}
	tone, text := ui.Good, "Saved. Invoices from now on are addressed like this."
	if saved.Problem != "" {
		tone, text = ui.Warn, "Saved. Stripe did not take all of it: "+saved.Problem
	}
	if err := p.Kit.Say(w, r, tone, text); err != nil {
		return err
	}
	return kit.Go(w, r, "/billing")
}

// invoiceFields fills in what of the billing details the Buy page shows.
func (p *Portal) invoiceFields(t tx.Tx, v *kit.Visitor, page *portal.Buy) error {
	b, err := p.Accounts.BillingIn(t, v.Customer.ID)
	page.Invoice = portal.InvoiceFields{Company: b.Company, PONumber: b.PONumber, Types: taxTypes(), More: len(b.TaxIDs) > 1}
	if len(b.TaxIDs) == 1 {
		page.Invoice.TaxType, page.Invoice.TaxID = b.TaxIDs[0].Type, b.TaxIDs[0].Value
	}
	return err
}

// saveInvoiceFields saves what was changed of them while buying. A form without
// them changes nothing.
func (p *Portal) saveInvoiceFields(r *http.Request, form *kit.Form, v *kit.Visitor) error {
	if _, there := form.Values["company"]; !there {
		return nil
	}
	b, err := p.Accounts.Billing(r.Context(), v.Customer.ID)
	if err != nil {
		return err
	}
	b.Company, b.PONumber = form.Text("company"), form.Text("po_number")
	if _, there := form.Values["tax_id"]; there && len(b.TaxIDs) <= 1 {
		b.TaxIDs = nil
		if value := form.Text("tax_id"); value != "" {
			b.TaxIDs = []account.TaxID{{Type: form.Text("tax_type"), Value: value}}
		}
	}
	_, err = p.Purchases.SaveBilling(r.Context(), kit.Actor(r), b)
	if f, ok := fault.As(err); ok && strings.HasPrefix(f.Param, "tax_ids[") {
		field := "tax_id"
		if strings.HasSuffix(f.Param, ".type") {
			field = "tax_type"
		}
		err = fault.Bad(field, "%s", f.Detail)
	}
	return err
}
