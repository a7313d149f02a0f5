// Package notify tells people: it renders the mails that other packages queue
// and hands them to whatever sends mail.
//
// It promises that a mail which was queued in a transaction is sent at least
// once after that transaction committed, and never otherwise.
package notify

import (
	"context"
	"fmt"

	"purse/billing/account"
	"purse/billing/job"
)

// Message is a mail, ready to send.
type Message struct {
	To, Subject, Text, HTML string
}

// Mailer sends a mail, or answers why it could not. An error is tried again.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// Renderer makes the text of a mail of a template's name and its data.
type Renderer interface {
	Render(ctx context.Context, m account.Mail) (Message, error)
}

// Service sends queued mails.
type Service struct {
	mailer   Mailer
	renderer Renderer
}

// New makes a Service and registers its job.
func New(jobs *job.Queue, mailer Mailer, renderer Renderer) *Service {
	s := &Service{mailer, renderer}
	jobs.Handle(account.MailJob, s.send)
	return s
}

func (s *Service) send(ctx context.Context, j job.Job) error {
	var m account.Mail
	if err := j.Decode(&m); err != nil {
		return job.Permanent(err)
	}
	message, err := s.renderer.Render(ctx, m)
	if err != nil {
		return job.Permanent(fmt.Errorf("mail %s: %w", m.Template, err))
	}
	return s.mailer.Send(ctx, message)
}
