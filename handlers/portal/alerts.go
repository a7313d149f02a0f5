package portal

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"purse/billing/alert"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

var (
	// AlertLabels name the fields of the form that adds an alert.
	AlertLabels = map[string]string{"kind": "Tell me when", "level": "So many", "least": "And at least"}
	limitLabels = map[string]string{"credits": "Spend at most", "period": "Period", "counts": "It counts", "caller": "Another caller", "does": "When it is reached"}
)

// limitParams is what billing calls a parameter, and the field of the form.
var limitParams = map[string]string{"scope": "counts", "meter": "counts"}

// AlertRefusal says why an alert was refused, under the names of the form's
// fields.
func AlertRefusal(kind alert.Kind, err error) error {
	if kind == alert.Surge {
		return named(err, map[string]string{"percent": "level", "credits": "least"})
	}
	return named(err, map[string]string{"percent": "level", "days": "level", "credits": "level"})
}

// named says a refusal under the names that a form has for what billing calls
// otherwise.
func named(err error, names map[string]string) error {
	f, ok := fault.As(err)
	if !ok || names[f.Param] == "" {
		return err
	}
	return fault.New(f.Kind, f.Code, names[f.Param], "%s", f.Detail)
}

func mayMind(v *kit.Visitor) bool { return v.Role.MayBuy() || v.Role.MayManageKeys() }

// AlertList shows the alerts and limits of a wallet.
func (p *Portal) AlertList(w http.ResponseWriter, r *http.Request) error {
	creditType := p.rechargeType(r, r.URL.Query().Get("credit_type"))
	return p.alertsPage(w, r, creditType, &kit.Form{}, &kit.Form{}, "", "")
}

// alertsPage shows the page with what was typed into its two forms, and what a
// preview of either says.
func (p *Portal) alertsPage(w http.ResponseWriter, r *http.Request, creditType string, aform, lform *kit.Form, asays, lsays string) error {
	v, unit := kit.VisitorOf(r), show.Unit(p.Catalog.Snapshot(), creditType)
	page := portal.Alerts{Type: creditType, Unit: unit, MayChange: mayMind(v), Zone: v.Customer.Location(), Brand: p.Kit.Site.Brand}
	page.Alert = portal.AlertForm{Form: aform.Form, Type: creditType, Unit: unit, Kinds: AlertKinds(unit), Preview: asays}
	page.Limit = portal.LimitForm{Form: lform.Form, Type: creditType, Unit: unit, Zone: page.Zone, Preview: lsays}
	k := ledger.WalletKey{Customer: v.Customer.ID, CreditType: creditType}
	err := p.view(r.Context(), func(t tx.Tx) error {
		balances, err := p.Ledger.Balances(t, v.Customer.ID)
		if err != nil {
			return err
		}
		page.Types = show.Types(p.Catalog.Snapshot(), balances, creditType, "/alerts")
		b := show.Balance(balances, v.Customer.ID, creditType)
		page.Available = b.Available
		z := p.Alerts.AtZeroOf(b)
		page.AtZero, page.Stops = show.AtZero(z, unit), true
		listed, err := p.Alerts.List(t, k)
		if err != nil {
			return err
		}
		page.Rows = show.Alerts(listed, unit)
		limits, err := p.Alerts.LimitStatuses(t, v.Customer.ID)
		if err != nil {
			return err
		}
		page.Limits = show.Limits(limits, creditType, unit)
		page.Limit.Counts, err = p.countable(t, v.Customer.ID)
		return err
	})
	if err != nil {
		return err
	}
	f := p.Kit.Frame(r, "Alerts and limits", "/alerts")
	f.Failed = aform.Failed() || lform.Failed()
	status := aform.Status()
	if lform.Failed() {
		status = lform.Status()
	}
	return kit.Render(w, r, status, portal.AlertsPage(f, page))
}

// AlertKinds are the kinds to choose from.
func AlertKinds(unit ui.Unit) []ui.Option {
	return []ui.Option{
		{Value: string(alert.Below), Text: "available reaches so many " + unit.Word(0) + " or less"},
		{Value: string(alert.Share), Text: "available reaches so many percent of the last purchase (or grant) or less"},
		{Value: string(alert.DaysLeft), Text: "what is available lasts so many days or less"},
		{Value: string(alert.Expiring), Text: unit.Word(0) + " expire within so many days"},
		{Value: string(alert.Surge), Text: "an hour uses so many percent of a usual hour or more"},
	}
}

// What a limit can count, in the form: these, a meter or a caller.
const (
	countsAll     = "all"
	countsCallers = "callers"
	countsOther   = "other"
	countsMeter   = "meter:"
	countsCaller  = "caller:"
)

func (p *Portal) countable(t tx.Tx, customer string) ([]ui.Option, error) {
	out := []ui.Option{{Value: countsAll, Text: "everything"}, {Value: countsCallers, Text: "every caller on its own"}}
	for _, m := range p.Catalog.Snapshot().Meters {
		if !m.Archived() {
			out = append(out, ui.Option{Value: countsMeter + m.Key, Text: "the meter " + m.Key})
		}
	}
	callers, err := p.Ledger.Callers(t, customer, 100)
	for _, c := range callers {
		if c.Name != "" {
			out = append(out, ui.Option{Value: countsCaller + c.Name, Text: "the caller " + c.Name})
		}
	}
	return append(out, ui.Option{Value: countsOther, Text: "another caller"}), err
}

// NewAlert reads the form that adds an alert.
func NewAlert(form *kit.Form, creditType string) alert.New {
	n := alert.New{CreditType: creditType, Kind: alert.Kind(form.Text("kind"))}
	if form.Require("level", "Give a number."); form.Failed() {
		return n
	}
	whole := func() int {
		v, err := strconv.Atoi(strings.TrimSuffix(strings.ReplaceAll(form.Text("level"), ",", ""), "%"))
		if err != nil {
			form.Fail("level", "Give a whole number.")
		}
		return v
	}
	switch n.Kind {
	case alert.Below:
		n.Credits = form.Credits("level")
	case alert.Share:
		n.Share = int64(whole())
	case alert.DaysLeft, alert.Expiring:
		n.Days = whole()
	case alert.Surge:
		if n.Share = int64(whole()); n.Share == 0 {
			n.Share = -1 // not the default
		}
		if form.Text("least") != "" {
			n.Credits = form.Credits("least")
		}
	}
	return n
}

// AlertSend says what an alert would have told, or adds it.
func (p *Portal) AlertSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, AlertLabels)
	if err != nil {
		return err
	}
	v, creditType := kit.VisitorOf(r), p.rechargeType(r, form.Text("credit_type"))
	n := NewAlert(form, creditType)
	says := ""
	switch {
	case form.Failed():
	case form.Checked("preview"):
		var told []time.Time
		err = p.view(r.Context(), func(t tx.Tx) error { told, err = p.Alerts.Preview(t, v.Customer.ID, n); return err })
		says = show.WouldHave("told you", told, v.Customer.Location())
	default:
		_, err = p.Alerts.Create(r.Context(), kit.Actor(r), v.Customer.ID, n)
	}
	if err := form.Take(AlertRefusal(n.Kind, err)); err != nil {
		return err
	}
	if form.Failed() {
		says = ""
	}
	if form.Checked("preview") && kit.IsPart(r) {
		unit := show.Unit(p.Catalog.Snapshot(), creditType)
		part := portal.AlertForm{Form: form.Form, Type: creditType, Unit: unit, Kinds: AlertKinds(unit), Preview: says}
		return kit.Render(w, r, form.Status(), portal.AlertFormPart(part))
	}
	if form.Failed() || form.Checked("preview") {
		return p.alertsPage(w, r, creditType, form, &kit.Form{}, says, "")
	}
	if err := p.Kit.Say(w, r, ui.Good, "The alert is added."); err != nil {
		return err
	}
	return kit.Go(w, r, "/alerts?credit_type="+creditType)
}

// newLimit reads the form that adds a limit.
func newLimit(form *kit.Form, creditType string) alert.NewLimit {
	n := alert.NewLimit{CreditType: creditType, Scope: alert.Whole, Period: alert.Period(form.Text("period")), Hard: form.Text("does") != "tells"}
	var amount money.Credits
	if form.Require("credits", "Say how much may be spent at most."); !form.Failed() {
		amount = form.Credits("credits")
	}
	n.Credits = amount
	counts := form.Text("counts")
	switch {
	case counts == countsCallers:
		n.Scope = alert.Caller
	case counts == countsOther:
		n.Scope, n.Caller = alert.Caller, form.Require("caller", "Name the caller.")
	case strings.HasPrefix(counts, countsMeter):
		n.Scope, n.Meter = alert.Meter, strings.TrimPrefix(counts, countsMeter)
	case strings.HasPrefix(counts, countsCaller):
		n.Scope, n.Caller = alert.Caller, strings.TrimPrefix(counts, countsCaller)
	case form.Text("caller") != "":
		form.Fail("caller", "Choose “another caller” beside it, or leave this empty.")
	}
	return n
}

// LimitSend says when a limit would have been reached, or sets it.
func (p *Portal) LimitSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, limitLabels)
	if err != nil {
		return err
	}
	v, creditType := kit.VisitorOf(r), p.rechargeType(r, form.Text("credit_type"))
	n := newLimit(form, creditType)
	says := ""
	switch {
	case form.Failed():
	case form.Checked("preview"):
		var told []time.Time
		err = p.view(r.Context(), func(t tx.Tx) error { told, err = p.Alerts.PreviewLimit(t, v.Customer.ID, n); return err })
		does := "told you"
		if n.Hard {
			does = "stopped requests"
		}
		says = show.WouldHave(does, told, v.Customer.Location())
	default:
		_, err = p.Alerts.SetLimit(r.Context(), kit.Actor(r), v.Customer.ID, n)
	}
	if err := form.Take(named(err, limitParams)); err != nil {
		return err
	}
	if form.Failed() {
		says = ""
	}
	if form.Checked("preview") && kit.IsPart(r) {
		part := portal.LimitForm{Form: form.Form, Type: creditType, Unit: show.Unit(p.Catalog.Snapshot(), creditType), Zone: v.Customer.Location(), Preview: says}
		err := p.view(r.Context(), func(t tx.Tx) (err error) { part.Counts, err = p.countable(t, v.Customer.ID); return err })
		if err != nil {
			return err
		}
		return kit.Render(w, r, form.Status(), portal.LimitFormPart(part))
	}
	if form.Failed() || form.Checked("preview") {
		return p.alertsPage(w, r, creditType, &kit.Form{}, form, "", says)
	}
	p.Hub.Notify(v.Customer.ID)
	if err := p.Kit.Say(w, r, ui.Good, "The limit is set."); err != nil {
		return err
	}
	return kit.Go(w, r, "/alerts?credit_type="+creditType+"#limits")
}

// alertAct does something about an alert or a limit and goes back.
func (p *Portal) alertAct(w http.ResponseWriter, r *http.Request, act func(form *kit.Form) (said string, err error)) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	said, err := act(form)
	if err != nil {
		return err
	}
	p.Hub.Notify(kit.VisitorOf(r).Customer.ID)
	if err := p.Kit.Say(w, r, ui.Good, said); err != nil {
		return err
	}
	return kit.Go(w, r, "/alerts?credit_type="+p.rechargeType(r, form.Text("credit_type")))
}

// AlertMute stops or starts telling of one of the vendor's alerts.
func (p *Portal) AlertMute(w http.ResponseWriter, r *http.Request) error {
	return p.alertAct(w, r, func(form *kit.Form) (string, error) {
		muted := form.Checked("muted")
		said := "You are told of it again."
		if muted {
			said = "You are not told of it any more."
		}
		return said, p.Alerts.Mute(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, r.PathValue("alert"), muted)
	})
}

// AlertEnd removes an alert of the customer's own.
func (p *Portal) AlertEnd(w http.ResponseWriter, r *http.Request) error {
	return p.alertAct(w, r, func(*kit.Form) (string, error) {
		return "The alert is removed.", p.Alerts.End(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, r.PathValue("alert"))
	})
}

// LimitEnd removes a limit.
func (p *Portal) LimitEnd(w http.ResponseWriter, r *http.Request) error {
	return p.alertAct(w, r, func(*kit.Form) (string, error) {
		return "The limit is removed.", p.Alerts.EndLimit(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, r.PathValue("limit"))
	})
}
