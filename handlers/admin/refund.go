package admin

import (
	"net/http"
	"strings"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

// Purchase shows one purchase with what went back of it.
func (a *Admin) Purchase(w http.ResponseWriter, r *http.Request) error {
	p, err := a.Purchases.Purchase(r.Context(), r.PathValue("purchase"))
	if err != nil {
		return err
	}
	c, err := a.Accounts.Customer(r.Context(), p.Customer)
	if err != nil {
		return err
	}
	in := func(amount int64) money.Money { return money.Money{Amount: amount, Currency: p.Price.Currency} }
	page := admin.Purchase{
		PurchaseRow: a.purchaseRow(p), Session: p.CheckoutSession, Intent: p.PaymentIntent, Total: in(p.Total), Tax: in(p.Tax),
		Refunded: in(p.Refunded), Clawed: p.Clawed, Paid: p.PaidAt, Terms: p.TermsVersion, Address: p.Address, Zone: c.Location(),
	}
	page.Customer = c.Name
	if p.Granted() {
		page.Grant = p.Grant.String()
	}
	if page.Bonus = p.Bonus; p.BonusGrant != 0 {
		page.BonusGrant = p.BonusGrant.String()
	}
	err = a.view(r.Context(), func(t tx.Tx) error {
		w, err := show.Wait(t, a.Purchases, p)
		if err != nil {
			return err
		}
		if w != nil {
			page.Waits, page.Instructions = staffWait(w.Text), w.Link
		}
		q, err := a.Purchases.QuoteOf(t, p)
		if err != nil {
			return err
		}
		page.Lines, page.PO, page.InvoiceNumber, page.Invoice = show.Lines(q.Lines, page.Unit, p.Price.Currency), q.PONumber, q.InvoiceNumber, q.InvoiceURL
		if p.Dispute != "" {
			d, err := a.dispute(t, p, c)
			if err != nil {
				return err
			}
			if d.Others, err = a.otherDisputes(t, p); err != nil {
				return err
			}
			page.Dispute = &d
		}
		refunds, err := a.Purchases.Refunds(t, p.ID)
		if err != nil {
			return err
		}
		page.Refunds = nil
		for _, back := range refunds {
			page.Refunds = append(page.Refunds, admin.RefundRow{
				ID: back.ID, State: string(back.State), Reason: back.Reason, Problem: back.Problem, Amount: in(back.Amount), At: back.CreatedAt,
			})
		}
		warnings, err := a.Purchases.Warnings(t, p.ID)
		if err != nil {
			return err
		}
		page.Warning = ""
		for _, w := range warnings {
			if w.Open() && p.Frozen {
				page.Warning = strings.ReplaceAll(w.Type, "_", " ")
			}
		}
		answers, err := a.Purchases.Answers(t, p.ID)
		if err != nil {
			return err
		}
		page.Answers = nil
		for _, x := range answers {
			page.Answers = append(page.Answers, admin.AnswerGiven{Text: x.Evidence.Explanation, At: x.CreatedAt})
		}
		page.Refundable, err = a.Purchases.Refundable(t, p)
		return err
	})
	if err != nil {
		return err
	}
	page.MayDismiss = mayChange(r)
	page.MayRefund = mayChange(r) && page.Refundable.Amount > 0
	f := a.frame(r, p.PackName+" for "+c.Name, "/admin/purchases")
	f.Zone = c.Location()
	return kit.Render(w, r, http.StatusOK, admin.PurchasePage(f, page))
}

// staffWait says to staff what the customer is told.
func staffWait(text string) string { return "The customer is told: “" + text + "”" }

// Refund asks how much of a purchase goes back, and why.
func (a *Admin) Refund(w http.ResponseWriter, r *http.Request) error {
	return a.refund(w, r, nil)
}

// RefundSend previews a refund, or makes it.
func (a *Admin) RefundSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, map[string]string{"amount": "Amount", "reason": "Reason"})
	if err != nil {
		return err
	}
	return a.refund(w, r, form)
}

func (a *Admin) refund(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	p, err := a.Purchases.Purchase(r.Context(), r.PathValue("purchase"))
	if err != nil {
		return err
	}
	c, err := a.Accounts.Customer(r.Context(), p.Customer)
	if err != nil {
		return err
	}
	var most money.Money
	err = a.view(r.Context(), func(t tx.Tx) error {
		most, err = a.Purchases.Refundable(t, p)
		return err
	})
	if err != nil {
		return err
	}
	base := "/admin/purchases/" + p.ID
	page := func() error {
		if form == nil {
			form = &kit.Form{}
		}
		f := a.frame(r, "Refund "+c.Name, "/admin/purchases")
		f.Failed = form.Failed()
		return kit.Render(w, r, form.Status(), admin.RefundPage(f, admin.RefundForm{Form: form.Form, ID: p.ID, Customer: c.Name, Most: most, Nonce: nonce(r, form)}))
	}
	if form == nil {
		return page()
	}
	amount, err := money.Parse(strings.ReplaceAll(form.Text("amount"), ",", ""), p.Price.Currency)
	switch {
	case err != nil:
		form.Fail("amount", "This "+err.Error()+".")
	case amount.Amount == 0:
		form.Fail("amount", "The amount must be more than zero.")
	case amount.Amount > most.Amount && !form.Checked("confirmed"):
		form.Fail("amount", "At most "+ui.Money(most)+" can be refunded: the rest was used or refunded.")
	}
	reason := reasonOf(form)
	if form.Text("nonce") == "" {
		form.Fail("", "The form is incomplete: open it again.")
	}
	if form.Failed() || form.Checked("edit") {
		return page()
	}
	if !form.Checked("confirmed") {
		return a.refundPreview(w, r, p, c.Name, amount, reason, form)
	}
	_, err = a.Purchases.Refund(r.Context(), kit.Actor(r), purchase.NewRefund{
		Purchase: p.ID, Amount: amount.Amount, Reason: reason, Key: "admin:" + kit.VisitorOf(r).User.ID + ":" + form.Text("nonce"),
	})
	if err != nil {
		if err := take(form, err); err != nil {
			return err
		}
		return page()
	}
	if err := a.Kit.Say(w, r, ui.Good, ui.Money(amount)+" goes back to "+c.Name+"."); err != nil {
		return err
	}
	return kit.Go(w, r, base)
}

func (a *Admin) refundPreview(w http.ResponseWriter, r *http.Request, p *purchase.Purchase, name string, amount money.Money, reason string, form *kit.Form) error {
	key := ledger.WalletKey{Customer: p.Customer, CreditType: p.CreditType}
	unit := show.Unit(a.Catalog.Snapshot(), p.CreditType)
	var taken money.Credits
	var before, after ledger.Balance
	err := a.view(r.Context(), func(t tx.Tx) (err error) {
		if taken, err = a.Purchases.TakenBackBy(t, p, amount.Amount); err != nil {
			return err
		}
		if before, err = a.Ledger.Balance(t, key); err != nil {
			return err
		}
		results, wallets, err := a.Ledger.Preview(t, &ledger.Command{Op: ledger.Clawback{Grants: p.Grants(), Money: amount, Credits: taken, Kind: ledger.PostRefund, Ref: p.ID}})
		if err != nil {
			return err
		}
		after = wallets[key]
		return results[0].Err()
	})
	if err != nil {
		return err
	}
	base := "/admin/purchases/" + p.ID
	return kit.Render(w, r, http.StatusOK, admin.PreviewPage(a.frame(r, "Refund "+name, "/admin/purchases"), admin.Preview{
		Title: "Refund " + name, Name: "Purchase", Back: base, Action: base + "/refund", Hidden: hidden(form), Reason: reason,
		Button: "Refund " + ui.Money(amount), Danger: true,
		Says: []string{
			ui.Money(amount) + " goes back the way it was paid, through Stripe. Banks take 5 to 10 days.",
			unit.Does(taken, "is", "are") + " taken back at once, and given back if the refund fails.",
		},
		Changes: []admin.Change{
			{Name: "Available", Before: unit.Amount(before.Available), After: unit.Amount(after.Available)},
			{Name: "Balance", Before: unit.Amount(before.Balance), After: unit.Amount(after.Balance)},
		},
	}))
}
