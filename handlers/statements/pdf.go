package statements

import (
	"bytes"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"purse/billing/account"
	"purse/views/portal"
	"purse/views/ui"
)

const (
	margin    = 20.0 // mm, of A4
	lineTall  = 7.0
	nameWide  = 90.0
	countWide = 35.0
)

// pdf draws a statement. The font has the letters of Latin, Greek and Cyrillic;
// a name in others is on the page and in the CSV.
func pdf(brand string, c *account.Customer, s portal.Statement) ([]byte, error) {
	d := fpdf.New("P", "mm", "A4", "")
	d.SetTitle("Statement for "+ui.Month(s.Month)+", "+c.Name, true)
	d.SetAuthor(brand, true)
	d.SetCreationDate(s.To) // the same statement is the same file
	d.SetModificationDate(s.To)
	d.AddUTF8FontFromBytes("go", "", goregular.TTF)
	d.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	d.SetMargins(margin, margin, margin)
	d.SetAutoPageBreak(true, margin)
	d.AliasNbPages("")
	d.SetFooterFunc(func() {
		d.SetY(-15)
		d.SetFont("go", "", 8)
		d.SetTextColor(90, 90, 90)
		d.CellFormat(0, 5, "Statement for "+ui.Month(s.Month)+", "+c.Name+", page "+ui.Number(d.PageNo())+" of {nb}", "", 0, "L", false, 0, "")
	})
	text := func(size float64, style, says string) {
		d.SetFont("go", style, size)
		d.MultiCell(0, size*0.55, says, "", "L", false)
	}
	d.SetLineWidth(0.15)
	d.AddPage()
	d.SetTextColor(90, 90, 90)
	text(10, "", brand)
	d.Ln(6)
	d.SetTextColor(20, 20, 20)
	text(18, "B", "Statement for "+ui.Month(s.Month))
	d.Ln(2)
	text(11, "", c.Name)
	text(9, "", c.ID)
	d.Ln(2)
	if s.Final {
		text(9, "", ui.Time(s.From, s.Zone)+" to "+ui.Time(s.To, s.Zone)+", "+ui.Zone(s.Zone)+" time")
	} else {
		text(9, "", ui.Time(s.From, s.Zone)+" to "+ui.TimeZoned(s.To, s.Zone)+": the month is not over")
	}
	row := func(style, name, count, amount string, line string) {
		d.SetFont("go", style, 10)
		d.CellFormat(nameWide, lineTall, cut(d, name, nameWide), line, 0, "L", false, 0, "")
		d.CellFormat(countWide, lineTall, count, line, 0, "R", false, 0, "")
		d.CellFormat(0, lineTall, amount, line, 1, "R", false, 0, "")
	}
	for _, w := range s.Wallets {
		d.Ln(8)
		text(12, "B", w.Unit.Name)
		d.Ln(1)
		row("", "", "", w.Unit.Plural, "B")
		for _, l := range w.Lines {
			if l.Balance {
				row("B", l.Name, "", ui.CreditsFixed(l.Credits, w.Decimals()), "B")
			} else {
				row("", l.Name, l.Count, ui.SignedFixed(l.Credits, w.Decimals()), "")
			}
		}
	}
	if len(s.Wallets) == 0 {
		d.Ln(8)
		text(10, "", "There were no credits in this month, and none came.")
	}
	if len(s.Money) > 0 {
		d.Ln(8)
		text(12, "B", "Money")
		d.Ln(1)
		for _, m := range s.Money {
			name := m.Name
			if m.Note != "" {
				name += " (" + m.Note + ")"
			}
			row("", name, "", ui.Money(m.Amount), "")
		}
	}
	d.Ln(8)
	d.SetTextColor(90, 90, 90)
	text(8, "", "What happened in the month counts by the time of its posting. A balance below zero is a debt. This is no invoice: each purchase has its receipt.")
	var b bytes.Buffer
	err := d.Output(&b)
	return b.Bytes(), err
}

// cut shortens a text that does not fit.
func cut(d *fpdf.Fpdf, s string, wide float64) string {
	runes := []rune(s)
	for d.GetStringWidth(string(runes)) > wide-2 && len(runes) > 1 {
		runes = append(runes[:len(runes)-2], '…')
	}
	return string(runes)
}
