package main

import (
	"context"

	"purse/billing/account"
	"purse/billing/notify"
	"purse/handlers/sandbox"
	"purse/views/mail"
	"purse/views/ui"
)

// sandboxMailer puts mails where a person can read them on a page.
type sandboxMailer struct {
	box  *sandbox.Mailbox
	from string
}

func (m sandboxMailer) Send(ctx context.Context, msg notify.Message) error {
	return m.box.Send(ctx, m.from, msg.To, msg.Subject, msg.Text, msg.HTML)
}

// mailRenderer makes mails from the templates in views/mail.
type mailRenderer struct{ site ui.Site }

func (r mailRenderer) Render(ctx context.Context, m account.Mail) (notify.Message, error) {
	subject, text, html, err := mail.Render(ctx, r.site, m.Template, m.Data)
	out := notify.Message{To: m.To, Subject: subject, Text: text, HTML: html}
	if path := m.Data["unsubscribe"]; path != "" {
		out.Unsubscribe = r.site.PublicURL + path
	}
	return out, err
}
