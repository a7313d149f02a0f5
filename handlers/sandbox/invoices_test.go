package sandbox_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"purse/handlers/sandbox"
)

// invoice makes and finalizes a one-off invoice of 25 dollars.
func (r *rig) invoice(customer string) *stripe.Invoice {
	r.Helper()
	in, err := r.api.Invoices.New(&stripe.InvoiceParams{Customer: stripe.String(customer), AutoAdvance: stripe.Bool(false), Currency: stripe.String("usd"),
		CollectionMethod: stripe.String("charge_automatically"), PendingInvoiceItemsBehavior: stripe.String("exclude"), Params: meta("purse_recharge", "rch_1")})
	must(r, in, err)
	item, err := r.api.InvoiceItems.New(&stripe.InvoiceItemParams{Customer: stripe.String(customer), Invoice: stripe.String(in.ID), Amount: stripe.Int64(2500),
		Currency: stripe.String("usd"), Description: stripe.String("2,500 credits")})
	must(r, item, err)
	in, err = r.api.Invoices.FinalizeInvoice(in.ID, &stripe.InvoiceFinalizeInvoiceParams{AutoAdvance: stripe.Bool(false)})
	return must(r, in, err)
}

func (r *rig) saved(customer, method string) *stripe.PaymentMethod {
	r.Helper()
	pm, err := r.api.PaymentMethods.Attach(method, &stripe.PaymentMethodAttachParams{Customer: stripe.String(customer)})
	return must(r, pm, err)
}

func (r *rig) payInvoice(id, method string) (*stripe.Invoice, error) {
	p := &stripe.InvoicePayParams{PaymentMethod: stripe.String(method), OffSession: stripe.Bool(true)}
	p.AddExpand("payment_intent.latest_charge")
	return r.api.Invoices.Pay(id, p)
}

// A one-off invoice is paid while the customer is away, once.
func TestInvoicePaid(t *testing.T) {
	r := contract(t)
	cus := r.customer("invoice@example.com").ID
	pm := r.saved(cus, "pm_card_visa")
	in := r.invoice(cus)
	if in.Status != "open" || in.Total != 2500 || in.AmountDue != 2500 || in.Number == "" || in.HostedInvoiceURL == "" || in.PaymentIntent == nil ||
		len(in.Lines.Data) != 1 || in.Metadata["purse_recharge"] != "rch_1" {
		t.Fatalf("finalized: %+v", in)
	}
	paid, err := r.payInvoice(in.ID, pm.ID)
	must(t, paid, err)
	if paid.Status != "paid" || !paid.Paid || paid.AmountPaid != 2500 || paid.AmountRemaining != 0 || paid.PaymentIntent.Status != "succeeded" ||
		paid.PaymentIntent.LatestCharge.ReceiptURL == "" || paid.PaymentIntent.LatestCharge.Invoice.ID != in.ID {
		t.Fatalf("paid: %+v", paid)
	}
	if _, err = r.payInvoice(in.ID, pm.ID); err == nil { // how Stripe says so is not documented
		t.Error("an invoice was paid twice")
	}
	if _, err := r.api.Invoices.VoidInvoice(in.ID, nil); err == nil {
		t.Error("a paid invoice was voided")
	}
	if _, err := r.api.PaymentIntents.Cancel(r.invoice(cus).PaymentIntent.ID, nil); err == nil {
		t.Error("the payment of an invoice was cancelled behind its back")
	}
}

// A card that declines leaves the invoice open; another card pays it. A voided
// one is never paid.
func TestInvoiceDeclined(t *testing.T) {
	r := contract(t)
	cus := r.customer("declined@example.com").ID
	bad, good := r.saved(cus, "pm_card_chargeCustomerFail"), r.saved(cus, "pm_card_visa")
	in := r.invoice(cus)
	_, err := r.payInvoice(in.ID, bad.ID)
	e := refused(t, err, 402, "card_declined", "")
	if e.DeclineCode != "generic_decline" {
		t.Errorf("decline code %q", e.DeclineCode)
	}
	p := &stripe.InvoiceParams{}
	p.AddExpand("payment_intent")
	in, err = r.api.Invoices.Get(in.ID, p)
	must(t, in, err)
	if in.Status != "open" || in.AttemptCount != 1 || in.PaymentIntent.Status != "requires_payment_method" || in.PaymentIntent.LastPaymentError.DeclineCode != "generic_decline" {
		t.Errorf("after the decline: %s, %d attempts, %+v", in.Status, in.AttemptCount, in.PaymentIntent)
	}
	paid, err := r.payInvoice(in.ID, good.ID)
	must(t, paid, err)
	if paid.Status != "paid" {
		t.Error(paid.Status)
	}
	in = r.invoice(cus)
	void, err := r.api.Invoices.VoidInvoice(in.ID, nil)
	must(t, void, err)
	if void.Status != "void" {
		t.Error(void.Status)
	}
	if _, err := r.payInvoice(in.ID, good.ID); err == nil {
		t.Error("a voided invoice was paid")
	}
}

// A card that wants authentication waits on the invoice's own page, where the
// customer confirms with the bank or takes another card.
func TestInvoiceAuthentication(t *testing.T) {
	r := local(t)
	cus := r.customer("auth@example.com").ID
	pm := r.saved(cus, "pm_card_authenticationRequired")
	open := func() *stripe.Invoice {
		in := r.invoice(cus)
		_, err := r.payInvoice(in.ID, pm.ID)
		refused(t, err, 402, "invoice_payment_intent_requires_action", "")
		return in
	}
	status := func(id string) string {
		in, err := r.api.Invoices.Get(id, nil)
		return string(must(t, in, err).Status)
	}
	in := open()
	page := strings.TrimPrefix(in.HostedInvoiceURL, r.url)
	if code, text, _ := r.browse("GET", page, nil); code != 200 || !strings.Contains(text, "Confirm with Visa ending in 3184") {
		t.Fatalf("page: %d", code)
	}
	_, _, bank := r.browse("POST", page, url.Values{"fill": {"confirm"}})
	if !strings.HasPrefix(bank, "/3ds/pi_") {
		t.Fatalf("to %s", bank)
	}
	_, _, back := r.browse("POST", bank, url.Values{"outcome": {"fail"}})
	if status(in.ID) != "open" || !strings.Contains(back, page) {
		t.Errorf("failed: %s, back to %s", status(in.ID), back)
	}
	_, _, bank = r.browse("POST", page, card("4000002760003184"))
	r.browse("POST", bank, url.Values{"outcome": {"complete"}})
	if status(in.ID) != "paid" {
		t.Errorf("authenticated: %s", status(in.ID))
	}
	if code, text, _ := r.browse("GET", page, nil); code != 200 || !strings.Contains(text, "Invoice SANDBOX-0001") {
		t.Errorf("its page: %d", code)
	}
	in = open()
	if code, text, _ := r.browse("POST", strings.TrimPrefix(in.HostedInvoiceURL, r.url), card("4000000000000002")); code != 402 || !strings.Contains(text, "declined") {
		t.Errorf("declined: %d", code)
	}
	r.browse("POST", strings.TrimPrefix(in.HostedInvoiceURL, r.url), card("4242424242424242"))
	if status(in.ID) != "paid" || len(r.events("invoice.paid")) != 2 || len(r.events("invoice.payment_action_required")) < 2 {
		t.Errorf("another card: %s, %d paid", status(in.ID), len(r.events("invoice.paid")))
	}
}

// The customer's default card pays, and what the bank says can be set.
func TestInvoiceDefaults(t *testing.T) {
	r := local(t)
	cus := r.customer("default@example.com").ID
	in := r.invoice(cus)
	_, err := r.api.Invoices.Pay(in.ID, nil)
	refused(t, err, 400, "missing", "")
	pm := r.saved(cus, "pm_card_visa")
	if _, err := r.api.Customers.Update(cus, &stripe.CustomerParams{InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: stripe.String(pm.ID)}}); err != nil {
		t.Fatal(err)
	}
	if err := r.server.SetFaults(sandbox.Faults{Charges: []sandbox.ChargeFault{{Code: "card_declined", DeclineCode: "insufficient_funds", Count: 1}}}); err != nil {
		t.Fatal(err)
	}
	_, err = r.api.Invoices.Pay(in.ID, nil)
	if e := refused(t, err, 402, "card_declined", ""); e.DeclineCode != "insufficient_funds" {
		t.Error(e.DeclineCode)
	}
	in, err = r.api.Invoices.Pay(in.ID, nil)
	if must(t, in, err).Status != "paid" {
		t.Error(in.Status)
	}
	_, err = r.api.InvoiceItems.New(&stripe.InvoiceItemParams{Customer: stripe.String(cus), Invoice: stripe.String(in.ID), Amount: stripe.Int64(100), Currency: stripe.String("usd")})
	refused(t, err, 400, "invoice_not_editable", "invoice")
	draft, err := r.api.Invoices.New(&stripe.InvoiceParams{Customer: stripe.String(cus)})
	must(t, draft, err)
	_, err = r.api.Invoices.FinalizeInvoice(draft.ID, nil)
	refused(t, err, 400, "invoice_no_customer_line_items", "")
	if _, err := r.api.Invoices.Del(draft.ID, nil); err != nil {
		t.Error(err)
	}
	_, err = r.api.Invoices.New(&stripe.InvoiceParams{Customer: stripe.String(cus), AutomaticTax: &stripe.InvoiceAutomaticTaxParams{Enabled: stripe.Bool(true)}})
	refused(t, err, 400, "customer_tax_location_invalid", "")
}

// The portal shows the customer's cards; removing one detaches it.
func TestPortal(t *testing.T) {
	r := local(t)
	cus := r.customer("portal@example.com").ID
	pm := r.saved(cus, "pm_card_visa")
	if pm.Card.Fingerprint == "" || r.saved(cus, "pm_card_visa").Card.Fingerprint != pm.Card.Fingerprint || r.saved(cus, "pm_card_mastercard").Card.Fingerprint == pm.Card.Fingerprint {
		t.Error("a fingerprint is that of the card's number")
	}
	s, err := r.api.BillingPortalSessions.New(&stripe.BillingPortalSessionParams{Customer: stripe.String(cus), ReturnURL: stripe.String("http://127.0.0.1:8080/billing")})
	must(t, s, err)
	page := strings.TrimPrefix(s.URL, r.url)
	if code, text, _ := r.browse("GET", page, nil); code != 200 || !strings.Contains(text, "Visa ending in 4242") || !strings.Contains(text, "http://127.0.0.1:8080/billing") {
		t.Fatalf("%d", code)
	}
	r.browse("POST", page, url.Values{"card": {pm.ID}, "do": {"default"}})
	c, err := r.api.Customers.Get(cus, nil)
	if d := must(t, c, err).InvoiceSettings.DefaultPaymentMethod; d == nil || d.ID != pm.ID {
		t.Errorf("default %+v", d)
	}
	r.browse("POST", page, url.Values{"card": {pm.ID}, "do": {"remove"}})
	if pm, err = r.api.PaymentMethods.Get(pm.ID, nil); must(t, pm, err).Customer != nil || len(r.events("payment_method.detached")) != 1 {
		t.Error("not removed")
	}
	other := r.saved(r.customer("other@example.com").ID, "pm_card_visa")
	if code, _, _ := r.browse("POST", page, url.Values{"card": {other.ID}, "do": {"remove"}}); code != 400 {
		t.Errorf("another's card: %d", code)
	}
}

// A refund of an invoice is told by a credit note, once.
func TestCreditNote(t *testing.T) {
	r := local(t)
	cus := r.customer("credit@example.com").ID
	in := r.invoice(cus)
	_, err := r.api.CreditNotes.New(&stripe.CreditNoteParams{Invoice: stripe.String(in.ID), Amount: stripe.Int64(100), RefundAmount: stripe.Int64(100)})
	refused(t, err, 400, "", "invoice")
	in, err = r.payInvoice(in.ID, r.saved(cus, "pm_card_visa").ID)
	must(t, in, err)
	re, err := r.api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.PaymentIntent.ID), Amount: stripe.Int64(1000)})
	must(t, re, err)
	note := func(amount int64) (*stripe.CreditNote, error) {
		return r.api.CreditNotes.New(&stripe.CreditNoteParams{Invoice: stripe.String(in.ID), Amount: stripe.Int64(amount), Refund: stripe.String(re.ID)})
	}
	_, err = note(900)
	refused(t, err, 400, "", "amount")
	n, err := note(1000)
	must(t, n, err)
	if n.Number != "SANDBOX-0001-CN-01" || n.Refund.ID != re.ID {
		t.Errorf("%+v", n)
	}
	_, err = note(1000)
	refused(t, err, 400, "", "refund")
	n, err = r.api.CreditNotes.New(&stripe.CreditNoteParams{Invoice: stripe.String(in.ID), Amount: stripe.Int64(1500), RefundAmount: stripe.Int64(1500)})
	must(t, n, err)
	ch, err := r.api.Charges.Get(in.PaymentIntent.LatestCharge.ID, nil)
	if !must(t, ch, err).Refunded {
		t.Error("not refunded")
	}
	if _, err = r.api.CreditNotes.New(&stripe.CreditNoteParams{Invoice: stripe.String(in.ID), Amount: stripe.Int64(1), RefundAmount: stripe.Int64(1)}); err == nil {
		t.Error("credited more than was paid")
	}
}
