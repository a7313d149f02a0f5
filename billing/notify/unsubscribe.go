package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// Unsubscription is what a token ends: for one person, of each customer that the
// mail was about, the categories of what it said.
type Unsubscription struct {
	User string
	Ends []Ending
}

// Ending is what ends of one customer.
type Ending struct {
	Customer   string
	Categories []Category
}

// letters stand for categories in tokens, for ever: links in old mails work on.
var letters = map[Category]byte{Balance: 'b', Expiry: 'e', Limits: 'l', Surges: 's'}

// customersAMail is how many customers one mail is about at most, so that the
// link that ends all of it fits into a line of a mail's header.
const customersAMail = 8

// dataEnds is what a queued mail holds in the place of its link to unsubscribe,
// whose seal is made when the mail is sent.
const dataEnds = "ends"

// ends are what a link in a mail ends, messages like those in it: who, of whom,
// and which.
func ends(notes []Note) string {
	u := Unsubscription{User: notes[0].Recipient}
	for _, n := range notes {
		i := slices.IndexFunc(u.Ends, func(e Ending) bool { return e.Customer == n.Customer })
		if i < 0 {
			i, u.Ends = len(u.Ends), append(u.Ends, Ending{Customer: n.Customer})
		}
		if !slices.Contains(u.Ends[i].Categories, n.Category) {
			u.Ends[i].Categories = append(u.Ends[i].Categories, n.Category)
		}
	}
	var b strings.Builder
	b.WriteString(u.User)
	for _, e := range u.Ends {
		b.WriteString("\n" + e.Customer + ":")
		for _, c := range Categories() {
			if slices.Contains(e.Categories, c) {
				b.WriteByte(letters[c])
			}
		}
	}
	return b.String()
}

// sealed is the token of a link that ends messages, with a seal. It works without
// signing in, and for ever (RFC 8058 wants one click).
func (m *Messages) sealed(plain string) string {
	return base64.RawURLEncoding.EncodeToString(append([]byte(plain), m.seal(plain)...))
}

func (m *Messages) seal(plain string) []byte {
	h := hmac.New(sha256.New, m.Key)
	h.Write([]byte("unsubscribe\x00" + plain))
	return h.Sum(nil)[:16]
}

// Unsubscription reads a token; a fault.NotFound when it is not ours.
func (m *Messages) Unsubscription(token string) (Unsubscription, error) {
	missing := fault.New(fault.NotFound, "not_found", "", "This link is not complete. Sign in to choose what you are told of.")
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 17 || len(b) > 1000 {
		return Unsubscription{}, missing
	}
	plain, seal := string(b[:len(b)-16]), b[len(b)-16:]
	if !hmac.Equal(seal, m.seal(plain)) {
		return Unsubscription{}, missing
	}
	if parts := strings.Split(plain, "|"); !strings.Contains(plain, "\n") && len(parts) == 3 { // of mails before digests ended all they are about
		return Unsubscription{parts[0], []Ending{{parts[1], []Category{Category(parts[2])}}}}, nil
	}
	lines := strings.Split(plain, "\n")
	u := Unsubscription{User: lines[0]}
	for _, line := range lines[1:] {
		customer, which, _ := strings.Cut(line, ":")
		e := Ending{Customer: customer}
		for _, c := range Categories() {
			if strings.IndexByte(which, letters[c]) >= 0 {
				e.Categories = append(e.Categories, c)
			}
		}
		u.Ends = append(u.Ends, e)
	}
	if len(u.Ends) == 0 {
		return Unsubscription{}, missing
	}
	return u, nil
}

// Unsubscribe ends all that a token names.
func (m *Messages) Unsubscribe(ctx context.Context, address, token string) (Unsubscription, error) {
	u, err := m.Unsubscription(token)
	if err != nil {
		return u, err
	}
	for _, e := range u.Ends {
		off := map[Category]Choice{}
		for _, c := range e.Categories {
			off[c] = Off
		}
		if err := m.Choose(ctx, audit.Actor{ID: u.User, Address: address}, e.Customer, u.User, off); err != nil {
			return u, err
		}
	}
	return u, nil
}

// wanted parts notes into those for the next mail, those that nobody wants any
// more, since the person chose otherwise meanwhile, and whether more are left.
func (m *Messages) wanted(t tx.Tx, notes []Note) (mail, unwanted []Note, more bool, err error) {
	chosen := map[string][]Preference{}
	customers := map[string]bool{}
	for _, n := range notes {
		if _, ok := chosen[n.Customer]; !ok {
			if chosen[n.Customer], err = m.Store.Preferences(t, n.Customer); err != nil {
				return nil, nil, false, err
			}
		}
		if choiceOf(chosen[n.Customer], n.Recipient, n.Category) == Off {
			unwanted = append(unwanted, n)
			continue
		}
		if !customers[n.Customer] && len(customers) == customersAMail {
			more = true
			continue
		}
		customers[n.Customer] = true
		mail = append(mail, n)
	}
	return mail, unwanted, more, nil
}
