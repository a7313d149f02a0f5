package mail

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/event"
	"purse/billing/money"
	"purse/billing/notify"
	"purse/views/ui"
)

// said is what a message says: a headline for a list of mails, sentences, and
// the one thing that helps.
type said struct {
	headline string
	says     []string
	facts    []Fact
	button   string
	path     string
}

// alertMail is the mail about one crossing.
func alertMail(site ui.Site, data map[string]string) (Letter, error) {
	s, err := say(data["event"], data)
	if err != nil {
		return Letter{}, err
	}
	facts := append([]Fact{{"Customer", data["customer"]}}, s.facts...)
	return Letter{
		Subject: s.headline + " – " + data["customer"], Preview: s.says[0], Heading: s.headline, Says: s.says, Facts: facts,
		Button: s.button, Link: site.PublicURL + s.path, Also: &Also{"Choose what you are told of", site.PublicURL + "/notifications"},
		Unsubscribe: absolute(site, data["unsubscribe"]),
	}, nil
}

func absolute(site ui.Site, path string) string {
	if !strings.HasPrefix(path, "/") {
		return ""
	}
	return strings.TrimRight(site.PublicURL, "/") + path
}

// digest is one mail about many.
func digest(site ui.Site, data map[string]string) (Letter, error) {
	var lines []notify.Line
	if err := json.Unmarshal([]byte(data["lines"]), &lines); err != nil {
		return Letter{}, err
	}
	l := Letter{
		Subject: ui.Number(len(lines)) + " things to know about your credits at " + site.Brand, Preview: "All in one mail.",
		Heading: ui.Number(len(lines)) + " things to know", Says: []string{"These came within a short time, or you chose to be told once a day."},
		Button: "See your credits", Link: site.PublicURL + "/", Also: &Also{"Choose what you are told of", site.PublicURL + "/notifications"},
		Unsubscribe: absolute(site, data["unsubscribe"]),
	}
	const shown = 25
	for i, line := range lines {
		if i == shown {
			l.Afterall = append(l.Afterall, "And "+ui.Number(len(lines)-shown)+" more.")
			break
		}
		words := withoutLinks(line.Data)
		s, err := say(line.Event, words)
		if err != nil {
			return l, err
		}
		l.Facts = append(l.Facts, Fact{s.headline, words["customer"] + ", " + ui.TimeZoned(line.At, zoneOf(line.Data))})
	}
	return l, nil
}

func zoneOf(data map[string]string) *time.Location { return account.Zone(data["zone"]) }

// say puts an event into words.
func say(typ string, data map[string]string) (said, error) {
	decimals, _ := strconv.Atoi(data["decimals"]) // "" is none
	unit := ui.Unit{Singular: data["unit"], Plural: data["units"], Decimals: decimals}
	var bad error
	amount := func(key string) string {
		c, err := money.ParseCredits(data[key])
		if err != nil && bad == nil {
			bad = fmt.Errorf("%s %q %w", key, data[key], err)
		}
		return unit.Round(c)
	}
	at := func(key string) string {
		t, err := time.Parse(time.RFC3339, data[key])
		if err != nil && bad == nil {
			bad = fmt.Errorf("%s: %w", key, err)
		}
		return ui.TimeZoned(t, zoneOf(data))
	}
	// More came after what the message is about.
	since := func(fell string) (headline, says string, facts []Fact) {
		now := amount("now")
		return fell + ", " + now + " available now", "More has come since: " + now + " can be used now.", []Fact{{"Available now", now}}
	}
	var s said
	switch typ {
	case event.BalanceDepleted:
		if rose(data) {
			headline, says, facts := since("Ran out of " + unit.Plural)
			return said{headline, []string{says}, facts, "See your " + unit.Plural, "/"}, bad
		}
		s = said{"No " + unit.Plural + " left", []string{"Requests that need " + unit.Plural + " are refused now, unless you agreed otherwise with us."},
			[]Fact{{"Available", amount("available")}}, "Buy " + unit.Plural, "/buy"}
		s.coming(data, amount, unit)
	case event.BalanceLow:
		left := amount("available")
		s = said{left + " left", nil, []Fact{{"Available", left}, {"You asked to be told at", amount("level")}}, "Buy " + unit.Plural, "/buy"}
		switch alert.Kind(data["kind"]) {
		case alert.Share:
			of := data["percent"] + "% of the last purchase"
			if data["of_paid"] == "false" { // nothing was bought
				of = data["percent"] + "% of the last credits that were granted"
			}
			s.says = []string{"This is " + of + ", or less."}
			s.facts[1].Name = of
		case alert.DaysLeft:
			s.says = []string{"At the present rate, this lasts " + days(data["days"]) + " or less."}
			s.facts[1].Name = "Used in " + days(data["days"])
		default:
			s.says = []string{"Available has fallen to the level that was set."}
		}
		if rose(data) {
			headline, says, facts := since("Fell to " + left)
			s.headline, s.says = headline, []string{says}
			s.facts = append(facts, Fact{"It had fallen to", left}, s.facts[1])
			s.button, s.path = "See your "+unit.Plural, "/"
		}
		s.coming(data, amount, unit)
	case event.CreditsExpiring:
		s = said{amount("credits") + " expire within " + days(data["days"]), []string{"They can be used until then, and are gone after."},
			[]Fact{{"The first expire", at("expires_at")}}, "See what expires", "/grants"}
	case event.UsageAnomaly:
		s = said{"Much more is used than usual", []string{"If this is not you, look at who uses it, and revoke a key where it is needed."},
			[]Fact{{"In the last hour", amount("last_hour")}, {"In a usual hour", amount("usual_hour")}}, "See what is used", "/ledger"}
	case event.LimitReached:
		s = said{"Spend limit reached: " + amount("limit") + " a " + data["period"], []string{"Nothing is stopped: this limit tells you."},
			append(limitFacts(data, amount), Fact{"It starts anew", at("resets_at")}), "See the limit", "/alerts"}
		if data["stops"] == "true" {
			s.says = []string{"Requests that it counts are refused until it starts anew, or until you raise it."}
			if held(data) {
				s.says = append(s.says, "What open holds set aside counts until they end.")
			}
		}
	case event.LimitRefused:
		s = said{"A request was refused by the spend limit of " + amount("limit") + " a " + data["period"],
			[]string{"The request needed " + amount("required") + ", more than is left of the limit. Requests that need less still go through.", "You are told of this once in a " + data["period"] + "."},
			append([]Fact{{"The request needed", amount("required")}}, append(limitFacts(data, amount), Fact{"It starts anew", at("resets_at")})...), "See the limit", "/alerts"}
	case event.StatementReady:
		month := ui.Month(data["period"])
		s = said{"Your statement for " + month, []string{"It has every credit of the month: what came, what was used for what, what expired, and what is left."},
			nil, "Read the statement", "/statements/" + data["period"]}
	default:
		return s, fmt.Errorf("nothing is said about %q", typ)
	}
	return s, bad
}

// coming says that more is on its way: who only reads that little is left buys twice.
func (s *said) coming(data map[string]string, amount func(string) string, unit ui.Unit) {
	if data["coming"] == "" {
		return
	}
	s.says = append(s.says, "A payment is being processed: it brings "+amount("coming")+" as soon as it arrives. There is no need to pay again.")
	s.facts = append(s.facts, Fact{"On their way", amount("coming")})
	s.button, s.path = "See your "+unit.Plural, "/"
}

// limitFacts is what a limit has counted, and of whom.
func limitFacts(data map[string]string, amount func(string) string) []Fact {
	facts := []Fact{{"Spent", amount("spent")}}
	if held(data) {
		facts = append(facts, Fact{"Held", amount("held")})
	}
	if data["meter"] != "" {
		facts = append(facts, Fact{"It counts", data["meter"]})
	}
	if data["caller"] != "" {
		facts = append(facts, Fact{"Used by", data["caller"]})
	}
	return facts
}

// held says whether open holds set something aside.
func held(data map[string]string) bool { return data["held"] != "" && data["held"] != "0" }

// rose says whether more is available when a message is mailed than when it was made.
func rose(data map[string]string) bool {
	then, err := money.ParseCredits(data["available"])
	now, none := money.ParseCredits(data["now"])
	return err == nil && none == nil && now > then
}

func days(n string) string {
	if n == "1" {
		return "1 day"
	}
	return n + " days"
}
