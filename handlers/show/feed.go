package show

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"purse/billing/catalog"
	"purse/billing/event"
	"purse/billing/money"
	"purse/billing/words"
	"purse/views/portal"
	"purse/views/ui"
)

// FeedTypes are the types of events that Feed puts into words.
func FeedTypes() []string {
	return []string{
		event.CreditsGranted, event.CreditsExpiring, event.CreditsExpired, event.CreditsVoided, event.BalanceLow, event.BalanceDepleted, event.BalanceRecovered,
		event.UsageAnomaly, event.LimitReached, event.LimitRefused, event.LimitReset, event.PurchasePaid, event.PurchaseFailed, event.PurchaseRefunded, event.PurchaseDisputed,
		event.InvoiceIssued, event.InvoiceReissued, event.InvoicePaid, event.InvoiceOverdue, event.InvoiceVoided, event.SchedulePaused,
		event.RechargeSucceeded, event.RechargeFailed, event.RechargePaused, event.RechargeCapped, event.StatementReady,
	}
}

// told is what the events of the feed say.
type told struct {
	CreditType    string     `json:"credit_type"`
	Credits       string     `json:"credits"`
	Required      string     `json:"required"`
	Kind          string     `json:"kind"`
	Reason        string     `json:"reason"`
	Grant         string     `json:"grant"`
	Posting       string     `json:"posting"`
	Level         string     `json:"level"`
	LastHour      string     `json:"last_hour"`
	Days          int        `json:"days"`
	Period        string     `json:"period"`
	StopsRequests bool       `json:"stops_requests"`
	Purchase      string     `json:"purchase"`
	Price         feedAmount `json:"price"`
	Total         feedAmount `json:"total"`
	Refunded      feedAmount `json:"refunded"`
	DisputeStatus string     `json:"dispute_status"`
	Invoice       string     `json:"invoice"`
	Number        string     `json:"number"`
	Amount        int64      `json:"amount"`
	Currency      string     `json:"currency"`
}

type feedAmount struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

func (a feedAmount) String() string {
	return ui.Money(money.Money{Amount: a.Amount, Currency: a.Currency})
}

// oneMoment is how long after a change its consequences are written at most.
const oneMoment = time.Minute

// follows says whether events of a type are written after what caused them, by a job:
// their sequence says what that was.
func follows(typ string) bool {
	switch typ {
	case event.BalanceLow, event.BalanceDepleted, event.BalanceRecovered, event.LimitReached, event.LimitRefused:
		return true
	}
	return false
}

// inOrder puts events, the newest first, into the order in which things happened: what
// a change crossed stands right after the change, at its time, also where something
// else was written before the job that tells of it.
func inOrder(list []event.Event) []event.Event {
	var out []event.Event // the oldest first
	for _, e := range slices.Backward(list) {
		at := len(out)
		if follows(e.Type) && e.Seq > 0 {
			cause := len(out) - 1
			for cause >= 0 && (out[cause].Wallet != e.Wallet || out[cause].Seq == 0 || out[cause].Seq > e.Seq) {
				cause--
			}
			if cause >= 0 && out[cause].Seq == e.Seq && e.CreatedAt.Sub(out[cause].CreatedAt) < oneMoment {
				at, e.CreatedAt = cause+1, out[cause].CreatedAt
			}
		}
		out = slices.Insert(out, at, e)
	}
	slices.Reverse(out)
	return out
}

// Feed says what happened in words, the newest first, at most so many things.
// What several events tell of is said once.
func Feed(list []event.Event, c *catalog.Snapshot, most int) []portal.FeedItem {
	list = inOrder(list)
	bought := map[string]bool{} // purchases that something better tells of
	at := map[time.Time]bool{}  // when credits came by a purchase
	all := make([]told, len(list))
	for i, e := range list {
		_ = json.Unmarshal(e.Data, &all[i]) // what is missing is not said
		switch e.Type {
		case event.RechargeSucceeded, event.InvoicePaid:
			bought[all[i].Purchase] = true
			at[e.CreatedAt] = true
		case event.PurchasePaid:
			at[e.CreatedAt] = true
		}
	}
	var out []portal.FeedItem
	for i, e := range list {
		d := &all[i]
		if (e.Type == event.PurchasePaid && bought[d.Purchase]) || (e.Type == event.CreditsGranted && d.Reason == "grant" && at[e.CreatedAt]) {
			continue
		}
		item := feedItem(e.Type, d, Unit(c, d.CreditType))
		if item.Text == "" {
			continue
		}
		item.At = e.CreatedAt
		if out = append(out, item); len(out) == most {
			break
		}
	}
	return out
}

func feedItem(typ string, d *told, unit ui.Unit) portal.FeedItem {
	credits := func(s string) string {
		n, err := money.ParseCredits(s)
		if err != nil {
			return s
		}
		return unit.Round(n)
	}
	paid := ui.Money(money.Money{Amount: d.Amount, Currency: d.Currency})
	alerts, of := "/alerts?credit_type="+d.CreditType, "?credit_type="+d.CreditType
	switch typ {
	case event.CreditsGranted:
		return portal.FeedItem{Icon: "plus", Tone: ui.Good, Text: credits(d.Credits) + came(d), Href: "/ledger/" + d.Posting}
	case event.CreditsExpiring:
		return portal.FeedItem{Icon: "clock", Tone: ui.Warn, Text: credits(d.Credits) + " expire within " + words.Count(d.Days, "day"), Href: "/grants" + of}
	case event.CreditsExpired:
		return portal.FeedItem{Icon: "clock", Text: credits(d.Credits) + " expired", Href: "/ledger/" + d.Posting}
	case event.CreditsVoided:
		return portal.FeedItem{Icon: "out", Text: credits(d.Credits) + went(d), Href: "/ledger/" + d.Posting}
	case event.BalanceLow:
		return portal.FeedItem{Icon: "bell", Tone: ui.Warn, Text: "Available fell to " + credits(d.Level) + " or less", Href: alerts}
	case event.BalanceDepleted:
		return portal.FeedItem{Icon: "alert", Tone: ui.Bad, Text: "No " + unit.Word(0) + " were left", Href: alerts}
	case event.BalanceRecovered:
		return portal.FeedItem{Icon: "check", Tone: ui.Good, Text: "Available rose above " + credits(d.Level) + " again", Href: alerts}
	case event.UsageAnomaly:
		return portal.FeedItem{Icon: "gauge", Tone: ui.Warn, Text: "Much more was used than usual: " + credits(d.LastHour) + " in an hour", Href: "/ledger" + of}
	case event.LimitReached:
		text := "Spend limit reached: " + credits(d.Credits) + " a " + d.Period
		if d.StopsRequests {
			return portal.FeedItem{Icon: "alert", Tone: ui.Bad, Text: text + ", requests are refused", Href: alerts + "#limits"}
		}
		return portal.FeedItem{Icon: "bell", Tone: ui.Warn, Text: text, Href: alerts + "#limits"}
	case event.LimitRefused:
		return portal.FeedItem{Icon: "alert", Tone: ui.Warn, Text: "A request for " + credits(d.Required) + " was refused: it did not fit under the spend limit of " + credits(d.Credits) + " a " + d.Period, Href: alerts + "#limits"}
	case event.LimitReset:
		return portal.FeedItem{Icon: "check", Tone: ui.Good, Text: "Spend limit of " + credits(d.Credits) + " a " + d.Period + " holds nothing back any more", Href: alerts + "#limits"}
	case event.PurchasePaid:
		return portal.FeedItem{Icon: "card", Tone: ui.Good, Text: "Bought " + credits(d.Credits) + " for " + d.Total.String(), Href: "/purchases/" + d.Purchase}
	case event.PurchaseFailed:
		return portal.FeedItem{Icon: "card", Tone: ui.Bad, Text: "The payment for " + credits(d.Credits) + " failed", Href: "/purchases/" + d.Purchase}
	case event.PurchaseRefunded:
		return portal.FeedItem{Icon: "card", Text: d.Refunded.String() + " of a purchase refunded", Href: "/purchases/" + d.Purchase}
	case event.PurchaseDisputed:
		return portal.FeedItem{Icon: "card", Tone: ui.Warn, Text: disputed(d), Href: "/purchases/" + d.Purchase}
	case event.StatementReady:
		return portal.FeedItem{Icon: "list", Text: "The statement for " + ui.Month(d.Period) + " is ready", Href: "/statements/" + d.Period}
	case event.InvoiceIssued:
		return portal.FeedItem{Icon: "list", Text: "Invoice " + d.Number + " over " + paid + " came", Href: "/invoices/" + d.Invoice}
	case event.InvoiceReissued:
		return portal.FeedItem{Icon: "list", Text: "Invoice " + d.Number + " over " + paid + " came in place of an earlier one", Href: "/invoices/" + d.Invoice}
	case event.InvoicePaid:
		return portal.FeedItem{Icon: "card", Tone: ui.Good, Text: "Invoice " + d.Number + " paid: " + credits(d.Credits) + " added", Href: "/invoices/" + d.Invoice}
	case event.InvoiceOverdue:
		return portal.FeedItem{Icon: "alert", Tone: ui.Warn, Text: "Invoice " + d.Number + " is overdue", Href: "/invoices/" + d.Invoice}
	case event.InvoiceVoided:
		return portal.FeedItem{Icon: "list", Text: "Invoice " + d.Number + " was voided", Href: "/invoices/" + d.Invoice}
	case event.SchedulePaused:
		return portal.FeedItem{Icon: "alert", Tone: ui.Bad, Text: "Scheduled purchases were paused", Href: "/scheduled"}
	case event.RechargeSucceeded:
		return portal.FeedItem{Icon: "card", Tone: ui.Good, Text: "Auto-recharge bought " + credits(d.Credits) + " for " + paid, Href: "/recharge" + of}
	case event.RechargeFailed:
		return portal.FeedItem{Icon: "card", Tone: ui.Warn, Text: "An automatic purchase of " + credits(d.Credits) + " ended without money", Href: "/recharge" + of}
	case event.RechargePaused:
		return portal.FeedItem{Icon: "alert", Tone: ui.Bad, Text: "Auto-recharge was paused", Href: "/recharge" + of}
	case event.RechargeCapped:
		return portal.FeedItem{Icon: "alert", Tone: ui.Warn, Text: "The month's cap of auto-recharge was reached", Href: "/recharge" + of}
	}
	return portal.FeedItem{}
}

// came says how credits came, by the reason that the ledger gives.
func came(d *told) string {
	switch d.Reason {
	case "transfer":
		return " transferred from another account"
	case "adjustment":
		return " added by a correction"
	case "refund":
		return " given back: a refund did not go through"
	case "dispute":
		return " given back after a dispute"
	}
	return " added: " + strings.ToLower(portal.KindName(d.Kind))
}

// went says how credits went other than by use.
func went(d *told) string {
	switch d.Reason {
	case "transfer":
		return " transferred to another account"
	case "adjustment":
		return " taken back by a correction"
	case "refund", "dispute":
		return " taken back: " + d.Reason
	}
	return " taken back"
}

// disputed says how a dispute stands, in Stripe's words for it.
func disputed(d *told) string {
	payment := "payment of " + d.Total.String()
	switch {
	case d.DisputeStatus == "won" || d.DisputeStatus == "warning_closed":
		return "The dispute about a " + payment + " is over: nothing was taken back"
	case d.DisputeStatus == "lost":
		return "A " + payment + " was lost in a dispute: its credits were taken back"
	case strings.HasPrefix(d.DisputeStatus, "warning_"):
		return "The bank asks about a " + payment
	}
	return "A " + payment + " is disputed: what is unused of it is frozen"
}
