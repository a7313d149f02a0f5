package admin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

// CatalogPage shows everything that is sold and counted.
func (a *Admin) CatalogPage(w http.ResponseWriter, r *http.Request) error {
	s, now := a.Catalog.Snapshot(), a.Kit.Now()
	page := admin.Catalog{Zone: time.UTC, MayChange: mayChange(r)}
	for _, t := range s.CreditTypes {
		page.Types = append(page.Types, admin.CreditType{Key: t.Key, Name: t.Name, Unit: t.Unit, Units: t.Units, Description: t.Description, Decimals: t.Decimals, Archived: t.Archived()})
	}
	for _, p := range s.Packs {
		page.Packs = append(page.Packs, packRow(s, p))
	}
	for _, m := range s.Meters {
		page.Meters = append(page.Meters, admin.Meter{Key: m.Key, Event: m.Event, Aggregation: string(m.Aggregation), Property: m.Property, Archived: m.Archived()})
	}
	for _, rate := range s.Rates {
		page.Rates = append(page.Rates, rateRow(s, rate, now))
	}
	slices.SortStableFunc(page.Rates, func(a, b admin.Rate) int {
		if c := strings.Compare(a.Meter, b.Meter); c != 0 {
			return c
		}
		if c := strings.Compare(a.Match, b.Match); c != 0 {
			return c
		}
		return b.Since.Compare(a.Since)
	})
	return kit.Render(w, r, http.StatusOK, admin.CatalogPage(a.frame(r, "Catalog", "/admin/catalog"), page))
}

func rateRow(s *catalog.Snapshot, rate *catalog.Rate, now time.Time) admin.Rate {
	row := admin.Rate{ID: rate.ID(), Meter: rate.Meter, Text: show.RateText(rate, show.Unit(s, rate.CreditType)), Match: show.MatchText(rate.Match), Since: rate.EffectiveAt, State: "replaced"}
	switch {
	case !rate.ArchivedAt.IsZero() && !rate.ArchivedAt.After(rate.EffectiveAt):
		row.State = "withdrawn"
	case !rate.ArchivedAt.IsZero():
		row.State = "archived"
		for _, l := range s.Lines(rate.Meter) {
			row.MayRestore = row.MayRestore || l.Ended() == rate
		}
	case rate.EffectiveAt.After(now):
		row.State, row.MayWithdraw = "later", true
	default:
		for _, l := range s.Lines(rate.Meter) {
			if l.At(now) == rate {
				row.State, row.MayArchive = "now", true
			}
		}
	}
	return row
}

// catalogPage renders a form of the catalog.
func (a *Admin) catalogPage(w http.ResponseWriter, r *http.Request, form *kit.Form, page admin.CatalogForm) error {
	f := a.frame(r, page.Title, "/admin/catalog")
	f.Failed, page.Form = form.Failed(), form.Form
	return kit.Render(w, r, form.Status(), admin.CatalogFormPage(f, page))
}

// saved tells what was done and goes back to the catalog, or shows the form
// again when it was refused.
func (a *Admin) saved(w http.ResponseWriter, r *http.Request, form *kit.Form, err error, text string, page admin.CatalogForm) error {
	if form.Failed() || err != nil {
		if err := form.Take(err); err != nil {
			return err
		}
		return a.catalogPage(w, r, form, page)
	}
	if err := a.Kit.Say(w, r, ui.Good, text); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/catalog")
}

// labels are the fields' names for the list of errors.
func labels(page admin.CatalogForm) map[string]string {
	out := map[string]string{}
	for _, f := range page.Fields {
		out[f.Name] = f.Label
	}
	return out
}

func (a *Admin) creditTypeForm(c *catalog.CreditType) admin.CatalogForm {
	page := admin.CatalogForm{Title: "Add a credit type", Action: "/admin/catalog/credit-types/new", Button: "Add"}
	if c == nil {
		c = &catalog.CreditType{Unit: "credit", Units: "credits", Decimals: 2}
		page.Fields = []admin.FormField{{Field: ui.Field{Name: "key", Label: "Key", Required: true, MaxLength: 63, Hint: "For the API; it never changes: credits, gpu_minutes …"}}}
	} else {
		page = admin.CatalogForm{Title: c.Name, Action: "/admin/catalog/credit-types/" + c.Key, Button: "Save", Archive: "/admin/catalog/credit-types/" + c.Key + "/archive", Back: c.Archived()}
	}
	page.Fields = append(page.Fields,
		admin.FormField{Field: ui.Field{Name: "name", Label: "Name", Value: c.Name, Required: true, MaxLength: 100}},
		admin.FormField{Field: ui.Field{Name: "unit", Label: "One of it", Value: c.Unit, Required: true, MaxLength: 40}},
		admin.FormField{Field: ui.Field{Name: "units", Label: "Several of it", Value: c.Units, Required: true, MaxLength: 40}},
		admin.FormField{Field: ui.Field{Name: "decimals", Label: "Decimals shown", Value: strconv.Itoa(c.Decimals), InputMode: "numeric", Hint: "0 to 6. The ledger always shows all."}},
		admin.FormField{Field: ui.Field{Name: "description", Label: "Description", Value: c.Description, Optional: true, MaxLength: 1000}},
	)
	return page
}

// NewCreditType shows the form for a credit type.
func (a *Admin) NewCreditType(w http.ResponseWriter, r *http.Request) error {
	return a.catalogPage(w, r, &kit.Form{}, a.creditTypeForm(nil))
}

// NewCreditTypeSend makes a credit type.
func (a *Admin) NewCreditTypeSend(w http.ResponseWriter, r *http.Request) error {
	page := a.creditTypeForm(nil)
	form, err := kit.ReadForm(w, r, labels(page))
	if err != nil {
		return err
	}
	decimals := whole(form, "decimals")
	if !form.Failed() {
		_, err = a.Catalog.CreateCreditType(r.Context(), kit.Actor(r), catalog.NewCreditType{
			Key: form.Text("key"), Name: form.Text("name"), Description: form.Text("description"),
			Unit: form.Text("unit"), Units: form.Text("units"), Decimals: decimals,
		})
	}
	return a.saved(w, r, form, err, "The credit type is added.", page)
}

// whole reads a whole number.
func whole(form *kit.Form, name string) int {
	s := strings.ReplaceAll(form.Text(name), ",", "")
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		form.Fail(name, "Give a whole number.")
	}
	return n
}

// CreditType shows a credit type to change.
func (a *Admin) CreditType(w http.ResponseWriter, r *http.Request) error {
	c := a.Catalog.Snapshot().CreditType(r.PathValue("key"))
	if c == nil {
		return fault.Missing("credit type")
	}
	return a.catalogPage(w, r, &kit.Form{}, a.creditTypeForm(c))
}

// CreditTypeSend changes a credit type.
func (a *Admin) CreditTypeSend(w http.ResponseWriter, r *http.Request) error {
	c := a.Catalog.Snapshot().CreditType(r.PathValue("key"))
	if c == nil {
		return fault.Missing("credit type")
	}
	page := a.creditTypeForm(c)
	form, err := kit.ReadForm(w, r, labels(page))
	if err != nil {
		return err
	}
	decimals := whole(form, "decimals")
	field := func(name string) *string { s := form.Text(name); return &s }
	if !form.Failed() {
		_, err = a.Catalog.UpdateCreditType(r.Context(), kit.Actor(r), c.Key, catalog.CreditTypeChange{
			Name: field("name"), Description: field("description"), Unit: field("unit"), Units: field("units"), Decimals: &decimals,
		})
	}
	return a.saved(w, r, form, err, "Saved.", page)
}

func meterForm() admin.CatalogForm {
	return admin.CatalogForm{
		Title: "Add a meter", Text: "A meter never changes once it counts: make another one instead.", Action: "/admin/catalog/meters/new", Button: "Add",
		Fields: []admin.FormField{
			{Field: ui.Field{Name: "key", Label: "Key", Required: true, MaxLength: 63, Hint: "input_tokens, images …"}},
			{Field: ui.Field{Name: "event", Label: "Event", Required: true, MaxLength: 100, Hint: "The name that your backend reports: llm.completion"}},
			{Field: ui.Field{Name: "aggregation", Label: "Counts"}, Options: []ui.Option{{Value: "sum", Text: "the sum of a property"}, {Value: "count", Text: "each event"}}},
			{Field: ui.Field{Name: "property", Label: "Property", Optional: true, MaxLength: 100, Hint: "For a sum."}},
		},
	}
}

// NewMeter shows the form for a meter.
func (a *Admin) NewMeter(w http.ResponseWriter, r *http.Request) error {
	return a.catalogPage(w, r, &kit.Form{}, meterForm())
}

// NewMeterSend makes a meter.
func (a *Admin) NewMeterSend(w http.ResponseWriter, r *http.Request) error {
	page := meterForm()
	form, err := kit.ReadForm(w, r, labels(page))
	if err != nil {
		return err
	}
	_, err = a.Catalog.CreateMeter(r.Context(), kit.Actor(r), catalog.NewMeter{
		Key: form.Text("key"), Event: form.Text("event"), Property: form.Text("property"), Aggregation: catalog.Aggregation(form.Text("aggregation")),
	})
	return a.saved(w, r, form, err, "The meter is added. It counts as soon as it has a rate.", page)
}

// Meter shows a meter.
func (a *Admin) Meter(w http.ResponseWriter, r *http.Request) error {
	m := a.Catalog.Snapshot().Meter(r.PathValue("key"))
	if m == nil {
		return fault.Missing("meter")
	}
	counts := "each event named " + m.Event
	if m.Aggregation == catalog.Sum {
		counts = "the sum of " + m.Property + " of events named " + m.Event
	}
	return a.catalogPage(w, r, &kit.Form{}, admin.CatalogForm{
		Title: m.Key, Text: "Counts " + counts + ".", Archive: "/admin/catalog/meters/" + m.Key + "/archive", Back: m.Archived(),
	})
}

func (a *Admin) rateForm() admin.CatalogForm {
	var meters []ui.Option
	for _, m := range a.Catalog.Snapshot().Meters {
		if !m.Archived() {
			meters = append(meters, ui.Option{Value: m.Key, Text: m.Key})
		}
	}
	return admin.CatalogForm{
		Title: "Add a rate", Text: "A rate with the same meter and the same conditions becomes the new version of the one before.", Action: "/admin/catalog/rates/new", Button: "Add",
		Fields: []admin.FormField{
			{Field: ui.Field{Name: "meter", Label: "Meter"}, Options: meters},
			{Field: ui.Field{Name: "credit_type", Label: "Credit type"}, Options: typeOptions(a.Catalog.Snapshot())},
			{Field: ui.Field{Name: "credits", Label: "Credits", InputMode: "decimal", Required: true, Hint: "At most 12 decimals."}},
			{Field: ui.Field{Name: "per", Label: "per", Value: "1", InputMode: "numeric", Suffix: "units"}},
			{Field: ui.Field{Name: "match", Label: "Where", Optional: true, Placeholder: "model=large, region=eu", Hint: "Properties that an event must have. Empty: every event."}},
			{Field: ui.Field{Name: "effective_at", Label: "From", Type: "datetime-local", Optional: true, Hint: "In UTC. Empty: now; the first rate of a meter: from the beginning."}},
		},
	}
}

// NewRate shows the form for a rate.
func (a *Admin) NewRate(w http.ResponseWriter, r *http.Request) error {
	return a.catalogPage(w, r, &kit.Form{}, a.rateForm())
}

// NewRateSend makes a rate.
func (a *Admin) NewRateSend(w http.ResponseWriter, r *http.Request) error {
	page := a.rateForm()
	form, err := kit.ReadForm(w, r, labels(page))
	if err != nil {
		return err
	}
	n := catalog.NewRate{
		Meter: form.Text("meter"), CreditType: form.Text("credit_type"), Credits: form.Text("credits"), Per: int64(whole(form, "per")),
		Match: map[string]string{},
	}
	if n.Per == 0 && form.Text("per") != "" && !form.Failed() { // what is not given is 1; zero is a number
		form.Fail("per", "A rate is per 1 unit or more.")
	}
	for part := range strings.SplitSeq(form.Text("match"), ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		k, v, ok := strings.Cut(part, "=")
		if !ok || strings.TrimSpace(k) == "" {
			form.Fail("match", "Write conditions as property=value, with commas between them.")
			break
		}
		k = strings.TrimSpace(k)
		if _, twice := n.Match[k]; twice {
			form.Fail("match", "A property can have one value: make a rate for each.")
			break
		}
		n.Match[k] = strings.TrimSpace(v)
	}
	if s := form.Text("effective_at"); s != "" {
		if n.EffectiveAt, err = time.ParseInLocation("2006-01-02T15:04", s, time.UTC); err != nil {
			form.Fail("effective_at", "This is not a time like 2026-01-31T12:00.")
		}
	}
	err = nil
	if !form.Failed() {
		_, err = a.Catalog.CreateRate(r.Context(), kit.Actor(r), n)
	}
	return a.saved(w, r, form, err, "The rate is added.", page)
}
