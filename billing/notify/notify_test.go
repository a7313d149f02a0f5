package notify

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"purse/billing/event"
	"purse/billing/words"
)

func TestASealedSecretOpensUnderItsKeyAndForItsObjectOnly(t *testing.T) {
	const first, second = "the-first-key-is-long-enough-for-it", "the-second-key-is-long-enough-too-!"
	old, err := NewKeeper(first)
	if err != nil {
		t.Fatal(err)
	}
	sealed := old.Seal("we_1", "whsec_secret")
	if strings.Contains(sealed, "secret") || sealed == old.Seal("we_1", "whsec_secret") {
		t.Error("sealed badly:", sealed)
	}
	if s, err := old.Open("we_1", sealed); err != nil || s != "whsec_secret" {
		t.Error(s, err)
	}
	if _, err := old.Open("we_2", sealed); !errors.Is(err, ErrSealed) {
		t.Error("it opens for another endpoint:", err)
	}
	both, _ := NewKeeper(second + ", " + first)
	if s, err := both.Open("we_1", sealed); err != nil || s != "whsec_secret" {
		t.Error("while the key is changed:", err)
	}
	other, _ := NewKeeper(second)
	for _, bad := range []string{sealed, "", "v1.", "v1.AAAA", sealed[:len(sealed)-4], "v2" + sealed[2:]} {
		if _, err := other.Open("we_1", bad); !errors.Is(err, ErrSealed) {
			t.Errorf("%q under another key: %v", bad, err)
		}
	}
	for _, bad := range []string{
		"short", strings.Repeat("a", 40), strings.Repeat("ab", 20), strings.Repeat("changeme", 5), strings.Repeat("0123456789abcdef", 2), "abcdefghijklmnopqrstuvwxyz0123456789",
		"my secret key for purse is very secret", "$(openssl rand -base64 32) # not run yet", "schlüssel-mit-umlauten-ist-kein-schlüssel", first + ", " + strings.Repeat("x", 32),
	} {
		if _, err := NewKeeper(bad); err == nil {
			t.Errorf("%q was taken for a key", bad)
		}
	}
	for range 20_000 { // what the documents say to make
		var b [32]byte
		_, _ = rand.Read(b[:])
		for _, good := range []string{base64.StdEncoding.EncodeToString(b[:]), hex.EncodeToString(b[:]), hex.EncodeToString(b[:16]), base64.RawURLEncoding.EncodeToString(b[:24])} {
			if _, err := NewKeeper(good); err != nil {
				t.Errorf("%q: %v", good, err)
			}
		}
	}
}

func TestWhoIsToldOfWhat(t *testing.T) {
	at := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	granted := event.Event{Type: event.CreditsGranted, Customer: "cus_a", CreatedAt: at}
	created := event.Event{Type: event.CustomerCreated, Customer: "cus_a", CreatedAt: at}
	for _, c := range []struct {
		name string
		e    Endpoint
		ev   event.Event
		want bool
	}{
		{"the vendor of everything", Endpoint{State: Enabled}, created, true},
		{"the vendor of what it chose", Endpoint{State: Enabled, Types: []string{event.BalanceLow}}, granted, false},
		{"a customer of itself", Endpoint{State: Enabled, Customer: "cus_a"}, granted, true},
		{"a customer of another", Endpoint{State: Enabled, Customer: "cus_b"}, granted, false},
		{"a customer of what is the vendor's", Endpoint{State: Enabled, Customer: "cus_a"}, created, false},
		{"even where it was chosen", Endpoint{State: Enabled, Customer: "cus_a", Types: []string{event.CustomerCreated}}, created, false},
		{"one that is disabled", Endpoint{State: Disabled}, granted, false},
		{"one that came later", Endpoint{State: Enabled, CreatedAt: at.Add(1)}, granted, false},
	} {
		if got := c.e.Wants(c.ev); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestTheNextTryIsNeverEarlyAndAtMostATenthLate(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	for step := 1; step < Tries(); step++ {
		for range 50 {
			wait := nextTry(now, step, 0).Sub(now)
			if wait < schedule[step] || wait > schedule[step]+schedule[step]/10 {
				t.Errorf("after try %d: %s", step, wait)
			}
		}
	}
	if wait := nextTry(now, 1, time.Hour).Sub(now); wait != time.Hour {
		t.Error("Retry-After:", wait)
	}
	if wait := nextTry(now, 1, 1000*time.Hour).Sub(now); wait != mostDeferral {
		t.Error("an endless Retry-After:", wait)
	}
}

// Every type reads as a sentence in Slack, and nothing of a customer's becomes
// markup.
func TestSlackMessagesAreReadable(t *testing.T) {
	s := &Endpoints{EndpointDeps: EndpointDeps{PublicURL: "https://credits.example.com"}}
	for _, typ := range event.Catalogue() {
		body := s.slackMessage(event.Event{ID: "evt_1", Type: typ.Name, Data: json.RawMessage(typ.Example), CreatedAt: time.Unix(1893499200, 0)}, true)
		var m struct {
			Text   string
			Blocks []struct {
				Type     string
				Text     struct{ Type, Text string }
				Elements []struct{ Type, Text string }
			}
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		if len(m.Blocks) != 2 || m.Blocks[0].Text.Type != "mrkdwn" || !strings.Contains(m.Blocks[1].Elements[0].Text, typ.Name) {
			t.Errorf("%s: %s", typ.Name, body)
		}
		for _, no := range []string{"  ", " .", "()", "%!", "<nil>", typ.Name} {
			if strings.Contains(m.Text, no) || !strings.HasSuffix(m.Text, ".") {
				t.Errorf("%s reads %q", typ.Name, m.Text)
			}
		}
	}
	if got := slackText("<!channel> *a* & b"); got != "&lt;!channel&gt; a &amp; b" {
		t.Error(got)
	}
	if got := words.Group("-1234567.5"); got != "-1,234,567.5" {
		t.Error(got)
	}
}
