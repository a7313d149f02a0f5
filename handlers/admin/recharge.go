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
		page.Newer = kit.Newer(r)
		if len(list) > rechargeRows {
			list = list[:rechargeRows]
			page.Older = kit.Older(r, list[rechargeRows-1].ID)
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
	f := a.frame(r, "Auto-recharge of "+c.Name, "/admin")
	f.Zone = c.Location()
	return kit.Render(w, r, http.StatusOK, admin.RechargePage(f, page))
}

func (a *Admin) policy(p *recharge.Policy, open *recharge.Recharge, c *account.Customer, unit ui.Unit) admin.Policy {
	name := p.Pack
	if pack := a.Catalog.Snapshot().Pack(p.Pack); pack != nil {
		name = pack.Name
	}
	s := show.RechargeState(p, open, unit, a.Kit.Now(), c.Location())
	out := admin.Policy{
		ID: p.ID, Type: p.CreditType, Unit: unit, Word: s.Word, Tone: s.Tone, Reason: show.RechargeReason(p.Reason), Note: p.Note,
		Threshold: p.Threshold, Buys: show.Packs(p.Quantity, name), Credits: p.Credits, Price: p.Price, Cap: money.Money{Amount: p.Cap, Currency: p.Price.Currency},
		PerDay: p.PerDay, Cooldown: show.Length(p.Cooldown), Card: p.Method.Name(), Backup: p.Backup.Name(),
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

// PauseRecharge asks why auto-recharge is to be paused, previews that, or does it.
func (a *Admin) PauseRecharge(w http.ResponseWriter, r *http.Request) error {
	return a.recharge(w, r, true)
}

// ReleaseRecharge asks why a pause is to be lifted, previews that, or does it.
func (a *Admin) ReleaseRecharge(w http.ResponseWriter, r *http.Request) error {
	return a.recharge(w, r, false)
}

func (a *Admin) recharge(w http.ResponseWriter, r *http.Request, pause bool) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	p, err := a.Recharges.Policy(r.Context(), c.ID, r.PathValue("type"))
	if err != nil {
		return err
	}
	base := "/admin/customers/" + c.ID + "/recharge"
	if (pause && !mayPause(p)) || (!pause && !mayRelease(p)) {
		if err := a.Kit.Say(w, r, ui.Warn, "There is nothing to change: it is as you see."); err != nil {
			return err
		}
		return kit.Go(w, r, base)
	}
	act := reasoned{
		title: "Pause auto-recharge", path: base + "/" + p.CreditType + "/pause", button: "Pause", name: c.Name, back: base, nav: "/admin", danger: true,
		says: []string{
			c.Name + " is not charged automatically until staff lets it go on; a payment that is already on its way still ends.",
			"The customer sees that our staff paused it, without the reason, and cannot turn it on meanwhile.",
		},
		done: "Auto-recharge is paused.",
		do: func(reason string) error {
			return a.Recharges.Pause(r.Context(), kit.Actor(r), c.ID, p.CreditType, reason)
		},
	}
	if !pause {
		act.title, act.path, act.button, act.danger, act.done = "Let auto-recharge go on", base+"/"+p.CreditType+"/release", "Let it go on", false, "Auto-recharge goes on."
		act.says = []string{"The next usage at or below the threshold charges the customer's card again. Nothing is charged by this."}
		act.do = func(reason string) error {
			return a.Recharges.Release(r.Context(), kit.Actor(r), c.ID, p.CreditType, reason)
		}
	}
	return a.reasoned(w, r, act)
}
