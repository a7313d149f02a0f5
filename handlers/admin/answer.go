package admin

import (
	"fmt"
	"net/http"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/admin"
	"purse/views/ui"
)

var answerLabels = map[string]string{
	"explanation": "Why the payment is right", "product": "What was sold", "log": "How it was used", "policy": "Refund policy", "name": "Buyer",
	"email": "Buyer's e-mail", "address": "Bought from",
}

// Answer shows the evidence that we hold about a disputed payment, to be
// completed, and submits it to the bank.
func (a *Admin) Answer(w http.ResponseWriter, r *http.Request) error {
	p, err := a.Purchases.Purchase(r.Context(), r.PathValue("purchase"))
	if err != nil {
		return err
	}
	c, err := a.Accounts.Customer(r.Context(), p.Customer)
	if err != nil {
		return err
	}
	if p.DisputeStatus != "needs_response" && p.DisputeStatus != "warning_needs_response" {
		if err := a.Kit.Say(w, r, ui.Warn, "The bank does not wait for an answer about this payment."); err != nil {
			return err
		}
		return kit.Go(w, r, "/admin/purchases/"+p.ID)
	}
	var d admin.Dispute
	if err := a.view(r.Context(), func(t tx.Tx) (err error) { d, err = a.dispute(t, p, c); return err }); err != nil {
		return err
	}
	page := admin.Answer{ID: p.ID, Customer: c.Name, Dispute: d, Zone: c.Location(), Held: evidenceHeld(p, c, d, a.Purchases.RefundPolicy())}
	form := &kit.Form{}
	if r.Method == http.MethodPost {
		if form, err = kit.ReadForm(w, r, answerLabels); err != nil {
			return err
		}
		e := purchase.Evidence{
			Explanation: form.Require("explanation", "Say why the payment is right: the bank reads it."), ProductDescription: form.Text("product"), AccessLog: form.Text("log"),
			RefundPolicy: form.Text("policy"), CustomerName: form.Text("name"), CustomerEmail: form.Text("email"), PurchaseAddress: form.Text("address"),
		}
		if !form.Failed() {
			_, err := a.Purchases.AnswerDispute(r.Context(), kit.Actor(r), p.ID, form.Text("dispute"), e)
			if fault.Is(err, fault.Unavailable) {
				form.Fail("explanation", "Stripe does not answer at the moment. Try again: what you wrote is still here.")
				err = nil
			}
			if err := form.Take(err); err != nil {
				return err
			}
		}
		if !form.Failed() {
			if err := a.Kit.Say(w, r, ui.Good, "The bank has the evidence. It decides, usually within two to three months."); err != nil {
				return err
			}
			return kit.Go(w, r, "/admin/purchases/"+p.ID)
		}
	}
	page.Form = form.Form
	f := a.frame(r, "Answer the dispute", "/admin/purchases")
	f.Failed, f.Zone = form.Failed(), c.Location()
	return kit.Render(w, r, form.Status(), admin.AnswerPage(f, page))
}

// evidenceHeld is what we can say about a purchase, to begin with.
func evidenceHeld(p *purchase.Purchase, c *account.Customer, d admin.Dispute, policy string) admin.Evidence {
	e := admin.Evidence{
		Name: c.Name, Email: c.Email, Address: p.Address,
		Product: fmt.Sprintf("%s: %s, prepaid credits for online services, usable at once after the payment of %s.",
			p.PackName, d.Unit.Amount(p.Credits), ui.TimeZoned(p.PaidAt, nil)),
	}
	if !d.First.IsZero() {
		more := ""
		if d.AtLeast {
			more = "at least "
		}
		e.Log = fmt.Sprintf("%s%s requests for %s were made with the buyer's account since the payment; first on %s, last on %s. Of this purchase, %s of %s were used.",
			more, ui.Number(d.Requests), d.Unit.Amount(d.Spent), ui.TimeZoned(d.First, nil), ui.TimeZoned(d.Last, nil), ui.Credits(d.Used), d.Unit.Amount(p.Credits))
	}
	e.Policy = "Shown to the buyer before paying and on the receipt: " + policy
	if p.TermsVersion != "" {
		e.Policy += "\nThe buyer accepted the terms, version " + p.TermsVersion + ", with the purchase."
	}
	return e
}
