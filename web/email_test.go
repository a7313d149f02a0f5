package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
)

var emailLink = regexp.MustCompile(`/email\?token=([A-Za-z0-9_-]+)`)

// emailToken waits for the n-th mail to an address that changes one, and answers its token.
func (w *world) emailToken(to string, n int) string {
	w.Helper()
	var found []string
	eventually(w, "a link to "+to, 10*time.Second, func() bool {
		found = nil
		for _, m := range w.sandbox.Mailbox().All() {
			if t := emailLink.FindStringSubmatch(m.Text); t != nil && strings.Contains(m.To, to) {
				found = append([]string{t[1]}, found...) // the newest is listed first
			}
		}
		return len(found) >= n
	})
	return found[n-1]
}

// An address is changed when the old and the new one are both proved, whichever
// comes first; the newest request counts; nobody learns who has an account.
func TestChangingTheAddressProvesBoth(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada@example.com", account.NoStaff)
	w.person("taken@example.com", account.NoStaff)
	who := func() string {
		u, err := w.accounts.User(ctx, ada.user.ID)
		w.check(err)
		return u.Email
	}
	ask := func(to string) sent { return w.form("/security/email", ada.cookie, url.Values{"email": {to}}) }
	prove := func(token string) sent { return w.form("/email", "", url.Values{"token": {token}}) }
	for to, says := range map[string]string{"nonsense": "Give an e-mail address", "ADA@example.com": "your address already", "": "Give the new address"} {
		if a := ask(to); a.status != 422 || !strings.Contains(a.body, says) {
			t.Errorf("%q: %d", to, a.status)
		}
	}
	if a := ask("first@example.com"); a.status != 303 {
		t.Fatalf("asking: %d %s", a.status, tail(a.body, 300))
	}
	oldOne, newOne := w.emailToken("ada@example.com", 1), w.emailToken("first@example.com", 1)
	if a := ask("second@example.com"); a.status != 303 {
		t.Fatal(a.status)
	}
	for _, void := range []string{oldOne, newOne} {
		if a := prove(void); a.status != 404 || who() != "ada@example.com" {
			t.Errorf("a link of before: %d, %s", a.status, who())
		}
	}
	token := w.emailToken("second@example.com", 1)
	if a := w.send("GET", "/email?token="+token, nil, ""); a.status != 200 || who() != "ada@example.com" {
		t.Errorf("opening a link: %d, %s", a.status, who())
	}
	if a := prove(token); a.status != 200 || !strings.Contains(a.body, "One more mail") || who() != "ada@example.com" {
		t.Errorf("one of both: %d, %s", a.status, who())
	}
	if a := prove(token); a.status != 404 {
		t.Errorf("one of them twice: %d, %s", a.status, who())
	}
	if a := prove(w.emailToken("ada@example.com", 2)); a.status != 200 || !strings.Contains(a.body, "Your address is changed") || who() != "second@example.com" {
		t.Errorf("both: %d, %s", a.status, who())
	}
	w.mailArrives("Your address at Purse was changed")

	// What concerns security is told at the old address too.
	ph, _ := w.phoneOf(&ada)
	_ = ph
	eventually(t, "the old address is told of a new factor", 10*time.Second, func() bool {
		n := 0
		for _, m := range w.sandbox.Mailbox().All() {
			if strings.Contains(m.Subject, "A second factor was added") && (strings.Contains(m.To, "ada@") || strings.Contains(m.To, "second@")) {
				n++
			}
		}
		return n == 2
	})

	// To an address that has an account, the answer is the same, and the change never happens.
	if a := ask("taken@example.com"); a.status != 303 {
		t.Errorf("an address that is taken: %d", a.status)
	}
	prove(w.emailToken("second@example.com", 2))
	w.mailArrives("You already have an account")
	if who() != "second@example.com" {
		t.Error("the address of another's account was taken")
	}
	rows, err := w.accounts.AuditList(ctx, audit.Query{Person: ada.user.ID, Actions: []string{"user.email_changed"}, Limit: 5})
	if err != nil || len(rows) != 1 || rows[0].Before != `"ada@example.com"` {
		t.Errorf("%+v %v", rows, err)
	}
}
