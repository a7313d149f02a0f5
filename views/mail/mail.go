// Package mail is the mails that people get, as text and as HTML that reads
// well at 320 and at 600 pixels, in light and dark, with images off.
package mail

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/notify"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/schedule"
	"purse/views/ui"
)

// Letter is a mail before it is rendered.
type Letter struct {
	Subject  string
	Preview  string // what a list of mails shows after the subject
	Heading  string
	Says     []string
	Facts    []Fact
	Button   string // "" for none
	Link     string // where the button leads, absolute
	Also     *Also  // a second link
	Afterall []string
	// Unsubscribe is where mails of its kind are switched off; "" where they
	// cannot be.
	Unsubscribe string
}

// Fact is a line of a small table.
type Fact struct{ Name, Value string }

// Also is a link in words.
type Also struct{ Text, Link string }

// Render makes a mail of a template's name and its data: account's mails, the
// receipt of a purchase, and that automatic recharges are paused. Links in data are paths on Purse's own origin.
func Render(ctx context.Context, site ui.Site, template string, data map[string]string) (subject, text, html string, err error) {
	l, err := letter(site, template, data)
	if err != nil {
		return "", "", "", err
	}
	var b bytes.Buffer
	if err := Page(site, l).Render(ctx, &b); err != nil {
		return "", "", "", err
	}
	return l.Subject, l.Text(site), b.String(), nil
}

func letter(site ui.Site, template string, data map[string]string) (Letter, error) {
	data = withoutLinks(data)
	link := ""
	if p := data["link"]; strings.HasPrefix(p, "/") {
		link = strings.TrimRight(site.PublicURL, "/") + p
	}
	const ignore = "If this was not you, you can ignore this mail: nothing happens."
	switch template {
	case account.MailVerify:
		return Letter{
			Subject: "Verify your e-mail address for " + site.Brand, Preview: "One click, and you are in.",
			Heading: "Verify your e-mail address", Says: []string{"Somebody, hopefully you, created an account at " + site.Brand + " with this address."},
			Button: "Verify and go on", Link: link,
			Afterall: []string{"The link works once, for a day. " + ignore},
		}, nil
	case account.MailKnown:
		return Letter{
			Subject: "You already have an account at " + site.Brand, Preview: "Just sign in.",
			Heading: "You already have an account", Says: []string{"Somebody, hopefully you, tried to create an account at " + site.Brand + " with this address. There is one already: just sign in."},
			Button: "Sign in", Link: link,
			Afterall: []string{"Forgot the password? The sign-in page helps. " + ignore},
		}, nil
	case account.MailReset:
		return Letter{
			Subject: "Choose a new password for " + site.Brand, Preview: "The link works for an hour.",
			Heading: "Choose a new password", Says: []string{"Somebody, hopefully you, asked for a new password at " + site.Brand + "."},
			Button: "Choose a new password", Link: link,
			Afterall: []string{"The link works once, for an hour. " + ignore},
		}, nil
	case account.MailNoAccount:
		return Letter{
			Subject: "No account at " + site.Brand + " with this address", Preview: "A new password was asked for.",
			Heading: "There is no account with this address", Says: []string{"Somebody, hopefully you, asked for a new password at " + site.Brand + ", but there is no account with this address. Perhaps you used another one?"},
			Button: "Create an account", Link: link, Afterall: []string{ignore},
		}, nil
	case account.MailNewSecret:
		return Letter{
			Subject: "Your password at " + site.Brand + " was changed", Preview: "If this was not you, act now.",
			Heading: "Your password was changed", Says: []string{"Your other sessions have ended.", "If this was not you, choose a new password now."},
			Button: "Choose a new password", Link: link,
		}, nil
	case account.MailEmail:
		return Letter{
			Subject: "Confirm the change of your address at " + site.Brand, Preview: "The link works for a day.",
			Heading: "Confirm the change of your address", Says: []string{
				"Somebody, hopefully you, asked to change the address of your account at " + site.Brand + " from " + data["old"] + " to " + data["new"] + ".",
				"Each of the two addresses got a link. The change is made when both are used.",
			},
			Button: "Confirm", Link: link, Afterall: []string{"The link works once, for a day. " + ignore},
		}, nil
	case account.MailEmailDone:
		return Letter{
			Subject: "Your address at " + site.Brand + " was changed", Preview: "If this was not you, act now.",
			Heading: "Your address was changed", Says: []string{"You sign in at " + site.Brand + " as " + data["new"] + " now, and no longer as " + data["old"] + ".", "If this was not you, get in touch with us at once."},
			Button: "Look at it", Link: link,
		}, nil
	case account.MailFactor:
		return factorLetter(site, data, link), nil
	case account.MailInvitation:
		return Letter{
			Subject: "Join " + data["customer"] + " at " + site.Brand, Preview: "You are invited.",
			Heading: "Join " + data["customer"], Says: []string{"You are invited to see and manage the credits of " + data["customer"] + " at " + site.Brand + ", with the role " + data["role"] + "."},
			Button: "Join", Link: link, Afterall: []string{"The link works once, for a week. If you do not know what this is about, ignore it."},
		}, nil
	case account.MailStaff:
		return Letter{
			Subject: "Join the staff of " + site.Brand, Preview: "You are invited.",
			Heading: "Join the staff of " + site.Brand, Says: []string{"You are invited to the console of " + site.Brand + ", with the role " + data["role"] + "."},
			Button: "Join", Link: link, Afterall: []string{"The link works once, for a week. If you do not know what this is about, ignore it."},
		}, nil
	case account.MailNewStaff:
		return Letter{
			Subject: "Somebody new is " + data["role"] + " at " + site.Brand, Preview: "Is this right?",
			Heading: "There is a new " + data["role"], Says: []string{data["who"] + " can use the console of " + site.Brand + " now, with the role " + data["role"] + ".", "If you do not expect this, remove them and look at what they did."},
			Button: "See the staff", Link: link,
		}, nil
	case purchase.MailReceipt:
		return receipt(site, data, link)
	case purchase.MailFailed:
		return purchaseFailed(site, data, link)
	case schedule.MailPaused:
		return schedulePaused(site, data, link)
	case invoice.MailInvoice:
		return invoiceMail(site, data, link)
	case recharge.MailPaused:
		return rechargePaused(site, data, link)
	case purchase.MailMoneyBack:
		return moneyBack(site, data, link)
	case recharge.MailCapped:
		return rechargeCapped(site, data, link)
	case notify.MailAlert:
		return alertMail(site, data)
	case notify.MailDigest:
		return digest(site, data)
	case notify.MailEndpointFailing, notify.MailEndpointDisabled:
		return endpoint(site, template, data, link), nil
	}
	return Letter{}, fmt.Errorf("there is no mail %q", template)
}

func receipt(site ui.Site, data map[string]string, link string) (Letter, error) {
	credits, err := money.ParseCredits(data["credits"])
	if err != nil {
		return Letter{}, fmt.Errorf("credits %w", err)
	}
	paid, err := money.Parse(data["amount"], data["currency"])
	if err != nil {
		return Letter{}, fmt.Errorf("amount %w", err)
	}
	amount := ui.Unit{Singular: data["unit"], Plural: data["units"]}.Amount(credits)
	l := Letter{
		Subject: amount + " added at " + site.Brand, Preview: ui.Money(paid) + " paid. Thank you.",
		Heading: amount + " added", Says: []string{"Thank you. The credits are there and can be used now."},
		Facts: []Fact{
			{"Customer", data["customer"]}, {"Pack", data["pack"]}, {"Credits", amount},
			{"Paid", ui.Money(paid)}, {"Purchase", data["purchase"]},
		},
		Button: "See the ledger", Link: link,
	}
	if data["refund_policy"] != "" {
		l.Afterall = append(l.Afterall, "Refunds: "+data["refund_policy"])
	}
	if strings.HasPrefix(data["receipt_url"], "https://") || strings.HasPrefix(data["receipt_url"], "http://") {
		l.Also = &Also{"Stripe's receipt", data["receipt_url"]}
	}
	return l, nil
}

// pauses are what a paused recharge says: heading, then what to do.
var pauses = map[recharge.Reason][2]string{
	recharge.CardDeclined:           {"A payment was declined", "Pay on Stripe's page with this or another payment method, or save another: then automatic recharges go on."},
	recharge.AuthenticationRequired: {"Your bank wants you to confirm", "Confirm the payment on Stripe's page: the credits are added at once, and automatic recharges go on."},
	recharge.NoCard:                 {"The payment method cannot be charged any more", "Save one to let automatic recharges go on."},
	recharge.PriceChanged:           {"The price has changed", "Nothing is charged at a higher price than you agreed to. Look at the new price and save again."},
	recharge.OtherCurrency:          {"You pay in another currency now", "Nothing is charged in a currency that you did not agree to. Look at the price in yours and save again."},
	recharge.Disputed:               {"A payment is disputed", "Until that is settled, nothing is charged automatically."},
	recharge.FraudWarning:           {"A bank has a question about a payment", "Until that is settled, nothing is charged automatically."},
	recharge.ByStaff:                {"We have paused them", "Please contact us if you have questions."},
}

func rechargePaused(site ui.Site, data map[string]string, link string) (Letter, error) {
	due, err := money.Parse(data["amount"], data["currency"])
	if err != nil {
		return Letter{}, fmt.Errorf("amount %w", err)
	}
	says, ok := pauses[recharge.Reason(data["reason"])]
	if !ok {
		says = [2]string{"A recharge did not work", "Please look at the settings, or contact us."}
	}
	l := Letter{
		Subject: "Automatic recharges at " + site.Brand + " are paused", Preview: says[0] + ".",
		Heading: "Automatic recharges are paused", Says: []string{says[0] + ". " + says[1]},
		Facts:  []Fact{{"Customer", data["customer"]}, {"Payment method", capital(data["card"])}, {"Amount", ui.Money(due)}},
		Button: "See automatic recharges", Link: link,
		Afterall: []string{"Until then credits are not topped up by themselves. You can still buy some at any time."},
	}
	if data["message"] != "" {
		l.Facts = append(l.Facts, Fact{"What the bank said", data["message"]})
	}
	if u := data["repair_url"]; strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		l.Button, l.Link, l.Also = "Pay on Stripe's page", u, &Also{"Automatic recharges", link}
	}
	return l, nil
}

func rechargeCapped(site ui.Site, data map[string]string, link string) (Letter, error) {
	most, err := money.Parse(data["cap"], data["currency"])
	if err != nil {
		return Letter{}, fmt.Errorf("cap %w", err)
	}
	until, err := time.Parse(time.RFC3339, data["until"])
	if err != nil {
		return Letter{}, err
	}
	l := Letter{
		Subject: "The cap of automatic recharges at " + site.Brand + " is reached", Preview: "Nothing more is charged by itself.",
		Heading: "The month's cap of automatic recharges is reached",
		Says:    []string{"Credits are low, and another automatic recharge would go beyond the cap that you set. Nothing more is charged by itself."},
		Facts:   []Fact{{"Customer", data["customer"]}, {"Cap", ui.Money(most) + " a month, tax included"}},
		Button:  "See automatic recharges", Link: link,
		Afterall: []string{"You can raise the cap, or buy credits at any time."},
	}
	if data["note"] != "" {
		l.Says = append(l.Says, data["note"])
	}
	if until.Year() > 1 {
		l.Facts = append(l.Facts, Fact{"A new month begins", ui.TimeZoned(until, zoneOf(data))})
	}
	return l, nil
}

// capital writes a card's brand as a name: Stripe calls it "visa".
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Text is the letter for those who read mails as text.
func (l Letter) Text(site ui.Site) string {
	var b strings.Builder
	b.WriteString(l.Heading + "\n\n")
	for _, s := range l.Says {
		b.WriteString(s + "\n\n")
	}
	for _, f := range l.Facts {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	if len(l.Facts) > 0 {
		b.WriteString("\n")
	}
	if l.Button != "" {
		b.WriteString(l.Button + ":\n" + l.Link + "\n\n")
	}
	if l.Also != nil {
		b.WriteString(l.Also.Text + ":\n" + l.Also.Link + "\n\n")
	}
	for _, s := range l.Afterall {
		b.WriteString(s + "\n\n")
	}
	if l.Unsubscribe != "" {
		b.WriteString("No more mails like this:\n" + l.Unsubscribe + "\n\n")
	}
	b.WriteString("-- \n" + site.Brand + "\n")
	if site.Mode != ui.Live {
		b.WriteString("Test: no money moves.\n")
	}
	return b.String()
}
