package api

import (
	"context"
	"time"

	"purse/billing/alert"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

type alertObject struct {
	Object     string    `json:"object" enum:"alert"`
	ID         string    `json:"id"`
	Customer   *string   `json:"customer" doc:"null: a default for every customer"`
	CreditType *string   `json:"credit_type" doc:"null: every wallet"`
	Kind       string    `json:"kind" enum:"below,share,days_left,expiring,surge"`
	Credits    *string   `json:"credits" doc:"below: the level, 0 is empty; surge: the least that an hour must use"`
	Percent    *int64    `json:"percent" doc:"share: of the last paid grant; surge: of the usual hour"`
	Days       *int      `json:"days" doc:"days_left, expiring"`
	CreatedAt  time.Time `json:"created_at"`
}

func showAlert(a alert.Alert) alertObject {
	o := alertObject{
		Object: "alert", ID: a.ID, Customer: orNull(a.Customer), CreditType: orNull(a.CreditType), Kind: string(a.Kind), CreatedAt: stamp(a.CreatedAt),
	}
	if a.Kind == alert.Below || (a.Kind == alert.Surge && a.Credits > 0) {
		s := a.Credits.String()
		o.Credits = &s
	}
	if a.Share > 0 {
		o.Percent = &a.Share
	}
	if a.Days > 0 {
		o.Days = &a.Days
	}
	return o
}

type newAlert struct {
	CreditType string `json:"credit_type,omitempty" doc:"The wallet; absent in a default: every wallet"`
	Kind       string `json:"kind" enum:"below,share,days_left,expiring,surge"`
	Credits    string `json:"credits,omitempty" doc:"Only below (the level, 0 is empty) and surge (the least that an hour must use)"`
	Percent    int64  `json:"percent,omitempty" doc:"Only share (of the last paid grant) and surge (of the usual hour, 200 by default)"`
	Days       int    `json:"days,omitempty" doc:"Only days_left and expiring"`
}

func (n newAlert) alert() (alert.New, error) {
	out := alert.New{CreditType: n.CreditType, Kind: alert.Kind(n.Kind), Share: n.Percent, Days: n.Days}
	var err error
	if n.Credits != "" {
		out.Credits, err = credits("credits", n.Credits)
	} else if out.Kind == alert.Below {
		err = fault.Bad("credits", "Name the level: 0 is empty.")
	}
	return out, err
}

type createAlertIn struct {
	InCustomer
	OnceKey
	Body body[newAlert]
}

type createDefaultIn struct {
	OnceKey
	Body body[newAlert]
}

type listIn struct {
	InCustomer
	Page
}

func createAlert(a *API, ctx context.Context, in *createAlertIn) (*reply[alertObject], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.makeAlert(ctx, c.ID, in.OnceKey, asked{customer: c.ID, sent: in.Body.sent, path: in.ID, object: c.ID}, in.Body.V)
}

func createDefaultAlert(a *API, ctx context.Context, in *createDefaultIn) (*reply[alertObject], error) {
	return a.makeAlert(ctx, "", in.OnceKey, asked{sent: in.Body.sent}, in.Body.V)
}

func (a *API) makeAlert(ctx context.Context, customer string, key OnceKey, r asked, n newAlert) (*reply[alertObject], error) {
	spec, err := n.alert()
	if err != nil {
		return nil, err
	}
	n.CreditType, n.Credits = a.creditTypeKey(n.CreditType), money.Number(n.Credits)
	r.operation, r.meaning = "alerts.create", n
	var made1 alert.Alert
	id, replayed, err := a.doOnce(ctx, key.once(r), func(t tx.Tx) (string, error) {
		made1, err = a.Alerts.CreateIn(t, actor(ctx), customer, spec)
		return made1.ID, err
	})
	if err != nil {
		return nil, err
	}
	if replayed {
		if made1, err = a.alert(ctx, customer, id); err != nil {
			return nil, err
		}
	}
	return made(showAlert(made1), replayed)
}

func (a *API) alerts(ctx context.Context, customer string) (out []alert.Alert, err error) {
	err = a.Runner.View(ctx, func(t tx.Tx) error { out, err = a.Alerts.Of(t, customer); return err })
	return out, err
}

func (a *API) alert(ctx context.Context, customer, id string) (alert.Alert, error) {
	all, err := a.alerts(ctx, customer)
	for _, x := range all {
		if x.ID == id {
			return x, nil
		}
	}
	if err == nil {
		err = fault.Missing("alert")
	}
	return alert.Alert{}, err
}

func alertID(x alert.Alert) string { return x.ID }

func listAlerts(a *API, ctx context.Context, in *listIn) (*reply[list[alertObject]], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	all, err := a.alerts(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	return cutList(in.Page, newestFirst(all), alertID, showAlert)
}

func listDefaultAlerts(a *API, ctx context.Context, in *Page) (*reply[list[alertObject]], error) {
	all, err := a.alerts(ctx, "")
	if err != nil {
		return nil, err
	}
	return cutList(*in, newestFirst(all), alertID, showAlert)
}

type endedObject struct {
	Object string `json:"object" enum:"alert,limit"`
	ID     string `json:"id"`
	Ended  bool   `json:"ended"`
}

type alertIn struct {
	InCustomer
	Alert string `path:"alert" doc:"The alert's id"`
}

func endAlert(a *API, ctx context.Context, in *alertIn) (*reply[endedObject], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Alerts.End(ctx, actor(ctx), c.ID, in.Alert); err != nil {
		return nil, err
	}
	return ok(endedObject{"alert", in.Alert, true})
}

func endDefaultAlert(a *API, ctx context.Context, in *ByID) (*reply[endedObject], error) {
	if err := a.Alerts.End(ctx, actor(ctx), "", in.ID); err != nil {
		return nil, err
	}
	return ok(endedObject{"alert", in.ID, true})
}

type limitObject struct {
	Object        string    `json:"object" enum:"limit"`
	ID            string    `json:"id"`
	Customer      string    `json:"customer"`
	CreditType    string    `json:"credit_type"`
	Scope         string    `json:"scope" enum:"customer,meter,caller"`
	Meter         *string   `json:"meter"`
	Caller        *string   `json:"caller" doc:"null with the scope caller: every caller on its own"`
	Period        string    `json:"period" enum:"day,week,month"`
	Credits       string    `json:"credits"`
	StopsRequests bool      `json:"stops_requests" doc:"Hard: usage over it is refused. Otherwise it tells"`
	Spent         string    `json:"spent" doc:"In this period; for every caller, of the busiest"`
	Held          string    `json:"held" doc:"By open holds, of a limit on everything: it counts when they are captured"`
	Reached       bool      `json:"reached" doc:"Nothing is left of it: spent and held have come to credits"`
	PeriodStart   time.Time `json:"period_start"`
	ResetsAt      time.Time `json:"resets_at"`
	CreatedAt     time.Time `json:"created_at"`
}

func showLimit(l alert.LimitStatus) limitObject {
	return limitObject{
		Object: "limit", ID: l.ID, Customer: l.Customer, CreditType: l.CreditType, Scope: string(l.Scope), Meter: orNull(l.Meter), Caller: orNull(l.Caller),
		Period: string(l.Period), Credits: l.Credits.String(), StopsRequests: l.Hard, Spent: l.Spent.String(), Held: l.Held.String(), Reached: l.Reached,
		PeriodStart: stamp(l.From), ResetsAt: stamp(l.To), CreatedAt: stamp(l.CreatedAt),
	}
}

type newLimit struct {
	CreditType    string `json:"credit_type"`
	Scope         string `json:"scope,omitempty" enum:"customer,meter,caller" doc:"customer by default"`
	Meter         string `json:"meter,omitempty" doc:"Only with the scope meter, which needs it"`
	Caller        string `json:"caller,omitempty" doc:"Only with the scope caller: whose usage; absent: every caller on its own"`
	Period        string `json:"period" enum:"day,week,month" doc:"By the calendar of the customer's time zone; weeks start on Monday"`
	Credits       string `json:"credits"`
	StopsRequests bool   `json:"stops_requests,omitempty"`
}

type setLimitIn struct {
	InCustomer
	Body body[newLimit]
}

func setLimit(a *API, ctx context.Context, in *setLimitIn) (*reply[limitObject], error) {
	v := in.Body.V
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	amount, err := credits("credits", v.Credits)
	if err != nil {
		return nil, err
	}
	l, err := a.Alerts.SetLimit(ctx, actor(ctx), c.ID, alert.NewLimit{
		CreditType: v.CreditType, Scope: alert.Scope(v.Scope), Meter: v.Meter, Caller: v.Caller, Period: alert.Period(v.Period), Credits: amount, Hard: v.StopsRequests,
	})
	if err != nil {
		return nil, err
	}
	all, err := a.limits(ctx, c.ID)
	for _, s := range all {
		if s.ID == l.ID {
			return ok(showLimit(s))
		}
	}
	return nil, err
}

func (a *API) limits(ctx context.Context, customer string) (out []alert.LimitStatus, err error) {
	err = a.Runner.View(ctx, func(t tx.Tx) error { out, err = a.Alerts.LimitStatuses(t, customer); return err })
	return out, err
}

func listLimits(a *API, ctx context.Context, in *listIn) (*reply[list[limitObject]], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	all, err := a.limits(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	return cutList(in.Page, newestFirst(all), func(l alert.LimitStatus) string { return l.ID }, showLimit)
}

type limitIn struct {
	InCustomer
	Limit string `path:"limit" doc:"The limit's id"`
}

func endLimit(a *API, ctx context.Context, in *limitIn) (*reply[endedObject], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Alerts.EndLimit(ctx, actor(ctx), c.ID, in.Limit); err != nil {
		return nil, err
	}
	return ok(endedObject{"limit", in.Limit, true})
}

type atZeroObject struct {
	Object     string `json:"object" enum:"at_zero"`
	Customer   string `json:"customer"`
	CreditType string `json:"credit_type"`
	Mode       string `json:"mode" enum:"block,grace,throttle"`
	Overdraft  string `json:"overdraft" doc:"How far below zero decisions may go"`
	Rate       *int   `json:"rate_per_minute" doc:"throttle: what to slow the customer down to"`
}

type newAtZero struct {
	CreditType string `json:"credit_type"`
	Mode       string `json:"mode" enum:"block,grace,throttle"`
	Overdraft  string `json:"overdraft,omitempty" doc:"Only grace and throttle, which need it: how far below zero decisions may go"`
	Rate       int    `json:"rate_per_minute,omitempty" doc:"Only throttle, which needs it"`
	Reason     string `json:"reason,omitempty" blank:"yes" maxLength:"500" doc:"Why, for the audit log"`
}

type atZeroIn struct {
	InCustomer
	Body body[newAtZero]
}

func setAtZero(a *API, ctx context.Context, in *atZeroIn) (*reply[atZeroObject], error) {
	v := in.Body.V
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	z := alert.AtZero{Customer: c.ID, CreditType: v.CreditType, Mode: alert.Mode(v.Mode), Rate: v.Rate, Reason: v.Reason}
	if v.Overdraft != "" {
		if z.Overdraft, err = credits("overdraft", v.Overdraft); err != nil {
			return nil, err
		}
	}
	if z, err = a.Alerts.SetAtZero(ctx, actor(ctx), z); err != nil {
		return nil, err
	}
	return ok(showAtZero(z))
}

func showAtZero(z alert.AtZero) atZeroObject {
	o := atZeroObject{Object: "at_zero", Customer: z.Customer, CreditType: z.CreditType, Mode: string(z.Mode), Overdraft: z.Overdraft.String()}
	if z.Rate > 0 {
		o.Rate = &z.Rate
	}
	return o
}

func getAtZero(a *API, ctx context.Context, in *InCustomer) (*reply[list[atZeroObject]], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var balances []ledger.Balance
	if err := a.Runner.View(ctx, func(t tx.Tx) error {
		balances, err = a.Ledger.Balances(t, c.ID)
		return err
	}); err != nil {
		return nil, err
	}
	out := make([]alert.AtZero, len(balances))
	for i, b := range balances {
		out[i] = a.Alerts.AtZeroOf(b)
	}
	return ok(listOf(newestFirst(out), false, showAtZero))
}
