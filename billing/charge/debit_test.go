package charge_test

import (
	"testing"

	"purse/billing/charge"
)

// A look at a payment from before the bank was asked is no answer of the bank.
func TestDebitRefused(t *testing.T) {
	for _, x := range []struct {
		in   charge.Invoice
		want bool
	}{
		{charge.Invoice{Status: "open", PaymentStatus: "processing"}, false},
		{charge.Invoice{Status: "open", PaymentStatus: "processing", FailureCode: "of_a_card_before"}, false},
		{charge.Invoice{Status: "open", PaymentStatus: "requires_payment_method"}, false},
		{charge.Invoice{Status: "open", PaymentStatus: "requires_confirmation"}, false},
		{charge.Invoice{Status: "open", PaymentStatus: "requires_payment_method", FailureCode: "account_closed"}, true},
		{charge.Invoice{Status: "open", PaymentStatus: "canceled"}, true},
		{charge.Invoice{Status: "paid", PaymentStatus: "succeeded"}, false},
	} {
		if got := x.in.DebitRefused(); got != x.want {
			t.Errorf("%+v: refused %t", x.in, got)
		}
	}
}
