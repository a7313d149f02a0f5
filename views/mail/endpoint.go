package mail

import (
	"time"

	"purse/billing/notify"
	"purse/views/ui"
)

// endpoint tells that webhooks do not arrive: before the endpoint is disabled,
// and after.
func endpoint(site ui.Site, template string, data map[string]string, link string) Letter {
	l := Letter{
		Facts: []Fact{{"Endpoint", data["url"]}}, Button: "See what was sent and answered", Link: link,
		Afterall: []string{"Nothing is lost: every event is kept for 30 days, and what failed can be sent again from that page."},
	}
	if data["description"] != "" {
		l.Facts = append(l.Facts, Fact{"Description", data["description"]})
	}
	if data["customer"] != "" {
		l.Facts = append(l.Facts, Fact{"Customer", data["customer"]})
	}
	if at, ok := when(data["since"]); ok {
		l.Facts = append(l.Facts, Fact{"Failing since", at})
	}
	switch {
	case template == notify.MailEndpointFailing:
		l.Subject, l.Heading = "Webhooks from "+site.Brand+" do not arrive", "Your webhook endpoint does not answer"
		l.Preview = "It will be disabled if this goes on."
		l.Says = []string{"For a day, nothing that we sent to your endpoint arrived. We keep trying."}
		if at, ok := when(data["disables_at"]); ok {
			l.Says = append(l.Says, "If nothing arrives until "+at+", the endpoint is disabled.")
		}
	case data["reason"] == notify.BecauseGone:
		l.Subject, l.Heading = "A webhook endpoint at "+site.Brand+" is disabled", "Your webhook endpoint is disabled"
		l.Preview = "It answered 410 Gone."
		l.Says = []string{"Your endpoint answered 410 Gone, which says that it wants nothing any more. Nothing is sent to it until you enable it again."}
	default:
		l.Subject, l.Heading = "A webhook endpoint at "+site.Brand+" is disabled", "Your webhook endpoint is disabled"
		l.Preview = "Nothing arrived for days."
		l.Says = []string{"For days, nothing that we sent to your endpoint arrived. Nothing is sent to it until you enable it again."}
	}
	return l
}

func when(s string) (string, bool) {
	at, err := time.Parse(time.RFC3339, s)
	return ui.TimeZoned(at, time.UTC), err == nil
}
