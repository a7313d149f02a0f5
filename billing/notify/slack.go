package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"purse/billing/event"
	"purse/billing/money"
	"purse/billing/words"
)

// slackMessage is an event in words, as Slack and what is compatible with it
// read them. To the vendor it names the customer, and links to the console.
func (s *Endpoints) slackMessage(ev event.Event, toCustomer bool) []byte {
	var d data
	read := json.NewDecoder(bytes.NewReader(ev.Data))
	read.UseNumber()
	_ = read.Decode(&d) // what is missing is left out
	text := sentence(ev.Type, d)
	link := s.PublicURL + "/"
	if !toCustomer {
		if c, err := s.Accounts.Customer(context.Background(), ev.Customer); err == nil {
			text = "*" + slackText(c.Name) + "*: " + text
		}
		link = s.PublicURL + "/admin"
		if ev.Customer != "" {
			link += "/customers/" + ev.Customer
		}
	}
	type block map[string]any
	body, _ := json.Marshal(map[string]any{
		"text": strings.ReplaceAll(text, "*", ""),
		"blocks": []block{
			{"type": "section", "text": block{"type": "mrkdwn", "text": text}},
			{"type": "context", "elements": []block{{"type": "mrkdwn", "text": fmt.Sprintf("%s · %s · <%s|Open>", ev.Type, ev.CreatedAt.UTC().Format("2 Jan 2006, 15:04 MST"), link)}}},
		},
	})
	return body
}

// slackText defuses what Slack would read as markup.
func slackText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "", "_", " ", "`", "'", "~", "").Replace(s)
}

// data reads the fields of an event without minding what is missing.
type data map[string]any

func (d data) text(name string) string {
	s, _ := d[name].(string)
	return slackText(s)
}

// words is a field that is a word with underscores, in words.
func (d data) words(name string) string {
	s, _ := d[name].(string)
	return slackText(strings.ReplaceAll(s, "_", " "))
}

func (d data) credits(name string) string {
	s, _ := d[name].(string)
	typ := d.text("credit_type")
	if typ == "" {
		typ = "credits"
	}
	return words.Group(slackText(s)) + " " + typ
}

func (d data) number(name string) string {
	n, _ := d[name].(json.Number)
	return words.Group(n.String())
}

// limit names a spend limit, and what it counts.
func (d data) limit() string {
	out := "The spend limit of " + d.credits("credits") + " a " + d.words("period")
	switch {
	case d.text("caller") != "":
		out += " for the caller " + d.text("caller")
	case d.text("meter") != "":
		out += " for the meter " + d.text("meter")
	}
	return out
}

func (d data) minute(name string) string {
	s, _ := d[name].(string)
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return slackText(s)
	}
	return at.UTC().Format("2 January 2006, 15:04 MST")
}

func (d data) money(name string) string {
	m, _ := d[name].(map[string]any)
	return data(m).amount()
}

// amount is money whose amount and currency are fields of d.
func (d data) amount() string {
	amount, _ := d["amount"].(json.Number)
	n, _ := amount.Int64()
	currency, _ := d["currency"].(string)
	return words.Group(money.Money{Amount: n, Currency: currency}.Decimal()) + " " + strings.ToUpper(slackText(currency))
}

func (d data) day(name string) string {
	s, _ := d[name].(string)
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return slackText(s)
	}
	return at.UTC().Format("2 January 2006")
}

func sentence(typ string, d data) string {
	switch typ {
	case event.CreditsGranted:
		return d.credits("credits") + " were added (" + d.text("kind") + ", " + d.text("reason") + ")."
	case event.CreditsExpiring:
		return ":hourglass: " + d.credits("credits") + " expire on " + d.day("expires_at") + "."
	case event.CreditsExpired:
		return d.credits("credits") + " expired."
	case event.CreditsVoided:
		return d.credits("credits") + " were taken back (" + d.text("reason") + ")."
	case event.BalanceLow:
		return ":warning: The balance is low: " + d.credits("available") + " are available."
	case event.BalanceDepleted:
		return ":rotating_light: The balance is empty: " + d.credits("available") + " are available."
	case event.BalanceRecovered:
		return ":white_check_mark: The balance has recovered: " + d.credits("available") + " are available."
	case event.UsageAnomaly:
		return ":chart_with_upwards_trend: Usage is far above what is usual."
	case event.UsageUnpriced:
		return ":warning: Work named " + d.text("event") + " was recorded that no rate prices. It is kept: look at Unpriced usage in the console."
	case event.LimitReached:
		with := d.credits("spent") + " spent"
		if held := d.text("held"); held != "" && held != "0" {
			with += " and " + d.credits("held") + " held"
		}
		if stops, _ := d["stops_requests"].(bool); stops {
			return ":no_entry: " + d.limit() + " is reached, with " + with + ": requests are refused until " + d.minute("resets_at") + "."
		}
		return ":warning: " + d.limit() + " is reached, with " + with + ". It counts anew from " + d.minute("resets_at") + "."
	case event.LimitRefused:
		return ":warning: A request that needed " + d.credits("required") + " was refused: it did not fit under " + strings.Replace(d.limit(), "The", "the", 1) + ", with " + d.credits("spent") + " spent."
	case event.LimitReset:
		return d.limit() + " is no longer reached."
	case event.EntitlementChange:
		allowed, _ := d["allowed"].(bool)
		if slow, _ := d["throttle"].(bool); slow && allowed {
			return ":warning: Nothing is available: requests are slowed down to " + d.number("rate_per_minute") + " a minute."
		}
		if allowed {
			return ":white_check_mark: Requests are allowed again."
		}
		return ":no_entry: Requests are refused now: " + d.words("reason") + "."
	case event.PurchasePaid:
		return ":moneybag: " + d.credits("credits") + " were bought for " + d.money("total") + "."
	case event.PurchaseFailed:
		return "A payment of " + d.money("price") + " for " + d.credits("credits") + " failed."
	case event.PurchaseRefunded:
		return "Of a purchase of " + d.money("total") + ", " + d.money("refunded") + " were refunded."
	case event.PurchaseDisputed:
		return ":rotating_light: A payment of " + d.money("total") + " is disputed: " + d.words("dispute_status") + "."
	case event.InvoiceIssued:
		return "The invoice " + d.text("number") + " of " + d.amount() + " for " + d.credits("credits") + " was sent."
	case event.InvoiceReissued:
		return "The invoice " + d.text("number") + " of " + d.amount() + " was made again, because its customer was deleted at Stripe."
	case event.InvoicePaid:
		return ":moneybag: The invoice " + d.text("number") + " of " + d.amount() + " is paid."
	case event.InvoiceOverdue:
		return ":warning: The invoice " + d.text("number") + " of " + d.amount() + " was due on " + d.day("due_at") + " and is not paid."
	case event.InvoiceVoided:
		return "The invoice " + d.text("number") + " of " + d.amount() + " was voided."
	case event.InvoiceUncollectible:
		return "The invoice " + d.text("number") + " of " + d.amount() + " was given up."
	case event.SchedulePaused:
		return ":warning: Scheduled purchases are paused: " + d.words("reason") + "."
	case event.RechargeSucceeded:
		return d.credits("credits") + " were recharged automatically."
	case event.RechargeFailed:
		return "An automatic recharge ended without money: " + d.words("reason") + "."
	case event.RechargePaused:
		return ":warning: Automatic recharges are paused: " + d.words("reason") + "."
	case event.RechargeCapped:
		return "The month's cap of automatic recharges, " + d.money("cap") + ", is reached."
	case event.StatementReady:
		return "The statement of " + d.text("period") + " is ready."
	case event.CustomerCreated:
		return "is a new customer."
	case event.CustomerChanged:
		return "was changed, and is " + d.words("status") + "."
	case event.TestClockReady:
		return "The test clock is ready and shows " + d.text("now") + "."
	case event.EndpointTested:
		return ":wave: This is a test. Messages from Purse arrive here."
	}
	return typ
}
