package main

import (
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// set lets the demo write its history with the world's clock.
func (c *testClock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.added = 0
	if !at.IsZero() {
		c.added = time.Until(at)
	}
}

// TestTheDemoLives looks at the demo's customers when it starts, after an hour, a
// day and a week: each is what its name says, and was used all the time.
func TestTheDemoLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.key = w.newKey(account.NewKey{Scopes: []account.Scope{account.ScopeUsage, account.ScopeRead, account.ScopeAdmin}})
	d, err := seed(ctx, w.app, w.clock)
	w.check(err)
	cookies := map[string]string{}
	for _, c := range d.who {
		u, err := w.accounts.UserByEmail(ctx, c.email)
		w.check(err)
		cookies[c.key] = w.signIn(u)
	}
	start := w.now()
	for _, after := range []time.Duration{0, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour} {
		if after > 0 {
			if a := w.moveTo(start.Add(after)); a.status >= 300 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			w.clockReady()
		}
		w.check(d.keep(ctx, w.app))
		w.check(d.keep(ctx, w.app)) // nothing more happens at once
		for key, want := range map[string]struct {
			says        string
			never       []string
			least, most string
		}{
			"demo-healthy": {"a day", []string{"running low", "are refused", "Not enough use yet", "No use yet"}, "3000", "9000"},
			"demo-low":     {"running low", []string{"are refused", "Not enough use yet", "No use yet"}, "40", "100"},
			"demo-empty":   {"are refused", nil, "0", "0"},
		} {
			c, err := w.accounts.Customer(ctx, "ext:"+key)
			w.check(err)
			k := ledger.WalletKey{Customer: c.ID, CreditType: "credits"}
			var b ledger.Balance
			var rows []ledger.HourRow
			w.check(w.db.View(ctx, func(t tx.Tx) error {
				if b, err = w.ledger.Balance(t, k); err != nil {
					return err
				}
				rows, err = w.ledger.Used(t, b.Wallet, w.now().Add(-24*time.Hour), w.now())
				return err
			}))
			if b.Available < money.MustCredits(want.least) || b.Available > money.MustCredits(want.most) || b.Debt != 0 {
				t.Errorf("after %s %s has %s credits and owes %s", after, key, b.Available, b.Debt)
			}
			if key != "demo-empty" && len(rows) < 12 {
				t.Errorf("after %s %s was used in %d hours of the last day", after, key, len(rows))
			}
			page := w.send("GET", "/", nil, cookies[key])
			if page.status != 200 || !strings.Contains(page.body, want.says) {
				t.Errorf("after %s the page of %s (%d) does not say %q", after, key, page.status, want.says)
			}
			for _, never := range want.never {
				if strings.Contains(page.body, never) {
					t.Errorf("after %s the page of %s says %q", after, key, never)
				}
			}
		}
	}
	w.addsUp()
}
