package mail

import (
	"fmt"

	"purse/billing/money"
	"purse/billing/purchase"
	"purse/views/ui"
)

// moneyBack tells what became of the money of a purchase, and of its credits.
func moneyBack(site ui.Site, data map[string]string, link string) (Letter, error) {
	credits, err := money.ParseCredits(data["credits"])
	if err != nil {
		return Letter{}, fmt.Errorf("credits %w", err)
	}
	of, err := money.Parse(data["amount"], data["currency"])
	if err != nil {
		return Letter{}, fmt.Errorf("amount %w", err)
	}
	amount, some := ui.Money(of), ui.Unit{Singular: data["unit"], Plural: data["units"]}.Amount(credits)
	var heading string
	var says []string
	switch what := purchase.MoneyNews(data["what"]); what {
	case purchase.MoneyRefunded:
		heading = amount + " is refunded"
		says = []string{"It goes back to where it came from; your bank may take some days to show it.", "The credits that it paid for were taken back: " + some + "."}
	case purchase.MoneyRefundFailed:
		heading = "A refund of " + amount + " did not go through"
		says = []string{"The bank did not take the money. The credits that had been taken back are yours again: " + some + ".", "Please tell us if it is to be tried in another way."}
	case purchase.MoneyInQuestion:
		heading = "A payment of " + amount + " is in question"
		says = []string{"A bank disputes it, or warns of it. What is unused of its credits is frozen until that is settled, and automatic recharges are paused."}
	case purchase.MoneySettled:
		heading = "The question about a payment of " + amount + " is settled"
		says = []string{"What was frozen of its credits can be used again."}
	case purchase.MoneyLost:
		heading = amount + " went back in a dispute"
		says = []string{"The bank gave the money back, so the credits that it paid for were taken back: " + some + ". What was used of them already is owed, and the next purchase repays it."}
	default:
		return Letter{}, fmt.Errorf("nothing is said about %q", what)
	}
	return Letter{
		Subject: heading + " – " + site.Brand, Preview: says[0], Heading: heading, Says: says,
		Facts:  []Fact{{"Customer", data["customer"]}, {"Pack", data["pack"]}, {"Purchase", data["purchase"]}},
		Button: "See the purchase", Link: link,
	}, nil
}
