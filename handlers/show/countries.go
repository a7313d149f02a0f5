package show

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"purse/billing/account"
	"purse/views/ui"
)

// Countries are all countries by their English names, with none first.
func Countries() []ui.Option { return countries }

var countries = func() []ui.Option {
	names := display.English.Regions()
	var out []ui.Option
	for _, code := range account.Countries() {
		if r, err := language.ParseRegion(code); err == nil {
			out = append(out, ui.Option{Value: code, Text: names.Name(r)})
		}
	}
	slices.SortFunc(out, func(a, b ui.Option) int { return strings.Compare(a.Text, b.Text) })
	return append([]ui.Option{{Value: "", Text: "None"}}, out...)
}()
