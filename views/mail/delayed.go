package mail

import (
	"fmt"
	"strings"

	"purse/billing/money"
	"purse/billing/schedule"
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
		Says:    []string{data["problem"], "The " + amount + " were not added. You can buy them again with another payment method."},
		Facts:   []Fact{{"Customer", data["customer"]}, {"Pack", data["pack"]}, {"Price", ui.Money(price)}, {"Purchase", data["purchase"]}},
		Button:  "Buy credits", Link: link,
	}, nil
}

// invoiceMail tells further recipients of an invoice, or that one is overdue.
func invoiceMail(site ui.Site, data map[string]string, link string) (Letter, error) {
	due, err := money.Parse(data["amount"], data["currency"])
	if err != nil {
		return Letter{}, fmt.Errorf("amount %w", err)
	}
	l := Letter{
		Subject: "Invoice " + data["number"] + " from " + site.Brand, Preview: ui.Money(due) + ", due " + data["due"] + ".",
		Heading: "Invoice " + data["number"], Says: []string{ui.Money(due) + " for " + data["name"] + ", due " + data["due"] + "."},
		Facts:  []Fact{{"Customer", data["customer"]}, {"Invoice", data["number"]}, {"Amount", ui.Money(due)}, {"Due", data["due"]}},
		Button: "See it at " + site.Brand, Link: link,
	}
	if data["overdue"] != "" {
		l.Subject, l.Heading = "Invoice "+data["number"]+" from "+site.Brand+" is overdue", "Invoice "+data["number"]+" is overdue"
		l.Says = []string{ui.Money(due) + " for " + data["name"] + " was due " + data["due"] + ". Please pay it, or tell us if something is wrong with it."}
	}
	if data["replaces"] != "" {
		l.Says = append(l.Says, "It replaces invoice "+data["replaces"]+", whose link does not work any more. Nothing else has changed.")
	}
	if data["po_number"] != "" {
		l.Facts = append(l.Facts, Fact{"PO number", data["po_number"]})
	}
	if strings.HasPrefix(data["url"], "https://") || strings.HasPrefix(data["url"], "http://") {
		l.Also = &Also{"View and pay it at Stripe", data["url"]}
	}
	return l, nil
}

// schedulePaused tells that a scheduled purchase did not work.
func schedulePaused(site ui.Site, data map[string]string, link string) (Letter, error) {
	price, err := money.Parse(data["amount"], data["currency"])
	if err != nil {
		return Letter{}, fmt.Errorf("amount %w", err)
	}
	l := Letter{
		Subject: "Your scheduled purchase at " + site.Brand + " is paused", Preview: "Nothing was charged.",
		Heading: "The scheduled purchase is paused", Says: []string{data["message"], "Nothing more is bought until you look at it."},
		Facts:  []Fact{{"Customer", data["customer"]}, {"Buys", data["name"]}, {"Price", ui.Money(price)}, {"Payment method", data["card"]}},
		Button: "See the schedule", Link: link,
	}
	noCard := data["reason"] == string(schedule.NoCard)
	if noCard {
		l.Says = []string{data["message"], "Save a payment method: the schedule goes on with that one. Nothing is bought until then."}
		l.Button = "Save a payment method"
	}
	if strings.HasPrefix(data["repair_url"], "https://") || strings.HasPrefix(data["repair_url"], "http://") {
		if noCard {
			l.Says = append(l.Says, "The last purchase was not paid yet. You can pay it on Stripe's page.")
		} else {
			l.Says = append(l.Says, "Pay this one on Stripe's page, with this or another payment method: then the schedule goes on.")
		}
		l.Also = &Also{"Pay it on Stripe's page", data["repair_url"]}
	}
	return l, nil
}
