package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/invoice"
	"purse/billing/purchase"
	"purse/billing/schedule"
	"purse/billing/tx"
)

// payFrom pays a Checkout with a card whose bearer types an address and a tax id.
func (w *world) payFrom(session string, address map[string]string, taxID string) {
	w.Helper()
	form := url.Values{"type": {"card"}, "card[number]": {"4242424242424242"}, "card[exp_month]": {"12"}, "card[exp_year]": {"2040"}, "card[cvc]": {"123"}, "billing_details[name]": {"Typed Books Ltd"}}
	for k, v := range address {
		form.Set("billing_details[address]["+k+"]", v)
	}
	a := w.onPageAPI("/v1/payment_methods", form.Encode())
	if a.status != 200 {
		w.Fatal(a.body)
	}
	form = url.Values{"payment_method": {a.str("id")}}
	if taxID != "" {
		form.Set("tax_id_collection[tax_id][type]", "eu_vat")
		form.Set("tax_id_collection[tax_id][value]", taxID)
	}
	if a = w.onPageAPI("/v1/payment_pages/"+session+"/confirm", form.Encode()); a.status != 200 {
		w.Fatal(a.body)
	}
}

func (w *world) billing(c *account.Customer) account.BillingDetails {
	w.Helper()
	b, err := w.accounts.Billing(ctx, c.ID)
	w.check(err)
	return b
}

var berlin = map[string]string{"line1": "Typed 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}

// What is typed at Checkout is what later invoices say; e-mail and PO number
// stay, and so does all that the customer has saved.
func TestWhatIsTypedAtCheckoutIsKept(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.AutomaticTax = true })
	by := audit.Actor{ID: "usr_owner"}
	_, err := w.purchases.SaveBilling(ctx, by, account.BillingDetails{Customer: c.ID, Email: "bills@example.com", PONumber: "PO-1"})
	w.check(err)
	w.clock.step(time.Second)
	p := w.mustBegin(c, 0)
	w.payFrom(p.CheckoutSession, berlin, "DE123456789")
	w.waitState(p, purchase.Paid)
	b := w.billing(c)
	if b.Line1 != "Typed 1" || b.Country != "DE" || b.Company != "Typed Books Ltd" || len(b.TaxIDs) != 1 || b.TaxIDs[0].Value != "DE123456789" ||
		b.Email != "bills@example.com" || b.PONumber != "PO-1" {
		t.Fatalf("%+v", b)
	}
	eventually(t, "Stripe knows", 10*time.Second, func() bool { b := w.billing(c); return b.Synced == b.Version })
	now, err := w.accounts.Customer(ctx, c.ID)
	w.check(err)
	at, err := w.stripe().Customers.Get(now.StripeCustomerID, nil)
	w.check(err)
	if at.Address == nil || at.Address.Line1 != "Typed 1" || at.Email != "bills@example.com" {
		t.Errorf("%+v", at)
	}
	// The same event again, and another Checkout, change nothing.
	if _, err := w.purchases.FulfilBySession(ctx, p.CheckoutSession); err != nil {
		t.Error(err)
	}
	w.clock.step(time.Second)
	p = w.mustBegin(c, 0)
	w.payFrom(p.CheckoutSession, map[string]string{"line1": "Other 2", "country": "DE", "city": "Bonn"}, "")
	w.waitState(p, purchase.Paid)
	if again := w.billing(c); again.Line1 != "Typed 1" || again.Version != b.Version {
		t.Errorf("%+v", again)
	}
}

// What the customer saves while Checkout is open counts more.
func TestWhatIsSavedMeanwhileIsNotOverwritten(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.AutomaticTax = true })
	p := w.mustBegin(c, 0)
	w.clock.step(time.Minute)
	_, err := w.purchases.SaveBilling(ctx, audit.Actor{ID: "usr_owner"}, account.BillingDetails{Customer: c.ID, Company: "Mine"})
	w.check(err)
	w.payFrom(p.CheckoutSession, berlin, "DE123456789")
	w.waitState(p, purchase.Paid)
	if b := w.billing(c); b.Company != "Mine" || b.Known() || len(b.TaxIDs) != 0 {
		t.Errorf("%+v", b)
	}
}

// PO number and address are on the invoices of automatic purchases too.
func TestAutomaticInvoicesSayWhatTheBillingDetailsSay(t *testing.T) {
	w, c := shopWorld(t)
	details := account.BillingDetails{Customer: c.ID, Company: "Books Ltd", PONumber: "PO-77", Address: account.Address{Line1: "Street 1", City: "Berlin", PostalCode: "10115", Country: "DE"}}
	_, err := w.purchases.SaveBilling(ctx, audit.Actor{ID: "usr_owner"}, details)
	w.check(err)
	sch := w.scheduled(c, w.saved(c, "pm_card_visa"), schedule.Monthly, w.today(c))
	run := w.runs(sch)[0]
	at, err := w.stripe().Invoices.Get(run.Invoice, nil)
	w.check(err)
	if run.State() != invoice.Paid || len(at.CustomFields) != 1 || at.CustomFields[0].Value != "PO-77" || at.CustomerAddress == nil || at.CustomerAddress.Line1 != "Street 1" {
		t.Errorf("%+v %+v", at.CustomFields, at.CustomerAddress)
	}
	var q *purchase.Quote
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) {
		q, err = w.purchases.QuoteOf(t, &purchase.Purchase{ID: run.Purchase})
		return err
	}))
	if q.PONumber != "PO-77" || q.InvoiceNumber == "" || q.InvoiceURL == "" {
		t.Errorf("%+v", q)
	}
	// And staff's: over the API the PO number is the customer's own.
	a := w.api("POST", "/v1/customers/"+c.ID+"/invoices", `{"credit_type":"credits","credits":"100","price":{"amount":500,"currency":"usd"}}`)
	if a.str("po_number") != "PO-77" {
		t.Error(a.body)
	}
}

// Staff sees who an invoice is billed to before it is sent.
func TestStaffSeesTheBillingDetailsBeforeSending(t *testing.T) {
	w, c := shopWorld(t)
	_, err := w.purchases.SaveBilling(ctx, audit.Actor{ID: "usr_owner"}, account.BillingDetails{Customer: c.ID, Company: "Books Ltd", Email: "bills@example.com", PONumber: "PO-77",
		Address: account.Address{Line1: "Street 1", City: "Berlin", PostalCode: "10115", Country: "DE"}, TaxIDs: []account.TaxID{{Type: "eu_vat", Value: "DE123456789"}}})
	w.check(err)
	m := member{w, w.person("staff@example.com", account.Admin).cookie}
	form := m.get("/admin/customers/" + c.ID + "/invoices/new")
	draft, err := w.invoices.Draft(ctx, staff, deal(c))
	w.check(err)
	review := m.get("/admin/invoices/" + draft.ID)
	for page, body := range map[string]string{"form": form.body, "review": review.body} {
		for _, want := range []string{"Books Ltd", "bills@example.com", "Street 1, 10115 Berlin, DE", "eu_vat DE123456789"} {
			if !strings.Contains(body, want) {
				t.Errorf("the %s does not say %q", page, want)
			}
		}
	}
	if !strings.Contains(form.body, `value="PO-77"`) {
		t.Error("the PO number is not the customer's")
	}
}
