package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/schedule"
)

// anyEach is a change of settings to an amount of a pack for any amount.
func (w *world) anyEach(amount string) func(*schedule.Settings) {
	pack := w.anyPack()
	return func(s *schedule.Settings) { s.Pack, s.Credits = pack, credits(amount) }
}

// A run is bought by the same quote as by hand: tiers, discount, and the bonus as
// a grant of its own, that goes back with the purchase.
func TestAScheduleOfAnyAmountBringsItsBonus(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.ScheduleDiscount = map[string]int{"month": 10} })
	card := w.saved(c, "pm_card_visa")
	each := w.anyEach("2000")
	sch := w.scheduled(c, card, schedule.Monthly, w.today(c), each)
	if sch.Price.Amount != 1620 || sch.Credits != credits("2000") || sch.Bonus != credits("200") || sch.Name != "Any amount: 2,000 credits" {
		t.Errorf("%+v", sch)
	}
	in := w.runs(sch)[0]
	p, err := w.purchases.Purchase(ctx, in.Purchase)
	w.check(err)
	paid, bonus := w.lot(c.ID, p.Grant), w.lot(c.ID, p.BonusGrant)
	if paid.Kind != ledger.Paid || paid.Amount != credits("2000") || paid.Paid.Amount != 1620 || bonus.Kind != ledger.Promotional || bonus.Amount != credits("200") ||
		bonus.ExpiresAt.Sub(p.PaidAt) < 29*24*time.Hour {
		t.Errorf("%+v %+v", paid, bonus)
	}
	if p.Bonus != credits("200") || p.Price.Amount != 1620 {
		t.Errorf("%+v", p)
	}
	_, err = w.purchases.Refund(ctx, staff, purchase.NewRefund{Purchase: p.ID, Amount: p.Total, Reason: "all of it"})
	w.check(err)
	eventually(t, "both grants go back", 5*time.Second, func() bool { return w.available(c.ID) == 0 })
	w.addsUp()

	set := schedule.Settings{Customer: c.ID, Every: schedule.Monthly, FirstDay: w.today(c), Method: card}
	each(&set)
	for amount, want := range map[string]string{"0": "Say how many credits each time: 100 to 100,000.", "75": "Choose between 100 and 100,000 credits.", "120": "Credits are sold in steps of 50. Choose 100 or 150."} {
		set.Credits = credits(amount)
		if _, err := w.schedules.Preview(ctx, set); err == nil || err.Error() != "credits: "+want {
			t.Errorf("%s credits: %v", amount, err)
		}
	}
}

// A bonus of a pack of fixed size is promotional too, and cancelled as such.
func TestAScheduleOfPacksBringsTheirBonus(t *testing.T) {
	w, c := shopWorld(t)
	bonuses := []catalog.Bonus{{Credits: credits("50")}}
	_, err := w.catalog.UpdatePack(ctx, audit.System, w.pack(0), catalog.PackChange{Bonuses: &bonuses})
	w.check(err)
	sch := w.scheduled(c, w.saved(c, "pm_card_visa"), schedule.Monthly, w.today(c), func(s *schedule.Settings) { s.Quantity = 2 })
	p, err := w.purchases.Purchase(ctx, w.runs(sch)[0].Purchase)
	w.check(err)
	if p.Credits != credits("2000") || p.Bonus != credits("100") || w.lot(c.ID, p.BonusGrant).Kind != ledger.Promotional {
		t.Errorf("%+v", p)
	}
	w.granted(c, 2, "2100")
	// A smaller bonus for the same money is less than agreed.
	bonuses = nil
	_, err = w.catalog.UpdatePack(ctx, audit.System, w.pack(0), catalog.PackChange{Bonuses: &bonuses})
	w.check(err)
	w.advance(32 * 24 * time.Hour)
	w.ticks()
	if sch, err = w.schedules.Schedule(ctx, c.ID, sch.ID); err != nil || sch.Reason != schedule.PriceChanged || len(w.runs(sch)) != 1 {
		t.Errorf("%+v %v", sch, err)
	}
}

// What became dearer stops, and goes on at the new price once the customer agrees
// to it.
func TestADearerScheduleAsks(t *testing.T) {
	w, c := shopWorld(t)
	first := w.now().Add(48 * time.Hour).Format(time.DateOnly)
	sch := w.scheduled(c, w.saved(c, "pm_card_visa"), schedule.Monthly, first, w.anyEach("1000"))
	if _, err := w.schedules.Offer(ctx, c.ID, sch.ID); !fault.HasCode(err, "not_asked") {
		t.Errorf("an active one: %v", err)
	}
	dearer := []catalog.Price{{Currency: "usd", Model: catalog.Graduated, Tiers: []catalog.Tier{{UpTo: credits("1000"), Unit: "0.012"}, {Unit: "0.008"}}}}
	_, err := w.catalog.UpdatePack(ctx, audit.System, sch.Pack, catalog.PackChange{Prices: dearer})
	w.check(err)
	w.advance(3 * 24 * time.Hour)
	w.ticks()
	if now, err := w.schedules.Schedule(ctx, c.ID, sch.ID); err != nil || now.Reason != schedule.PriceChanged || len(w.runs(sch)) != 0 {
		t.Fatalf("%+v %v", now, err)
	}
	offer, err := w.schedules.Offer(ctx, c.ID, sch.ID)
	if err != nil || offer.Price.Amount != 1200 {
		t.Fatalf("%+v %v", offer, err)
	}
	set := schedule.Settings{Consented: true, Version: schedule.ConsentVersion, Price: sch.Price, From: account.From{Address: "192.0.2.7"}}
	owner := audit.Actor{ID: "usr_owner"}
	if _, err := w.schedules.Renew(ctx, owner, c.ID, sch.ID, set); !fault.HasCode(err, "price_changed") {
		t.Errorf("at the old price: %v", err)
	}
	set.Price, set.Consented = offer.Price, false
	if _, err := w.schedules.Renew(ctx, owner, c.ID, sch.ID, set); !fault.Is(err, fault.Invalid) {
		t.Errorf("without consent: %v", err)
	}
	set.Consented = true
	if _, err := w.schedules.Renew(ctx, owner, "cus_other", sch.ID, set); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's: %v", err)
	}
	_, err = w.schedules.Renew(ctx, owner, c.ID, sch.ID, set)
	w.check(err)
	now, err := w.schedules.Schedule(ctx, c.ID, sch.ID)
	w.check(err)
	if now.State != schedule.Active || now.Price.Amount != 1200 || now.Consent.Address != "192.0.2.7" || !now.NextAt.After(w.now()) {
		t.Errorf("%+v", now)
	}
	w.advance(32 * 24 * time.Hour)
	w.ticks()
	if runs := w.runs(sch); len(runs) != 1 || runs[0].State() != invoice.Paid || runs[0].Total != 1200 {
		t.Errorf("%+v", runs)
	}
}

// A discount never makes an amount that Stripe does not charge.
func TestADiscountIsRoundedToWhatCanBeCharged(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.ScheduleDiscount = map[string]int{"month": 7} })
	p, err := w.catalog.CreatePack(ctx, audit.System, catalog.NewPack{Name: "Dinar", CreditType: "credits", Credits: credits("100"), Price: money.Money{Amount: 1230, Currency: "kwd"}})
	w.check(err)
	sch := w.scheduled(c, w.saved(c, "pm_card_visa"), schedule.Monthly, w.today(c), func(s *schedule.Settings) { s.Pack = p.ID })
	if sch.Price.Amount != 1140 { // 1.1439, to two of the three decimals
		t.Errorf("%+v", sch.Price)
	}
	if runs := w.runs(sch); len(runs) != 1 || runs[0].State() != invoice.Paid {
		t.Errorf("%+v", runs)
	}
}

// The page shows the price by tiers before it asks for consent, and asks again
// when the price has changed.
func TestTheSchedulePageTakesAnyAmount(t *testing.T) {
	w := newWorld(t)
	w.shop()
	who := w.person("owner@example.com", account.NoStaff)
	c := w.customer("acme", who.user.ID)
	m := member{w, w.signIn(who.user)}
	card, pack := w.saved(c, "pm_card_visa"), w.anyPack()
	form := url.Values{"pack": {pack}, "credits": {"2,000"}, "quantity": {"1"}, "every": {"month"}, "first_day": {w.now().Add(48 * time.Hour).Format(time.DateOnly)}, "method": {card}}
	if a := m.post("/scheduled", form); a.status != http.StatusOK || !strings.Contains(a.body, "2,000 credits and 200 as a bonus for $18.00") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for name, v := range map[string]string{"confirmed": "yes", "consent": "yes", "version": schedule.ConsentVersion, "price": "1800", "currency": "usd", "password": password} {
		form.Set(name, v)
	}
	if a := m.post("/scheduled", form); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	dearer := []catalog.Price{{Currency: "usd", Model: catalog.Volume, Tiers: []catalog.Tier{{Unit: "0.02"}}}}
	_, err := w.catalog.UpdatePack(ctx, audit.System, pack, catalog.PackChange{Prices: dearer})
	w.check(err)
	w.advance(3 * 24 * time.Hour)
	w.ticks()
	m.cookie = w.signIn(who.user)
	a := m.get("/scheduled")
	_, id, _ := strings.Cut(a.body, `name="renew" value="`)
	id, _, _ = strings.Cut(id, `"`)
	if !strings.Contains(a.body, "Look at the new price") || id == "" {
		t.Fatal(a.body)
	}
	form = url.Values{"renew": {id}}
	if a := m.post("/scheduled", form); a.status != http.StatusOK || !strings.Contains(a.body, "for $40.00") || strings.Contains(a.body, ">Change<") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for name, v := range map[string]string{"confirmed": "yes", "consent": "yes", "version": schedule.ConsentVersion, "price": "4000", "currency": "usd", "password": password} {
		form.Set(name, v)
	}
	if a := m.post("/scheduled", form); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if sch, err := w.schedules.Schedule(ctx, c.ID, id); err != nil || sch.State != schedule.Active || sch.Price.Amount != 4000 {
		t.Errorf("%+v %v", sch, err)
	}
}
