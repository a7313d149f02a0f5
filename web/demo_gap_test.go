package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/event"
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
// day and a week of its clock, while requests come in: each is what its name says,
// was used all the time, about as much as in its history, and was told nothing that
// is not so.
func TestTheDemoLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.key = w.newKey(account.NewKey{Scopes: []account.Scope{account.ScopeUsage, account.ScopeRead, account.ScopeAdmin}})
	d, err := seed(ctx, w.app, w.clock)
	w.check(err)
	cookies := map[string]string{}
	for _, c := range d.who {
		w.bookedInItsHour(c.key)
		u, err := w.accounts.UserByEmail(ctx, c.email)
		w.check(err)
		cookies[c.key] = w.signIn(u)
	}
	living, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { d.live(living, w.app); close(ended) }()
	defer func() { stop(); <-ended }()
	start := w.now()
	for _, after := range []time.Duration{0, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour} {
		if after > 0 {
			if a := w.moveTo(start.Add(after)); a.status >= 300 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			w.clockReady()
		}
		time.Sleep(atOnce * time.Second) // live requests come in before anybody looks
		for key, want := range map[string]demoLook{
			"demo-healthy": {"a day", []string{"running low", "Requests are refused (402)", "More than a year"}, "2900", "9000", "350", "850"},
			"demo-low":     {"running low", []string{"Requests are refused (402)"}, "40", "100", "110", "290"},
			"demo-empty":   {"Requests are refused (402)", nil, "0", "0", "40", "130"},
		} {
			w.looksLike(key, cookies[key], fmt.Sprint("after ", after), want)
		}
	}
	for _, key := range []string{"demo-healthy", "demo-empty"} { // the third uses too little for its largest requests
		c, err := w.accounts.Customer(ctx, "ext:"+key)
		w.check(err)
		w.check(w.db.View(ctx, func(t tx.Tx) error {
			told, err := w.app.events.List(t, event.Query{Customer: c.ID, Types: []string{event.UsageAnomaly}, Limit: 10})
			for _, e := range told {
				w.Errorf("%s used far more than usual at %s: %s", key, e.CreatedAt, e.Data)
			}
			return err
		}))
	}
	w.addsUp()
}

// bookedInItsHour looks at what a history charged: what is booked in another hour
// than it was used in makes one hour look like two.
func (w *world) bookedInItsHour(key string) {
	w.Helper()
	c, err := w.accounts.Customer(ctx, "ext:"+key)
	w.check(err)
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		page, err := w.ledger.Postings(t, ledger.Query{Wallet: ledger.WalletKey{Customer: c.ID, CreditType: "credits"}, Kind: ledger.PostDebit, Limit: 500})
		if len(page.Postings) < 500 {
			w.Errorf("%s was charged %d times", key, len(page.Postings))
		}
		for _, p := range page.Postings {
			if used := time.UnixMicro(p.Detail.EventAt); !p.At.Truncate(time.Hour).Equal(used.Truncate(time.Hour)) {
				w.Errorf("%s: used at %s and booked at %s", key, used.UTC(), p.At)
				break
			}
		}
		return err
	}))
}

// demoLook is what is seen of a demo customer: words on its page, and between what
// its balance and its use a day are.
type demoLook struct {
	says                             string
	never                            []string
	least, most, leastADay, mostADay string
}

func (w *world) looksLike(key, cookie, when string, want demoLook) {
	w.Helper()
	c, err := w.accounts.Customer(ctx, "ext:"+key)
	w.check(err)
	k := ledger.WalletKey{Customer: c.ID, CreditType: "credits"}
	var b ledger.Balance
	var rows []ledger.HourRow
	var burn alert.Burn
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		if b, err = w.ledger.Balance(t, k); err != nil {
			return err
		}
		if burn, err = alert.BurnRate(t, w.ledger, b.Wallet); err != nil {
			return err
		}
		rows, err = w.ledger.Used(t, b.Wallet, w.now().Add(-24*time.Hour), w.now())
		return err
	}))
	if b.Available < money.MustCredits(want.least) || b.Available > money.MustCredits(want.most) || b.Debt != 0 {
		w.Errorf("%s %s has %s credits and owes %s", when, key, b.Available, b.Debt)
	}
	if burn.PerDay < money.MustCredits(want.leastADay) || burn.PerDay > money.MustCredits(want.mostADay) || burn.Rough {
		w.Errorf("%s %s uses %s a day: %+v", when, key, burn.PerDay, burn)
	}
	if key != "demo-empty" && len(rows) < 20 {
		w.Errorf("%s %s was used in %d hours of the last day", when, key, len(rows))
	}
	page := w.send("GET", "/", nil, cookie)
	if page.status != 200 || !strings.Contains(page.body, want.says) {
		w.Errorf("%s the page of %s (%d) does not say %q", when, key, page.status, want.says)
	}
	for _, never := range append(want.never, "Not enough use yet", "No use yet", "Not known yet", "little use") {
		if strings.Contains(page.body, never) {
			w.Errorf("%s the page of %s says %q", when, key, never)
		}
	}
}

// TestDemoRequestsLookReal compares what a live request is like with the history:
// sizes as real ones have, and so many of them that as much is used.
func TestDemoRequestsLookReal(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 20_000
	var input, output, cost float64
	for range n {
		r := randomRequest(rng)
		input, output, cost = input+float64(r.input), output+float64(r.output), cost+r.cost()
	}
	if input/n < 500 || output/n < 30 || cost/n < 0.8*usualCost || cost/n > 1.2*usualCost {
		t.Errorf("a request has %.0f tokens in, %.0f out, and costs %.2f", input/n, output/n, cost/n)
	}
	for _, c := range demoCustomers() {
		history := float64(c.history-c.leave) / money.Micro
		live, filled := 0.0, 0.0
		for h := range int(demoHistory / time.Hour) {
			at := time.Unix(0, 0).UTC().Add(time.Duration(h) * time.Hour)
			live += usualCost / c.pause(at).Hours()
			filled += costOf(randomRequests(rng, c.hourly()*busy(at)))
		}
		if c.allowance > 0 {
			live = float64(c.allowance) / money.Micro * (demoHistory.Hours() / allowanceEvery.Hours())
		}
		if live < 0.95*history || live > 1.05*history || filled < 0.85*history || filled > 1.15*history {
			t.Errorf("%s used %.0f in its history, and then %.0f live or %.0f filled", c.key, history, live, filled)
		}
	}
}
