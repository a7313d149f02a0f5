package show

import (
	"strings"

	"purse/billing/catalog"
	"purse/billing/money"
	"purse/views/ui"
)

// Lines says how a price comes about, a line each.
func Lines(lines []catalog.QuoteLine, unit ui.Unit, currency string) []ui.PriceLine {
	out := make([]ui.PriceLine, 0, len(lines))
	for _, l := range lines {
		text := "The pack"
		switch l.Kind {
		case catalog.LineUnits:
			text = unit.Amount(l.Credits) + " × " + ui.Price(l.Unit, currency)
			if l.From > 0 {
				text = "The next " + text
			}
		case catalog.LineBlocks:
			blocks := " blocks of "
			if l.Blocks == 1 {
				blocks = " block of "
			}
			text = ui.Number(l.Blocks) + blocks + unit.Amount(l.Block) + " × " + ui.Price(l.Unit, currency)
		case catalog.LineFlat:
			text = "Fee"
			if l.From > 0 {
				text = "Fee above " + unit.Amount(l.From)
			}
		case catalog.LinePercent:
			text = ui.Decimal(l.Percent) + "% fee"
			if strings.HasPrefix(l.Percent, "-") {
				text = ui.Decimal(l.Percent[1:]) + "% off"
			}
		}
		out = append(out, ui.PriceLine{Text: text, Amount: ui.Money(money.Money{Amount: l.Amount, Currency: currency})})
	}
	return out
}

// Range says which amounts can be chosen: "between 100 and 10,000 credits, in
// steps of 50".
func Range(r *catalog.Range, unit ui.Unit) string {
	s := "between " + ui.Credits(r.Min) + " and " + unit.Amount(r.Max)
	if r.Step != money.Micro {
		s += ", in steps of " + ui.Credits(r.Step)
	}
	return s
}
