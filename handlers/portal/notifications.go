package portal

import (
	"net/http"
	"net/url"
	"slices"

	"purse/billing/notify"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

// categories are what members choose about, in words.
var categories = []struct {
	category         notify.Category
	name, text, what string
}{
	{notify.Balance, "Low balance", "Credits run low, are empty or soon used up.", "a low balance"},
	{notify.Expiry, "Expiry", "Credits that expire soon.", "credits that expire"},
	{notify.Limits, "Spend limits", "A limit of yours is reached.", "spend limits"},
	{notify.Surges, "Unusual use", "Much more is used than usual.", "unusual use"},
	{notify.Statements, "Statements", "A month is over, and its statement can be read.", "monthly statements"},
}

var notificationLabels = map[string]string{}

func init() {
	for _, c := range categories {
		notificationLabels[string(c.category)] = c.name
	}
}

// Notifications shows what the visitor is mailed about the customer.
func (p *Portal) Notifications(w http.ResponseWriter, r *http.Request) error {
	return p.notificationsPage(w, r, &kit.Form{})
}

func (p *Portal) notificationsPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := kit.VisitorOf(r)
	page := portal.Notifications{
		Form: form.Form, Customer: v.Customer.Name, Email: v.User.Email, Zone: v.Customer.Location(),
		Morning: "Each morning is one mail at " + notify.MorningAt + " in " + ui.Zone(v.Customer.Location()) + ".",
		Choices: []ui.Option{{Value: string(notify.Now), Text: "At once"}, {Value: string(notify.Daily), Text: "Each morning"}, {Value: string(notify.Off), Text: "Off"}},
	}
	err := p.view(r.Context(), func(t tx.Tx) error {
		chosen, err := p.Messages.Preferences(t, v.Customer.ID, v.User.ID)
		if err != nil {
			return err
		}
		page.Rows = nil
		for _, c := range categories {
			row := portal.NotificationRow{Field: string(c.category), Name: c.name, Text: c.text}
			for _, x := range chosen {
				if x.Category == c.category {
					row.Choice = string(x.Choice)
				}
			}
			page.Rows = append(page.Rows, row)
		}
		bounced, err := p.Messages.Bounced(t, v.User.Email)
		if bounced != nil {
			page.Bounced, page.Since = bounced.Reason, bounced.At
		}
		return err
	})
	if err != nil {
		return err
	}
	f := p.Kit.Frame(r, "Notifications", "/alerts")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.NotificationsPage(f, page))
}

// NotificationsSend writes what the visitor chose.
func (p *Portal) NotificationsSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, notificationLabels)
	if err != nil {
		return err
	}
	v, choices := kit.VisitorOf(r), map[notify.Category]notify.Choice{}
	for _, c := range categories {
		if s := form.Text(string(c.category)); s != "" {
			choices[c.category] = notify.Choice(s)
		}
	}
	if err := form.Take(p.Messages.Choose(r.Context(), kit.Actor(r), v.Customer.ID, v.User.ID, choices)); err != nil {
		return err
	}
	if form.Failed() {
		return p.notificationsPage(w, r, form)
	}
	if err := p.Kit.Say(w, r, ui.Good, "Saved."); err != nil {
		return err
	}
	return kit.Go(w, r, "/notifications")
}

// NotificationsAgain lets mails go to the visitor's address again.
func (p *Portal) NotificationsAgain(w http.ResponseWriter, r *http.Request) error {
	if err := p.Messages.TryAgain(r.Context(), kit.Actor(r), kit.VisitorOf(r).User.Email); err != nil {
		return err
	}
	if err := p.Kit.Say(w, r, ui.Good, "Mails go to "+kit.VisitorOf(r).User.Email+" again."); err != nil {
		return err
	}
	return kit.Go(w, r, "/notifications")
}

// unsubscription is what the token in the address ends.
func (p *Portal) unsubscription(r *http.Request) (page portal.Unsubscribe, err error) {
	token := r.URL.Query().Get("token")
	u, err := p.Messages.Unsubscription(token)
	if err != nil {
		return page, err
	}
	page.Action = "/unsubscribe?token=" + url.QueryEscape(token)
	var all []string
	for _, e := range u.Ends {
		c, err := p.Accounts.Customer(r.Context(), e.Customer)
		if err != nil {
			return page, err
		}
		var what []string
		for _, x := range categories {
			if slices.Contains(e.Categories, x.category) {
				what = append(what, x.what)
			}
		}
		all = append(all, show.And(what)+" of "+c.Name)
	}
	page.What = show.And(all)
	return page, nil
}

// Unsubscribe shows what a link in a mail ends. Looking ends nothing: programs
// that check mails open links.
func (p *Portal) Unsubscribe(w http.ResponseWriter, r *http.Request) error {
	page, err := p.unsubscription(r)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, portal.UnsubscribePage(p.Kit.Frame(r, "No more of these mails?", ""), page))
}

// UnsubscribeSend ends it: by the button, or by a mail program in one click (RFC
// 8058), which has no cookies and follows no redirect.
func (p *Portal) UnsubscribeSend(w http.ResponseWriter, r *http.Request) error {
	page, err := p.unsubscription(r)
	if err != nil {
		return err
	}
	if _, err := p.Messages.Unsubscribe(r.Context(), kit.Address(r), r.URL.Query().Get("token")); err != nil {
		return err
	}
	page.Done = true
	return kit.Render(w, r, http.StatusOK, portal.UnsubscribePage(p.Kit.Frame(r, "Done", ""), page))
}
