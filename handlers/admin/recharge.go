package admin

import (
	"net/http"

	"purse/billing/account"
	"purse/billing/money"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

const rechargeRows = 50 // on a page

// Recharge shows the automatic purchases of a customer: settings, state and
// history of each wallet. Staff pauses and releases, and never turns on.
func (a *Admin) Recharge(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	cursor := kit.CursorOf(r).After
	page := admin.Recharge{ID: c.ID, Name: c.Name, MayChange: mayChange(r), Zone: c.Location()}
	snapshot := a.Catalog.Snapshot()
	unit := func(creditType string) ui.Unit { return show.Unit(snapshot, creditType) }
	var policies []*recharge.Policy
	err = a.view(r.Context(), func(t tx.Tx) (err error) {
		page.Policies, page.Older = nil, ""
		if policies, err = a.Recharges.Policies(t, c.ID); err != nil {
			return err
		}
		for _, p := range policies {
			open, err := a.Recharges.Open(t, c.ID, p.CreditType)
			if err != nil {
				return err
			}
			page.Policies = append(page.Policies, a.policy(p, open, c, unit(p.CreditType)))
		}
		list, err := a.Recharges.History(t, c.ID, "", cursor, rechargeRows+1)
		if err != nil {
			return err
		}
		if len(list) > rechargeRows {
			list = list[:rechargeRows]
			page.Older = kit.WithCursor(r.URL, "after", list[rechargeRows-1].ID)
		}
		page.History = show.Recharges(list, unit)
		return nil
	})
	if err != nil {
		return err
	}
	var users []string
	for _, p := range policies {
		users = append(users, p.Consent.User)
	}
	names := a.names(r.Context(), users)
	for i, p := range policies {
		page.Policies[i].ConsentBy = names[p.Consent.User]
	}
	if cursor != "" {
		page.Newest = kit.WithCursor(r.URL, "", "")
	}
	f := a.frame(r, "Auto-recharge of "+c.Name, "/admin")
	f.Zone = c.Location()
	return kit.Render(w, r, http.StatusOK, admin.RechargePage(f, page))
}

func (a *Admin) policy(p *recharge.Policy, open *recharge.Recharge, c *account.Customer, unit ui.Unit) admin.Policy {
	name := p.Pack
	if pack := a.Catalog.Snapshot().Pack(p.Pack); pack != nil {
		name = pack.Name
	}
	s := show.RechargeState(p, open, unit, c.Location())
	out := admin.Policy{
		ID: p.ID, Type: p.CreditType, Unit: unit, Word: s.Word, Tone: s.Tone, Reason: show.RechargeReason(p.Reason), Note: p.Note,
		Threshold: p.Threshold, Buys: show.Packs(p.Quantity, name), Credits: p.Credits, Price: p.Price, Cap: money.Money{Amount: p.Cap, Currency: p.Price.Currency},
		PerDay: p.PerDay, Cooldown: show.Length(p.Cooldown), Card: show.CardName(p.Method.Brand, p.Method.Last4), Backup: show.CardName(p.Backup.Brand, p.Backup.Last4),
		ConsentVersion: p.Consent.Version, ConsentFrom: p.Consent.Address, ConsentAt: p.Consent.At, Next: p.NextAt, Paused: p.PausedAt,
	}
	if p.Target > 0 {
		out.Buys = "Back up to " + unit.Amount(p.Target) + " with " + name + ". From the threshold"
	}
	out.MayPause = mayPause(p)
	out.MayRelease = mayRelease(p)
	return out
}

func mayPause(p *recharge.Policy) bool {
	return p.State != recharge.Off && (p.State != recharge.Paused || p.Reason != recharge.ByStaff)
}

// mayRelease says whether it is staff that has to let a policy go on.
func mayRelease(p *recharge.Policy) bool {
	return p.State == recharge.Paused && (p.Reason == recharge.ByStaff || p.Reason == recharge.Disputed || p.Reason == recharge.FraudWarning)
}

// PauseRecharge asks why automatic purchases are to be paused.
func (a *Admin) PauseRecharge(w http.ResponseWriter, r *http.Request) error {
	return a.recharge(w, r, nil, true)
}

// PauseRechargeSend previews a pause, or does it.
func (a *Admin) PauseRechargeSend(w http.ResponseWriter, r *http.Request) error {
	return a.rechargeSend(w, r, true)
}

// ReleaseRecharge asks why a pause is to be lifted.
func (a *Admin) ReleaseRecharge(w http.ResponseWriter, r *http.Request) error {
	return a.recharge(w, r, nil, false)
}

// ReleaseRechargeSend previews the lifting of a pause, or does it.
func (a *Admin) ReleaseRechargeSend(w http.ResponseWriter, r *http.Request) error {
	return a.rechargeSend(w, r, false)
}

func (a *Admin) rechargeSend(w http.ResponseWriter, r *http.Request, pause bool) error {
	form, err := kit.ReadForm(w, r, actLabels)
	if err != nil {
		return err
	}
	return a.recharge(w, r, form, pause)
}

func (a *Admin) recharge(w http.ResponseWriter, r *http.Request, form *kit.Form, pause bool) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	p, err := a.Recharges.Policy(r.Context(), c.ID, r.PathValue("type"))
	if err != nil {
		return err
	}
	base := "/admin/customers/" + c.ID + "/recharge"
	title, path, button, done := "Pause auto-recharge", base+"/"+p.CreditType+"/pause", "Pause", "Auto-recharge is paused."
	says := []string{
		c.Name + " is not charged automatically until staff lets it go on; a payment that is already on its way still ends.",
		"The customer sees that our staff paused it, without the reason, and cannot turn it on meanwhile.",
	}
	if !pause {
		title, path, button, done = "Let auto-recharge go on", base+"/"+p.CreditType+"/release", "Let it go on", "Auto-recharge goes on."
		says = []string{"The next usage at or below the threshold charges the customer's card again. Nothing is charged by this."}
	}
	if (pause && !mayPause(p)) || (!pause && !mayRelease(p)) {
		if err := a.Kit.Say(w, r, ui.Warn, "There is nothing to change: it is as you see."); err != nil {
			return err
		}
		return kit.Go(w, r, base)
	}
	page := func() error {
		if form == nil {
			form = &kit.Form{}
		}
		f := a.frame(r, title, "/admin")
		f.Failed = form.Failed()
		return kit.Render(w, r, form.Status(), admin.ReasonPage(f, admin.ReasonForm{
			Form: form.Form, Title: title, Text: says[0], Name: c.Name, Back: base, Action: path, Button: button, Nonce: "none",
		}))
	}
	if form == nil {
		return page()
	}
	reason := reasonOf(form)
	if form.Failed() || form.Checked("edit") {
		return page()
	}
	if !form.Checked("confirmed") {
		return kit.Render(w, r, http.StatusOK, admin.PreviewPage(a.frame(r, title, "/admin"), admin.Preview{
			Title: title, Name: c.Name, Back: base, Action: path, Hidden: hidden(form), Says: says, Reason: reason, Button: button, Danger: pause,
		}))
	}
	if pause {
		err = a.Recharges.Pause(r.Context(), kit.Actor(r), c.ID, p.CreditType, reason)
	} else {
		err = a.Recharges.Release(r.Context(), kit.Actor(r), c.ID, p.CreditType, reason)
	}
	if err := take(form, err); err != nil {
		return err
	}
	if form.Failed() {
		return page()
	}
	if err := a.Kit.Say(w, r, ui.Good, done); err != nil {
		return err
	}
	return kit.Go(w, r, base)
}
