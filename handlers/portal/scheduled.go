package portal

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"purse/billing/account"
	"purse/billing/card"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/schedule"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

const (
	shownSchedules = 50 // on the page
	shownRuns      = 5  // of each
	shownDays      = 3  // that come next
)

var scheduleLabels = map[string]string{
	"pack": "Pack", "quantity": "How many of it", "credits": "How many credits", "every": "How often", "first_day": "First on", "method": "Payment method", "consent": "Agreement",
}

// Scheduled shows the purchases on set days, and the form that makes one.
func (p *Portal) Scheduled(w http.ResponseWriter, r *http.Request) error {
	return p.scheduledPage(w, r, &kit.Form{})
}

func (p *Portal) scheduledPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := kit.VisitorOf(r)
	zone := v.Customer.Location()
	page := portal.Scheduled{
		Form: form.Form, Today: p.Kit.Now().In(zone).Format(time.DateOnly), MayChange: v.Role.MayBuy(), Suspended: v.Customer.Status != account.Active, Zone: zone,
	}
	for _, e := range []schedule.Every{schedule.Monthly, schedule.Quarterly, schedule.Yearly} {
		text := show.EveryName(e)
		if off := p.Schedules.Discounts[e]; off > 0 {
			text += ", " + strconv.Itoa(off) + "% off"
		}
		page.Every = append(page.Every, ui.Option{Value: string(e), Text: text})
	}
	var saved []card.Method
	if page.MayChange {
		list, err := p.Methods.List(r.Context(), v.Customer.ID)
		saved = list
		if page.Down = fault.Is(err, fault.Unavailable); err != nil && !page.Down {
			return err
		}
		for _, m := range list {
			if m.Usable(p.Kit.Now()) {
				page.Methods = append(page.Methods, ui.Option{Value: m.ID, Text: m.Name()})
			}
		}
	}
	err := p.view(r.Context(), func(t tx.Tx) error {
		page.Rows = nil
		if err := p.schedulePacks(t, v, &page); err != nil {
			return err
		}
		list, err := p.Schedules.List(t, v.Customer.ID, "", shownSchedules)
		if err != nil {
			return err
		}
		for _, s := range list {
			row := p.scheduleRow(s, v)
			if page.MayChange && !page.Down && chargesMethod(s) && s.Reason != schedule.PriceChanged && s.Reason != schedule.NoCard && !slices.ContainsFunc(saved, func(m card.Method) bool { return m.Is(s.Card.ID) && !m.Ended }) {
				row.Note = s.Card.Name() + " is not saved any more, or may not be debited, so this does not work. Cancel it and make a new one with another payment method."
				row.MayResume = false
			}
			runs, err := p.Invoices.List(t, v.Customer.ID, s.ID, "", "", shownRuns)
			if err != nil {
				return err
			}
			for _, in := range runs {
				if run, ok := p.invoiceRow(v, in); ok {
					row.Runs = append(row.Runs, run)
				}
			}
			page.Rows = append(page.Rows, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	f := p.Kit.Frame(r, "Scheduled purchases", "/purchases")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.ScheduledPage(f, page))
}

// schedulePacks are what can be bought on set days, in the customer's currency.
func (p *Portal) schedulePacks(t tx.Tx, v *kit.Visitor, page *portal.Scheduled) error {
	page.Packs, page.MayAmount = nil, false
	for _, pack := range byPrice(p.Catalog.Snapshot().OnSale()) {
		currency, err := p.Recharges.CurrencyFor(t, v.Customer.ID, pack)
		if err != nil {
			return err
		}
		q, err := pack.Least(currency)
		if err != nil {
			continue // not sold in the customer's currency
		}
		text := pack.Name + ": " + ui.Money(q.Price)
		if pack.Any != nil {
			page.MayAmount = true
			text = pack.Name + ", so many credits: from " + ui.Money(q.Price)
		}
		page.Packs = append(page.Packs, ui.Option{Value: pack.ID, Text: text})
	}
	return nil
}

func (p *Portal) scheduleRow(s *schedule.Schedule, v *kit.Visitor) portal.ScheduleRow {
	row := portal.ScheduleRow{
		ID: s.ID, Name: s.Name, Every: show.EveryName(s.Every), Pays: show.SchedulePays(s), Credits: s.Credits, Bonus: s.Bonus, Unit: show.Unit(p.Catalog.Snapshot(), s.CreditType),
		Price: s.Price, Note: s.Note, MayCancel: v.Role.MayBuy() && s.State != schedule.Ended && s.Collection == invoice.Charge, MayResume: v.Role.MayBuy() && s.State == schedule.Paused && s.Reason != schedule.PriceChanged && s.Reason != schedule.NoCard,
		MayRenew: v.Role.MayBuy() && s.State == schedule.Paused && s.Reason == schedule.PriceChanged && s.Collection == invoice.Charge,
	}
	row.Word, row.Tone = show.ScheduleState(s)
	if s.State == schedule.Active {
		row.Next = s.Days(shownDays, v.Customer.Location())
	}
	if s.State == schedule.Paused && s.Reason == schedule.NoCard {
		row.Note = s.Card.Name() + " is not saved any more. Save a payment method: this goes on with it, and buys nothing until then."
		row.NoCard = v.Role.MayBuy()
	}
	if v.Role.MayBuy() && s.State != schedule.Ended {
		row.Repair = s.RepairURL
	}
	return row
}

// ScheduledSend says what a schedule would do, or makes it.
func (p *Portal) ScheduledSend(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	form, err := kit.ReadForm(w, r, scheduleLabels)
	if err != nil {
		return err
	}
	if form.Checked("edit") {
		return p.scheduledPage(w, r, form)
	}
	if id := form.Text("renew"); id != "" {
		return p.scheduleRenew(w, r, form, id)
	}
	set := schedule.Settings{
		Customer: v.Customer.ID, Pack: form.Text("pack"), Every: schedule.Every(form.Text("every")), FirstDay: form.Text("first_day"), Method: form.Text("method"),
		Consented: form.Checked("consent"), Version: form.Text("version"), From: kit.From(r),
	}
	if set.Quantity, err = strconv.Atoi(form.Text("quantity")); err != nil {
		form.Fail("quantity", "Give a whole number from 1 to "+strconv.Itoa(schedule.MaxQuantity)+".")
		return p.scheduledPage(w, r, form)
	}
	if form.Text("credits") != "" {
		if set.Credits = form.Credits("credits"); form.Failed() {
			return p.scheduledPage(w, r, form)
		}
	}
	s, err := p.Schedules.Preview(r.Context(), set)
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.scheduledPage(w, r, form)
	}
	if !form.Checked("confirmed") {
		return p.schedulePreview(w, r, form, s)
	}
	if !set.Consented {
		form.Fail("consent", "Tick the box to agree that this payment method is charged on these days.")
	}
	if form.Failed() {
		return p.schedulePreview(w, r, form, s)
	}
	if set.Price, err = seenPrice(form); err != nil {
		form.Fail("", "The form is incomplete: look at it once more.")
		return p.scheduledPage(w, r, form)
	}
	_, err = p.Schedules.Create(r.Context(), kit.Actor(r), set)
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.scheduledPage(w, r, form)
	}
	if err := p.Kit.Say(w, r, ui.Good, "Saved. It buys "+show.EveryName(s.Every)+" until you cancel it."); err != nil {
		return err
	}
	return kit.Go(w, r, "/scheduled")
}

// scheduleRenew shows what a schedule costs now that its price has changed, or
// lets it go on at that price.
func (p *Portal) scheduleRenew(w http.ResponseWriter, r *http.Request, form *kit.Form, id string) error {
	v := kit.VisitorOf(r)
	s, err := p.Schedules.Offer(r.Context(), v.Customer.ID, id)
	if err != nil {
		return p.orSay(w, r, err, "/scheduled")
	}
	if !form.Checked("confirmed") {
		return p.schedulePreview(w, r, form, s)
	}
	set := schedule.Settings{Consented: form.Checked("consent"), Version: form.Text("version"), From: kit.From(r)}
	if !set.Consented {
		form.Fail("consent", "Tick the box to agree that this payment method is charged on these days.")
	}
	if form.Failed() {
		return p.schedulePreview(w, r, form, s)
	}
	if set.Price, err = seenPrice(form); err == nil {
		_, err = p.Schedules.Renew(r.Context(), kit.Actor(r), v.Customer.ID, id, set)
	}
	if err != nil {
		return p.orSay(w, r, err, "/scheduled")
	}
	if err := p.Kit.Say(w, r, ui.Good, "It goes on at the new price."); err != nil {
		return err
	}
	return kit.Go(w, r, "/scheduled")
}

func (p *Portal) schedulePreview(w http.ResponseWriter, r *http.Request, form *kit.Form, s *schedule.Schedule) error {
	v := kit.VisitorOf(r)
	zone, unit := v.Customer.Location(), show.Unit(p.Catalog.Snapshot(), s.CreditType)
	price := ui.Money(s.Price) + p.plusTax(s.TaxBehavior)
	days := ""
	for i, d := range s.Days(shownDays, zone) {
		if i > 0 {
			days += ", "
		}
		days += ui.Day(d, zone)
	}
	brings := s.Name + ": " + unit.Amount(s.Credits)
	if s.Amount > 0 {
		brings = s.Name // says how many
	}
	if s.Bonus > 0 {
		brings += " and " + ui.Credits(s.Bonus) + " as a bonus"
	}
	page := portal.SchedulePreview{
		Form: form.Form, Consent: schedule.ConsentText, Button: "Save", Does: "Nothing is charged now.",
		Renews: s.ID != "",
		Says:   []string{"Buys " + brings + " for " + price + ",", show.EveryName(s.Every) + ", on " + days + " and so on,", show.SchedulePays(s) + "."},
	}
	if s.Discount > 0 {
		page.Says = append(page.Says, strconv.Itoa(s.Discount)+"% are taken off already.")
	}
	if !s.NextAt.After(p.Kit.Now()) {
		page.Charges, page.Does, page.Button = true, "Saving this charges "+s.Card.Name()+" "+price+" now", "Save and charge "+ui.Money(s.Price)
	}
	for _, name := range []string{"renew", "pack", "quantity", "credits", "every", "first_day", "method"} {
		page.Hidden = append(page.Hidden, ui.Option{Value: name, Text: form.Text(name)})
	}
	page.Hidden = append(page.Hidden, ui.Option{Value: "price", Text: strconv.FormatInt(s.Price.Amount, 10)},
		ui.Option{Value: "currency", Text: s.Price.Currency}, ui.Option{Value: "version", Text: schedule.ConsentVersion})
	f := p.Kit.Frame(r, "Check and agree", "/purchases")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.SchedulePreviewPage(f, page))
}

// ScheduleCancel ends a schedule.
func (p *Portal) ScheduleCancel(w http.ResponseWriter, r *http.Request) error {
	return p.scheduleAct(w, r, "It is cancelled: nothing more is bought.", func(id string) error {
		_, err := p.Schedules.Cancel(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, id, "")
		return err
	})
}

// ScheduleResume lets a paused schedule go on.
func (p *Portal) ScheduleResume(w http.ResponseWriter, r *http.Request) error {
	return p.scheduleAct(w, r, "It goes on.", func(id string) error {
		_, err := p.Schedules.Resume(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, id)
		return err
	})
}

func (p *Portal) scheduleAct(w http.ResponseWriter, r *http.Request, said string, act func(id string) error) error {
	if err := act(r.PathValue("schedule")); err != nil {
		return p.orSay(w, r, err, "/scheduled")
	}
	if err := p.Kit.Say(w, r, ui.Good, said); err != nil {
		return err
	}
	return kit.Go(w, r, "/scheduled")
}
