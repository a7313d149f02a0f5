package portal

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/rating"
	"purse/billing/usage"
	"purse/billing/words"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

// newFor is how long a customer is shown the checklist once everything but
// reading an explanation is done.
const newFor = 7 * 24 * time.Hour

// checklist is what a new customer has still to do, nil when that is nothing.
func (p *Portal) checklist(v *kit.Visitor, w *portal.Wallet) *portal.Checklist {
	c := &portal.Checklist{Samples: p.samplesOpen(), Explained: v.Learned}
	for _, row := range w.Recent {
		switch ledger.PostingKind(row.Kind) {
		case ledger.PostGrant:
			c.Bought = true
		case ledger.PostDebit, ledger.PostCapture:
			c.Used = true
			if c.Why == "" {
				c.Why = row.Href
			}
		}
	}
	if len(w.Grants) > 0 || c.Used || w.Used {
		c.Bought = true
	}
	if w.Used {
		c.Used = true
	}
	if c.Bought && c.Used && (c.Explained || w.Updated.Sub(v.Customer.CreatedAt) > newFor) {
		return nil
	}
	return c
}

const samples = 20

// samplesOpen says whether sample requests can be sent: in the sandbox, and
// when some event has a rate.
func (p *Portal) samplesOpen() bool {
	if p.Kit.Site.Mode != ui.Sandbox || p.Usage == nil {
		return false
	}
	name, _ := sampleKinds(p.Catalog.Snapshot(), p.Kit.Now())
	return name != ""
}

// SendSamples sends sample requests for the current customer.
func (p *Portal) SendSamples(w http.ResponseWriter, r *http.Request) error {
	if !p.samplesOpen() {
		return fault.Missing("page")
	}
	v := kit.VisitorOf(r)
	events := make([]usage.Event, samples)
	for i := range events {
		events[i] = sample(p.Catalog.Snapshot(), v.Customer.ID, p.Kit.Now())
	}
	outcomes, err := p.Usage.Report(r.Context(), usage.Reporter{Customer: v.Customer.ID}, events)
	if err != nil {
		return err
	}
	sent, lacking := 0, 0
	for _, o := range outcomes {
		switch {
		case o.Err == nil:
			sent++
		case fault.Is(o.Err, fault.NoCredits):
			lacking++
		default:
			return o.Err
		}
	}
	tone, text := ui.Good, words.Were(sent, "sample request")+" sent and charged. Each is a row below: open one to see why it cost what it did."
	switch {
	case sent == 0:
		tone, text = ui.Warn, words.Were(lacking, "sample request")+" refused with 402: there are no credits. Buy some and try again."
	case lacking > 0:
		tone, text = ui.Warn, fmt.Sprintf("%s charged. %s refused with 402 then: the credits are used up.", words.Were(sent, "sample request"), words.Were(lacking, "request"))
	}
	if err := p.Kit.Say(w, r, tone, text); err != nil {
		return err
	}
	return kit.Go(w, r, "/")
}

// SampleKey makes a key that reports usage of this customer alone, and shows
// the overview with a curl that uses it: the only time that it is shown.
func (p *Portal) SampleKey(w http.ResponseWriter, r *http.Request) error {
	if !p.samplesOpen() {
		return fault.Missing("page")
	}
	v := kit.VisitorOf(r)
	_, secret, err := p.Accounts.CreateKey(r.Context(), kit.Actor(r), account.NewKey{
		Name: "Sample requests", Scopes: []account.Scope{account.ScopeUsage}, Customer: v.Customer.ID,
	})
	if err != nil {
		return err
	}
	e := sample(p.Catalog.Snapshot(), v.Customer.ID, p.Kit.Now())
	return p.overview(w, r, &portal.SampleKey{Curl: curl(p.Kit.URL("/v1/usage"), secret, e)})
}

// sampleKinds are the events that samples are of: the first name, by its meters'
// keys, that has a price now, with each set of properties that has one. What is
// archived is not among them.
func sampleKinds(c *catalog.Snapshot, now time.Time) (name string, matches []map[string]string) {
	for _, m := range c.Meters {
		if m.Archived() {
			continue
		}
		for _, other := range c.MetersOf(m.Event) {
			for _, l := range c.Lines(other.Key) {
				e := rating.Event{Name: m.Event, At: now, Properties: sampleProperties(c, m.Event, l.Match)}
				if _, err := rating.Rate(c, e); err == nil && l.At(now) != nil {
					matches = append(matches, l.Match)
				}
			}
		}
		if len(matches) > 0 {
			return m.Event, matches
		}
	}
	return "", nil
}

func sampleProperties(c *catalog.Snapshot, name string, match map[string]string) (ps rating.Properties) {
	for _, m := range c.MetersOf(name) {
		if _, said := ps.Get(m.Property); m.Property != "" && !said {
			ps = append(ps, rating.Property{Name: m.Property, Kind: rating.Number, Text: strconv.Itoa(sampleSize(m.Property))})
		}
	}
	for _, name := range sortedKeys(match) {
		ps = append(ps, rating.Property{Name: name, Kind: rating.String, Text: match[name]})
	}
	return ps
}

// sample makes an event like those that reach a real LLM product: most requests
// are small, a few are very large.
func sample(c *catalog.Snapshot, customer string, now time.Time) usage.Event {
	e := usage.Event{ID: id.New("sample", now), Customer: customer, Caller: "sample"}
	name, matches := sampleKinds(c, now)
	e.Name = name
	if len(matches) > 0 {
		e.Properties = sampleProperties(c, name, matches[rand.IntN(len(matches))])
	}
	return e
}

// sampleSize draws one of the sizes that a trace of LLM requests shows: prompts
// of hundreds to thousands of tokens, answers of tens to hundreds.
func sampleSize(property string) int {
	prompts := []int{128, 374, 396, 612, 879, 1247, 1530, 2190, 3051, 4808, 7437}
	answers := []int{8, 10, 18, 39, 55, 72, 109, 173, 230, 402, 671}
	sizes := prompts
	if strings.Contains(property, "output") || strings.Contains(property, "generated") || strings.Contains(property, "completion") {
		sizes = answers
	}
	n := sizes[rand.IntN(len(sizes))]
	return n + rand.IntN(n/4+1)
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// curl is a command that reports e.
func curl(url, secret string, e usage.Event) string {
	quote := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	var props []string
	for _, p := range e.Properties {
		value := p.Text
		if p.Kind == rating.String {
			value = quote(value)
		}
		props = append(props, quote(p.Name)+": "+value)
	}
	escape := func(s string) string { return strings.ReplaceAll(s, "'", `'\''`) }
	// Each run is a new event: an id that was refused stays refused.
	body := `{"id": "my-request-'$(date +%s)'", ` + escape(fmt.Sprintf("\"customer\": %s,\n      \"event\": %s,\n      \"properties\": {%s}}",
		quote(e.Customer), quote(e.Name), strings.Join(props, ", ")))
	return "curl " + url + " \\\n  -H 'Authorization: Bearer " + secret + "' \\\n  -H 'Content-Type: application/json' \\\n  -d '" + body + "'"
}
