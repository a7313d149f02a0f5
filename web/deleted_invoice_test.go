package main

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/inbox"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/outcome"
	"purse/billing/schedule"
	"purse/handlers/sandbox"
)

// deleteAtStripe deletes a customer there and answers which it was.
func (w *world) deleteAtStripe(c *account.Customer) string {
	w.Helper()
	now, err := w.accounts.Customer(ctx, c.ID)
	w.check(err)
	_, err = w.stripe().Customers.Del(now.StripeCustomerID, nil)
	w.check(err)
	return now.StripeCustomerID
}

// atStripe are the invoices that Stripe has of one of ours, by status.
func (w *world) atStripe(in *invoice.Invoice) map[string]int {
	w.Helper()
	out := map[string]int{}
	list := w.stripe().Invoices.List(&stripe.InvoiceListParams{})
	for list.Next() {
		if list.Invoice().Metadata["purse_invoice"] == in.ID {
			out[string(list.Invoice().Status)]++
		}
	}
	w.check(list.Err())
	return out
}

func (w *world) mails(to, words string) (n int) {
	for _, m := range w.sandbox.Mailbox().All() {
		if m.To == to && strings.Contains(m.Text, words) {
			n++
		}
	}
	return n
}

// remade waits until an invoice is open again as another of Stripe's.
func (w *world) remade(was *invoice.Invoice) *invoice.Invoice {
	w.Helper()
	var now *invoice.Invoice
	eventually(w, "the invoice is made again", 30*time.Second, func() bool {
		var err error
		now, err = w.invoices.Invoice(ctx, was.ID)
		w.check(err)
		return now.State() == invoice.Open && now.Invoice != "" && now.Invoice != was.Invoice && now.Doing == ""
	})
	return now
}

// An open invoice of a customer that was deleted at Stripe is voided and made again,
// once: with the same terms, one mail, and the credits that were given already.
func TestAnInvoiceOfADeletedCustomerIsMadeAgain(t *testing.T) {
	w, c := shopWorld(t)
	n := deal(c)
	n.OnIssue = true
	in := w.invoiced(n)
	w.granted(c, 1, "5000")
	before := w.deleteAtStripe(c)
	now := w.remade(in)
	if now.Number == in.Number || now.URL == in.URL || now.Grant != in.Grant || now.Replaces != in.Invoice || now.Remake != "" || now.Problem != "" || now.StripeCustomer == before {
		t.Errorf("made again: %+v", now)
	}
	if !now.DueAt.Equal(in.DueAt) || !now.IssuedAt.Equal(in.IssuedAt) || now.Total != in.Total {
		t.Errorf("its terms: %v, %v; were %v, %v", now.DueAt, now.IssuedAt, in.DueAt, in.IssuedAt)
	}
	if got := w.atStripe(in); got["open"] != 1 || got["void"] != 1 || len(got) != 2 {
		t.Errorf("at Stripe: %v", got)
	}
	eventually(t, "the other recipient is mailed", 10*time.Second, func() bool { return w.mails("accounts@example.com", now.URL) == 1 })
	if n := w.mails(c.Email, now.URL); n != 1 {
		t.Errorf("Stripe mailed the new link %d times", n)
	}
	w.granted(c, 1, "5000")
	w.payPage(now, "4242424242424242")
	w.waitInvoice(now, invoice.Paid)
	w.granted(c, 1, "5000")
	if alarms := w.inboxOf(inbox.Alarm, ""); len(alarms) > 0 {
		t.Errorf("alarms: %+v", alarms[0])
	}
	w.addsUp()
}

// Whatever answers are lost, and whatever comes twice or late, there is one invoice.
func TestAnInvoiceIsMadeAgainOnceThroughFaults(t *testing.T) {
	for name, f := range map[string]sandbox.APIFault{
		"the void, done":           {Action: sandbox.FaultErrorAfter, Method: http.MethodPost, Path: "/v1/invoices/in_", Count: 1},
		"the void, broken off":     {Action: sandbox.FaultDropAfter, Method: http.MethodPost, Path: "/v1/invoices/in_", Count: 1},
		"the void, not done":       {Action: sandbox.FaultError, Method: http.MethodPost, Path: "/v1/invoices/in_", Count: 2},
		"the customer, done":       {Action: sandbox.FaultDropAfter, Method: http.MethodPost, Path: "/v1/customers", Count: 1},
		"the invoice, done":        {Action: sandbox.FaultErrorAfter, Method: http.MethodPost, Path: "/v1/invoices", Count: 3},
		"the invoice, broken off":  {Action: sandbox.FaultDropAfter, Method: http.MethodPost, Path: "/v1/invoices", Count: 3},
		"the line, done":           {Action: sandbox.FaultErrorAfter, Method: http.MethodPost, Path: "/v1/invoiceitems", Count: 1},
		"every look, for a moment": {Action: sandbox.FaultRateLimit, Method: http.MethodGet, Path: "/v1/invoices", Count: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := shopWorld(t)
			n := deal(c)
			n.OnIssue = true
			in := w.invoiced(n)
			eventually(t, "the invoice was sent", 10*time.Second, func() bool {
				in, _ = w.invoices.Invoice(ctx, in.ID)
				return in.Doing == ""
			})
			w.faults(sandbox.Faults{API: []sandbox.APIFault{f}, Deliveries: []sandbox.DeliveryFault{{Action: sandbox.FaultDuplicate, Count: 3}, {Action: sandbox.FaultReorder, Count: 20}}})
			w.deleteAtStripe(c)
			for range 20 { // its waits pass
				time.Sleep(100 * time.Millisecond)
				w.advance(time.Minute)
				w.check(w.charges.Tick(ctx))
			}
			now := w.remade(in)
			if got := w.atStripe(in); got["open"] != 1 || got["void"] != 1 {
				t.Errorf("at Stripe: %v", got)
			}
			w.granted(c, 1, "5000")
			w.payPage(now, "4242424242424242")
			w.waitInvoice(now, invoice.Paid)
			w.granted(c, 1, "5000")
		})
	}
}

// One that was paid before it could be voided is paid, also when purchases went on
// with a new customer meanwhile, and is not made again.
func TestAnInvoiceThatWasPaidMeanwhileIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	in := w.invoiced(deal(c))
	w.faults(sandbox.Faults{Deliveries: []sandbox.DeliveryFault{{Action: sandbox.FaultDelay, Delay: 2 * time.Second, Count: -1}}})
	before := w.deleteAtStripe(c)
	w.payPage(in, "4242424242424242")
	w.mustBegin(c, 0)
	if now := w.stripeCustomer(c); now == before {
		t.Fatal("no new customer")
	}
	w.waitInvoice(in, invoice.Paid)
	w.granted(c, 1, "5000")
	time.Sleep(3 * time.Second)
	w.advance(2 * time.Hour)
	w.check(w.charges.Tick(ctx))
	if got := w.atStripe(in); got["paid"] != 1 || len(got) != 1 {
		t.Errorf("at Stripe: %v", got)
	}
	if alarms := w.inboxOf(inbox.Alarm, ""); len(alarms) > 0 {
		t.Errorf("alarms: %+v", alarms[0])
	}
}

// Without Stripe's event, the next purchase's new customer tells.
func TestAnInvoiceIsMadeAgainWithoutTheEvent(t *testing.T) {
	w, c := shopWorld(t)
	in := w.invoiced(deal(c))
	w.faults(sandbox.Faults{Deliveries: []sandbox.DeliveryFault{{Action: sandbox.FaultDrop, Count: -1}}})
	w.deleteAtStripe(c)
	w.mustBegin(c, 0)
	w.remade(in)
	// Nor without that: it is looked at each hour.
	now := w.remade(in)
	w.deleteAtStripe(c)
	w.advance(61 * time.Minute)
	w.check(w.charges.Tick(ctx))
	again := w.remade(now)
	if got := w.atStripe(in); again.Remakes != 2 || got["open"] != 1 || got["void"] != 2 {
		t.Errorf("%d times; at Stripe: %v", again.Remakes, got)
	}
}

// A customer that is deleted while its invoice is being made: it is made once, for
// the new one.
func TestACustomerIsDeletedWhileItsInvoiceIsMade(t *testing.T) {
	for name, f := range map[string][]sandbox.APIFault{
		"after the draft":    {{Action: sandbox.FaultError, Method: http.MethodPost, Path: "/v1/invoiceitems", Count: 2}},
		"before the draft":   {{Action: sandbox.FaultError, Method: http.MethodPost, Path: "/v1/invoices", Count: 2}},
		"after it was final": {{Action: sandbox.FaultErrorAfter, Method: http.MethodPost, Path: "/v1/invoices/in_", Count: 1}, {Action: sandbox.FaultError, Method: http.MethodGet, Path: "/v1/invoices", Count: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := shopWorld(t)
			w.stripeCustomer(c)
			w.faults(sandbox.Faults{API: f})
			in, err := w.invoices.Draft(ctx, staff, deal(c))
			w.check(err)
			in, err = w.invoices.Issue(ctx, staff, in.ID)
			w.check(err)
			if in.State() != invoice.Issuing {
				t.Fatalf("it is %s", in.State())
			}
			w.deleteAtStripe(c)
			w.faults(sandbox.Faults{})
			for range 10 {
				time.Sleep(100 * time.Millisecond)
				w.advance(time.Minute)
				w.check(w.charges.Tick(ctx))
			}
			var now *invoice.Invoice
			eventually(t, "it is open", 20*time.Second, func() bool {
				now, err = w.invoices.Invoice(ctx, in.ID)
				return err == nil && now.State() == invoice.Open && now.Doing == "" && now.StripeCustomer == w.stripeCustomer(c)
			})
			if got := w.atStripe(in); got["open"] != 1 {
				t.Errorf("at Stripe: %v", got)
			}
			w.payPage(now, "4242424242424242")
			w.waitInvoice(now, invoice.Paid)
			w.granted(c, 1, "5000")
		})
	}
}

// unvoidable is Stripe where it does not void invoices.
type unvoidable struct {
	charge.Gateway
	refuse atomic.Bool
}

func (g *unvoidable) VoidInvoice(ctx context.Context, id, key string) error {
	if g.refuse.Load() {
		return &outcome.Refused{Message: "This invoice cannot be voided."}
	}
	return g.Gateway.VoidInvoice(ctx, id, key)
}

// What Stripe does not void is shown to staff, who can try again.
func TestAnInvoiceThatStripeDoesNotVoidIsShownToStaff(t *testing.T) {
	w, c := shopWorld(t)
	g := &unvoidable{Gateway: w.gateway}
	g.refuse.Store(true)
	w.charges.Gateway = g
	w.inbox.Owners = w.owners()
	in := w.invoiced(deal(c))
	w.deleteAtStripe(c)
	eventually(t, "it is refused", 10*time.Second, func() bool {
		now, err := w.invoices.Invoice(ctx, in.ID)
		w.check(err)
		return now.Remake == charge.RemakeRefused
	})
	admin := w.person("admin@example.com", account.Admin)
	page := w.send("GET", "/admin/invoices/"+in.ID, nil, admin.cookie)
	if !strings.Contains(page.body, "could not be voided") || !strings.Contains(page.body, "This invoice cannot be voided.") || !strings.Contains(page.body, "/remake") {
		t.Errorf("the page: %d %s", page.status, tail(page.body, 3000))
	}
	for range 2 { // it is not asked for again and again
		w.advance(2 * time.Hour)
		w.check(w.charges.Tick(ctx))
	}
	if now, _ := w.invoices.Invoice(ctx, in.ID); now.Remake != charge.RemakeRefused || now.Calls > in.Calls+1 {
		t.Errorf("later: %+v", now)
	}
	if _, err := w.invoices.Remake(ctx, staff, in.ID); err != nil {
		t.Error(err)
	}
	if now, _ := w.invoices.Invoice(ctx, in.ID); now.Remake != charge.RemakeRefused {
		t.Errorf("refused again: %+v", now)
	}
	g.refuse.Store(false)
	_, err := w.invoices.Remake(ctx, staff, in.ID)
	w.check(err)
	now := w.remade(in)
	w.payPage(now, "4242424242424242")
	w.waitInvoice(now, invoice.Paid)
	w.granted(c, 1, "5000")
}

// A schedule pauses when its card goes with Stripe's customer, and goes on with the
// card that is saved next; its run that was not paid can be paid.
func TestSchedulesPauseWithTheirCards(t *testing.T) {
	w, c := shopWorld(t)
	visa := w.saved(c, "pm_card_visa")
	sch := w.scheduled(c, visa, schedule.Monthly, w.today(c))
	w.granted(c, 1, "1000")
	w.deleteAtStripe(c)
	paused := func(why schedule.Reason) *schedule.Schedule {
		t.Helper()
		var now *schedule.Schedule
		eventually(t, "the pause", 20*time.Second, func() bool {
			var err error
			now, err = w.schedules.Schedule(ctx, c.ID, sch.ID)
			w.check(err)
			return now.State == schedule.Paused && now.Reason == why
		})
		return now
	}
	paused(schedule.NoCard)
	eventually(t, "the mail", 10*time.Second, func() bool { return w.mails(c.Email, "/methods") == 1 })
	if _, err := w.schedules.Resume(ctx, audit.Actor{ID: "usr"}, c.ID, sch.ID); err == nil {
		t.Error("resumed without a card")
	}
	next := w.saved(c, "pm_card_mastercard")
	var now *schedule.Schedule
	eventually(t, "it goes on", 20*time.Second, func() bool {
		var err error
		now, err = w.schedules.Schedule(ctx, c.ID, sch.ID)
		w.check(err)
		return now.State == schedule.Active
	})
	if now.Card.ID != next || now.Reason != "" || now.RepairURL != "" {
		t.Errorf("it goes on: %+v", now)
	}
	w.advance(32 * day)
	w.ticks()
	eventually(t, "the next run is paid with it", 20*time.Second, func() bool { return len(w.runs(sch)) == 2 && w.runs(sch)[0].State() == invoice.Paid })
	// A card that is removed pauses it too.
	w.check(w.methods.Remove(ctx, audit.Actor{ID: "usr"}, c.ID, next))
	paused(schedule.NoCard)
	w.granted(c, 2, "2000")
	// It goes on with a bank account as well.
	bank := w.savedAccount(c, ach("000123456789"))
	eventually(t, "it goes on with a bank account", 20*time.Second, func() bool {
		now, err := w.schedules.Schedule(ctx, c.ID, sch.ID)
		w.check(err)
		return now.State == schedule.Active && now.Card.ID == bank.ID && now.Card.Type == card.ACH
	})
}

// A run that was declined, and whose customer is deleted then, can be paid on a new
// page; the schedule goes on with the next card only.
func TestADeclinedRunOfADeletedCustomer(t *testing.T) {
	w, c := shopWorld(t)
	card := w.saved(c, "pm_card_chargeCustomerFail")
	sch := w.scheduled(c, card, schedule.Monthly, w.today(c))
	in := w.runs(sch)[0]
	if in.State() != invoice.Open {
		t.Fatalf("%+v", in)
	}
	w.deleteAtStripe(c)
	now := w.remade(in)
	if now.Method.ID != "" || now.Cause != charge.CauseNoMethod {
		t.Errorf("made again: %+v", now)
	}
	eventually(t, "the new link is mailed", 10*time.Second, func() bool { return w.mails(c.Email, now.URL) >= 1 })
	eventually(t, "the schedule names it", 10*time.Second, func() bool {
		s, err := w.schedules.Schedule(ctx, c.ID, sch.ID)
		w.check(err)
		return s.Reason == schedule.NoCard && s.RepairURL == now.URL
	})
	w.payPage(now, "4242424242424242")
	w.waitInvoice(now, invoice.Paid)
	w.granted(c, 1, "1000")
	s, err := w.schedules.Schedule(ctx, c.ID, sch.ID)
	w.check(err)
	if s.State != schedule.Paused || s.RepairURL != "" {
		t.Errorf("paid: %+v", s)
	}
	w.saved(c, "pm_card_visa")
	eventually(t, "it goes on", 20*time.Second, func() bool {
		s, err := w.schedules.Schedule(ctx, c.ID, sch.ID)
		w.check(err)
		return s.State == schedule.Active
	})
}

// A part that was paid must not be lost: nothing is voided, and staff looks at it.
func TestAPartPaidInvoiceOfADeletedCustomer(t *testing.T) {
	w, c := shopWorld(t)
	in := w.invoiced(deal(c))
	g := &partPaid{Gateway: w.gateway}
	w.charges.Gateway = g
	w.inbox.Owners = w.owners()
	w.deleteAtStripe(c)
	eventually(t, "it is shown", 10*time.Second, func() bool {
		now, err := w.invoices.Invoice(ctx, in.ID)
		w.check(err)
		return now.Remake == charge.RemakeRefused && now.Invoice == in.Invoice
	})
	if got := w.atStripe(in); got["open"] != 1 || len(got) != 1 {
		t.Errorf("at Stripe: %v", got)
	}
	if _, err := w.invoices.Remake(ctx, staff, in.ID); err == nil {
		t.Error("it was voided")
	}
}

type partPaid struct{ charge.Gateway }

func (g *partPaid) Invoice(ctx context.Context, id string) (charge.Invoice, error) {
	at, err := g.Gateway.Invoice(ctx, id)
	at.AmountPaid = money.Money{Amount: 500, Currency: "usd"}.Amount
	return at, err
}
