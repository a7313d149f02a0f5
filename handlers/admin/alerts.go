package admin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/handlers/kit"
	pages "purse/handlers/portal"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/portal"
	"purse/views/ui"
)

const episodeRows = 50 // on a page

// AlertList shows what every customer is told of.
func (a *Admin) AlertList(w http.ResponseWriter, r *http.Request) error {
	return a.alertsPage(w, r, &kit.Form{})
}

func (a *Admin) alertsPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	snapshot := a.Catalog.Snapshot()
	page := admin.Alerts{Form: form.Form, Kinds: pages.AlertKinds(ui.DefaultUnit), MayChange: mayChange(r)}
	page.Types = append([]ui.Option{{Value: "", Text: "every wallet"}}, typeOptions(snapshot)...)
	var defaults []alert.Alert
	muted := map[string]int{}
	err := a.view(r.Context(), func(t tx.Tx) (err error) {
		clear(muted)
		if defaults, err = a.Alerts.Of(t, ""); err != nil {
			return err
		}
		mutes, err := a.Alerts.Mutes(t)
		for _, m := range mutes {
			muted[m.Alert]++
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(defaults, func(x, y alert.Alert) int { return show.Milder(&x, &y) })
	for i := range defaults {
		d := &defaults[i]
		unit, where := ui.DefaultUnit, "every wallet"
		if d.CreditType != "" {
			unit = show.Unit(snapshot, d.CreditType)
			where = "every wallet of " + unit.Name
		}
		concerns := "Concerns " + where + "; nobody has muted it."
		switch n := muted[d.ID]; {
		case n == 1:
			concerns = "Concerns " + where + "; one customer has muted it."
		case n > 1:
			concerns = "Concerns " + where + "; " + ui.Number(n) + " customers have muted it."
		}
		page.Rows = append(page.Rows, admin.AlertRow{ID: d.ID, Title: show.AlertTitle(d, unit), Concerns: concerns})
	}
	f := a.frame(r, "Alerts", "/admin/alerts")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.AlertsPage(f, page))
}

// AlertSend adds a default.
func (a *Admin) AlertSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, pages.AlertLabels)
	if err != nil {
		return err
	}
	n := pages.NewAlert(form, form.Text("credit_type"))
	if !form.Failed() {
		_, err = a.Alerts.Create(r.Context(), kit.Actor(r), "", n)
	}
	if err := form.Take(pages.AlertRefusal(n.Kind, err)); err != nil {
		return err
	}
	if form.Failed() {
		return a.alertsPage(w, r, form)
	}
	if err := a.Kit.Say(w, r, ui.Good, "Every customer is told of it from now on."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/alerts")
}

// AlertEnd ends a default.
func (a *Admin) AlertEnd(w http.ResponseWriter, r *http.Request) error {
	if err := a.Alerts.End(r.Context(), kit.Actor(r), "", r.PathValue("alert")); err != nil {
		return err
	}
	if err := a.Kit.Say(w, r, ui.Good, "Nobody is told of it any more."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/alerts")
}

// AlertsOf shows what watches a customer, and what it told.
func (a *Admin) AlertsOf(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	page := admin.CustomerAlerts{ID: c.ID, Name: c.Name, MayChange: mayChange(r), Zone: c.Location()}
	err = a.view(r.Context(), func(t tx.Tx) error {
		page.Wallets, page.Told, page.Older = nil, nil, ""
		balances, err := a.Ledger.Balances(t, c.ID)
		if err != nil {
			return err
		}
		limits, err := a.Alerts.LimitStatuses(t, c.ID)
		if err != nil {
			return err
		}
		for _, b := range balances {
			listed, err := a.Alerts.List(t, b.WalletKey)
			if err != nil {
				return err
			}
			unit := show.Unit(a.Catalog.Snapshot(), b.CreditType)
			page.Wallets = append(page.Wallets, admin.WatchedWallet{
				Alerts: portal.Alerts{
					Type: b.CreditType, Unit: unit, Available: b.Available, Zone: c.Location(), Brand: a.Kit.Site.Brand,
					Rows: show.Alerts(listed, unit), Limits: show.Limits(limits, b.CreditType, unit),
				},
				AtZero: show.AtZero(a.Alerts.AtZeroOf(b), unit),
			})
		}
		told, more, err := a.Alerts.Episodes(t, c.ID, kit.CursorOf(r).After, episodeRows)
		if err != nil {
			return err
		}
		for i := range told {
			page.Told = append(page.Told, a.toldRow(&told[i]))
		}
		page.Newer = kit.Newer(r)
		if more {
			page.Older = kit.Older(r, told[len(told)-1].ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	f := a.frame(r, "Alerts and limits of "+c.Name, "/admin")
	f.Zone = c.Location()
	return kit.Render(w, r, http.StatusOK, admin.CustomerAlertsPage(f, page))
}

// toldRow says what an episode is about.
func (a *Admin) toldRow(e *alert.Episode) admin.ToldRow {
	unit := show.Unit(a.Catalog.Snapshot(), e.CreditType)
	row := admin.ToldRow{ID: e.ID, At: e.OpenedAt, Closed: e.ClosedAt, Sent: e.Told == alert.Sent}
	switch e.Event {
	case event.BalanceDepleted:
		row.Text, row.Value = "Nothing was left", "available "+unit.Round(e.Value)
	case event.BalanceLow:
		row.Text, row.Value = "Available reached "+unit.Round(e.Level)+" or less", "available "+unit.Round(e.Value)
	case event.CreditsExpiring:
		row.Text = unit.Round(e.Value) + " expire soon"
	case event.UsageAnomaly:
		row.Text, row.Value = "Much more was used than usual", unit.Round(e.Value)+" in an hour"
	case event.LimitReached:
		row.Text, row.Value = "Spend limit of "+unit.Round(e.Level)+" reached", unit.Round(e.Value)+" spent"
	case event.LimitRefused:
		row.Text, row.Value = "Spend limit of "+unit.Round(e.Level)+" refused a request", unit.Amount(e.Value)+" needed"
	default:
		row.Text = e.Event
	}
	return row
}

var zeroLabels = map[string]string{"mode": "When nothing is left", "overdraft": "Until so many are owed", "rate": "Slowed down to", "reason": "Reason"}

// AtZero shows the form of what happens at zero in a wallet.
func (a *Admin) AtZero(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	return a.atZeroPage(w, r, c, &kit.Form{})
}

func (a *Admin) atZeroPage(w http.ResponseWriter, r *http.Request, c *account.Customer, form *kit.Form) error {
	ct := a.Catalog.Snapshot().CreditType(r.PathValue("type"))
	if ct == nil {
		return fault.Missing("credit type")
	}
	var z alert.AtZero
	err := a.view(r.Context(), func(t tx.Tx) error {
		b, err := a.Ledger.Balance(t, ledger.WalletKey{Customer: c.ID, CreditType: ct.Key})
		z = a.Alerts.AtZeroOf(b)
		return err
	})
	if err != nil {
		return err
	}
	unit := show.Unit(a.Catalog.Snapshot(), ct.Key)
	page := admin.AtZero{Form: form.Form, ID: c.ID, Name: c.Name, Type: ct.Key, Unit: unit, Mode: string(z.Mode), Now: show.AtZero(z, unit)}
	if z.Overdraft > 0 {
		page.Overdraft = z.Overdraft.String()
	}
	if z.Rate > 0 {
		page.Rate = strconv.Itoa(z.Rate)
	}
	f := a.frame(r, "At zero: "+c.Name, "/admin")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.AtZeroPage(f, page))
}

// AtZeroSend sets what happens at zero.
func (a *Admin) AtZeroSend(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, zeroLabels)
	if err != nil {
		return err
	}
	z := alert.AtZero{Customer: c.ID, CreditType: r.PathValue("type"), Mode: alert.Mode(form.Text("mode")), Reason: reasonOf(form)}
	if form.Text("overdraft") != "" {
		z.Overdraft = form.Credits("overdraft")
	}
	if z.Mode == alert.Throttle && form.Text("rate") != "" {
		if z.Rate, err = strconv.Atoi(strings.ReplaceAll(form.Text("rate"), ",", "")); err != nil {
			form.Fail("rate", "Give a whole number.")
		}
	}
	if form.Failed() {
		return a.atZeroPage(w, r, c, form)
	}
	_, err = a.Alerts.SetAtZero(r.Context(), kit.Actor(r), z)
	if f, ok := fault.As(err); ok && f.Param == "rate_per_minute" {
		err = fault.Bad("rate", "%s", f.Detail)
	}
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return a.atZeroPage(w, r, c, form)
	}
	if err := a.Kit.Say(w, r, ui.Good, "Saved."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/customers/"+c.ID+"/alerts")
}
