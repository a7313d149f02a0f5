package portal

import (
	"cmp"
	"net/http"

	"purse/billing/fault"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/portal"
)

// Receipt shows a receipt of ours to print, addressed as the billing details are
// now.
func (p *Portal) Receipt(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	b, err := p.Purchases.Purchase(r.Context(), r.PathValue("purchase"))
	if err != nil {
		return err
	}
	if b.Customer != v.Customer.ID {
		return fault.Missing("purchase")
	}
	if !b.Granted() {
		return kit.Go(w, r, "/purchases/"+b.ID)
	}
	var page portal.Receipt
	err = p.view(r.Context(), func(t tx.Tx) error {
		row, err := p.bought(t, v, b)
		if err != nil {
			return err
		}
		details, err := p.Accounts.BillingIn(t, v.Customer.ID)
		page = portal.Receipt{
			Bought: row, Name: cmp.Or(details.Company, v.Customer.Name), Address: portal.Address(details.Address), Zone: v.Customer.Location(),
			TaxInside: b.Tax > 0 && b.Total == b.Price.Amount-b.Discount, Terms: p.Purchases.RefundPolicy(),
		}
		for _, id := range details.TaxIDs {
			page.TaxIDs = append(page.TaxIDs, portal.TaxID(id))
		}
		return err
	})
	if err != nil {
		return err
	}
	f := p.Kit.Frame(r, "Receipt "+b.ID, "/purchases")
	f.Wide = true
	return kit.Render(w, r, http.StatusOK, portal.ReceiptPage(f, page))
}
