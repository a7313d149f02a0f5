package admin

import (
	"strconv"

	"purse/views/ui"
)

// PackForm makes or changes a pack.
type PackForm struct {
	Form                        ui.Form
	Title, Text, Action, Button string
	Archive                     string // path that archives or brings back, "" for none
	Back                        bool   // what Archive does is to bring it back
	New, Any                    bool   // a new one; for any amount
	Types                       []ui.Option
	Values                      map[string]string // of the fields, before anything was typed
	Prices                      []int             // rows of tiers of each
	Bonuses                     int               // rows
	Preview                     []PackQuote
	Warnings                    []string
}

// PackQuote is what an amount would cost.
type PackQuote struct {
	Amount, Currency, Price, Bonus, Problem string
	Lines                                   []ui.PriceLine
}

func (p PackForm) field(name, label string) ui.Field {
	return ui.Field{Name: name, Label: label, Value: p.Values[name]}
}

func (p PackForm) decimal(name, label, hint string) ui.Field {
	f := p.field(name, label)
	f.InputMode, f.MaxLength, f.Hint = "decimal", 40, hint
	return f
}

func suffix(n int) string {
	if n == 0 {
		return ""
	}
	return "_" + strconv.Itoa(n)
}

func tierName(price, tier int, name string) string {
	return "t" + strconv.Itoa(price) + "_" + strconv.Itoa(tier) + "_" + name
}

func bonusName(n int, name string) string { return "b" + strconv.Itoa(n) + "_" + name }

var packModels = []ui.Option{
	{Value: "graduated", Text: "graduated: each slice at its own tier's price"},
	{Value: "volume", Text: "volume: the whole at the price of its tier"},
	{Value: "package", Text: "package: a price for each started block"},
	{Value: "flat", Text: "flat: a fixed fee by tier, with or without a price each"},
	{Value: "percentage", Text: "percentage: face value plus a percent, or less"},
}

var packTaxes = []ui.Option{{Value: "", Text: "as in the settings"}, {Value: "exclusive", Text: "is added to the price"}, {Value: "inclusive", Text: "is contained in the price"}}
