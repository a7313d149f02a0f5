// Package mailer sends mail by SMTP.
package mailer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"purse/billing/notify"
)

// Mailer sends through one SMTP server.
type Mailer struct {
	client *mail.Client
	from   string
}

// New reads an address such as smtp://user:password@host:587 (STARTTLS when the
// server offers it), smtp+starttls:// (required) or smtps://host:465 (TLS from
// the start), and the From address.
func New(address, from string) (*Mailer, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("%q is not an address like smtp://user:password@mail.example.com:587", redacted(u))
	}
	o := []mail.Option{mail.WithTimeout(20 * time.Second)}
	port := 587
	switch u.Scheme {
	case "smtp":
		o = append(o, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case "smtp+starttls":
		o = append(o, mail.WithTLSPolicy(mail.TLSMandatory))
	case "smtps":
		port = 465
		o = append(o, mail.WithSSL())
	default:
		return nil, fmt.Errorf("the scheme is smtp, smtp+starttls or smtps, not %q", u.Scheme)
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, err
		}
	}
	o = append(o, mail.WithPort(port))
	if u.User != nil {
		password, _ := u.User.Password()
		o = append(o, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	client, err := mail.NewClient(u.Hostname(), o...)
	if err != nil {
		return nil, err
	}
	probe := mail.NewMsg()
	if err := probe.From(from); err != nil {
		return nil, fmt.Errorf("the From address %q: %w", from, err)
	}
	return &Mailer{client, from}, nil
}

func redacted(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Redacted()
}

// Send sends a mail with both parts.
func (m *Mailer) Send(ctx context.Context, msg notify.Message) error {
	out := mail.NewMsg()
	if err := out.From(m.from); err != nil {
		return err
	}
	if err := out.To(msg.To); err != nil {
		return err
	}
	if _, host, ok := strings.Cut(out.GetFromString()[0], "@"); ok && msg.ID != "" {
		out.SetMessageIDWithValue(msg.ID + "@" + strings.TrimSuffix(host, ">"))
	}
	out.Subject(msg.Subject)
	out.SetBodyString(mail.TypeTextPlain, msg.Text)
	if msg.HTML != "" {
		out.AddAlternativeString(mail.TypeTextHTML, msg.HTML)
	}
	if msg.Unsubscribe != "" {
		// RFC 8058: mail programs offer it beside the sender, and one click does it.
		out.SetGenHeader(mail.HeaderListUnsubscribe, "<"+msg.Unsubscribe+">")
		out.SetGenHeader(mail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	return refused(m.client.DialAndSendWithContext(ctx, out))
}

// refused tells what an address will never take from what may work later.
func refused(err error) error {
	var sent *mail.SendError
	if errors.As(err, &sent) && sent.Reason == mail.ErrSMTPRcptTo && !sent.IsTemp() {
		return &notify.RefusedError{Reason: sent.Error()}
	}
	return err
}
