package admin

import (
	"net/http"

	"purse/billing/account"
	"purse/billing/invoice"
	"purse/billing/schedule"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

func repeatOptions() []ui.Option {
	out := []ui.Option{{Value: "", Text: "Once"}}
	for _, e := range []schedule.Every{schedule.Monthly, schedule.Quarterly, schedule.Yearly} {
		out = append(out, ui.Option{Value: string(e), Text: show.EveryName(e)})
	}
	return out
}

// scheduleRows are the schedules of a customer.
func (a *Admin) scheduleRows(t tx.Tx, customer string, mayChange bool) (out []admin.ScheduleRow, err error) {
	list, err := a.Schedules.List(t, customer, "", paymentRows)
	for _, s := range list {
		row := admin.ScheduleRow{ID: s.ID, Name: s.Name, Every: show.EveryName(s.Every), Pays: show.SchedulePays(s), Note: s.Note, Credits: s.Brings(), Price: s.Price,
			Next: s.NextAt, MayCancel: mayChange && s.State != schedule.Ended}
		row.State.Word, row.State.Tone = show.ScheduleState(s)
		out = append(out, row)
	}
	return out, err
}

// agree previews invoices on set days, or makes their schedule.
func (a *Admin) agree(w http.ResponseWriter, r *http.Request, c *account.Customer, form *kit.Form, n invoice.NewInvoice) error {
	back := "/admin/customers/" + c.ID + "/invoices"
	agreed := schedule.Agreement{NewInvoice: n, Every: schedule.Every(form.Text("every")), FirstDay: form.Text("first_day")}
	if form.Checked("edit") {
		return a.invoiceForm(w, r, c, "", form)
	}
	if !form.Checked("confirmed") {
		days := ""
		if s := (&schedule.Schedule{Every: agreed.Every, FirstDay: agreed.FirstDay}); agreed.Every.Interval() > 0 {
			for i, d := range s.Days(3, c.Location()) {
				if i > 0 {
					days += ", "
				}
				days += ui.Day(d, c.Location())
			}
		}
		says := []string{
			"Stripe mails an invoice over " + ui.Money(n.Price) + " to " + c.Email + " " + show.EveryName(agreed.Every) + ", on " + days + " and so on, without asking again. " + terms(n.NetDays) + ".",
			"Each brings " + show.Unit(a.Catalog.Snapshot(), n.CreditType).Amount(n.Credits) + ".",
		}
		return kit.Render(w, r, http.StatusOK, admin.PreviewPage(a.frame(r, "Invoices for "+c.Name, "/admin/invoices"), admin.Preview{
			Title: "Invoices on set days", Name: "Invoices", Back: back, Action: back + "/new", Hidden: hidden(form), Reason: "agreed with the customer", Button: "Begin", Says: says,
		}))
	}
	if _, err := a.Schedules.Agree(r.Context(), kit.Actor(r), agreed); err != nil {
		if err := form.Take(err); err != nil {
			return err
		}
		return a.invoiceForm(w, r, c, "", form)
	}
	if err := a.Kit.Say(w, r, ui.Good, "The schedule is made."); err != nil {
		return err
	}
	return kit.Go(w, r, back)
}

// CancelSchedule asks for a reason before a schedule ends.
func (a *Admin) CancelSchedule(w http.ResponseWriter, r *http.Request) error {
	return a.cancelSchedule(w, r, nil)
}

// CancelScheduleSend previews that, or does it.
func (a *Admin) CancelScheduleSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, invoiceLabels)
	if err != nil {
		return err
	}
	return a.cancelSchedule(w, r, form)
}

func (a *Admin) cancelSchedule(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	s, err := a.Schedules.Schedule(r.Context(), c.ID, r.PathValue("schedule"))
	if err != nil {
		return err
	}
	const title = "Cancel the schedule"
	back := "/admin/customers/" + c.ID + "/invoices"
	action := "/admin/customers/" + c.ID + "/schedules/" + s.ID + "/cancel"
	if form == nil {
		form = &kit.Form{}
	} else {
		reasonOf(form)
	}
	switch {
	case form.Failed() || form.Text("reason") == "" || form.Checked("edit"):
		f := a.frame(r, title, "/admin/invoices")
		f.Failed = form.Failed()
		return kit.Render(w, r, form.Status(), admin.ReasonPage(f, admin.ReasonForm{
			Form: form.Form, Title: title, Text: s.Name + ", " + show.EveryName(s.Every) + ".", Back: back, Name: "Invoices of " + c.Name, Action: action, Nonce: nonce(r, form),
		}))
	case !form.Checked("confirmed"):
		return kit.Render(w, r, http.StatusOK, admin.PreviewPage(a.frame(r, title, "/admin/invoices"), admin.Preview{
			Title: title, Name: "Invoices", Back: back, Action: action, Hidden: hidden(form), Reason: form.Text("reason"), Button: "Cancel it", Danger: true,
			Says: []string{"Nothing more is bought by it. What was begun stays as it is."},
		}))
	}
	said, tone := "The schedule is cancelled.", ui.Good
	if _, err := a.Schedules.Cancel(r.Context(), kit.Actor(r), c.ID, s.ID, form.Text("reason")); err != nil {
		if err := form.Take(err); err != nil {
			return err
		}
		said, tone = form.Errors[0].Text, ui.Bad
	}
	if err := a.Kit.Say(w, r, tone, said); err != nil {
		return err
	}
	return kit.Go(w, r, back)
}
