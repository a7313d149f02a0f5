package notify

import (
	"context"
	"errors"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// MailRow is what became of a mail.
type MailRow struct {
	ID, Address, Template, Subject string
	State                          MailState
	Error                          string
	At                             time.Time
}

// MailState says whether a mail was handed on.
type MailState string

const (
	MailSent    MailState = "sent"
	MailRefused MailState = "refused" // its address does not take mail
	MailFailed  MailState = "failed"  // will be tried again
)

// Bounce is an address that refused mail for good. It gets no more messages that
// it could switch off; mails about payments and security are still tried.
type Bounce struct {
	Address, Reason string
	At              time.Time
}

// RefusedError is a Mailer's answer that an address does not take mail, and
// never will.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return "the address refused the mail: " + e.Reason }

// Mails answers what became of mails, newest first, and whether there are more.
func (m *Messages) Mails(t tx.Tx, before string, limit int) ([]MailRow, bool, error) {
	rows, err := m.Store.Mails(t, before, limit+1)
	if err != nil || len(rows) <= limit {
		return rows, false, err
	}
	return rows[:limit], true, nil
}

// Bounced answers why an address gets no messages; nil when it does.
func (m *Messages) Bounced(t tx.Tx, address string) (*Bounce, error) {
	b, err := m.Store.Bounce(t, address)
	if errors.Is(err, tx.ErrNotFound) {
		return nil, nil
	}
	return &b, err
}

// ReportBounce writes that an address refuses mail, as a mail provider told.
func (m *Messages) ReportBounce(ctx context.Context, by audit.Actor, address, reason string) error {
	address, err := account.NormalEmail(address)
	if err != nil {
		return err
	}
	if reason == "" || len(reason) > 500 {
		return fault.Bad("reason", "Say what the other side said, in at most 500 characters.")
	}
	return m.Runner.Update(ctx, func(t tx.Tx) error {
		if err := m.Store.PutBounce(t, Bounce{address, reason, t.Now()}); err != nil {
			return err
		}
		return m.Audit.Record(t, audit.Record{Actor: by, Action: "address.bounced", Reason: reason})
	})
}

// TryAgain lets an address get messages again.
func (m *Messages) TryAgain(ctx context.Context, by audit.Actor, address string) error {
	return m.Runner.Update(ctx, func(t tx.Tx) error {
		if err := m.Store.DeleteBounce(t, address); err != nil {
			return err
		}
		return m.Audit.Record(t, audit.Record{Actor: by, Action: "address.tried_again"})
	})
}

// wrote keeps what became of a mail. An address that refused is remembered.
func (s *Service) wrote(ctx context.Context, mail, template string, m Message, sent error) error {
	row := MailRow{ID: mail, Address: m.To, Template: template, Subject: m.Subject, State: MailSent}
	var refused *RefusedError
	switch {
	case errors.As(sent, &refused):
		row.State, row.Error = MailRefused, refused.Reason
	case sent != nil:
		row.State, row.Error = MailFailed, sent.Error()
	}
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		row.At = t.Now()
		if row.State == MailRefused {
			if err := s.Messages.Store.PutBounce(t, Bounce{m.To, refused.Reason, t.Now()}); err != nil {
				return err
			}
		}
		return s.Messages.Store.InsertMail(t, row)
	})
	if row.State == MailFailed {
		return errors.Join(sent, err)
	}
	return nil // it went out: trying again for its record's sake would send it twice
}
