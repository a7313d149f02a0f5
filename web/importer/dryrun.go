package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
	"purse/billing/rating"
	"purse/billing/usage"
	"purse/billing/words"
)

// planned is a line of the table: what would be booked of a customer, a meter
// and a day.
type planned struct {
	rows     int
	quantity *big.Rat
	credits  map[string]money.Exact
}

type plannedKey struct{ customer, meter, day string }

// dryRun books nothing. It shows what would be booked, per customer, meter and
// day of --zone, at the rates that Purse has now, and names what would be refused.
func (im *run) dryRun(ctx context.Context) error {
	shop, err := im.catalog(ctx)
	if err != nil {
		return err
	}
	now, err := im.clock(ctx)
	if err != nil {
		return err
	}
	plan := map[plannedKey]*planned{}
	for {
		b, err := im.next(ctx)
		if errors.As(err, new(brokenError)) {
			return fmt.Errorf("%w; nothing is booked, and the rows after it were not looked at", err)
		}
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := im.plan(shop, now(), plan, b); err != nil {
			return err
		}
	}
	if err := im.printPlan(plan); err != nil {
		return err
	}
	for _, why := range sorted(im.skipped) {
		fmt.Fprintf(im.out, "%s would be left out: %s\n", words.Count(im.skipped[why], "row"), why)
	}
	if im.unpriced > 0 {
		fmt.Fprintf(im.out, "%s wait for a price\n", ofTheRows(im.unpriced, "would", "would"))
	}
	im.doubts()
	if im.refused > 0 {
		err = fmt.Errorf("%s would be refused: named above", words.Count(im.refused, "row"))
	}
	return errors.Join(err, im.unended())
}

// clock is the time that Purse goes by: a sandbox's may be ahead.
func (im *run) clock(ctx context.Context) (func() time.Time, error) {
	var shown struct{ Now time.Time }
	err := im.get(ctx, "/v1/test_clock", &shown)
	var no Refusal
	if errors.As(err, &no) { // there is none: it goes by everybody's
		return time.Now, nil
	}
	ahead := time.Until(shown.Now)
	return func() time.Time { return time.Now().Add(ahead) }, err
}

// plan adds a row to the table, or names it.
func (im *run) plan(shop *catalog.Snapshot, now time.Time, plan map[plannedKey]*planned, b *booking) error {
	e, err := im.asSent(&b.event, now)
	var charges []rating.Charge
	if err == nil {
		charges, err = rating.Rate(shop, rating.Event{Name: e.Name, At: e.Timestamp, Properties: e.Properties})
	}
	day := b.event.at.In(im.mapping.moments.zone).Format(time.DateOnly)
	add := func(meter, quantity string, cost money.Exact, creditType string) {
		k := plannedKey{b.event.Customer, meter, day}
		p := plan[k]
		if p == nil {
			p = &planned{quantity: new(big.Rat), credits: map[string]money.Exact{}}
			plan[k] = p
		}
		p.rows++
		if q, ok := new(big.Rat).SetString(quantity); ok {
			p.quantity.Add(p.quantity, q)
		}
		if creditType != "" {
			p.credits[creditType] = p.credits[creditType].Add(cost)
		}
	}
	f, isFault := fault.As(err)
	switch {
	case isFault && f.Code == "no_rate":
		im.unpriced++
		add("(no rate yet)", "0", money.Exact{}, "")
	case isFault:
		return im.refuse(im.refusal(b, answer{Code: f.Code, Detail: f.Detail, Param: f.Param}))
	case err != nil:
		return err
	default:
		for _, c := range charges {
			for _, l := range c.Lines {
				add(l.Meter, l.Quantity, l.Cost, c.CreditType)
			}
		}
	}
	im.rows++
	return nil
}

// asSent reads an event as Purse does when it is sent, with what Purse has against it
// at a time.
func (im *run) asSent(e *event, now time.Time) (*usage.Event, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	events, _, err := usage.ParseEvents(body)
	if err != nil {
		return nil, err
	}
	return &events[0], events[0].Check(now)
}

// get reads what a path answers, patiently.
func (im *run) get(ctx context.Context, path string, out any) error {
	_, err := im.patiently(ctx, func(ctx context.Context) error { return im.api.Get(ctx, path, out) })
	return err
}

// catalog is what Purse counts and what it costs, as the API tells it.
func (im *run) catalog(ctx context.Context) (*catalog.Snapshot, error) {
	var meters []catalog.Meter
	err := each(ctx, im, "/v1/meters", func(m struct {
		ID, Key, Event, Aggregation string
		Property                    *string
		Archived                    bool
	}) string {
		meter := catalog.Meter{ID: m.ID, Key: m.Key, Event: m.Event, Aggregation: catalog.Aggregation(m.Aggregation)}
		if m.Property != nil {
			meter.Property = *m.Property
		}
		if !m.Archived {
			meters = append(meters, meter)
		}
		return m.ID
	})
	if err != nil {
		return nil, err
	}
	var rates []catalog.Rate
	err = each(ctx, im, "/v1/rates", func(r struct {
		ID, Meter, Credits string
		CreditType         string `json:"credit_type"`
		Per                int64
		Match              map[string]string
		EffectiveAt        *time.Time `json:"effective_at"`
		ArchivedAt         *time.Time `json:"archived_at"`
	}) string {
		number, _ := id.ParseText("rate", r.ID)
		rate := catalog.Rate{Number: number, Meter: r.Meter, CreditType: r.CreditType, Credits: r.Credits, Per: r.Per, Match: r.Match}
		if r.EffectiveAt != nil {
			rate.EffectiveAt = *r.EffectiveAt
		}
		if r.ArchivedAt != nil {
			rate.ArchivedAt = *r.ArchivedAt
		}
		rates = append(rates, rate)
		return r.ID
	})
	return catalog.NewSnapshot(nil, meters, rates, nil), err
}

// each calls f with every object of a list; f answers its id.
func each[T any](ctx context.Context, im *run, path string, f func(T) string) error {
	for after := ""; ; {
		var page struct {
			Data    []T  `json:"data"`
			HasMore bool `json:"has_more"`
		}
		if err := im.get(ctx, path+"?limit=100"+after, &page); err != nil {
			return fmt.Errorf("reading %s: %w; a dry run needs a key with the scope read", path, err)
		}
		for _, v := range page.Data {
			after = "&starting_after=" + f(v)
		}
		if !page.HasMore || len(page.Data) == 0 {
			return nil
		}
	}
}

// printPlan prints the plan.
func (im *run) printPlan(plan map[plannedKey]*planned) error {
	keys := make([]plannedKey, 0, len(plan))
	for k := range plan {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		return a.customer < b.customer || a.customer == b.customer && (a.meter < b.meter || a.meter == b.meter && a.day < b.day)
	})
	w := tabwriter.NewWriter(im.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CUSTOMER\tMETER\tDAY\tROWS\tQUANTITY\tCREDITS")
	total := map[string]money.Exact{}
	for _, k := range keys {
		p := plan[k]
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", k.customer, k.meter, k.day, p.rows, decimal(p.quantity), amounts(p.credits))
		for typ, c := range p.credits {
			total[typ] = total[typ].Add(c)
		}
	}
	_ = w.Flush()
	all := map[string]money.Credits{}
	for typ, c := range total {
		var err error
		if all[typ], err = c.Round(); err != nil {
			return fmt.Errorf("the credits of all rows: %w", err)
		}
	}
	fmt.Fprintf(im.out, "%s would be booked for %s, less what is there already: a dry run does not know that, and it is not charged again. Nothing is booked yet.\n",
		words.Count(im.rows, "row"), sum(all))
	return nil
}

func amounts(credits map[string]money.Exact) string {
	shown := func(c money.Exact) string {
		rounded, err := c.Round()
		if err != nil {
			return c.String()
		}
		return rounded.String()
	}
	switch len(credits) {
	case 0:
		return "0"
	case 1:
		for _, c := range credits {
			return shown(c)
		}
	}
	var parts []string
	for _, typ := range sorted(credits) {
		parts = append(parts, shown(credits[typ])+" "+typ)
	}
	return strings.Join(parts, ", ")
}

// decimal writes a sum of decimals without superfluous zeros.
func decimal(r *big.Rat) string {
	s := r.FloatString(18)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
