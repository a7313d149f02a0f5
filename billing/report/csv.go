package report

import (
	"io"
	"strconv"
	"strings"

	"purse/billing/money"
	"purse/billing/sheet"
)

// CSV writes a report as lines of section, currency, figure, amount in minor
// units and as a decimal, and, of payouts and differences, their ids.
func (d *Day) CSV(w io.Writer) error {
	out := sheet.NewWriter(w)
	line := func(section, currency, figure string, amount int64, rest ...string) error {
		row := []string{d.Period, section, strings.ToUpper(currency), figure, strconv.FormatInt(amount, 10),
			money.Money{Amount: amount, Currency: currency}.Decimal(), "", "", "", "", ""}
		copy(row[6:], rest)
		for i := range row {
			if i != 0 && i != 4 && i != 5 { // the period and the amounts are ours: they may be dates and begin with a minus
				row[i] = sheet.Text(row[i])
			}
		}
		return out.Write(row)
	}
	err := out.Write([]string{"period", "section", "currency", "figure", "minor_units", "amount", "purchase", "payment_intent", "balance_transaction", "object", "detail"})
	each := func(section, currency string, figures []Figure) {
		for _, f := range figures {
			if err == nil {
				err = line(section, currency, f.Name, f.Amount)
			}
		}
	}
	for _, b := range d.Balance {
		each("balance", b.Currency, b.Figures())
	}
	for _, s := range d.Sales {
		each("sales", s.Currency, s.Figures())
	}
	for _, f := range d.Deferred {
		each("deferred", f.Currency, f.Figures())
	}
	for _, p := range d.Payouts {
		if err == nil {
			err = line("payout", p.Currency, p.Status, p.Amount, "", "", "", p.ID, "arrives "+p.ArrivalAt.UTC().Format("2006-01-02"))
		}
	}
	for _, f := range d.Differences {
		if err == nil {
			err = line("difference", f.Currency, f.Kind, f.Amount, f.Purchase, f.Payment, f.Transaction, f.Object, f.Detail)
		}
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	return err
}

// Figure is one line of a report.
type Figure struct {
	Name, Label string
	Amount      int64
	Sum         bool // of the lines above
}

// Figures are the lines of a balance; all but the last of a block add up to it.
func (b Balance) Figures() []Figure {
	return []Figure{
		{"charges", "Charged", b.Charges, false}, {"charge_fees", "Fees of payments", -b.ChargeFees, false},
		{"refunds", "Refunded", b.Refunds, false}, {"refund_fees", "Fees of refunds", -b.RefundFees, false},
		{"disputes", "Disputed", b.Disputes, false}, {"dispute_fees", "Fees of disputes", -b.DisputeFees, false},
		{"stripe_fees", "Other fees of Stripe's", -b.StripeFees, false}, {"net", "Net", b.Net, true},
		{"payouts", "Paid out to the bank", b.Payouts, false}, {"not_ours", "Not Purse's, on the same account", b.NotOurs, false},
		{"change", "Change of the balance", b.Change, true},
	}
}

// Figures are the lines of sales.
func (s Sales) Figures() []Figure {
	return []Figure{
		{"price", "Price before discount", s.Price, false}, {"discount", "Discount", -s.Discount, false}, {"total", "Paid by buyers", s.Total, true},
		{"tax", "Of it tax", s.Tax, false}, {"net_of_tax", "Net of tax", s.NetOfTax, true}, {"elsewhere", "Of it paid outside Stripe", s.Elsewhere, false},
	}
}

// Figures are the lines of deferred revenue: opening, movements, closing.
func (d Deferred) Figures() []Figure {
	return []Figure{
		{"opening", "Opening", d.Opening, false}, {"sold", "New paid credits", d.Sold, false}, {"used", "Recognised by use", d.Used, false},
		{"expired", "Recognised by expiry", d.Expired, false}, {"refunded", "Refunded", d.Refunded, false}, {"disputed", "Lost in disputes", d.Disputed, false},
		{"kept", "Kept of refunds (−) or reversed by them (+)", d.Kept, false},
		{"voided", "Voided", d.Voided, false}, {"adjusted", "Adjusted", d.Adjusted, false}, {"transferred", "Transferred", d.Transferred, false},
		{"closing", "Closing", d.Closing, true},
	}
}
