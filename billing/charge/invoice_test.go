package charge_test

import (
	"testing"

	"purse/billing/charge"
	"purse/billing/money"
	"purse/billing/purchase"
)

func invoice() charge.Invoice {
	return charge.Invoice{
		ID: "in_1", Number: "1", URL: "https://pay.example.com/1", Status: "open", StripeCustomer: "cus_S", Subtotal: 1000, Tax: 190, Total: 1190, Currency: "usd",
		Owner: charge.Owner{Of: charge.OfRecharge, ID: "rch_1"}, Installation: "ins", Customer: "cus_1", Payment: "pi_1", PaymentStatus: "requires_payment_method",
		Intent: purchase.PaymentIntent{ID: "pi_1"},
	}
}

// TestMismatch: whatever of an invoice is not what was asked for is told; tax may come
// on top of the price or be in it.
func TestMismatch(t *testing.T) {
	asked := charge.Asked{Owner: charge.Owner{Of: charge.OfRecharge, ID: "rch_1"}, Installation: "ins", Customer: "cus_1", Price: money.Money{Amount: 1000, Currency: "usd"}, Whose: true}
	for name, change := range map[string]func(*charge.Invoice, *charge.Asked){
		"currency":     func(in *charge.Invoice, _ *charge.Asked) { in.Currency = "eur" },
		"less":         func(in *charge.Invoice, _ *charge.Asked) { in.Subtotal, in.Total = 1, 191 },
		"more":         func(in *charge.Invoice, _ *charge.Asked) { in.Subtotal, in.Total = 2000, 2190 },
		"total":        func(in *charge.Invoice, _ *charge.Asked) { in.Total = 1 },
		"customer":     func(in *charge.Invoice, _ *charge.Asked) { in.Customer = "cus_2" },
		"of whom":      func(_ *charge.Invoice, a *charge.Asked) { a.Whose = false },
		"livemode":     func(in *charge.Invoice, _ *charge.Asked) { in.Livemode = true },
		"installation": func(in *charge.Invoice, _ *charge.Asked) { in.Installation = "other" },
		"owner":        func(in *charge.Invoice, _ *charge.Asked) { in.Owner.ID = "rch_2" },
		"kind":         func(in *charge.Invoice, _ *charge.Asked) { in.Owner.Of = charge.OfInvoice },
	} {
		in, a := invoice(), asked
		change(&in, &a)
		if in.Mismatch(a) == "" {
			t.Errorf("another %s is not told", name)
		}
	}
	in := invoice()
	if m := in.Mismatch(asked); m != "" {
		t.Error(m)
	}
	in.Total = 1000 // the price contains the tax
	if m := in.Mismatch(asked); m != "" {
		t.Error(m)
	}
}

// TestAnInvoiceAsACheckout: what stands for a Checkout says what a Checkout would.
func TestAnInvoiceAsACheckout(t *testing.T) {
	for _, c := range []struct{ status, payment, want, paid string }{
		{"draft", "", "draft", "unpaid"},
		{"open", "requires_payment_method", "open", "unpaid"},
		{"open", "requires_action", "open", "unpaid"},
		{"open", "processing", "complete", "unpaid"}, // a bank is asked: it takes days
		{"paid", "succeeded", "complete", "paid"},
		{"void", "canceled", "expired", "unpaid"},
		{"uncollectible", "requires_payment_method", "expired", "unpaid"},
	} {
		in := invoice()
		in.Owner = charge.Owner{Of: charge.OfPurchase, ID: "pur_1"}
		in.Status, in.PaymentStatus = c.status, c.payment
		if got := in.Checkout(); got.Status != c.want || got.PaymentStatus != c.paid || got.Purchase != "pur_1" || got.ID != "in_1" || got.Payment.ID != "pi_1" || got.Total != 1190 || got.InvoiceNumber != "1" {
			t.Errorf("%s, %s: %+v", c.status, c.payment, got)
		}
	}
	if in := invoice(); in.Checkout().Purchase != "" {
		t.Error("a recharge's invoice names a purchase")
	}
}
