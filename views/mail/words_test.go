package mail

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"strings"
	"testing"

	"purse/billing/event"
	"purse/billing/notify"
	"purse/views/ui"
)

// linkable is what mail programs make links of, with a scheme or without.
var linkable = regexp.MustCompile(`(?i)(https?://|www\.)[^\s"<]+|\b[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}\b`)

// Whoever names an organisation or an endpoint after an address puts no link into
// any mail: of all that is linked, nothing is theirs.
func TestNamesCarryNoLinks(t *testing.T) {
	site := ui.Site{Brand: "Example AI", Mode: ui.Live, PublicURL: "https://credits.example.com"}
	evil := []string{"Win at https://evil.test/win", "evil.test/free-credits", "www.evil.test", "a.b.evil.test", "evil。test and x@evil.test"}
	all := maps.Clone(templates)
	all[notify.MailAlert] = map[string]string{"event": event.LimitReached, "unit": "credit", "units": "credits", "limit": "50", "spent": "48.2", "period": "day", "resets_at": "2030-01-02T00:00:00Z"}
	all[notify.MailEndpointFailing] = map[string]string{"url": "https://hooks.example.com/x", "link": "/webhooks/we_1"}
	all[notify.MailDigest] = map[string]string{}
	for name, sample := range all {
		for _, word := range evil {
			data := maps.Clone(sample)
			for _, key := range peoplesWords {
				data[key] = word
			}
			if name == notify.MailDigest {
				lines, err := json.Marshal([]notify.Line{{Event: event.BalanceDepleted, Data: map[string]string{"customer": word, "available": "0"}}})
				if err != nil {
					t.Fatal(err)
				}
				data["lines"] = string(lines)
			}
			subject, text, html, err := Render(context.Background(), site, name, data)
			if err != nil {
				t.Fatal(name, err)
			}
			for _, link := range linkable.FindAllString(subject+"\n"+text+"\n"+html, -1) {
				if strings.Contains(link, "evil") {
					t.Errorf("%s makes a link of %q: %s", name, word, link)
				}
			}
		}
	}
	for _, name := range []string{"Dr. Ann Smith & Co. KG", "Acme 2.0", "Ärzte e. V."} {
		if got := unlinked(name); got != name {
			t.Errorf("%q became %q", name, got)
		}
	}
	if got := unlinked(strings.Repeat("Ä", 150)); len([]rune(got)) != mostOfAName {
		t.Errorf("a name of %d characters", len([]rune(got)))
	}
}
