// Package notify tells people and systems: it renders the mails that other
// packages queue and hands them to whatever sends mail, collects messages for
// each person as they chose, and posts events to endpoints.
//
// It promises that what was queued in a transaction is sent at least once after
// that transaction committed, and never otherwise; that every event arrives at
// every endpoint that wants it at least once, under the event's id, or is in the
// log as failed; and that a customer's endpoint is told of that customer only.
package notify

import (
	"context"
	"fmt"
	"time"

	"purse/billing/account"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/tx"
)

// Message is a mail, ready to send.
type Message struct {
	To, Subject, Text, HTML string
	// ID stays the same when a mail is sent again, because it was not known whether
	// it went out: mail programs can tell that it is one.
	ID string
	// Unsubscribe is where one click ends mails of its kind; "" where they cannot
	// be switched off.
	Unsubscribe string
}

// Mailer sends a mail, or answers why it could not: a RefusedError when the
// address will never take it. Another error is tried again.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// Renderer makes the text of a mail of a template's name and its data.
type Renderer interface {
	Render(ctx context.Context, m account.Mail) (Message, error)
}

// Links makes the secret of a link when its mail is sent: "" when the link is not
// good any more. account.Service does.
type Links interface {
	MintLink(ctx context.Context, id string) (path string, err error)
}

// MailDeps is what a Service needs.
type MailDeps struct {
	Runner   tx.Runner
	Jobs     *job.Queue
	Links    Links
	Mailer   Mailer
	Renderer Renderer
	// Messages seals the links by which people unsubscribe, and its store keeps what
	// became of mails.
	Messages *Messages
}

// Service sends queued mails.
type Service struct{ MailDeps }

// New makes a Service and registers its job.
func New(d MailDeps) *Service {
	s := &Service{d}
	d.Jobs.Handle(account.MailJob, s.send)
	return s
}

func (s *Service) send(ctx context.Context, j job.Job) error {
	var m account.Mail
	if err := j.Decode(&m); err != nil {
		return job.Permanent(err)
	}
	ok, err := s.complete(ctx, &m)
	if err != nil || !ok {
		return err
	}
	message, err := s.Renderer.Render(ctx, m)
	if err != nil {
		return job.Permanent(fmt.Errorf("mail %s: %w", m.Template, err))
	}
	message.ID = j.ID
	return s.wrote(ctx, id.New("mail", time.Now()), m.Template, message, s.Mailer.Send(ctx, message))
}

// complete puts the links into a mail that no job may hold. It answers false when
// there is nothing to send any more.
func (s *Service) complete(ctx context.Context, m *account.Mail) (bool, error) {
	if m.Data == nil {
		m.Data = map[string]string{}
	}
	if m.Link != "" {
		path, err := s.Links.MintLink(ctx, m.Link)
		if err != nil || path == "" {
			return false, err
		}
		m.Data["link"] = path
	}
	if ends := m.Data[dataEnds]; ends != "" {
		m.Data["unsubscribe"] = "/unsubscribe?token=" + s.Messages.sealed(ends)
	}
	return true, nil
}
