package sandbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// What Purse relies on of Stripe, asserted where the sandbox and real test mode
// must agree: see contract. Nothing here knows an id or a number beforehand, and
// what Stripe may do later is waited for.

// in waits for what Stripe may do a little later.
func (r *rig) in(what string, f func() bool) {
	r.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(500 * time.Millisecond) {
		if r.server != nil || time.Now().After(end) { // the sandbox does everything at once
			r.Fatalf("in vain: %s", what)
		}
	}
}

// refunded is how much of a charge went back.
func (r *rig) refunded(charge string) int64 {
	r.Helper()
	ch, err := r.api.Charges.Get(charge, nil)
	return must(r, ch, err).AmountRefunded
}

// Checkout in setup mode is for one customer, takes no money, and ends when it is
// expired. Metadata for its setup intent is taken.
func TestSetupModeContract(t *testing.T) {
	r := contract(t)
	cus := r.customer("setup-mode@example.com").ID
	s := session(t)(r.api.CheckoutSessions.New(&stripe.CheckoutSessionParams{
		Params: meta("purse_customer", "cus_1"), Mode: stripe.String("setup"), Customer: stripe.String(cus), PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		SetupIntentData: &stripe.CheckoutSessionSetupIntentDataParams{Metadata: map[string]string{"purse_setup": "setup_1"}},
		SuccessURL:      stripe.String("http://127.0.0.1:8080/saved?session_id={CHECKOUT_SESSION_ID}"),
	}))
	if s.Mode != "setup" || s.Status != "open" || s.URL == "" || s.PaymentIntent != nil || s.Customer == nil || s.Customer.ID != cus || s.Metadata["purse_customer"] != "cus_1" {
		t.Errorf("%+v", s)
	}
	if s = session(t)(r.api.CheckoutSessions.Expire(s.ID, nil)); s.Status != "expired" {
		t.Errorf("it is %s", s.Status)
	}
	if _, err := r.api.CheckoutSessions.Expire(s.ID, nil); err == nil {
		t.Error("it was expired twice")
	}
	_, err := r.api.CheckoutSessions.New(&stripe.CheckoutSessionParams{Mode: stripe.String("payment"), SuccessURL: stripe.String("http://127.0.0.1:8080/"),
		SetupIntentData: &stripe.CheckoutSessionSetupIntentDataParams{Metadata: map[string]string{"a": "b"}}})
	if err == nil {
		t.Error("setup data for a payment was taken")
	}
}

// A card that declines while the customer is away says why, and takes nothing.
func TestOffSessionContract(t *testing.T) {
	r := contract(t)
	cus := r.customer("off-session@example.com").ID
	for method, code := range map[string]string{"pm_card_chargeCustomerFail": "card_declined", "pm_card_authenticationRequired": "authentication_required"} {
		_, err := r.charge(r.saved(cus, method).ID, cus, true)
		e := refused(t, err, 402, code, "")
		if e.PaymentIntent == nil || e.PaymentIntent.Status != "requires_payment_method" || e.PaymentIntent.AmountReceived != 0 {
			t.Errorf("%s: %+v", method, e.PaymentIntent)
		}
	}
}

// An invoice is found again by its customer, its time and its metadata, at once;
// what is a draft can be deleted and not voided, what is open the other way round.
func TestInvoiceLifeContract(t *testing.T) {
	r := contract(t)
	cus := r.customer("life@example.com").ID
	since := time.Now().Add(-time.Hour).Unix()
	ours := fmt.Sprint("inv_", time.Now().UnixNano())
	draft, err := r.api.Invoices.New(&stripe.InvoiceParams{Customer: stripe.String(cus), AutoAdvance: stripe.Bool(false), Currency: stripe.String("usd"),
		PendingInvoiceItemsBehavior: stripe.String("exclude"), Params: meta("purse_invoice", ours)})
	must(t, draft, err)
	found := ""
	list := r.api.Invoices.List(&stripe.InvoiceListParams{Customer: stripe.String(cus), CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since}})
	for list.Next() {
		if list.Invoice().Metadata["purse_invoice"] == ours {
			found = list.Invoice().ID
		}
	}
	if list.Err() != nil || found != draft.ID {
		t.Errorf("found %q: %v", found, list.Err())
	}
	if _, err := r.api.Invoices.VoidInvoice(draft.ID, nil); err == nil {
		t.Error("a draft was voided")
	}
	if _, err := r.api.Invoices.Del(draft.ID, nil); err != nil {
		t.Error(err)
	}
	open := r.invoice(cus)
	if _, err := r.api.Invoices.Del(open.ID, nil); err == nil {
		t.Error("an open invoice was deleted")
	}
	given, err := r.api.Invoices.MarkUncollectible(open.ID, nil)
	if must(t, given, err).Status != "uncollectible" {
		t.Errorf("%s", given.Status)
	}
	paid, err := r.payInvoice(open.ID, r.saved(cus, "pm_card_visa").ID) // it can still be paid
	if must(t, paid, err).Status != "paid" || paid.AmountPaid != 2500 {
		t.Errorf("%+v", paid)
	}
	// Net terms: Stripe sends it, with a due date; and it may be paid elsewhere.
	sent, err := r.api.Invoices.New(&stripe.InvoiceParams{Customer: stripe.String(cus), AutoAdvance: stripe.Bool(false), Currency: stripe.String("usd"),
		CollectionMethod: stripe.String("send_invoice"), DaysUntilDue: stripe.Int64(30), PendingInvoiceItemsBehavior: stripe.String("exclude"),
		CustomFields: []*stripe.InvoiceCustomFieldParams{{Name: stripe.String("PO number"), Value: stripe.String("PO-7")}}})
	must(t, sent, err)
	item, err := r.api.InvoiceItems.New(&stripe.InvoiceItemParams{Customer: stripe.String(cus), Invoice: stripe.String(sent.ID), Amount: stripe.Int64(4000), Currency: stripe.String("usd")})
	must(t, item, err)
	sent, err = r.api.Invoices.FinalizeInvoice(sent.ID, nil)
	must(t, sent, err)
	if days := time.Until(time.Unix(sent.DueDate, 0)).Hours() / 24; days < 28 || days > 31 || len(sent.CustomFields) != 1 {
		t.Errorf("due in %.1f days, %d fields", days, len(sent.CustomFields))
	}
	sent, err = r.api.Invoices.Pay(sent.ID, &stripe.InvoicePayParams{PaidOutOfBand: stripe.Bool(true)})
	if must(t, sent, err).Status != "paid" || !sent.PaidOutOfBand {
		t.Errorf("%+v", sent)
	}
	note, err := r.api.CreditNotes.New(&stripe.CreditNoteParams{Invoice: stripe.String(sent.ID), Amount: stripe.Int64(1000), OutOfBandAmount: stripe.Int64(1000)})
	if must(t, note, err).Amount != 1000 || note.Status != "issued" {
		t.Errorf("%+v", note)
	}
}

// Parts of an invoice go back by credit notes, to no more than was paid.
func TestCreditNoteContract(t *testing.T) {
	r := contract(t)
	cus := r.customer("credit-notes@example.com").ID
	in, err := r.payInvoice(r.invoice(cus).ID, r.saved(cus, "pm_card_visa").ID)
	must(t, in, err)
	charge := in.PaymentIntent.LatestCharge.ID
	note := func(amount int64) (*stripe.CreditNote, error) {
		return r.api.CreditNotes.New(&stripe.CreditNoteParams{Invoice: stripe.String(in.ID), Amount: stripe.Int64(amount), RefundAmount: stripe.Int64(amount)})
	}
	n, err := note(1000)
	if must(t, n, err).Refund == nil || n.Amount != 1000 || n.Number == "" {
		t.Errorf("%+v", n)
	}
	r.in("the first part is refunded", func() bool { return r.refunded(charge) == 1000 })
	if _, err := note(1600); err == nil {
		t.Error("credited more than was paid")
	}
	// A refund that was made first is told by a credit note of its amount.
	re, err := r.api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.PaymentIntent.ID), Amount: stripe.Int64(1500), Params: meta("purse_refund", "ref_1")})
	must(t, re, err)
	n, err = r.api.CreditNotes.New(&stripe.CreditNoteParams{Invoice: stripe.String(in.ID), Amount: stripe.Int64(1500), Refund: stripe.String(re.ID)})
	if must(t, n, err).Amount != 1500 {
		t.Errorf("%+v", n)
	}
	r.in("all of it is refunded", func() bool { return r.refunded(charge) == 2500 })
	got, err := r.api.Refunds.Get(re.ID, nil)
	if must(t, got, err).Metadata["purse_refund"] != "ref_1" {
		t.Errorf("%+v", got.Metadata)
	}
}
