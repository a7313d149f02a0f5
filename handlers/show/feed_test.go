package show

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"purse/billing/catalog"
	"purse/billing/event"
)

func happened(typ string, seq int64, at time.Time, data map[string]any) event.Event {
	raw, _ := json.Marshal(data)
	return event.Event{Type: typ, Wallet: min(seq, 1), Seq: seq, CreatedAt: at, Data: raw}
}

// TestWhatHappenedIsInOrder: what a change crossed stands right after it, also where a
// dispute was written before the job that tells of it.
func TestWhatHappenedIsInOrder(t *testing.T) {
	at := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	list := []event.Event{ // the newest first
		happened(event.BalanceDepleted, 8, at.Add(time.Hour), map[string]any{"credit_type": "credits"}),
		happened(event.BalanceLow, 8, at.Add(time.Hour), map[string]any{"credit_type": "credits", "level": "5"}),
		happened(event.BalanceRecovered, 7, at.Add(2*time.Second), map[string]any{"credit_type": "credits", "level": "100"}),
		happened(event.PurchaseDisputed, 0, at.Add(time.Second), map[string]any{"credit_type": "credits", "total": map[string]any{"amount": 1000, "currency": "usd"}}),
		happened(event.PurchasePaid, 7, at, map[string]any{"credit_type": "credits", "credits": "100", "total": map[string]any{"amount": 1000, "currency": "usd"}}),
	}
	feed := Feed(list, &catalog.Snapshot{}, 8)
	var got []string
	for i, item := range feed {
		got = append(got, item.Text)
		if i > 0 && item.At.After(feed[i-1].At) {
			t.Errorf("%q is later than what stands above it", item.Text)
		}
	}
	for i, want := range []string{"No credits were left", "fell to 5", "is disputed", "rose above 100", "Bought 100"} {
		if i >= len(got) || !strings.Contains(got[i], want) {
			t.Fatalf("%q, want %q at place %d", got, want, i)
		}
	}
}

// TestCreditsSayWhyTheyCameAndWent: a transfer and a correction are called so.
func TestCreditsSayWhyTheyCameAndWent(t *testing.T) {
	for _, c := range []struct{ typ, reason, want string }{
		{event.CreditsGranted, "transfer", "57.66 credits transferred from another account"},
		{event.CreditsVoided, "transfer", "57.66 credits transferred to another account"},
		{event.CreditsGranted, "adjustment", "57.66 credits added by a correction"},
		{event.CreditsVoided, "adjustment", "57.66 credits taken back by a correction"},
		{event.CreditsGranted, "grant", "57.66 credits added: promotional"},
		{event.CreditsVoided, "void", "57.66 credits taken back"},
	} {
		e := happened(c.typ, 1, time.Unix(0, 0), map[string]any{"credit_type": "credits", "credits": "57.66", "kind": "promotional", "reason": c.reason})
		if feed := Feed([]event.Event{e}, &catalog.Snapshot{}, 8); len(feed) != 1 || feed[0].Text != c.want {
			t.Errorf("%+v, want %q", feed, c.want)
		}
	}
}
