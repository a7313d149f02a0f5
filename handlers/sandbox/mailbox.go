package sandbox

import (
	"context"
	"errors"
	"time"
)

// Mailbox keeps the mails that would have been sent, for people to read on the
// page /mail.
type Mailbox struct{ s *Server }

// Message is one mail.
type Message struct {
	ID, From, To, Subject, Text, HTML string
	Sent                              time.Time
}

// Mailbox is the sandbox's one mailbox.
func (s *Server) Mailbox() *Mailbox { return &Mailbox{s} }

var errClosed = errors.New("the sandbox is closed")

// Send keeps a mail. html may be empty.
func (m *Mailbox) Send(_ context.Context, from, to, subject, text, html string) error {
	err := errClosed
	m.s.locked(func() {
		m.s.addMail(from, to, subject, text, html)
		err = nil
	})
	return err
}

// addMail keeps a mail, under the lock.
func (s *Server) addMail(from, to, subject, text, html string) {
	s.store.put(kindMail, obj{"id": "mail_" + randomText(20), "from": from, "to": to, "subject": subject,
		"text": text, "html": html, "created": s.unix()})
}

// All is every message, newest first.
func (m *Mailbox) All() []Message {
	var out []Message
	m.s.locked(func() {
		all := m.s.store.all(kindMail)
		for i := len(all) - 1; i >= 0; i-- {
			out = append(out, message(all[i].body))
		}
	})
	return out
}

// Find is the message with that id.
func (m *Mailbox) Find(id string) (found Message, ok bool) {
	m.s.locked(func() {
		if o := m.s.store.get(kindMail, id); o != nil {
			found, ok = message(o), true
		}
	})
	return found, ok
}

func message(o obj) Message {
	return Message{ID: o.id(), From: o.str("from"), To: o.str("to"), Subject: o.str("subject"), Text: o.str("text"),
		HTML: o.str("html"), Sent: time.Unix(o.num("created"), 0).UTC()}
}
