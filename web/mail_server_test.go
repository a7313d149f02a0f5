package main

import (
	"io"
	"net"
	"net/mail"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// mailServer keeps the mails that it is given, for the test to look at.
type mailServer struct {
	addr string
	mu   sync.Mutex
	got  map[string][]string // address → Message-IDs, each once
	all  int
}

func newMailServer(t *testing.T) *mailServer {
	b := &mailServer{got: map[string][]string{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.addr = l.Addr().String()
	s := smtp.NewServer(b)
	go s.Serve(l)
	t.Cleanup(func() { _ = s.Close() })
	return b
}

// NewSession is what go-smtp asks of a server.
func (b *mailServer) NewSession(*smtp.Conn) (smtp.Session, error) { return mailSession{b}, nil }

type mailSession struct{ b *mailServer }

func (mailSession) Reset()                               {}
func (mailSession) Logout() error                        { return nil }
func (mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s mailSession) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, m.Body); err != nil {
		return err
	}
	to, err := m.Header.AddressList("To")
	if err != nil {
		return err
	}
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	s.b.all++
	for _, a := range to {
		if id := m.Header.Get("Message-ID"); !slices.Contains(s.b.got[a.Address], id) {
			s.b.got[a.Address] = append(s.b.got[a.Address], id)
		}
	}
	return nil
}

// ids are the ids of the mails to an address.
func (b *mailServer) ids(to string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got[to])
}

// count counts the mails that arrived, doubles too.
func (b *mailServer) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all
}
