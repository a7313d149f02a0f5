package admin

import (
	"net/http"
	"time"

	"purse/billing/notify"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/admin"
	"purse/views/ui"
)

const mailRows = 50 // on a page

var bounceLabels = map[string]string{"email": "Address", "reason": "What the other side said"}

// Mails shows what became of mails.
func (a *Admin) Mails(w http.ResponseWriter, r *http.Request) error {
	return a.mailsPage(w, r, &kit.Form{})
}

func (a *Admin) mailsPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	page := admin.Mails{Form: form.Form, MayChange: mayChange(r), Zone: time.UTC}
	err := a.view(r.Context(), func(t tx.Tx) error {
		page.Rows, page.Older = nil, ""
		rows, more, err := a.Messages.Mails(t, kit.CursorOf(r).After, mailRows)
		if err != nil {
			return err
		}
		bounced := map[string]bool{}
		for _, m := range rows {
			if _, known := bounced[m.Address]; !known {
				b, err := a.Messages.Bounced(t, m.Address)
				if err != nil {
					return err
				}
				bounced[m.Address] = b != nil
			}
			row := admin.MailRow{ID: m.ID, To: m.Address, Subject: m.Subject, Template: m.Template, State: string(m.State), Error: m.Error, At: m.At, Bounced: bounced[m.Address]}
			switch m.State {
			case notify.MailSent:
				row.Tone = ui.Good
			case notify.MailRefused:
				row.Tone = ui.Bad
			default:
				row.Tone = ui.Warn
			}
			page.Rows = append(page.Rows, row)
		}
		page.Newer = kit.Newer(r)
		if more {
			page.Older = kit.Older(r, rows[len(rows)-1].ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	f := a.frame(r, "Mails", "/admin/mails")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.MailsPage(f, page))
}

// MailBounced writes that an address refuses mail.
func (a *Admin) MailBounced(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, bounceLabels)
	if err != nil {
		return err
	}
	email, reason := form.Require("email", "Give the address."), form.Require("reason", "Say why, as the mail that came back does.")
	if !form.Failed() {
		if err := form.Take(a.Messages.ReportBounce(r.Context(), kit.Actor(r), email, reason)); err != nil {
			return err
		}
	}
	if form.Failed() {
		return a.mailsPage(w, r, form)
	}
	if err := a.Kit.Say(w, r, ui.Good, email+" gets no more messages that it could switch off."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/mails")
}

// MailAgain lets an address get messages again.
func (a *Admin) MailAgain(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, bounceLabels)
	if err != nil {
		return err
	}
	email := form.Require("email", "Give the address.")
	if form.Failed() {
		return a.mailsPage(w, r, form)
	}
	if err := a.Messages.TryAgain(r.Context(), kit.Actor(r), email); err != nil {
		return err
	}
	if err := a.Kit.Say(w, r, ui.Good, email+" gets messages again."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/mails")
}
