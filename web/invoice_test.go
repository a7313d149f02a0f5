package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/handlers/sandbox"
)

const day = 24 * time.Hour

var staff = audit.Actor{ID: "usr_staff"}

func deal(c *account.Customer) invoice.NewInvoice {
	return invoice.NewInvoice{
		Customer: c.ID, CreditType: "credits", Credits: credits("5000"), Price: money.Money{Amount: 4000, Currency: "usd"}, NetDays: 30,
		Recipients: []string{"accounts@example.com"}, PONumber: "PO-7", Memo: "As agreed",
	}
}

// invoiced drafts an invoice and sends it.
func (w *world) invoiced(n invoice.NewInvoice) *invoice.Invoice {
	w.Helper()
	in, err := w.invoices.Draft(ctx, staff, n)
	w.check(err)
	in, err = w.invoices.Issue(ctx, staff, in.ID)
	w.check(err)
	if in.State() != invoice.Open || in.URL == "" || in.Number == "" {
		w.Fatalf("%+v", in)
	}
	return in
}

func (w *world) waitInvoice(in *invoice.Invoice, want invoice.State) *invoice.Invoice {
	w.Helper()
	var now *invoice.Invoice
	eventually(w, in.ID+" is "+string(want), 10*time.Second, func() bool {
		var err error
		now, err = w.invoices.Invoice(ctx, in.ID)
		w.check(err)
		return now.State() == want
	})
	return now
}

// onPage sends a form to a page of the sandbox.
func (w *world) onPage(address string, form url.Values) sent {
	w.Helper()
	a, err := send(address, http.MethodPost, []byte(form.Encode()), "", "Content-Type", "application/x-www-form-urlencoded")
	w.check(err)
	return a
}

// payPage pays an invoice on Stripe's page with a card.
func (w *world) payPage(in *invoice.Invoice, number string) {
	w.Helper()
	if a := w.onPage(in.URL, url.Values{"number": {number}, "expiry": {"12/34"}, "cvc": {"123"}, "name": {"Test"}, "country": {"US"}}); a.status != http.StatusSeeOther {
		w.Fatalf("paying: %d %s", a.status, a.body)
	}
}

func (w *world) work(customer, amount string) {
	w.Helper()
	w.apply(ledger.Debit{Record: true, Charges: []ledger.Charge{{Wallet: wallet(customer), Lines: []ledger.Line{{Meter: "work", Credits: credits(amount)}}}}})
}

func TestAnInvoiceIsSentAndPaid(t *testing.T) {
	w, c := shopWorld(t)
	draft, err := w.invoices.Draft(ctx, staff, deal(c))
	w.check(err)
	if draft.State() != invoice.Draft || w.mailed("Invoice ") {
		t.Fatal("a draft was sent")
	}
	in := w.invoiced(deal(c))
	if !w.mailed("Invoice " + in.Number) {
		t.Error("Stripe did not mail it")
	}
	eventually(t, "the other recipient is mailed", 5*time.Second, func() bool {
		for _, m := range w.sandbox.Mailbox().All() {
			if m.To == "accounts@example.com" && strings.Contains(m.Text, in.URL) {
				return true
			}
		}
		return false
	})
	w.granted(c, 0, "0")
	w.payPage(in, "4242424242424242")
	in = w.waitInvoice(in, invoice.Paid)
	w.granted(c, 1, "5000")
	p, err := w.purchases.Purchase(ctx, in.Purchase)
	w.check(err)
	if p.State != purchase.Paid || p.Total != 4000 || p.CardLast4 != "4242" || p.Grant != in.Grant {
		t.Errorf("the purchase: %+v", p)
	}
	// It goes back like any other, with a credit note.
	w.work(c.ID, "2500")
	if _, err = w.purchases.Refund(ctx, staff, purchase.NewRefund{Purchase: p.ID, Amount: 2000, Reason: "half"}); err != nil {
		t.Fatal(err)
	}
	if now := w.state(p); now.State != purchase.PartiallyRefunded || w.available(c.ID) != 0 {
		t.Errorf("%s, %s available", now.State, w.available(c.ID))
	}
	w.addsUp()
}

func TestAnInvoiceIsPaidByABankAndOutsideStripe(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	w.sandbox.SetBankDelay(2 * time.Second)
	in := w.invoiced(deal(c))
	if a := w.onPage(in.URL, url.Values{"method": {"us_bank_account"}, "routing": {"110000000"}, "account": {"000222222227"}, "name": {"T"}, "country": {"US"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	eventually(t, "it is processing", 5*time.Second, func() bool { now, _ := w.invoices.Invoice(ctx, in.ID); return now.Processing })
	if _, err := w.invoices.Do(ctx, staff, in.ID, charge.ActVoid, "no"); !fault.HasCode(err, "processing") {
		t.Errorf("voided while a bank pays: %v", err)
	}
	eventually(t, "the bank's no is seen", 5*time.Second, func() bool {
		now, _ := w.invoices.Invoice(ctx, in.ID)
		return !now.Processing && strings.Contains(now.Problem, "insufficient funds")
	})
	// Transfers cover an invoice wholly or not at all.
	to := w.onPage(in.URL, url.Values{"method": {"customer_balance"}, "name": {"T"}, "country": {"US"}}).header.Get("Location")
	w.onPage(w.sandboxURL+to, url.Values{"amount": {"15"}})
	w.granted(c, 0, "0")
	w.onPage(w.sandboxURL+to, url.Values{"amount": {"25"}})
	w.waitInvoice(in, invoice.Paid)
	w.granted(c, 1, "5000")

	other := w.invoiced(deal(c))
	other, err := w.invoices.Do(ctx, staff, other.ID, charge.ActRecord, "paid in cash")
	w.check(err)
	other = w.waitInvoice(other, invoice.Paid)
	w.granted(c, 2, "10000")
	r, err := w.purchases.Refund(ctx, staff, purchase.NewRefund{Purchase: other.Purchase, Reason: "given back in cash"})
	w.check(err)
	if r.State != purchase.RefundSucceeded || w.available(c.ID) != credits("5000") {
		t.Errorf("%+v, %s available", r, w.available(c.ID))
	}
	w.addsUp()
}

func TestAnInvoiceBecomesOverdueAndVoid(t *testing.T) {
	w, c := shopWorld(t)
	in := w.invoiced(deal(c))
	w.advance(32 * day)
	w.check(w.charges.Tick(ctx))
	eventually(t, "it is told once", 5*time.Second, func() bool { return w.mailed("is overdue") })
	now, err := w.invoices.Invoice(ctx, in.ID)
	w.check(err)
	if !now.Overdue(w.now()) || now.OverdueAt.IsZero() {
		t.Errorf("%+v", now)
	}
	if _, err = w.invoices.Do(ctx, staff, in.ID, charge.ActVoid, "a mistake"); err != nil {
		t.Fatal(err)
	}
	w.waitInvoice(in, invoice.Void)
	if a, err := send(in.URL, "GET", nil, ""); err != nil || a.status != http.StatusGone {
		t.Errorf("it can still be paid: %d %v", a.status, err)
	}
	if _, err = w.invoices.Do(ctx, staff, in.ID, charge.ActUncollectible, "late"); !fault.HasCode(err, "not_open") {
		t.Errorf("%v", err)
	}
	w.granted(c, 0, "0")
}

func TestCreditsOnIssue(t *testing.T) {
	w, c := shopWorld(t)
	n := deal(c)
	n.OnIssue = true
	in := w.invoiced(n)
	w.granted(c, 1, "5000")
	if a := w.api("GET", "/v1/customers/"+c.ID+"/grants", ""); a.str("data", 0, "kind") != "committed" {
		t.Errorf("the grant: %s", a.body)
	}
	w.work(c.ID, "1500")
	_, err := w.invoices.Do(ctx, staff, in.ID, charge.ActUncollectible, "they do not pay")
	w.check(err)
	w.waitInvoice(in, invoice.Uncollectible)
	if got := w.available(c.ID); got != credits("-1500") {
		t.Errorf("%s available, want what was used as debt", got)
	}
	w.addsUp()
	// They pay after all: all comes back, once.
	w.payPage(in, "4242424242424242")
	in = w.waitInvoice(in, invoice.Paid)
	if got := w.available(c.ID); got != credits("3500") || in.Purchase == "" {
		t.Errorf("%s available after the late payment", got)
	}
	w.addsUp()
	// And one that is voided.
	other := w.invoiced(n)
	_, err = w.invoices.Do(ctx, staff, other.ID, charge.ActVoid, "a mistake")
	w.check(err)
	w.waitInvoice(other, invoice.Void)
	if got := w.available(c.ID); got != credits("3500") {
		t.Errorf("%s available after voiding", got)
	}
	// One that is paid while it has its credits makes no second grant.
	third := w.invoiced(n)
	w.payPage(third, "4242424242424242")
	w.waitInvoice(third, invoice.Paid)
	if got := w.available(c.ID); got != credits("8500") {
		t.Errorf("%s available", got)
	}
	w.addsUp()
}

// What staff took of credits that came on issue was not used: it is no debt when the
// invoice is not paid.
func TestCreditsOnIssueThatStaffTookBack(t *testing.T) {
	w, c := shopWorld(t)
	n := deal(c)
	n.OnIssue = true
	in := w.invoiced(n)
	w.work(c.ID, "1500")
	w.apply(ledger.Adjust{Wallet: wallet(c.ID), Credits: -credits("1000")})
	_, err := w.invoices.Do(ctx, staff, in.ID, charge.ActUncollectible, "they do not pay")
	w.check(err)
	w.waitInvoice(in, invoice.Uncollectible)
	if got := w.available(c.ID); got != credits("-1500") {
		t.Errorf("%s available, want what was used as debt", got)
	}
	w.addsUp()
	w.payPage(in, "4242424242424242")
	w.waitInvoice(in, invoice.Paid)
	if got := w.available(c.ID); got != credits("2500") {
		t.Errorf("%s available after the late payment", got)
	}
	w.addsUp()
}

// Stripe's failures and lost webhooks change nothing of how it ends.
func TestInvoicesUnderFaults(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	for _, action := range []string{sandbox.FaultError, sandbox.FaultErrorAfter, sandbox.FaultDropAfter, sandbox.FaultRateLimit, sandbox.FaultConflict} {
		for _, path := range []string{"/v1/invoices", "/v1/invoiceitems", "/v1/customers"} {
			w.faults(sandbox.Faults{Deliveries: dropAll.Deliveries, API: []sandbox.APIFault{{Action: action, Path: path, Count: 2}}})
			in, err := w.invoices.Draft(ctx, staff, deal(c))
			w.check(err)
			_, err = w.invoices.Issue(ctx, staff, in.ID)
			w.check(err)
			eventually(t, "it is open at last", 10*time.Second, func() bool { // a job may be at it, and a tick passes by
				w.clock.step(20 * time.Minute)
				w.check(w.charges.Tick(ctx))
				in, err = w.invoices.Invoice(ctx, in.ID)
				w.check(err)
				return in.State() == invoice.Open
			})
			w.faults(sandbox.Faults{Deliveries: dropAll.Deliveries})
			if list := w.invoicesAtStripe(in.ID); list != 1 {
				t.Fatalf("%s %s: %d invoices", action, path, list)
			}
			w.payPage(in, "4242424242424242")
			eventually(t, "it is paid, though no webhook came", 10*time.Second, func() bool {
				w.clock.step(2 * time.Hour)
				w.check(w.charges.Tick(ctx))
				now, err := w.invoices.Invoice(ctx, in.ID)
				w.check(err)
				return now.State() == invoice.Paid
			})
		}
	}
	w.granted(c, 15, "75000")
}

func (w *world) invoicesAtStripe(id string) (n int) {
	l := w.stripe().Invoices.List(nil)
	for l.Next() {
		if l.Invoice().Metadata["purse_invoice"] == id {
			n++
		}
	}
	return n
}

func TestTaxExemptionOfAnInvoice(t *testing.T) {
	w, c := shopWorld(t)
	n := deal(c)
	n.TaxExempt = invoice.TaxExempts
	in := w.invoiced(n)
	if in.Tax != 0 || in.Total != 4000 {
		t.Errorf("%+v", in)
	}
	got, err := w.accounts.Customer(ctx, c.ID)
	w.check(err)
	at, err := w.stripe().Customers.Get(got.StripeCustomerID, nil)
	w.check(err)
	if at.TaxExempt != "exempt" {
		t.Errorf("at Stripe: %s", at.TaxExempt)
	}
}
