package invoice_test

import (
	"testing"
	"time"

	"purse/billing/charge"
	"purse/billing/invoice"
	"purse/billing/money"
)

// TestWhatAnInvoiceIsCalled: one that is to be paid is open, however it is paid; what is
// outstanding and who can pay follow from how it stands.
func TestWhatAnInvoiceIsCalled(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for state, want := range map[charge.State]struct {
		is          invoice.State
		outstanding int64
		payable     bool
		overdue     bool
	}{
		charge.Draft:         {invoice.Draft, 0, false, false},
		charge.Issuing:       {invoice.Issuing, 700, false, false},
		charge.Charging:      {invoice.Open, 700, true, false},
		charge.Retrying:      {invoice.Open, 700, true, false},
		charge.Open:          {invoice.Open, 700, true, true},
		charge.Paid:          {invoice.Paid, 0, false, false},
		charge.Void:          {invoice.Void, 0, false, false},
		charge.Uncollectible: {invoice.Uncollectible, 700, true, false},
		charge.Failed:        {invoice.Failed, 0, false, false},
	} {
		in := &invoice.Invoice{Charge: charge.Charge{
			State: state, Collection: charge.Send, Price: money.Money{Amount: 900, Currency: "usd"}, Total: 1000, AmountPaid: 300, URL: "https://pay.example.com",
			DueAt: now.Add(-24 * time.Hour),
		}}
		if in.State() != want.is || in.Outstanding().Amount != want.outstanding || in.Payable() != want.payable || in.Overdue(now) != want.overdue {
			t.Errorf("%s: %s, %d outstanding, payable %t, overdue %t; want %+v", state, in.State(), in.Outstanding().Amount, in.Payable(), in.Overdue(now), want)
		}
		if in.Overdue(now.Add(-time.Second)) {
			t.Errorf("%s: overdue on its day", state)
		}
		for what, change := range map[string]func(){
			"a bank is asked": func() { in.Processing = true }, "it is not what was asked for": func() { in.Processing, in.Cause = false, charge.CauseDiffers },
		} {
			if change(); in.Payable() {
				t.Errorf("%s: payable although %s", state, what)
			}
		}
	}
}
