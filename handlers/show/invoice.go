package show

import (
	"time"

	"purse/billing/invoice"
	"purse/views/ui"
)

// InvoiceState says how an invoice stands, in a word and a colour.
func InvoiceState(in *invoice.Invoice, now time.Time) (word string, tone ui.Tone) {
	switch {
	case in.Overdue(now):
		return "overdue", ui.Bad
	case in.Processing:
		return "waiting for the bank", ui.Info
	case in.PartPaid():
		return "part paid", ui.Warn
	}
	switch in.State() {
	case invoice.Open:
		if in.Collection == invoice.Charge && in.Problem != "" {
			return "card declined", ui.Bad
		}
		return "open", ui.Info
	case invoice.Issuing:
		return "being made", ui.Info
	case invoice.Paid:
		return "paid", ui.Good
	case invoice.Uncollectible, invoice.Failed:
		return string(in.State()), ui.Bad
	}
	return string(in.State()), ui.Plain
}
