package mail

import (
	"fmt"

	"purse/billing/money"
	"purse/views/ui"
)

// purchaseFailed tells that a payment did not come after all.
func purchaseFailed(site ui.Site, data map[string]string, link string) (Letter, error) {
	credits, err := money.ParseCredits(data["credits"])
	if err != nil {
		return Letter{}, fmt.Errorf("credits %w", err)
	}
	price, err := money.Parse(data["amount"], data["currency"])
	if err != nil {
		return Letter{}, fmt.Errorf("amount %w", err)
	}
	amount := ui.Unit{Singular: data["unit"], Plural: data["units"]}.Amount(credits)
	return Letter{
		Subject: "Your payment to " + site.Brand + " did not go through", Preview: "No credits were added.",
		Heading: "The payment did not go through",
		Says:    []string{data["problem"], "The " + amount + " were not added. You can buy them again with another card or account."},
		Facts:   []Fact{{"Customer", data["customer"]}, {"Pack", data["pack"]}, {"Price", ui.Money(price)}, {"Purchase", data["purchase"]}},
		Button:  "Buy credits", Link: link,
	}, nil
}
