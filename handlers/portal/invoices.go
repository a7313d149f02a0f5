package portal

import (
	"net/http"

	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
)

// InvoiceList lists the customer's invoices, newest first.
func (p *Portal) InvoiceList(w http.ResponseWriter, r *http.Request) error {
	v, cursor := kit.VisitorOf(r), kit.CursorOf(r).After
	page := portal.Invoices{Zone: v.Customer.Location()}
	var list []*invoice.Invoice
	err := p.view(r.Context(), func(t tx.Tx) (err error) {
		list, err = p.Invoices.List(t, v.Customer.ID, "", "", cursor, purchaseRows+1)
		return err
	})
	if err != nil {
		return err
	}
	page.Newer = kit.Newer(r)
	if len(list) > purchaseRows {
		list = list[:purchaseRows]
		page.Older = kit.Older(r, list[purchaseRows-1].ID)
	}
	for _, in := range list {
		if row, ok := p.invoiceRow(v, in); ok {
			page.Rows = append(page.Rows, row)
		}
	}
	return kit.Render(w, r, http.StatusOK, portal.InvoicesPage(p.Kit.Frame(r, "Invoices", "/purchases"), page))
}

// seen says whether a customer sees an invoice: what staff has not sent, and
// what was never made, is nobody's business yet.
func seen(in *invoice.Invoice) bool { return in.Invoice != "" || in.Replaces != "" }

func (p *Portal) invoiceRow(v *kit.Visitor, in *invoice.Invoice) (portal.InvoiceRow, bool) {
	row := portal.InvoiceRow{
		ID: in.ID, Href: "/invoices/" + in.ID, Name: in.Name, Number: in.Number, Credits: in.Brings(), Unit: show.Unit(p.Catalog.Snapshot(), in.CreditType),
		Total: in.Due(), Outstanding: in.Outstanding(), At: in.CreatedAt, Due: in.DueAt,
	}
	row.Word, row.Tone = show.InvoiceState(in, p.Kit.Now())
	if in.State() == invoice.Uncollectible {
		row.Word = "not paid"
	}
	if in.Payable() && v.Role.MayBuy() {
		row.PayURL = in.URL
	}
	switch {
	case in.Cause == charge.CauseDiffers && in.AmountPaid > 0 && in.Purchase == "":
		row.Note = "Your payment is safe. We look at it before the credits come: there is nothing to do, and nothing to pay again."
	case in.Processing:
		row.Note = "Your bank takes some business days. The credits come when it has paid; there is nothing to pay again."
	case in.Remake == charge.RemakeVoiding, in.Remake == charge.RemakeMaking:
		row.Note = "It is made again at this moment, with another number and link: there is nothing to do."
	case in.State() == invoice.Open && in.Cause == charge.CauseNoMethod:
		row.Note = "You can pay it on Stripe's page."
	case in.Remake == charge.RemakeRefused:
	case in.State() == invoice.Open && in.Problem != "" && in.Collection == invoice.Charge:
		row.Note = in.Problem + " Pay it on Stripe's page with this or another card."
	case in.State() == invoice.Open && in.Problem != "":
		row.Note = in.Problem
	case in.Clawed > 0:
		row.Note = "It was not paid: its unused credits were taken back, and what was used is owed."
	}
	return row, seen(in)
}

// Invoice shows one invoice of the visitor's customer.
func (p *Portal) Invoice(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	in, err := p.Invoices.Invoice(r.Context(), r.PathValue("invoice"))
	if err != nil {
		return err
	}
	row, ok := p.invoiceRow(v, in)
	if in.Customer != v.Customer.ID || !ok {
		return fault.Missing("invoice")
	}
	at := func(n int64) money.Money { return money.Money{Amount: n, Currency: in.Price.Currency} }
	page := portal.InvoiceView{
		InvoiceRow: row, Price: in.Price, Tax: at(in.Tax), Paid: at(in.AmountPaid), PO: in.PONumber, Memo: in.Memo, OnIssue: in.OnIssue, URL: in.URL, Zone: v.Customer.Location(),
	}
	if in.Grant != 0 {
		page.Grant = "/grants?credit_type=" + in.CreditType + "#" + in.Grant.String()
	}
	if in.Purchase != "" {
		page.Purchase = "/purchases/" + in.Purchase
	}
	return kit.Render(w, r, http.StatusOK, portal.InvoicePage(p.Kit.Frame(r, "Invoice "+in.Number, "/purchases"), page))
}

// toPay are the invoices that wait for a payment.
func (p *Portal) toPay(t tx.Tx, v *kit.Visitor) (out []portal.InvoiceRow, err error) {
	for _, state := range []invoice.State{invoice.Open, invoice.Uncollectible} {
		list, err := p.Invoices.List(t, v.Customer.ID, "", state, "", 20)
		if err != nil {
			return nil, err
		}
		for _, in := range list {
			if row, ok := p.invoiceRow(v, in); ok {
				out = append(out, row)
			}
		}
	}
	return out, nil
}
