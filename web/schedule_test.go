package main

import (
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/schedule"
	"purse/billing/tx"
)

// saved saves a test card for a customer and answers its id.
func (w *world) saved(c *account.Customer, card string) string {
	w.Helper()
	_, err := w.purchases.EnsureCustomer(ctx, c.ID)
	w.check(err)
	now, err := w.accounts.Customer(ctx, c.ID)
	w.check(err)
	a := w.onPageAPI("/v1/payment_methods/"+card+"/attach", "customer="+now.StripeCustomerID)
	if a.status != 200 {
		w.Fatalf("%s", a.body)
	}
	return a.str("id")
}

// onPageAPI calls the sandbox's API.
func (w *world) onPageAPI(path, form string) sent {
	w.Helper()
	a, err := send(w.sandboxURL+path, "POST", []byte(form), "", "Authorization", "Bearer "+sandboxKey, "Content-Type", "application/x-www-form-urlencoded")
	w.check(err)
	return a
}

func (w *world) scheduled(c *account.Customer, card string, every schedule.Every, first string, change ...func(*schedule.Settings)) *schedule.Schedule {
	w.Helper()
	set := schedule.Settings{Customer: c.ID, Pack: w.pack(0), Quantity: 1, Every: every, FirstDay: first, Method: card, Consented: true, Version: schedule.ConsentVersion}
	for _, f := range change {
		f(&set)
	}
	v, err := w.schedules.Preview(ctx, set)
	w.check(err)
	set.Price = v.Price
	sch, err := w.schedules.Create(ctx, audit.Actor{ID: "usr_owner"}, set)
	w.check(err)
	return sch
}

func (w *world) runs(sch *schedule.Schedule) (out []*invoice.Invoice) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) {
		out, err = w.invoices.List(t, "", sch.ID, "", "", 1000)
		return err
	}))
	return out
}

func (w *world) today(c *account.Customer) string {
	return w.now().In(c.Location()).Format(time.DateOnly)
}

// on moves the clocks to noon of a day.
func (w *world) on(date string, c *account.Customer) {
	w.Helper()
	at, err := time.ParseInLocation(time.DateOnly, date, c.Location())
	w.check(err)
	w.advance(at.Add(12 * time.Hour).Sub(w.now()))
}

func (w *world) ticks() {
	w.Helper()
	w.check(w.schedules.Tick(ctx))
	w.check(w.charges.Tick(ctx))
}

// Every month of years with a leap day has its one run, whatever the clock does.
func TestAScheduleOverClockSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shop()
	c, err := w.accounts.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: "ny", Email: "ny@example.com", Timezone: "America/New_York"})
	w.check(err)
	card := w.saved(c, "pm_card_visa")
	sch := w.scheduled(c, card, schedule.Monthly, "2027-01-31")
	var want []string
	for d := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC); d.Before(time.Date(2028, 5, 1, 0, 0, 0, 0, time.UTC)); d = d.AddDate(0, 1, 0) {
		want = append(want, d.AddDate(0, 1, -1).Format(time.DateOnly)) // the last day: 2028 has a 29 February
	}
	for i, day := range want {
		w.on(day, c)
		w.ticks()
		w.clock.step(-40 * 24 * time.Hour) // the clock is put right, or wrong
		w.ticks()
		w.clock.step(40*24*time.Hour - time.Hour)
		w.ticks()
		if runs := w.runs(sch); len(runs) != i+1 || runs[0].Period != day {
			t.Fatalf("after %s there are %d runs, the newest of %s", day, len(runs), runs[0].Period)
		}
	}
	for _, in := range w.runs(sch) {
		if in.State() != invoice.Paid {
			t.Errorf("%s is %s: %s", in.Period, in.State(), in.Problem)
		}
	}
	// A long time without the program is one run.
	w.on("2028-09-15", c)
	w.ticks()
	w.ticks()
	runs := w.runs(sch)
	if len(runs) != len(want)+1 || runs[0].Period != "2028-08-31" {
		t.Errorf("%d runs, the newest of %s", len(runs), runs[0].Period)
	}
	now, err := w.schedules.Schedule(ctx, c.ID, sch.ID)
	w.check(err)
	if got := now.NextAt.In(c.Location()).Format(time.DateOnly); got != "2028-09-30" {
		t.Errorf("next on %s", got)
	}
	if n, _ := w.grantsOf(c.ID); n != len(want)+1 {
		t.Errorf("%d grants", n)
	}
	_, err = w.schedules.Cancel(ctx, staff, c.ID, sch.ID, "enough")
	w.check(err)
	w.on("2028-11-15", c)
	w.ticks()
	if len(w.runs(sch)) != len(runs) {
		t.Error("a cancelled schedule ran")
	}
	w.addsUp()
}

func TestAScheduleBuysTodayWithItsDiscount(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.ScheduleDiscount = map[string]int{"year": 10} })
	card := w.saved(c, "pm_card_visa")
	sch := w.scheduled(c, card, schedule.Yearly, w.today(c), func(s *schedule.Settings) { s.Quantity = 3 })
	if sch.Price.Amount != 2700 || sch.Discount != 10 {
		t.Errorf("%+v", sch)
	}
	runs := w.runs(sch)
	if len(runs) != 1 || runs[0].State() != invoice.Paid || runs[0].Total != 2700 {
		t.Fatalf("%+v", runs)
	}
	w.granted(c, 1, "3000")
	set := schedule.Settings{Customer: c.ID, Pack: w.pack(0), Quantity: 1, Every: schedule.Monthly, FirstDay: "2020-01-01", Method: card}
	if _, err := w.schedules.Preview(ctx, set); !fault.Is(err, fault.Invalid) {
		t.Errorf("a day in the past: %v", err)
	}
	set.FirstDay = w.today(c)
	set.Version, set.Price = schedule.ConsentVersion, money.Money{Amount: 1000, Currency: "usd"}
	if _, err := w.schedules.Create(ctx, staff, set); !fault.Is(err, fault.Invalid) {
		t.Errorf("without consent: %v", err)
	}
	set.Consented, set.Price.Amount = true, 999
	if _, err := w.schedules.Create(ctx, staff, set); !fault.HasCode(err, "price_changed") {
		t.Errorf("at another price: %v", err)
	}
}

func TestADeclinedScheduleIsRepairedOnStripesPage(t *testing.T) {
	w, c := shopWorld(t)
	card := w.saved(c, "pm_card_chargeCustomerFail") // saves, declines for a reason that may pass
	sch := w.scheduled(c, card, schedule.Monthly, w.today(c))
	var err error
	eventually(t, "it is paused", 10*time.Second, func() bool { // after 1, 3 and 7 hours; a job may be at it, and a tick passes by
		w.advance(8 * time.Hour)
		w.ticks()
		sch, err = w.schedules.Schedule(ctx, c.ID, sch.ID)
		w.check(err)
		return sch.State == schedule.Paused
	})
	runs := w.runs(sch)
	if sch.State != schedule.Paused || sch.Reason != schedule.CardDeclined || sch.RepairURL == "" || len(runs) != 1 || runs[0].Tries != charge.MaxTries {
		t.Fatalf("%+v, %d runs", sch, len(runs))
	}
	eventually(t, "it is told", 5*time.Second, func() bool { return w.mailed("scheduled purchase at Purse is paused") })
	w.granted(c, 0, "0")
	w.payPage(runs[0], "4242424242424242")
	w.waitInvoice(runs[0], invoice.Paid)
	if sch, err = w.schedules.Schedule(ctx, c.ID, sch.ID); err != nil || sch.State != schedule.Active || sch.NextAt.IsZero() {
		t.Errorf("%+v %v", sch, err)
	}
	w.granted(c, 1, "1000")
}

func TestADearerPackPausesASchedule(t *testing.T) {
	w, c := shopWorld(t)
	sch := w.scheduled(c, w.saved(c, "pm_card_visa"), schedule.Quarterly, w.now().Add(48*time.Hour).Format(time.DateOnly))
	dearer := money.Money{Amount: 1200, Currency: "usd"}
	_, err := w.catalog.UpdatePack(ctx, audit.System, w.pack(0), catalog.PackChange{Price: &dearer})
	w.check(err)
	w.advance(3 * 24 * time.Hour)
	w.ticks()
	sch, err = w.schedules.Schedule(ctx, c.ID, sch.ID)
	w.check(err)
	if sch.State != schedule.Paused || sch.Reason != schedule.PriceChanged || len(w.runs(sch)) != 0 {
		t.Errorf("%+v", sch)
	}
}

func TestAScheduleOfInvoices(t *testing.T) {
	w, c := shopWorld(t)
	n := deal(c)
	sch, err := w.schedules.Agree(ctx, staff, schedule.Agreement{NewInvoice: n, Every: schedule.Quarterly, FirstDay: w.today(c)})
	w.check(err)
	runs := w.runs(sch)
	if len(runs) != 1 || runs[0].State() != invoice.Open || runs[0].DueAt.IsZero() {
		t.Fatalf("%+v", runs)
	}
	w.advance(93 * 24 * time.Hour)
	w.ticks()
	if runs = w.runs(sch); len(runs) != 2 || runs[0].State() != invoice.Open {
		t.Fatalf("%d runs", len(runs))
	}
	w.payPage(runs[0], "4242424242424242")
	w.waitInvoice(runs[0], invoice.Paid)
	w.granted(c, 1, "5000")
	if _, err := w.schedules.Cancel(ctx, staff, c.ID, sch.ID, ""); !fault.HasCode(err, "agreed") {
		t.Errorf("the customer cancels what was agreed: %v", err)
	}
	if _, err := w.schedules.Cancel(ctx, staff, "cus_other", sch.ID, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's schedule: %v", err)
	}
}
