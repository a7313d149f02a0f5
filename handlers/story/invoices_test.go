package story

import (
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/schedule"
)

// bills are invoices in every state that a page shows.
type bills struct {
	who                     person
	draft, open, paid, lost string
	schedule                string
}

// someInvoices makes them, on the sandbox.
func (w *world) someInvoices(ps *people) bills {
	b := bills{who: w.person("Bills GmbH", "bills@example.com", "Europe/Berlin", account.NoStaff)}
	w.links(&b.who)
	_, err := w.methods.Portal(ctx, b.who.customer.ID, "/methods") // it makes Stripe's customer
	w.check(err)
	by := audit.Actor{ID: ps.admin.user.ID}
	draft := func(onIssue bool) *invoice.Invoice {
		in, err := w.invoices.Draft(ctx, by, invoice.NewInvoice{
			Customer: b.who.customer.ID, CreditType: "credits", Credits: credits("50000"), Price: money.Money{Amount: 40000, Currency: "usd"}, NetDays: 30, OnIssue: onIssue,
			Recipients: []string{"accounts@example.com"}, PONumber: "PO-2026-117", Memo: "As agreed by phone.", ExpiresAfterDays: 365,
		})
		w.check(err)
		return in
	}
	send := func(in *invoice.Invoice) string {
		in, err := w.invoices.Issue(ctx, by, in.ID)
		w.check(err)
		if in.State() != invoice.Open {
			w.t.Fatalf("%+v", in)
		}
		return in.ID
	}
	b.draft, b.open, b.paid, b.lost = draft(true).ID, send(draft(false)), send(draft(false)), send(draft(true))
	_, err = w.invoices.Do(ctx, by, b.paid, charge.ActRecord, "Paid by cheque")
	w.check(err)
	w.debit(b.who, "60000")
	_, err = w.invoices.Do(ctx, by, b.lost, charge.ActUncollectible, "They are gone")
	w.check(err)
	agreed, err := w.schedules.Agree(ctx, by, schedule.Agreement{Every: schedule.Quarterly, FirstDay: w.today(b.who), NewInvoice: invoice.NewInvoice{
		Customer: b.who.customer.ID, CreditType: "credits", Credits: credits("20000"), Price: money.Money{Amount: 15000, Currency: "usd"}, NetDays: 60,
	}})
	w.check(err)
	b.schedule = agreed.ID
	for _, card := range []string{"pm_card_visa", "pm_card_authenticationRequired"} {
		set := schedule.Settings{Customer: b.who.customer.ID, Pack: w.catalog.Snapshot().OnSale()[0].ID, Quantity: 2, Every: schedule.Yearly, FirstDay: w.today(b.who),
			Method: w.attach(b.who, card), Consented: true, Version: schedule.ConsentVersion}
		v, err := w.schedules.Preview(ctx, set)
		w.check(err)
		set.Price = v.Price
		_, err = w.schedules.Create(ctx, audit.Actor{ID: b.who.user.ID}, set)
		w.check(err)
	}
	return b
}

func (w *world) today(p person) string {
	return w.clock.Now().In(p.customer.Location()).Format(time.DateOnly)
}
