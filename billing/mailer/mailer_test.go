package mailer_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"purse/billing/mailer"
	"purse/billing/notify"
)

// catcher is a mail server that keeps what it gets.
type catcher struct {
	mu    sync.Mutex
	mails []string
}

func (c *catcher) NewSession(*smtp.Conn) (smtp.Session, error) { return session{c}, nil }

type session struct{ c *catcher }

func (session) Reset()                               {}
func (session) Logout() error                        { return nil }
func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "gone"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	case strings.HasPrefix(to, "full"):
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}
	}
	return nil
}

func (s session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.mails = append(s.c.mails, string(b))
	return err
}

func TestSend(t *testing.T) {
	c := &catcher{}
	server := smtp.NewServer(c)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	defer server.Close()
	m, err := mailer.New("smtp://"+l.Addr().String(), "Demo Vendor <billing@example.com>")
	if err != nil {
		t.Fatal(err)
	}
	err = m.Send(context.Background(), notify.Message{To: "someone@example.com", Subject: "Your credits — 25", ID: "job_1", Text: "plain words", HTML: "<p>rich words</p>"})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.mails) != 1 {
		t.Fatalf("%d mails arrived", len(c.mails))
	}
	for _, want := range []string{"plain words", "<p>rich words</p>", "billing@example.com", "To: <someone@example.com>", "Message-ID: <job_1@example.com>", "multipart/alternative"} {
		if !strings.Contains(c.mails[0], want) {
			t.Errorf("the mail lacks %q:\n%s", want, c.mails[0])
		}
	}
	err = m.Send(context.Background(), notify.Message{To: "someone@example.com", Subject: "x", Text: "x", Unsubscribe: "https://credits.example.com/unsubscribe?token=1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"List-Unsubscribe: <https://credits.example.com/unsubscribe?token=1>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"} {
		if strings.Contains(c.mails[0], want) || !strings.Contains(c.mails[1], want) {
			t.Errorf("only mails that can be switched off have %q", want)
		}
	}
	var refused *notify.RefusedError
	if err := m.Send(context.Background(), notify.Message{To: "gone@example.com", Subject: "x", Text: "x"}); !errors.As(err, &refused) {
		t.Errorf("an address that is gone: %v", err)
	}
	if err := m.Send(context.Background(), notify.Message{To: "full@example.com", Subject: "x", Text: "x"}); err == nil || errors.As(err, &refused) {
		t.Errorf("a mailbox that is full may take mail later: %v", err)
	}
	// A header cannot be added through an address or a subject.
	if err := m.Send(context.Background(), notify.Message{To: "a@example.com\r\nBcc: b@example.com", Subject: "x"}); err == nil {
		t.Error("an address with a line break was taken")
	}
}

func TestNewRefusesHalfSettings(t *testing.T) {
	for _, address := range []string{"", "mail.example.com", "http://mail.example.com", "smtp://"} {
		if _, err := mailer.New(address, "a@example.com"); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
	if _, err := mailer.New("smtp://localhost", "nobody"); err == nil {
		t.Error("a From that is no address was taken")
	}
}
