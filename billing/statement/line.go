package statement

import (
	"io"
	"strconv"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/sheet"
)

// Line is one line of a wallet's part. Opening and the lines that are no Balance
// add up to closing.
type Line struct {
	Balance bool // the first is opening, the last closing
	Kind    ledger.PostingKind
	Meter   string // of usage
	Count   int64
	Credits money.Credits // the change, or the balance
}

// Lines are opening, what came, what was used for what, what went otherwise, and
// closing.
func (w Wallet) Lines() []Line {
	out := []Line{{Balance: true, Credits: w.Opening}}
	add := func(k ledger.PostingKind) {
		if s := w.Of(k); s.Count > 0 {
			out = append(out, Line{Kind: k, Count: s.Count, Credits: s.Credits})
		}
	}
	add(ledger.PostGrant)
	for _, m := range w.Meters {
		out = append(out, Line{Kind: ledger.PostDebit, Meter: m.Meter, Count: m.Count, Credits: m.Credits})
	}
	for _, k := range ledger.PostingKinds() {
		if k != ledger.PostGrant && k != ledger.PostDebit {
			add(k)
		}
	}
	return append(out, Line{Balance: true, Credits: w.Closing})
}

// CSV writes a statement: a row for each line, credits and money as decimals.
func (s *Statement) CSV(w io.Writer) error {
	out := sheet.NewWriter(w)
	rows := [][]string{{"period", "from", "to", "credit_type", "line", "meter", "count", "credits", "currency", "amount"}}
	row := func(creditType, line, meter, count, credits, currency, amount string) {
		rows = append(rows, []string{s.Name, s.From.UTC().Format(time.RFC3339), s.To.UTC().Format(time.RFC3339),
			sheet.Text(creditType), line, sheet.Text(meter), count, credits, currency, amount})
	}
	for _, x := range s.Wallets {
		lines := x.Lines()
		for i, l := range lines {
			switch {
			case i == 0:
				row(x.CreditType, "opening", "", "", l.Credits.String(), "", "")
			case i == len(lines)-1:
				row(x.CreditType, "closing", "", "", l.Credits.String(), "", "")
			default:
				row(x.CreditType, string(l.Kind), l.Meter, strconv.FormatInt(l.Count, 10), l.Credits.String(), "", "")
			}
		}
	}
	for _, p := range s.Paid {
		row("", "paid", "", strconv.FormatInt(p.Count, 10), "", p.Total.Currency, p.Total.Decimal())
		row("", "tax", "", "", "", p.Tax.Currency, p.Tax.Decimal())
	}
	for _, m := range s.Refunded {
		row("", "refunded", "", "", "", m.Currency, m.Decimal())
	}
	return out.WriteAll(rows)
}
